"""F-22 as register and as sheets: pages, spreadsheets, PDFs, API."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from kendali.accounts.models import ApiToken, RoleGrant, User
from kendali.accounts.roles import QA
from kendali.mystery import f22_print
from kendali.mystery.actions import findings
from kendali.mystery.models import Attempt, Cycle, CycleSignature, Finding, FollowUp, Sample
from kendali.mystery.queries import f22
from kendali.mystery.tests.f22_rows import FIRST, month
from kendali.mystery.tests.finding_rows import AT
from kendali.mystery.tests.house import CALLED, House
from tests.cast import Cast

pytestmark = pytest.mark.django_db
MONTH = "/mystery/f22/2026-11/"


def html(cast: Cast, address: str, nick: str = "qanita") -> str:
    return cast.web(cast.people[nick]).get(address).content.decode()


def body(answer: HttpResponseBase) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def cells(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def printed(pdf: bytes, tmp_path: Path) -> str:
    """What pdftotext reads, with single blanks."""
    if which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True, text=True)
    return " ".join(done.stdout.split())


def sign(cycle: Cycle, cast: Cast) -> None:
    for part, person in (("made", cast.qori), ("checked", cast.qanita), ("acknowledged", cast.kirana)):
        CycleSignature.objects.create(
            cycle=cycle, part=part, user=person, name=person.name, position=person.position, digest="a" * 64, at=FIRST
        )


# --- the register


def test_the_months_are_listed_with_their_signatures(cast: Cast) -> None:
    cycle = month(cast, 1, status="closed", plan_frozen_at=FIRST)
    sign(cycle, cast)
    page = html(cast, "/mystery/f22/")
    assert "November 2026" in page
    assert "3 / 3" in page


def test_a_month_that_is_only_being_prepared_has_no_register_yet(cast: Cast) -> None:
    month(cast, 1)
    assert "Belum ada register" in html(cast, "/mystery/f22/")


def test_the_register_has_a_row_for_each_call_with_its_findings_and_what_was_late(cast: Cast) -> None:
    month(cast, 2)
    page = html(cast, MONTH)
    for words in ("MC-2026-11-0001", "MC-2026-11-0002", "Qori Amelia", "Ayu Ningsih", "TM-2026-11-00010", "94,0"):
        assert words in page
    assert "2 terlambat" in page  # K2, and K3 by now


def test_the_register_is_filtered(cast: Cast) -> None:
    month(cast, 3)
    page = html(cast, f"{MONTH}?shift=siang&temuan=yes")
    assert "MC-2026-11-0002" in page
    assert "MC-2026-11-0001" not in page
    assert "Tidak ada yang cocok" in html(cast, f"{MONTH}?cari=zzz")


def test_long_registers_have_pages(cast: Cast) -> None:
    month(cast, 55, findings=0)
    first = html(cast, MONTH)
    assert "MC-2026-11-0050" in first
    assert "MC-2026-11-0051" not in first
    assert "MC-2026-11-0051" in html(cast, f"{MONTH}?after=MC-2026-11-0050")


def test_an_unknown_month_is_not_found(cast: Cast) -> None:
    for address in ("/mystery/f22/2026-12/", "/mystery/f22/november/"):
        assert cast.web(cast.qanita).get(address).status_code == 404


def test_a_plan_is_never_shown_here(cast: Cast) -> None:
    month(cast, 1)
    Sample.objects.update(
        state="assigned", called_at=None, evaluation=None, agent=None, verified_at=None, verified_by=None
    )
    Attempt.objects.all().delete()
    assert "MC-2026-11-0001" not in html(cast, MONTH, "qori")
    assert cast.web(cast.qori).get(f"/mystery/f22/sampel/{Sample.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("count", [3, 50])
def test_a_page_costs_the_same_queries_however_many_rows(
    cast: Cast, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    month(cast, count, findings=2)
    browser = cast.web(cast.qanita)
    browser.get(MONTH)
    with django_assert_max_num_queries(26):
        browser.get(MONTH)


# --- as a spreadsheet


def test_the_spreadsheet_has_every_column_of_the_form(cast: Cast) -> None:
    cycle = month(cast, 2)
    sign(cycle, cast)
    FollowUp.objects.create(
        finding=Finding.objects.order_by("number")[0], correction="k", root_cause="Lupa naskah", corrective_action="t",
        person_in_charge="Surya", on=cycle.month, by=cast.surya, at=FIRST,
    )  # fmt: skip
    head, first, second = cells(body(cast.web(cast.dewi).get(f"{MONTH}register.xlsx")))
    row = dict(zip(head, first, strict=True))
    assert row["Nomor sampel"] == "MC-2026-11-0001"
    assert row["Nomor pemanggil dan persona"] == "P-04 · 0811-000-111"
    assert [row[name] for name in ("IVR (dtk)", "Antrean (dtk)", "Dering (dtk)", "Bicara (dtk)", "Hold (dtk)")] == [
        31, 12, 4, 187, 6,
    ]  # fmt: skip
    assert row["Percobaan beserta hasilnya"].splitlines()[0].endswith("sibuk")
    assert row["Salam pembuka"] == "Ada salam, satu unsur terlewat"
    assert row["Tawaran bantuan lain"].startswith("✗ Tidak menawarkan · 02:10-02:25")
    assert row["Nilai akhir"] == 94.0
    assert row["Akar masalah"] == "Lupa naskah"
    assert [row[name] for name in head if "tepat waktu (Y/T)" in name] == ["Y", "T", "T"]
    assert row["Diketahui (Kordinator)"].startswith("Kirana Dewi")
    assert "Document Control" in row["Masa simpan"]
    assert second[1] == "MC-2026-11-0002"


def test_what_was_not_submitted_has_a_row_without_an_assessment(cast: Cast) -> None:
    month(cast, 1, findings=0)
    Sample.objects.update(evaluation=None, state="scoring")
    head, row = cells(body(cast.web(cast.dewi).get(f"{MONTH}register.xlsx")))
    assert dict(zip(head, row, strict=True))["Nilai akhir"] == ""


def test_a_sheet_is_a_spreadsheet_too(cast: Cast) -> None:
    month(cast, 1)
    pk = Sample.objects.get().pk
    lines = cells(body(cast.web(cast.dewi).get(f"/mystery/f22/sampel/{pk}/lembar.xlsx")))
    told = {(line[0], line[1]): line[2:] for line in lines}
    assert told["Sampel", "Nomor sampel"][0] == "MC-2026-11-0001"
    assert told["Sistem & Prosedur", "Salam pembuka"][:2] == ["Ada salam, satu unsur terlewat", "50,0"]
    assert told["TM-2026-11-00000", "QA ke Supervisor"][1] == "T"


# --- a sheet


def test_a_sheet_shows_header_execution_assessment_findings_and_sign_off(cast: Cast) -> None:
    month(cast, 1)
    page = html(cast, f"/mystery/f22/sampel/{Sample.objects.get().pk}/", "qori")
    for words in (
        "Form Monitoring Pelaksanaan Mystery Calling", "IN.QCC.TDSCC.F-22, revisi 02", "SK-03 v2", "kartu-reguler",
        "Layanan Jakarta · 1500", "T-1", "Perekam mati", "Salam pembuka", "02:10-02:25", "TM-2026-11-00000",
        "Latihan penutup percakapan", "QCO ke QA", "Qanita Putri", "1 tahun", "Document Control",
    ):  # fmt: skip
        assert words in page, words


def test_the_assessment_is_not_shown_before_it_is_submitted(cast: Cast) -> None:
    month(cast, 1, findings=0)
    Sample.objects.update(evaluation=None, state="scoring")
    page = html(cast, f"/mystery/f22/sampel/{Sample.objects.get().pk}/", "qori")
    assert "belum diajukan" in page
    assert "Salam pembuka" not in page


def test_a_frozen_sheet_says_whether_it_is_still_as_it_was(cast: Cast) -> None:
    cycle = month(cast, 1)
    sample = Sample.objects.get()
    digests = f22.row_digests(cycle, cast.now)
    Cycle.objects.filter(pk=cycle.pk).update(status="frozen", plan_frozen_at=FIRST, frozen_at=cast.now)
    Sample.objects.filter(pk=sample.pk).update(frozen_digest=digests[sample.pk], state="locked")
    address = f"/mystery/f22/sampel/{sample.pk}/"
    assert "sama seperti saat dikunci" in html(cast, address)
    Finding.objects.update(state="closed", ended_at=cast.now + timedelta(days=1))
    assert "sama seperti saat dikunci" in html(cast, address)
    Attempt.objects.filter(number=2).update(talk_seconds=1)
    assert "berubah sejak dikunci" in html(cast, address)


def test_a_frozen_register_says_whether_it_is_still_as_it_was(cast: Cast) -> None:
    cycle = month(cast, 1)
    digest, address = f22.register_digest(cycle, cast.now), "/mystery/f22/2026-11/"
    assert "Periksa sekarang" not in html(cast, address)
    Cycle.objects.update(
        status="frozen", plan_frozen_at=FIRST, frozen_at=cast.now, frozen_digest=digest, frozen_layout=2
    )
    assert "Periksa sekarang" in html(cast, address)
    assert "sama seperti saat dikunci" in html(cast, f"{address}?periksa=1")
    Attempt.objects.filter(number=2).update(talk_seconds=1)
    assert "berubah sejak dikunci" in html(cast, f"{address}?periksa=1")


# --- on paper


def test_a_sheet_is_printed(cast: Cast, tmp_path: Path) -> None:
    month(cast, 1)
    pdf = cast.web(cast.dewi).get(f"/mystery/f22/sampel/{Sample.objects.get().pk}/lembar.pdf").content
    assert b"pdfaid:part" in pdf or b"/Metadata" in pdf
    text = printed(pdf, tmp_path)
    for words in ("MC-2026-11-0001", "Salam pembuka", "02:10-02:25", "QA ke Supervisor", "Diperiksa (QA)", "1 tahun"):
        assert words in text, words


def test_all_sheets_of_a_month_are_one_pdf(cast: Cast, tmp_path: Path) -> None:
    month(cast, 3)
    answer = cast.web(cast.dewi).get(f"{MONTH}lembar.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    text = printed(answer.content, tmp_path)
    assert all(f"MC-2026-11-000{n}" in text for n in (1, 2, 3))


def test_a_large_month_is_sent_as_a_zip_of_several_while_it_is_made(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(f22_print, "AT_ONCE", 2)
    month(cast, 3)
    answer = cast.web(cast.dewi).get(f"{MONTH}lembar.pdf")
    assert answer.streaming
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["lembar-f22-2026-11-001.pdf", "lembar-f22-2026-11-002.pdf"]
        assert "Salam pembuka" in printed(archive.read(archive.namelist()[1]), tmp_path)


def test_the_register_is_printed_with_its_three_signatures(cast: Cast, tmp_path: Path) -> None:
    sign(month(cast, 2), cast)
    text = printed(cast.web(cast.dewi).get(f"{MONTH}register.pdf").content, tmp_path)
    for words in ("MC-2026-11-0001", "Register F-22, November 2026", "Disusun (QCO)", "Kirana Dewi", "1 tahun"):
        assert words in text, words


def test_paper_is_in_the_language_of_its_reader(cast: Cast, tmp_path: Path) -> None:
    month(cast, 1)
    User.objects.filter(pk=cast.dewi.pk).update(language="en")
    text = printed(cast.web(User.objects.get(pk=cast.dewi.pk)).get(f"{MONTH}lembar.pdf").content, tmp_path)
    for words in ("Mystery Calling Monitoring Form", "Opening greeting", "QA to Supervisor", "PIC Document Control"):
        assert words in text, words


def test_an_empty_month_is_printed_as_such(cast: Cast, tmp_path: Path) -> None:
    month(cast, 1, findings=0)
    address = f"{MONTH}register.pdf?cari=zzz"
    assert "Tidak ada panggilan" in printed(cast.web(cast.dewi).get(address).content, tmp_path)


# --- who


def test_the_target_teams_get_none_of_it(cast: Cast) -> None:
    """Caller's number, persona and scenario stand on it: agent, TL and SPV have no way to it."""
    month(cast, 1)
    for nick in ("agus", "tari", "surya"):
        for address in (MONTH, f"{MONTH}register.xlsx", f"/mystery/f22/sampel/{Sample.objects.get().pk}/"):
            assert cast.web(cast.people[nick]).get(address).status_code == 403


def test_a_supervisor_who_is_also_qa_sees_it_as_qa(cast: Cast) -> None:
    month(cast, 1)
    RoleGrant.objects.create(user=cast.surya, role=QA, granted_at=FIRST)
    assert cast.web(cast.surya).get(MONTH).status_code == 200


def api(cast: Cast) -> Client:
    secret = "kdl_f22_row"
    ApiToken.objects.create(
        user=cast.dewi, name="t", prefix="f22", secret_hash=hashlib.sha256(secret.encode()).digest(), scopes=["read"],
        created_at=cast.now,
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_the_hash_of_a_row_is_computed_again_from_what_the_api_gives(cast: Cast) -> None:
    """As docs/evidence.md says."""
    month(cast, 1)
    sample = Sample.objects.get()
    answer = api(cast).get(f"/api/v1/mystery/f22/samples/{sample.pk}").json()
    plain = json.dumps(answer["row"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(plain).hexdigest() == answer["digest"]
    assert answer["row"]["number"] == sample.number


def test_the_api_gives_the_access_findings_that_are_hashed(house: House) -> None:
    sample = house.sample("unconnected", executor=house.cast.qori)
    finding = findings.raise_access("jkt", CALLED.date(), [sample], at=AT)
    client, address = api(house.cast), "/api/v1/mystery/f22/2026-11-01"
    (found,) = client.get(address).json()["access"]
    plain = json.dumps(found["row"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert (found["row"]["finding"]["number"], found["digest"]) == (finding.number, hashlib.sha256(plain).hexdigest())
    assert client.get(f"{address}?after={sample.number}").json()["access"] == []
