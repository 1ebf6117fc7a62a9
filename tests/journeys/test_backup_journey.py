"""The first half of the procedure, by hand: from the radar to the confirmed backup and the audit trail, in a browser,
with a worker of its own beside the web server; every page of it accessible, light and dark, wide and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.audit.models import Entry
from kendali.records.models import Escalation, Package, Record
from kendali.records.tests.office import Office
from tests.browser import launched
from tests.cast import Cast
from tests.journeys.desk import Desk, working

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
WORDS = "Selamat pagi, kartu saya tertelan di ATM Sudirman."
REASON = "Keluhan nomor 77 dari pelanggan"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


@pytest.fixture
def office(cast: Cast, tmp_path: Path, settings: Settings) -> Office:
    """A source with old and recent conversations, scanned; keys and a store: what the night before leaves."""
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    cast.now = timezone.now()
    made = Office(cast, tmp_path)
    made.keys()
    made.source("Omni", client=cast.nusantara, record_class="conversation")
    for day in range(4):
        at = OLD + timedelta(days=day)
        made.chat("Omni", f"chat-{day}", [(at, WORDS), (at + timedelta(minutes=3), f"Terima kasih, nomor {day}.")])
    made.chat("Omni", "baru", [(cast.now - timedelta(days=40), "Belum lama.")])
    made.scan("Omni")
    return made


@pytest.mark.parametrize("width", each(1280, 360))
def test_from_the_radar_to_the_confirmed_backup(
    browser: Browser, live_server: LiveServer, office: Office, process_environment: dict[str, str], width: int
) -> None:
    cast, desk = office.cast, Desk(browser, live_server, office.cast, width)
    order = raised(desk, cast)
    with working(process_environment | {"KENDALI_STORE": str(office.folder / "store")}):
        carried_out(desk, cast, order)
    package = Package.objects.get(escalation=order)
    confirmed(desk, cast, order, package)
    record = Record.objects.get(ref="chat-0")
    opened(desk, cast, record)
    traced(desk, cast, order)
    only_its_own_client(desk, cast, order, package, record)
    assert desk.wrong == []


def raised(desk: Desk, cast: Cast) -> Escalation:
    with desk.sits(cast.tari) as page:
        assert "Bank Nusantara" in desk.open(page, "/")
        assert "Omni" in desk.open(page, "/radar/")
        page.click("main a[href^='/eskalasi/baru/']")
        page.wait_for_url("**/eskalasi/baru/**")
        assert "4 percakapan" in desk.look(page)
        page.click("main form button.primary")
        page.wait_for_url(re.compile(r"/eskalasi/\d+/$"))
        order = Escalation.objects.get()
        assert str(order.number) in desk.look(page)
        assert (order.status, order.list_count) == ("raised", 4)
    return order


def carried_out(desk: Desk, cast: Cast, order: Escalation) -> None:
    with desk.sits(cast.indra) as page:
        assert str(order.number) in desk.open(page, "/")
        page.click(f"main a[href='/eskalasi/{order.pk}/'] >> nth=0")
        desk.look(page)
        page.click("main .head button.primary")
        page.wait_for_selector("main .head form[action$='/start/'], main .head form[action$='/mulai/']")
        page.click("main .head button.primary")
        page.wait_for_selector("#order-packages a[href^='/paket/']")
        page.wait_for_selector("main .head .pill.s-done, main .head .s-done")
        assert "4" in desk.look(page)
        page.click("#order-packages a[href^='/paket/'] >> nth=0")
        page.wait_for_url("**/paket/**")
        assert "terverifikasi" in desk.look(page).lower()
    order.refresh_from_db()
    assert order.status == "done"


def confirmed(desk: Desk, cast: Cast, order: Escalation, package: Package) -> None:
    assert package.status == "verified"
    with desk.sits(cast.tari) as page:
        assert str(order.number) in desk.open(page, "/")
        desk.open(page, f"/eskalasi/{order.pk}/")
        with page.expect_navigation():
            page.click("main .head button.primary")
        desk.look(page)
        desk.open(page, "/radar/")
    order.refresh_from_db()
    assert order.status == "confirmed"
    assert not Record.objects.filter(source=order.source, version=None, backup_clock__lt=OLD + timedelta(30)).exists()


def opened(desk: Desk, cast: Cast, record: Record) -> None:
    with desk.sits(cast.maya) as page:
        assert WORDS not in desk.open(page, f"/catatan/{record.pk}/")
        page.click("main .head button.primary")
        page.fill("dialog[open] textarea", REASON)
        page.click("dialog[open] button.primary")
        page.wait_for_selector(f"text={WORDS}")
        desk.look(page)


def traced(desk: Desk, cast: Cast, order: Escalation) -> None:
    with desk.sits(cast.aulia) as page:
        told = desk.open(page, "/audit/")
    for name in ("Tari Lestari", "Indra Saputra", "Maya Sari"):
        assert name in told
    assert str(order.number) in told
    assert REASON in told
    assert WORDS not in " ".join(str(facts) for facts in Entry.objects.values_list("facts", flat=True))


def only_its_own_client(desk: Desk, cast: Cast, order: Escalation, package: Package, record: Record) -> None:
    with desk.sits(cast.clara) as page:
        desk.open(page, "/")
        assert page.url.endswith("/terbackup/")
        assert "4" in page.inner_text("main")
    with desk.sits(cast.candra) as page:
        assert "Bank Nusantara" not in desk.open(page, "/")
    stranger: Any = cast.web(cast.candra)
    for path in (
        f"/eskalasi/{order.pk}/",
        f"/eskalasi/{order.pk}/berjalan/",
        f"/eskalasi/{order.pk}/xlsx/",
        f"/paket/{package.pk}/",
        f"/sumber/{order.source_id}/",
        f"/kebijakan/{order.policy_id}/",
        f"/catatan/{record.pk}/",
        f"/catatan/{record.pk}/isi/",
    ):
        assert stranger.get(path).status_code == 404, path
