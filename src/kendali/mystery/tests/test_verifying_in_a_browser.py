"""QA looks at a form and forwards what was found; every page around it, narrow and wide, light and dark."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.accounts.models import User
from kendali.mystery.actions import clocks, recordings
from kendali.mystery.models import Attempt, Finding, Sample
from kendali.mystery.tests.house import CALLED, House
from tests.browser import faults, launched, listen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = each((360, "dark"), (1280, "light"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


@pytest.fixture
def store(tmp_path: Path, settings: Settings) -> Path:
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    return tmp_path


def opened(browser: Browser, server: LiveServer, house: House, user: User, *, width: int, scheme: str) -> Page:
    session = house.cast.web(user).cookies["sessionid"].value
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light",
        locale="id-ID", reduced_motion="reduce",
    )  # fmt: skip
    context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    return context.new_page()


def sound(seconds: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, 8000, 0, "NONE", ""))
        wav.writeframes(bytes((n * 7) & 0x3F for n in range(16_000 * seconds)))
    return file.getvalue()


def with_everything(house: House) -> Sample:
    """Heard, two attempts, a finding with its clocks, an answer that is N/A, a revision that was retracted."""
    sample = house.sample("scoring", answers={"empathy": "not_met"}, no_recording_reason="")
    for number, outcome in enumerate(("busy", Attempt.CONNECTED), start=1):
        Attempt.objects.create(sample=sample, number=number, at=CALLED, outcome=outcome, by=house.cast.qori,
                               queue_seconds=12, talk_seconds=300)  # fmt: skip
    recordings.upload(user=house.cast.qori, at=house.submitted_at, sample=sample, name="rekaman.wav", data=sound(90))
    old = sample.evaluations.get()
    type(old).objects.filter(pk=old.pk).update(
        status="retracted", retract_reason="Salah baca", retracted_by=house.cast.qadri, retracted_at=house.verified_at
    )
    house.evaluation(sample, "submitted", {"verification": "not_met", "empathy": "n/a"})
    Sample.objects.filter(pk=sample.pk).update(state="submitted", submitted_at=house.submitted_at)
    clocks.begin(house.finding(sample, critical_compliance=True), at=house.submitted_at)
    return sample


def picture(page: Page, name: str) -> None:
    """For a person who wants to look."""
    if folder := os.environ.get("KENDALI_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_qa_hears_a_range_verifies_and_forwards(
    browser: Browser, live_server: LiveServer, house: House, store: Path
) -> None:
    sample = with_everything(house)
    page = opened(browser, live_server, house, house.cast.qanita, width=1280, scheme="light")
    complaints = listen(page, live_server.url)
    page.goto(f"{live_server.url}/mystery/verifikasi/")
    page.click(f"text={sample.number}")
    page.wait_for_selector(".player.is-live")
    page.click("button.seek >> nth=0")
    page.wait_for_function("() => document.querySelector('[data-player] audio').currentTime >= 65")
    page.click("text=Verifikasi & teruskan")
    page.wait_for_selector("text=Terverifikasi. Temuannya diteruskan")
    assert Finding.objects.get().state == "at_supervisor"
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_are_whole_and_accessible(
    browser: Browser, live_server: LiveServer, house: House, store: Path, width: int, scheme: str
) -> None:
    sample = with_everything(house)
    void, own = house.sample("void"), house.sample("verified", answers={"verification": "not_met"})
    house.finding(own, "at_supervisor")
    house.setting("mystery.agent_login", True)
    page = opened(browser, live_server, house, house.cast.qanita, width=width, scheme=scheme)
    for name, address in (
        ("queue", "/mystery/verifikasi/"), ("none", "/mystery/verifikasi/?temuan=tanpa&area=dps"),
        ("sample", f"/mystery/sampel/{sample.pk}/"), ("void", f"/mystery/sampel/{void.pk}/"),
        ("samples", "/mystery/siklus/2026-11/sampel/"),
    ):  # fmt: skip
        assert looked_at(page, live_server.url, address, f"{name}-{width}") == []
    page.goto(f"{live_server.url}/mystery/sampel/{sample.pk}/")
    page.click("text=Batalkan sampel… >> visible=true")
    page.wait_for_selector("#dialog-batal[open], #dialog-batal:popover-open")
    assert faults(page) == []
    picture(page, f"dialog-{width}")
    agent = opened(browser, live_server, house, house.cast.agus, width=width, scheme=scheme)
    for name, address in (("own", "/mystery/penilaian-saya/"), ("one", f"/mystery/penilaian-saya/{own.pk}/")):
        assert looked_at(agent, live_server.url, address, f"{name}-{width}") == []


def looked_at(page: Page, base: str, address: str, name: str) -> list[str]:
    """What is wrong with it. Axe adds a style of its own, so the page's complaints are taken before."""
    complaints = listen(page, base)
    page.goto(f"{base}{address}")
    page.wait_for_load_state("networkidle")
    wrong = list(complaints)
    picture(page, name)
    return [f"{address}: {one}" for one in (*wrong, *faults(page))]
