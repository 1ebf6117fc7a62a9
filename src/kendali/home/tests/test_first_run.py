"""The first-run page: for whoever holds the set-up code, once, up to keys whose paper was read back."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.recovery import GROUPS, RecoverySheet
from kendali.audit.models import Entry
from kendali.home import first_run
from kendali.home.models import Installation
from kendali.home.organisation import organisation
from kendali.records.models import Source
from kendali.vault import sheet_pdf
from kendali.vault.models import Epoch
from kendali.vault.sheets import current_sheet
from tests.cast import Cast

PASSWORD = "teh-botol-dua-gelas"
BEGIN = {
    "organisasi": "PT Layanan Prima",
    "zona": "Asia/Makassar",
    "nama": "Adi Nugroho",
    "email": "Adi@Prima.test",
    "password": PASSWORD,
    "again": PASSWORD,
}
CLIENT = {"name": "Bank Nusantara", "code": "bank-nusantara", "customer_word": "nasabah", "zone": "Asia/Jakarta"}


@pytest.fixture
def fresh(transactional_db: None, settings: Settings, tmp_path: Path) -> Browser:
    """A browser before an installation without users, whose keys and store are below a folder of this test."""
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    settings.KENDALI_KEYS = f"{tmp_path}/slot-1,{tmp_path}/slot-2,offhost:{tmp_path}/off=Kantor cabang"
    return Browser()


def begin(browser: Browser, **changes: str) -> None:
    browser.get("/mulai/", {"kode": first_run.code()})
    browser.post("/mulai/", BEGIN | changes)


@pytest.mark.parametrize("address", ["/", "/masuk/", "/radar/", "/tidak-ada/"])
def test_without_users_every_page_leads_to_the_first_one(fresh: Browser, address: str) -> None:
    answer = fresh.get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/mulai/")


def test_health_and_api_are_not_led_astray(fresh: Browser) -> None:
    assert fresh.get("/health/live").status_code == 200
    assert fresh.get("/api/v1/me").status_code == 401


def test_without_the_code_from_the_console_nobody_sets_up_anything(fresh: Browser) -> None:
    page = fresh.get("/mulai/")
    assert b'name="kode"' in page.content
    assert page["Referrer-Policy"] == "same-origin"  # with "no-referrer" browsers hide the origin: refused as forged
    assert fresh.post("/mulai/", {"kode": "AAAA-BBBB-CCCC-DDDD"}).status_code == 422
    fresh.post("/mulai/", BEGIN)
    assert not User.objects.exists()


def test_the_code_is_taken_however_it_is_typed_and_leaves_the_address(fresh: Browser) -> None:
    assert fresh.get("/mulai/", {"kode": first_run.code()})["Location"] == "/mulai/"
    typed = Browser().post("/mulai/", {"kode": first_run.code().lower().replace("-", " ")})
    assert typed["Location"] == "/mulai/"


def test_from_nothing_to_confirmed_keys(fresh: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    groups: list[str] = []
    render = sheet_pdf.render

    def overheard(sheet: RecoverySheet, *, at: datetime, organisation: str) -> bytes:
        groups.append(sheet.confirmation)
        return render(sheet, at=at, organisation=organisation)

    monkeypatch.setattr(sheet_pdf, "render", overheard)
    begin(fresh)
    person = User.objects.get()
    assert (person.email, person.zone, organisation()) == ("adi@prima.test", "Asia/Makassar", "PT Layanan Prima")
    assert b'name="customer_word"' in fresh.get("/mulai/").content
    fresh.post("/mulai/", CLIENT)
    assert b"jenis=folder_drop" in fresh.get("/mulai/").content
    source = {"klien": "bank-nusantara", "kelas": "recording", "nama": "Ekspor", "zona": "Asia/Jakarta"}
    fresh.post("/mulai/?jenis=folder_drop", source | {"c_folder": str(tmp_path), "c_zone": "Asia/Jakarta"})
    assert Source.objects.get().name == "Ekspor"
    assert "offhost" not in fresh.get("/mulai/").content.decode()
    fresh.post("/mulai/")
    assert Epoch.objects.filter(status=Epoch.CURRENT).exists()
    sheet = fresh.post("/mulai/", {"unduh": "1"})
    assert (sheet["Content-Type"], sheet.content[:4]) == ("application/pdf", b"%PDF")
    assert sheet["Cache-Control"].count("no-store") == 1
    assert f"{GROUPS}" in fresh.get("/mulai/").content.decode()
    fresh.post("/mulai/", {"group": "AAAA"})
    assert current_sheet().confirmed_at is None  # type: ignore[union-attr]
    fresh.post("/mulai/", {"group": groups[-1]})
    assert current_sheet().confirmed_at is not None  # type: ignore[union-attr]
    assert fresh.get("/mulai/")["Location"] == "/"
    assert fresh.get("/").status_code == 200
    assert {
        "installation.set_up", "user.created", "user.role_granted", "setting.saved", "client.created",
        "source.connected", "keys.set_up", "keys.sheet_made", "keys.sheet_confirmed",
    } <= set(Entry.objects.values_list("verb", flat=True))  # fmt: skip


def test_the_source_may_come_later_and_a_broken_place_for_keys_is_told(fresh: Browser, settings: Settings) -> None:
    begin(fresh)
    fresh.post("/mulai/", CLIENT)
    fresh.post("/mulai/", {"lewati": "1"})
    good = settings.KENDALI_KEYS
    settings.KENDALI_KEYS = "/proc/none/one,/proc/none/two"
    answer = fresh.post("/mulai/", follow=True)
    assert b"/proc/none/one" in answer.content
    assert not Epoch.objects.filter(status=Epoch.CURRENT).exists()
    settings.KENDALI_KEYS = good
    fresh.post("/mulai/")
    assert Epoch.objects.filter(status=Epoch.CURRENT).exists()


def test_two_who_set_up_at_once_make_one_installation(fresh: Browser) -> None:
    told: list[str] = []
    together = threading.Barrier(2)

    def one(name: str) -> None:
        try:
            together.wait(60)
            first_run.begin(
                at=timezone.now(),
                typed=first_run.code(),
                organisation=name,
                zone="Asia/Jakarta",
                language="id",
                administrator=first_run.Person(name, f"{name}@prima.test", PASSWORD),
            )
            told.append("made")
        except RuleRefused as refused:
            told.append(refused.verdict.reason)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(name,)) for name in ("satu", "dua")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == ["Somebody else has just set up this installation; nothing of yours was saved.", "made"]
    assert (User.objects.count(), Installation.objects.count()) == (1, 1)


def test_who_comes_second_is_told_and_sent_to_the_login(fresh: Browser) -> None:
    late = Browser()
    late.get("/mulai/", {"kode": first_run.code()})
    begin(fresh)
    answer = late.post("/mulai/", BEGIN, follow=True)
    assert answer.redirect_chain[0][0].startswith("/masuk/")
    assert answer.context["messages"]
    assert User.objects.count() == 1


def test_once_there_are_users_it_is_over(cast: Cast) -> None:
    assert Browser().get("/mulai/", {"kode": first_run.code()})["Location"].startswith("/masuk/")
    assert cast.web(cast.tari).get("/mulai/")["Location"] == "/"
    count = Client.objects.count()
    cast.web(cast.tari).post("/mulai/", CLIENT)
    assert Client.objects.count() == count
