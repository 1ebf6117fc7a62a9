"""The pages of knowledge articles, as the people who write them use them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from kendali.documents import actions, importing, sheets
from kendali.documents.models import ArticleImport, Document, Revision
from tests.cast import Cast

WRITTEN = {"kode": "psl-0001", "judul": "Biaya transfer", "isi": "Rp 2.500 dengan BI-FAST"}
TODAY = importing.today(timezone.now())
WRITTEN["dari"] = f"{TODAY - timedelta(days=20)}"


def test_an_article_is_written_and_put_in_force_in_one_go(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    answer = web.post("/pansol/baru/", {**WRITTEN, "lalu": "berlaku"}, follow=True)
    assert answer.status_code == 200
    said = answer.content.decode()
    assert "Disimpan dan diberlakukan." in said
    assert "Rp 2.500 dengan BI-FAST" in said
    assert Revision.objects.get().status == "effective"
    assert "PSL-0001" in cast.web(cast.qori).get("/pansol/?cari=transfer").content.decode()


def test_a_next_version_begins_with_the_words_of_the_last(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    web.post("/pansol/baru/", {**WRITTEN, "lalu": "berlaku"})
    key = Document.objects.get().pk
    form = web.get(f"/pansol/{key}/ubah/")
    assert "Rp 2.500 dengan BI-FAST" in form.content.decode()
    seen = {"judul": "Biaya transfer", "isi": "Rp 3.000", "dari": f"{TODAY}", "dilihat": "-", "lalu": "draf"}
    web.post(f"/pansol/{key}/ubah/", seen)
    again = web.post(f"/pansol/{key}/ubah/", {**seen, "isi": "Rp 4.000"})  # from a page opened before the draft
    assert again.status_code == 422
    assert Revision.objects.get(version=2).body == "Rp 3.000"
    web.post(f"/pansol/{key}/berlakukan/")
    assert Revision.objects.get(version=2).status == "effective"
    assert "Rp 2.500" in web.get(f"/pansol/{key}/versi/1/").content.decode()
    assert web.get(f"/pansol/{key}/versi/9/").status_code == 404


def test_what_changed_between_two_versions_is_one_click_from_the_list_of_versions(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    web.post("/pansol/baru/", {**WRITTEN, "isi": "Biaya\nRp 2.500\nTutup", "lalu": "berlaku"})
    key = Document.objects.get().pk
    for body in ("Biaya\nRp 3.000\nTutup", "Biaya\nRp 3.000\nTutup\nSenyum"):
        said = {"judul": "Biaya transfer", "isi": body, "dari": WRITTEN["dari"], "dilihat": "-", "lalu": "berlaku"}
        web.post(f"/pansol/{key}/ubah/", said)
    listed = web.get(f"/pansol/{key}/").content.decode()
    assert [f"/pansol/{key}/versi/{n}/beda/" in listed for n in (1, 2, 3)] == [False, True, True]
    newest = web.get(f"/pansol/{key}/versi/3/beda/").content.decode()
    assert "Senyum" in newest
    assert "Rp 3.000" not in newest  # only the passages that differ
    since = web.get(f"/pansol/{key}/versi/3/beda/?dengan=1").content.decode()
    assert all(one in since for one in ("Rp 2.500", "Rp 3.000", "Senyum", "Dari versi 1 ke versi 3"))
    none = [web.get(f"/pansol/{key}/versi/{pair}").status_code for pair in ("1/beda/", "9/beda/", "2/beda/?dengan=2")]
    assert none == [404] * 3


def test_a_number_that_is_there_is_said_at_its_field(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    web.post("/pansol/baru/", {**WRITTEN, "lalu": "draf"})
    answer = web.post("/pansol/baru/", {**WRITTEN, "lalu": "draf"})
    assert answer.status_code == 422
    assert "sudah dipakai" in answer.content.decode()


def test_last_day_and_withdrawal(cast: Cast) -> None:
    web = cast.web(cast.dewi)
    web.post("/pansol/baru/", {**WRITTEN, "lalu": "berlaku"})
    key = Document.objects.get().pk
    web.post(f"/pansol/{key}/tanggal-akhir/", {"sampai": f"{TODAY - timedelta(days=1)}", "alasan": "Promo selesai"})
    assert Revision.objects.get().valid_until == TODAY - timedelta(days=1)
    assert "kadaluwarsa" in web.get("/pansol/").content.decode()
    wrong = web.post(f"/pansol/{key}/tanggal-akhir/", {"sampai": "x"}, follow=True)
    assert "Isi tanggal yang benar." in wrong.content.decode()
    assert "Tulis alasannya." in web.post(f"/pansol/{key}/tarik/", {}, follow=True).content.decode()
    web.post(f"/pansol/{key}/tarik/", {"alasan": "Keliru"})
    assert Revision.objects.get().retire_reason == "Keliru"


def test_pasted_rows_become_an_import_and_a_pasted_text_one_article(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    rows = "Kode\tJudul\tIsi\r\nPSL-1\tBiaya\tRp 2.500\r\nPSL-2\tBlokir\t\r\n"
    answer = web.post("/pansol/impor/tempel/", {"tempel": rows}, follow=True)
    assert "Baris bermasalah" in answer.content.decode()
    form = web.post("/pansol/impor/tempel/", {"tempel": "Biaya transfer\nRp 2.500\nper transaksi"}, follow=True)
    assert 'value="Biaya transfer"' in form.content.decode()
    assert "Rp 2.500\nper transaksi" in form.content.decode()
    web.post("/pansol/baru/", {**WRITTEN, "asal": "pasted", "lalu": "draf"})
    assert Revision.objects.get().origin == "pasted"


def test_a_file_is_looked_at_and_then_applied(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    file = io.BytesIO(b"code,title,text\nPSL-1,Biaya,Rp 2.500\n")
    file.name = "pansol.csv"
    answer = web.post("/pansol/impor/", {"berkas": file}, follow=True)
    assert "Terapkan semua" in answer.content.decode()
    row = ArticleImport.objects.get()
    web.post(f"/pansol/impor/{row.pk}/terapkan/")
    assert Document.objects.get().code == "PSL-1"
    bad = io.BytesIO(b"nothing")
    bad.name = "x.csv"
    assert "tidak ada" in web.post("/pansol/impor/", {"berkas": bad}).content.decode()


def test_the_download_of_the_list_is_what_the_import_takes(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    web.post("/pansol/baru/", {**WRITTEN, "sampai": f"{TODAY + timedelta(days=9)}", "lalu": "berlaku"})
    content = b"".join(web.get("/pansol/xlsx/").streaming_content)  # type: ignore[attr-defined]
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    looked = importing.keep(user=cast.qanita, at=cast.now, name="x", rows=sheets.read("x.xlsx", content))
    plan = importing.plan(looked, cast.now)
    assert [step.effect.value for step in plan.steps] == ["unchanged"]


@pytest.mark.parametrize("count", [3, 30])
def test_a_list_asks_no_more_with_more_articles(cast: Cast, count: int) -> None:
    for number in range(count):
        row = actions.draft(
            user=cast.qanita, at=cast.now, code=f"PSL-{number}", title="Biaya", body="x", valid_from=TODAY
        )
        actions.put_in_force(user=cast.qanita, at=cast.now, revision=row)
    web = cast.web(cast.qanita)
    with CaptureQueriesContext(connection) as asked:
        assert web.get("/pansol/").status_code == 200
    assert len(asked) < 25


def test_a_version_that_is_to_come_is_withdrawn_from_its_own_page(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    web.post("/pansol/baru/", {**WRITTEN, "lalu": "berlaku"})
    key = Document.objects.get().pk
    coming = {"judul": "Biaya", "isi": "Rp 9.000", "dari": f"{TODAY + timedelta(days=9)}", "dilihat": "-"}
    web.post(f"/pansol/{key}/ubah/", {**coming, "lalu": "berlaku"})
    assert 'name="versi" value="1"' in web.get(f"/pansol/{key}/").content.decode()
    assert 'name="versi" value="2"' in web.get(f"/pansol/{key}/versi/2/").content.decode()
    web.post(f"/pansol/{key}/tarik/", {"alasan": "Batal", "versi": "2"})
    assert list(Revision.objects.order_by("version").values_list("status", flat=True)) == ["effective", "retired"]
    assert web.post(f"/pansol/{key}/tarik/", {"alasan": "Batal", "versi": "2"}).status_code == 404


@pytest.mark.parametrize("who", ["surya", "tari"])
def test_who_may_not_see_scenarios_does_not_see_how_many_rest_on_an_article(cast: Cast, who: str) -> None:
    from kendali.mystery.tests import prepared_rows

    prepared_rows.scenario(cast)
    prepared_rows.material(cast)
    counts = {
        nick: cast.web(cast.people[nick]).get("/pansol/").content.decode().split('data-label="Dikutip oleh">')[1][0]
        for nick in (who, "qanita")
    }
    assert counts == {who: "0", "qanita": "2"}
