"""The pages of one order, one package, one source, one policy in a real browser: accessible, whole, alive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.accounts.models import User
from kendali.records.models import Escalation, Package, Unbackupable
from kendali.records.tests import permission_lines as rows
from tests.browser import faults, launched, listen
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


def page_of(
    browser: Browser, server: LiveServer, cast: Cast, user: User, width: int = 1440, dark: bool = False
) -> Page:
    session = cast.web(user).cookies["sessionid"].value
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    return context.new_page()


def order_with_everything(cast: Cast) -> Escalation:
    item = rows.item_row(cast)
    order = item.escalation
    Unbackupable.objects.create(record=item.record, reason="Hilang", proposed_by=cast.tari, proposed_at=cast.now)
    Package.objects.create(
        number="PKT-2026-0001",
        escalation=order,
        attempt=1,
        source=order.source,
        month=item.month,
        status="damaged",
        problems=[{"code": "does_not_open", "facts": {}}],
        path="packages/bank-nusantara/2025-03",
        created_at=cast.now,
    )
    return order


@pytest.mark.parametrize(("width", "dark"), each((360, True), (1440, False)))
def test_the_pages_of_one_thing_are_accessible_and_whole(
    browser: Browser, live_server: LiveServer, cast: Cast, width: int, dark: bool
) -> None:
    order = order_with_everything(cast)
    package, policy = Package.objects.get(), order.policy
    addresses = {
        cast.tari: [f"/eskalasi/{order.pk}/", f"/paket/{package.pk}/", f"/radar/catatan/?sumber={order.source_id}"],
        cast.rahma: ["/tidak-dapat-dibackup/", f"/kebijakan/{policy.pk}/", "/kebijakan/bank-nusantara/recording/"],
        cast.adi: [f"/sumber/{order.source_id}/", f"/sumber/{order.source_id}/ubah/", "/sumber/baru/?jenis=asterisk"],
        cast.aulia: ["/pengaturan/drill.percent/"],
    }
    wrong: list[str] = []
    for person, paths in addresses.items():
        page = page_of(browser, live_server, cast, person, width, dark)
        complaints = listen(page, live_server.url)
        for path in paths:
            page.goto(live_server.url + path)
            wrong += [f"{path}: {fault}" for fault in faults(page)]
        wrong += complaints
    assert wrong == []


def test_a_running_order_moves_without_reloading_and_reloads_when_it_ends(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    order = rows.order_row(cast, "running")
    running(order, done=100)
    page = page_of(browser, live_server, cast, cast.indra)
    page.goto(f"{live_server.url}/eskalasi/{order.pk}/")
    assert "100 dari 400" in page.inner_text("#order-live")
    running(order, done=250)
    page.wait_for_selector("#order-live >> text=250 dari 400")
    Escalation.objects.filter(pk=order.pk).update(status="stopped", problem={"code": "full", "facts": {}})
    page.wait_for_selector("text=Tempat penyimpanan penuh.")
    page.wait_for_selector("text=Lanjutkan")


def running(order: Escalation, *, done: int) -> None:
    Escalation.objects.filter(pk=order.pk).update(
        list_count=400,
        progress={"phase": "copy", "done": done, "start": 0, "since": timezone.now().isoformat(), "bytes": 9_000_000},
    )


def test_an_order_is_returned_from_its_dialog(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    order = rows.order_row(cast)
    page = page_of(browser, live_server, cast, cast.indra)
    page.goto(f"{live_server.url}/eskalasi/{order.pk}/")
    page.click("text=Kembalikan…")
    assert faults(page) == []
    page.fill("dialog[open] textarea", "Sumber sedang dipelihara.")
    page.click("dialog[open] .primary")
    page.wait_for_selector("text=“Sumber sedang dipelihara.”")
    order.refresh_from_db()
    assert (order.status, order.reason) == ("returned", "Sumber sedang dipelihara.")


def test_the_fields_of_a_source_follow_the_choice_of_its_database(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    page = page_of(browser, live_server, cast, cast.adi)
    page.goto(f"{live_server.url}/sumber/baru/?jenis=asterisk")
    page.wait_for_selector("[name=c_host]")
    assert not page.is_visible("[name=c_csv]")
    page.select_option("[name=c_database]", "csv")
    page.wait_for_selector("[name=c_csv]")
    assert not page.is_visible("[name=c_host]")
