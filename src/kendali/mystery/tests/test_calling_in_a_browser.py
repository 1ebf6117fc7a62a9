"""A QC Officer's phone, 360 px wide, that loses its connection in the middle of an attempt and of a form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.accounts.models import User
from kendali.mystery.models import Attempt, Evaluation, Recording, Sample
from kendali.mystery.queries.evaluation import answers_of
from kendali.mystery.tests.house import House
from tests.browser import faults, launched, listen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)
KEPT = "[data-sync][data-kind=kept]"
SENT = "[data-sync][data-kind=sent]"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


def phone(
    browser: Browser, server: LiveServer, house: House, user: User, *, width: int = 360, dark: bool = False
) -> Page:
    session = house.cast.web(user).cookies["sessionid"].value
    context = browser.new_context(viewport={"width": width, "height": 740}, color_scheme="dark" if dark else "light")
    context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    return context.new_page()


def to_call(house: House, state: str = "assigned", **columns: Any) -> Sample:
    now = timezone.now()
    window: dict[str, Any] = {"opens": now - 10 * MINUTE, "closes": now + 110 * MINUTE}
    return house.sample(state, **window | columns)


def test_an_attempt_that_loses_its_connection_loses_nothing(
    browser: Browser, live_server: LiveServer, house: House
) -> None:
    sample = to_call(house)
    page = phone(browser, live_server, house, house.cast.qori)
    page.goto(f"{live_server.url}/mystery/panggilan/{sample.pk}/")
    page.click("[data-dial]")
    page.wait_for_selector("[data-panel=attempt] [data-timer]")
    page.context.set_offline(True)
    page.click("[data-phase=queue]")
    page.wait_for_selector("[data-phase-line]:has-text('IVR')")
    page.click("[data-panel=attempt] button[value=busy]")
    page.wait_for_selector(KEPT)
    assert "tersimpan di perangkat ini" in page.inner_text("[data-sync]")
    assert page.is_disabled("[data-dial]")  # the next attempt waits, also without a connection
    assert not Attempt.objects.exists()
    with page.expect_navigation():  # drawn anew when all is sent
        page.context.set_offline(False)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.number) == ("busy", 1)
    assert attempt.queue_seconds is not None
    sample.refresh_from_db()
    assert sample.state == "calling"
    assert "Percobaan ke-2" in page.inner_text("h1")
    assert "Percobaan berikutnya" in page.inner_text("[data-panel=dial]")


def test_a_call_that_connects_and_ends_without_connection_is_told_afterwards(
    browser: Browser, live_server: LiveServer, house: House
) -> None:
    sample = to_call(house)
    page = phone(browser, live_server, house, house.cast.qori)
    page.goto(f"{live_server.url}/mystery/panggilan/{sample.pk}/")
    page.context.set_offline(True)
    page.click("[data-dial]")
    page.click("[data-op=connect] button")
    page.click("[data-hold]")
    page.click("[data-op=end] button")
    page.wait_for_selector("[data-panel=kept]:not([hidden])")
    with page.expect_navigation():
        page.context.set_offline(False)
    sample.refresh_from_db()
    assert sample.state == "called"
    assert sample.ended_at is not None
    assert Attempt.objects.get().outcome == "connected"
    page.wait_for_selector("text=Isi formulir")


def test_a_reload_in_the_middle_of_a_call_goes_on_with_its_times(
    browser: Browser, live_server: LiveServer, house: House
) -> None:
    sample = to_call(house)
    page = phone(browser, live_server, house, house.cast.qori)
    page.goto(f"{live_server.url}/mystery/panggilan/{sample.pk}/")
    page.click("[data-dial]")
    page.click("[data-op=connect] button")
    page.wait_for_selector(SENT)
    page.reload()
    page.wait_for_selector("[data-panel=talk]")
    with page.expect_navigation():
        page.click("[data-op=end] button")
    sample.refresh_from_db()
    assert sample.ended_at is not None


def test_a_form_is_kept_on_the_device_until_it_can_be_saved(
    browser: Browser, live_server: LiveServer, house: House
) -> None:
    sample = to_call(house, "scoring", called_at=timezone.now() - 9 * MINUTE, ended_at=timezone.now() - 3 * MINUTE)
    page = phone(browser, live_server, house, house.cast.qori)
    page.goto(f"{live_server.url}/mystery/sampel/{sample.pk}/formulir/")
    page.context.set_offline(True)
    page.locator("input[name='v.verification'][value=not_met]").check(force=True)
    page.wait_for_selector(KEPT)
    assert value(sample, "verification") == "full"
    page.context.set_offline(False)
    page.wait_for_selector(SENT)
    assert value(sample, "verification") == "not_met"
    # Which finding follows, at once: it is critical for compliance.
    page.fill("textarea[name='d.supervisor!verification']", "Identitas tidak diverifikasi")
    page.fill("textarea[name='r.supervisor!verification']", "Coaching alur verifikasi")
    page.wait_for_selector("[data-summary]:has-text('Lengkap')")
    page.click("[data-submit]")
    page.wait_for_url("**/mystery/panggilan/")
    sample.refresh_from_db()
    assert sample.state == "submitted"
    assert sample.findings.get().recommendation == "Coaching alur verifikasi"


def value(sample: Sample, item: str) -> str:
    return next(one.value for one in answers_of(Evaluation.objects.get(sample=sample)) if one.item == item)


def test_two_devices_are_asked_which_draft_goes_on(browser: Browser, live_server: LiveServer, house: House) -> None:
    sample = to_call(house, "scoring", called_at=timezone.now() - 9 * MINUTE, ended_at=timezone.now() - 3 * MINUTE)
    address = f"{live_server.url}/mystery/sampel/{sample.pk}/formulir/"
    pages = [phone(browser, live_server, house, house.cast.qori) for _ in range(2)]
    for page in pages:
        page.goto(address)
    pages[0].locator("input[name='v.opening'][value=partly]").check(force=True)
    pages[0].wait_for_selector(SENT)
    pages[1].locator("input[name='v.empathy'][value=partly]").check(force=True)
    pages[1].wait_for_selector("[data-conflict]:not([hidden])")
    assert value(sample, "opening") == "partly"
    pages[1].click("[data-take=server]")
    pages[1].wait_for_selector("input[name='v.opening'][value=partly]:checked", state="attached")


def test_a_range_is_marked_by_keyboard(browser: Browser, live_server: LiveServer, house: House) -> None:
    sample = to_call(house, "scoring", called_at=timezone.now() - 9 * MINUTE, ended_at=timezone.now() - 3 * MINUTE)
    Recording.objects.create(sample=sample, name="a.wav", mime="audio/wav", path="test-calls/none.ks1", seconds=90,
                             peaks=[0.1, 0.5] * 50, added_by=house.cast.qori, added_at=timezone.now())  # fmt: skip
    page = phone(browser, live_server, house, house.cast.qori, width=1440)
    page.goto(f"{live_server.url}/mystery/sampel/{sample.pk}/formulir/")
    page.evaluate("document.querySelector('audio').__defineGetter__('currentTime', () => window.at || 65)")
    page.locator("input[name='v.opening'][value=full]").focus()
    page.keyboard.press("i")
    page.evaluate("window.at = 80")
    page.keyboard.press("o")
    assert page.input_value("input[name='s.opening']") == "01:05-01:20"


@pytest.mark.parametrize(("width", "dark"), each((360, True), (1440, False)))
def test_the_pages_are_accessible_and_whole(
    browser: Browser, live_server: LiveServer, house: House, width: int, dark: bool
) -> None:
    to_call(house, "submitted", submitted_at=timezone.now())
    called = {"called_at": timezone.now() - 9 * MINUTE, "ended_at": timezone.now() - 3 * MINUTE}
    assigned, calling, over = to_call(house), to_call(house, "calling"), to_call(house, "called", **called)
    filling = to_call(house, "scoring", answers={"verification": "not_met", "probing": "not_met"}, **called)
    Attempt.objects.create(sample=calling, number=1, at=timezone.now() - 9 * MINUTE, outcome="busy", queue_seconds=47,
                           by=house.cast.qori)  # fmt: skip
    talking = to_call(house, "called", called_at=timezone.now(), ended_at=None)
    page = phone(browser, live_server, house, house.cast.qori, width=width, dark=dark)
    complaints = listen(page, live_server.url)
    wrong: list[str] = []
    paths = ["/mystery/panggilan/", "/mystery/krisis/", f"/mystery/sampel/{filling.pk}/formulir/?periksa"]
    paths += [f"/mystery/panggilan/{one.pk}/" for one in (assigned, calling, over, talking)]
    for path in paths:
        page.goto(live_server.url + path)
        wrong += [f"{path}: {fault}" for fault in faults(page)]
    page.goto(f"{live_server.url}/mystery/panggilan/{assigned.pk}/")
    page.click("[data-dial]")
    wrong += [f"attempt: {fault}" for fault in faults(page)]
    assert wrong + complaints == []
