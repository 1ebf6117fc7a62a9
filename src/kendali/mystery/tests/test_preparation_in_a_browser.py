"""Articles, materials, personas and scenarios in a browser: accessible and whole, wide and on a phone; what is wrong
with a scenario is said while it is written."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from conftest import LONG, each
from kendali.documents import actions as articles
from kendali.documents import importing
from kendali.mystery.actions import scenarios
from kendali.mystery.actions.forms import ship_default
from kendali.mystery.models import Persona, ScenarioVersion
from kendali.mystery.rules.scenario import Branch, Question
from kendali.mystery.tests import prepared_rows as rows
from tests.browser import faults, launched, listen
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WINDOWS = each((360, "dark"), (1280, "light"))
WIDE = ("/ubah/", "/kartu/", "/impor/", "/skenario/", "/pansol/")  # pages that are looked at wide, too: how they end
PICTURES = os.environ.get("KENDALI_PICTURES", "")  # a folder: each page is kept there as a picture


def prepared(cast: Cast) -> dict[str, list[str]]:
    """Everything in every state that shows; person → pages."""
    ship_default(rows.now())
    first = rows.article(cast, "PSL-0001", "Biaya transfer BI-FAST Rp 2.500 untuk setiap transaksi.")
    rows.article(cast, "PSL-0002", "Transfer BI-FAST diterima saat itu juga.", valid_until=rows.day(12))
    rows.persona(profile="32 tahun, karyawan swasta, nasabah sejak 2019.")
    rows.persona("P-BUDI", name="Budi Uji", gender="m", caller_number="0812-0000-2222", active=False)
    material = rows.material(cast)
    rows.material(cast, "komplain", active=False)
    two = Question(
        "q2", "Kapan uangnya sampai?", "Saat itu juga", "PSL-0002", 1, ("saat itu juga",), ("besok",), "±1 menit"
    )
    used = rows.scenario(cast, questions=(rows.Q1, two), test_data=("Rina Uji",), personas=("P-RINA",),
                         branches=(Branch("q1", "agent menawarkan RTGS", "closing"),), answer_within=20,
                         preset_na=("transfer",))  # fmt: skip
    waits = rows.scenario(cast, "submitted", code="SKN-BLOKIR-KARTU-HILANG")
    begun = rows.scenario(cast, "draft", code="SKN-KOMPLAIN", situation="Nomor saya 081398765432", closing="",
                          questions=(rows.Q1, two), branches=(Branch("q1", "", "q2"),))  # fmt: skip
    rows.article(cast, "PSL-0001", "Biaya transfer BI-FAST Rp 3.000 untuk setiap transaksi.", valid_from=rows.day())
    articles.draft(user=cast.qanita, at=rows.now(), code="PSL-0001", title="Biaya", body="Rp 4.000",
                   valid_from=rows.day(9))  # fmt: skip
    newest = scenarios.next_version(user=cast.qanita, at=rows.now(), scenario=used.scenario)
    bad = [{"code": "PSL-7", "title": "Limit", "text": "Rp 1 juta"}, {"code": "psl 8", "title": "", "text": "x"}]
    looked = importing.keep(user=cast.qanita, at=rows.now(), name="pansol-november.xlsx", rows=bad)
    good = importing.keep(user=cast.qanita, at=rows.now(), name="pansol.csv", rows=bad[:1])
    key = first.document_id
    return {
        "qanita": [
            "/pansol/", f"/pansol/{key}/", f"/pansol/{key}/versi/1/", f"/pansol/{key}/ubah/", "/pansol/baru/",
            "/pansol/impor/", f"/pansol/impor/{looked.pk}/", f"/pansol/impor/{good.pk}/", "/pansol/?status=expired",
            "/mystery/bahan/", f"/mystery/bahan/{material.pk}/", f"/mystery/bahan/{material.pk}/ubah/",
            "/mystery/persona/", f"/mystery/persona/{Persona.objects.get(code='P-RINA').pk}/",
            "/mystery/persona/baru/", "/mystery/skenario/", "/mystery/skenario/?status=retired",
            "/mystery/skenario/baru/", f"/mystery/skenario/{used.pk}/", f"/mystery/skenario/{begun.pk}/",
            f"/mystery/skenario/{begun.pk}/ubah/", f"/mystery/skenario/{newest.pk}/beda/",
            f"/mystery/skenario/{used.pk}/kartu/", f"/mystery/skenario/{waits.pk}/", "/",
        ],
        "qadri": [f"/mystery/skenario/{waits.pk}/", "/"],
        "qori": ["/pansol/", f"/pansol/{key}/", "/mystery/bahan/"],
    }  # fmt: skip


def opened(browser: Browser, live_server: LiveServer, cast: Cast, who: str, width: int, scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    session = cast.web(cast.people[who]).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return context.new_page()


def test_the_pages_of_preparation_are_accessible_and_whole(cast: Cast, live_server: LiveServer, chromium: str) -> None:
    pages, wrong = prepared(cast), []
    with launched(chromium) as browser:
        for who, paths in pages.items():
            for width, scheme in WINDOWS:
                page = opened(browser, live_server, cast, who, width, scheme)
                complaints = listen(page, live_server.url)
                shown = paths if width < 1000 or PICTURES else [one for one in paths if one.endswith(WIDE)]
                for path in shown if LONG else shown[::2]:
                    page.goto(live_server.url + path)
                    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
                    wrong += [f"{who} {width} {path}: {fault}" for fault in faults(page)]
                    if PICTURES:
                        name = f"{who}{width}{path.replace('/', '_').replace('?', '_')}.png"
                        page.screenshot(path=f"{PICTURES}/{name}", full_page=True)
                wrong += complaints
    assert wrong == []


def test_what_is_wrong_is_said_while_a_scenario_is_written(cast: Cast, live_server: LiveServer, chromium: str) -> None:
    rows.cited(cast)
    row = rows.scenario(cast, "draft", closing="")
    with launched(chromium) as browser:
        page = opened(browser, live_server, cast, "qanita", 1280, "light")
        complaints = listen(page, live_server.url)
        page.goto(f"{live_server.url}/mystery/skenario/{row.pk}/ubah/")
        page.get_by_text("Kalimat penutup Bagian ini").wait_for()
        page.get_by_label("Kalimat penutup").fill("Terima kasih, itu saja.")
        page.get_by_text("tidak ada masalah").wait_for()
        page.get_by_role("button", name="Tambah pertanyaan").click()
        page.get_by_label("Pertanyaan", exact=True).nth(1).fill("Apakah ada batasnya?")
        with page.expect_navigation():
            page.get_by_role("button", name="Simpan draf").click()
        page.get_by_text("Apakah ada batasnya?").wait_for()
        assert complaints == []
    kept = ScenarioVersion.objects.get()
    assert kept.content["closing"] == "Terima kasih, itu saja."
    assert [one["id"] for one in kept.content["questions"]] == ["q1", "q2"]
