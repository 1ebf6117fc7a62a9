"""The pages of roster, numbers, callers and working days: what they show, and what a click on them does."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from kendali import __version__
from kendali.accounts.models import User
from kendali.mystery import roster_sheet
from kendali.mystery.models import (
    Agent,
    CalendarVersion,
    Caller,
    Destination,
    Membership,
    Shift,
    Team,
    Workplace,
)
from kendali.mystery.tests import roster_rows
from kendali.mystery.tests.roster_rows import SINCE, Floor
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("on_the_day")


@pytest.fixture
def floor(cast: Cast) -> Floor:
    roster_rows.callers(cast)
    return roster_rows.floor(cast)


def shown(cast: Cast, user: User, address: str) -> str:
    answer = cast.web(user).get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def sent(web: Browser, address: str, data: Mapping[str, object]) -> str:
    return web.post(address, data, follow=True).content.decode()


def test_the_roster_lists_who_is_in_it_on_a_day(cast: Cast, floor: Floor) -> None:
    page = shown(cast, cast.surya, "/mystery/roster/")
    assert all(name in page for name in ("Agus Setiawan", "Ketut Sudarma", "TL Tari Lestari", "SPV Surya Pratama"))
    assert "Ketut" not in shown(cast, cast.qanita, "/mystery/roster/?area=jkt")
    assert "Citra" not in shown(cast, cast.qanita, "/mystery/roster/?tim=J1")
    assert "Bagas" in shown(cast, cast.qanita, "/mystery/roster/?cari=2002")
    assert "Bagas" not in shown(cast, cast.qanita, "/mystery/roster/?tanggal=2025-12-31")


def test_an_empty_roster_says_how_it_is_filled(cast: Cast) -> None:
    for address in ("", "tim/", "shift/", "nomor/", "pemanggil/"):
        assert 'class="empty"' in shown(cast, cast.qanita, f"/mystery/roster/{address}")


def test_supervisors_see_no_callers_and_no_numbers(cast: Cast, floor: Floor) -> None:
    page = shown(cast, cast.surya, "/mystery/roster/")
    assert "/mystery/roster/pemanggil/" not in page
    assert "/mystery/roster/nomor/" not in page
    assert "/mystery/roster/pemanggil/" in shown(cast, cast.qanita, "/mystery/roster/")


def test_an_agent_is_added_moved_and_ended_on_the_pages(cast: Cast, floor: Floor) -> None:
    web = cast.web(cast.qanita)
    given = {"name": "Zahra Utami", "team": "J2", "shift": "pagi", "login": "zahra", "extension": "2009"}
    sent(web, "/mystery/roster/agen/baru/", {**given, "number": "A9", "since": "2026-12-01"})
    agent = Agent.objects.get(number="A9")
    page = sent(web, f"/mystery/roster/agen/{agent.pk}/pindah/", {**given, "team": "D1", "since": "2027-01-04"})
    assert "D1" in page
    page = sent(web, f"/mystery/roster/agen/{agent.pk}/selesai/", {"last": "2027-03-31"})
    lines = Membership.objects.filter(agent=agent).order_by("since")
    assert [(one.team, one.until) for one in lines] == [("J2", date(2027, 1, 3)), ("D1", date(2027, 3, 31))]


def test_what_a_rule_refuses_is_said_on_the_page(cast: Cast, floor: Floor) -> None:
    given = {"number": "A9", "name": "Z", "team": "J2", "shift": "pagi", "login": "ketut", "since": "2026-12-01"}
    page = sent(cast.web(cast.qanita), "/mystery/roster/agen/baru/", given)
    assert "ketut" in page
    assert not Agent.objects.filter(number="A9").exists()


def workbook(cast: Cast) -> bytes:
    answer = cast.web(cast.qanita).get("/mystery/roster/xlsx/")
    return b"".join(answer)


def test_the_exported_sheet_imports_again_unchanged(cast: Cast, floor: Floor) -> None:
    content = workbook(cast)
    head = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0]
    assert head[:3] == ["NIK karyawan", "Nama", "Tim"]
    page = _upload(cast, content, complete="on").content.decode()
    assert "Tidak ada yang berubah" in page
    assert Membership.objects.count() == 5


def _upload(cast: Cast, content: bytes, **more: str):  # type: ignore[no-untyped-def]
    file = SimpleUploadedFile("roster.xlsx", content)
    data = {"file": file, "effective": "2026-12-01", **more}
    return cast.web(cast.qanita).post("/mystery/roster/impor/", data)


def _sheet(rows: list[list[object]]) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([roster_sheet.heads("id"), *rows]):
            sheet.write_row(number, 0, row)
    return file.getvalue()


NEW = ["A9", "Zahra Utami", "J2", "JKT", "Pagi", "", "", "zahra", 2009]


def test_a_sheet_is_shown_first_and_applied_by_the_second_click(cast: Cast, floor: Floor) -> None:
    answer = _upload(cast, _sheet([NEW]))
    page = answer.content.decode()
    assert "Zahra Utami" in page
    assert not Agent.objects.filter(number="A9").exists()
    hidden = dict(re.findall(r'type="hidden" name="(rows|seen|effective)" value="([^"]*)"', page))
    hidden["rows"] = hidden["rows"].replace("&quot;", '"')
    sent(cast.web(cast.qanita), "/mystery/roster/impor/", hidden)
    assert Membership.objects.get(agent__number="A9").extension == "2009"


def test_another_sheet_than_the_one_that_was_seen_is_shown_again(cast: Cast, floor: Floor) -> None:
    data = {"rows": '[{"agent": "A9", "name": "Z", "team": "J2", "area": "jkt", "shift": "pagi"}]',
            "effective": "2026-12-01", "seen": "0" * 16}  # fmt: skip
    page = sent(cast.web(cast.qanita), "/mystery/roster/impor/", data)
    assert "A9" in page
    assert not Agent.objects.filter(number="A9").exists()


def test_bad_rows_are_named_by_row_and_column(cast: Cast, floor: Floor) -> None:
    answer = _upload(cast, _sheet([NEW, ["A10", "", "X9", "JKT", "pagi", "besok"]]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "baris 3" in page
    assert all(word in page for word in ("Nama", "Berlaku dari", "X9", "besok"))
    assert not Agent.objects.filter(number="A9").exists()


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04broken"])
def test_a_file_that_is_no_workbook_is_refused(cast: Cast, floor: Floor, content: bytes) -> None:
    assert _upload(cast, content).status_code == 422


def test_a_team_gets_another_supervisor_and_keeps_its_history(cast: Cast, floor: Floor) -> None:
    web = cast.web(cast.kirana)
    data = {"leader": cast.tari.pk, "supervisor": cast.surya.pk, "since": "2026-12-01"}
    page = sent(web, "/mystery/roster/tim/J2/ubah/", data)
    assert "Kirana Dewi" in page
    assert "Surya Pratama" in page
    sent(web, "/mystery/roster/tim-baru/", {**data, "code": "J3", "site": "jkt"})
    assert Team.objects.get(code="J3").supervisor == cast.surya
    sent(web, "/mystery/roster/tim/J3/selesai/", {"last": "2026-12-31"})
    assert Team.objects.get(code="J3").until == date(2026, 12, 31)


def test_shifts_numbers_and_callers_are_kept_on_their_pages(cast: Cast, floor: Floor) -> None:
    web = cast.web(cast.qanita)
    shift = {"code": "malam", "name": "Malam", "first": "22:00", "last": "06:00", "active": "on"}
    assert "22.00–06.00" in sent(web, "/mystery/roster/shift/simpan/", shift)
    number = {"code": "mks-1", "name": "Makassar", "number": "1500004", "site": "", "zone": "Asia/Makassar",
              "active": "on", "day_0": "07.00-22.00", "day_5": "08.00-12.00"}  # fmt: skip
    sent(web, "/mystery/roster/nomor-baru/", number)
    assert Destination.objects.get(code="mks-1").hours[5] == [[480, 720]]
    assert web.post("/mystery/roster/nomor/mks-1/", {**number, "day_0": "pagi"}).status_code == 422
    caller = {"gender": "f", "first": "09:00", "last": "18:00", "share": 2, "known_in": ["jkt"], "active": "on"}
    row = Caller.objects.get(user=cast.qori)
    sent(web, f"/mystery/roster/pemanggil/{row.pk}/", caller)
    row.refresh_from_db()
    assert (row.first, row.share) == (540, 2)
    page = sent(web, f"/mystery/roster/pemanggil/{row.pk}/absen/", {"first": "2026-12-01", "last": "2026-12-04"})
    assert "1 Desember 2026" in page
    sent(web, f"/mystery/roster/absen/{row.absences.get().pk}/batal/", {})
    assert not row.absences.exists()
    assert Shift.objects.get(code="malam").active


def test_the_calendar_shows_the_month_and_the_working_days_of_each_area(cast: Cast, floor: Floor) -> None:
    page = shown(cast, cast.qori, "/mystery/kalender/?bulan=2026-12")
    assert "Desember 2026" in page
    assert "21 hari kerja" in page
    assert f"Kendali {__version__}</span>" in page  # its own version, not that of the table
    assert "Denpasar" in page
    assert "WITA" in page


def test_a_day_off_is_added_renamed_and_taken_out_with_reasons(cast: Cast, floor: Floor) -> None:
    web = cast.web(cast.kirana)
    day = {"on": "2026-12-28", "name": "Galungan", "sites": ["dps"], "reason": "Adat"}
    assert "Galungan" in sent(web, "/mystery/kalender/hari/", day)
    assert "Kuningan" in sent(web, "/mystery/kalender/hari/", {**day, "name": "Kuningan", "reason": "Nama"})
    sent(web, "/mystery/kalender/hari/hapus/", {"on": "2026-12-28", "reason": "Salah"})
    assert CalendarVersion.objects.count() == 4
    sent(web, "/mystery/kalender/area/dps/", {"week": "six_days", "opens": "07:00", "closes": "15:00"})
    assert Workplace.objects.get(site=floor.dps).week == "six_days"


def test_a_year_without_a_decree_is_warned_of(cast: Cast, floor: Floor) -> None:
    web = cast.web(cast.kirana)
    page = sent(web, "/mystery/kalender/tahun/2028/", {})
    assert "2028" in page
    assert "cuti bersama" in shown(cast, cast.qanita, "/mystery/kalender/?bulan=2028-01")


@pytest.mark.parametrize("asked", ["bulan=abc", "bulan=0001-01", "bulan=99999-01", "tanggal=x&area=x&tim=x"])
def test_addresses_typed_wrong_show_the_page_of_today(cast: Cast, floor: Floor, asked: str) -> None:
    shown(cast, cast.qanita, f"/mystery/kalender/?{asked}")
    shown(cast, cast.qanita, f"/mystery/roster/?{asked}")


def test_a_thousand_agents_cost_no_more_queries(
    cast: Cast, floor: Floor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    agents = Agent.objects.bulk_create(Agent(number=f"B{n}", name=f"Agen {n}") for n in range(1000))
    Membership.objects.bulk_create(
        Membership(agent=one, name=one.name, team="J1", site=floor.jkt, shift="pagi", since=SINCE) for one in agents
    )
    web = cast.web(cast.qanita)
    with django_assert_max_num_queries(30):
        web.get("/mystery/roster/")
    with django_assert_max_num_queries(30):
        web.get("/mystery/roster/tim/")
    with django_assert_max_num_queries(30):
        web.get("/mystery/kalender/")
