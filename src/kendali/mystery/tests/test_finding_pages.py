"""The board and the page of a finding: who sees what, what is greyed and why, the forms of each step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from kendali.accounts.models import RoleGrant, User
from kendali.mystery.actions import finding_steps, findings
from kendali.mystery.models import Clock, Evidence, Finding
from kendali.mystery.rules.finding_rules import FollowUp
from kendali.mystery.tests.finding_rows import AT, raised, submitted
from kendali.mystery.tests.house import House
from kendali.terms.models import Setting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
WORDS = {"koreksi": "Sudah dijelaskan", "akar": "Lupa", "korektif": "Coaching", "pic": "Surya", "selesai": "ya"}
PDF = b"%PDF-1.4\nx\n%%EOF"


@pytest.fixture
def store(settings: Settings, tmp_path: object) -> None:
    settings.KENDALI_STORE = str(tmp_path)


@pytest.fixture
def finding(house: House) -> Finding:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    raised(house, form)
    form.sample.state = "verified"
    type(form.sample).objects.filter(pk=form.sample.pk).update(state="verified", verified_at=AT)
    return findings.forward_all(form.sample, user=house.cast.qanita, at=AT)[0]


def page(house: House, user: User, finding: Finding, what: str = "") -> str:
    answer = house.cast.web(user).get(f"/mystery/temuan/{finding.pk}/{what}")
    assert answer.status_code == 200
    return answer.content.decode()


def post(house: House, user: User, finding: Finding, what: str, **data: object) -> int:
    return house.cast.web(user).post(f"/mystery/temuan/{finding.pk}/{what}/", data).status_code


def test_the_board_says_who_must_act_until_when(house: House, finding: Finding) -> None:
    board = house.cast.web(house.cast.qanita).get("/mystery/temuan/").content.decode()
    assert finding.number in board
    assert "Supervisor Surya Pratama" in board
    assert all(f"{step} · " in board for step in ("K1", "K2", "K3"))


@pytest.mark.parametrize("asked", ["milik=saya", "milik=tim", "jam=terlambat", "status=at_supervisor", "area=jkt",
                                   "nomor=TM-2026", "tampil=semua", "status=closed", "jam=eskalasi"])  # fmt: skip
def test_the_board_is_filtered(house: House, finding: Finding, asked: str) -> None:
    board = house.cast.web(house.cast.surya).get(f"/mystery/temuan/?{asked}").content.decode()
    Finding.objects.update(due_at=AT - timedelta(days=300))
    late = house.cast.web(house.cast.surya).get("/mystery/temuan/?jam=terlambat").content.decode()
    assert (finding.number in board) is (asked not in {"status=closed", "jam=eskalasi", "jam=terlambat"})
    assert finding.number in late


@pytest.mark.parametrize("nick", ["surya", "agus"])
def test_supervisor_and_agent_never_read_who_called_or_as_whom(house: House, finding: Finding, nick: str) -> None:
    house.setting("mystery.agent_login", True)
    shown = page(house, house.cast.people[nick], finding)
    assert finding.sample is not None
    for hidden in ("Qori", finding.sample.number, house.persona.name, house.persona.caller_number, "SKN-01"):
        assert hidden not in shown
    assert "<b>QC Officer</b> menyerahkan" in shown
    assert "Qori" in page(house, house.cast.qanita, finding)


def test_the_page_asks_few_questions(house: House, finding: Finding) -> None:
    for nick in ("qanita", "kirana", "surya"):
        browser = house.cast.web(house.cast.people[nick])
        browser.get("/mystery/temuan/")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"/mystery/temuan/{finding.pk}/").status_code == 200
        assert len(asked) < 60, nick


def test_what_is_not_allowed_is_greyed_with_its_reason(house: House, finding: Finding) -> None:
    done = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d",
                    on=AT.date(), done=True)  # fmt: skip
    finding_steps.report_follow_up(user=house.cast.surya, at=AT, finding=finding, follow_up=done)
    shown = page(house, house.cast.qanita, finding)
    assert 'aria-disabled="true"' in shown
    assert "Temuan ditutup dengan bukti tindak lanjutnya." in shown


def test_a_stranger_finds_nothing_and_who_may_not_is_told_so(house: House, finding: Finding) -> None:
    Finding.objects.update(team="J2", owner=house.cast.kirana)
    for nick, status in {"surya": 404, "dina": 404, "agus": 404, "dewi": 403, "adi": 403, "tari": 403}.items():
        got = house.cast.web(house.cast.people[nick]).get(f"/mystery/temuan/{finding.pk}/").status_code
        assert (nick, got) == (nick, status)


@pytest.mark.usefixtures("store")
def test_a_finding_goes_through_the_pages_to_its_end(house: House, finding: Finding) -> None:
    surya, qanita = house.cast.surya, house.cast.qanita
    assert post(house, surya, finding, "mulai") == 302
    assert post(house, surya, finding, "tindak-lanjut", **WORDS | {"tanggal": "2026-11-20"}) == 302
    assert post(house, qanita, finding, "belum-cukup", alasan="Akar masalah belum dalam") == 302
    assert post(house, surya, finding, "tindak-lanjut", **WORDS | {"tanggal": "2026-11-20"}) == 302
    assert post(house, qanita, finding, "tutup") == 422  # no evidence yet
    file = SimpleUploadedFile("coaching.pdf", PDF, "application/pdf")
    assert post(house, surya, finding, "coaching", tanggal="2026-11-20", catatan="Empati", berkas=file) == 302
    assert post(house, surya, finding, "bukti", tautan="https://contoh.example/bukti") == 302
    assert post(house, qanita, finding, "tutup", terlambat="received_late", alasan="") == 302
    finding.refresh_from_db()
    assert finding.state == "closed"
    shown = page(house, surya, finding)
    assert "Akar masalah belum dalam" in shown
    kept = Evidence.objects.get(path__gt="")
    file_back = house.cast.web(surya).get(f"/mystery/temuan/bukti/{kept.pk}/")
    assert (file_back.content, file_back.headers["Content-Type"]) == (PDF, "application/pdf")


def test_every_step_has_its_page_and_refuses_in_words(house: House, finding: Finding) -> None:
    for nick, what in [("qanita", "alihkan"), ("qanita", "gabungkan"), ("surya", "sanggah"), ("kirana", "ingatkan"),
                       ("qanita", "tidak-sah"), ("qadri", "putuskan-sanggahan"), ("qanita", "penanggung-jawab"),
                       ("qanita", "teruskan"), ("surya", "bukti"), ("surya", "coaching")]:  # fmt: skip
        assert page(house, house.cast.people[nick], finding, f"{what}/")
    assert post(house, house.cast.qanita, finding, "putuskan-sanggahan", putusan="rejected", alasan="x") == 422
    assert post(house, house.cast.surya, finding, "sanggah", alasan="Agent tidak setuju") == 302
    assert post(house, house.cast.qadri, finding, "putuskan-sanggahan", putusan="rejected", alasan="Jelas") == 302
    assert post(house, house.cast.qanita, finding, "alihkan", pic=house.cast.dina.pk, alasan="Artikel salah") == 302
    assert "Dina Kusuma" in page(house, house.cast.qanita, finding)


def test_the_list_goes_out_as_a_sheet(house: House, finding: Finding) -> None:
    answer = house.cast.web(house.cast.surya).get("/mystery/temuan/xlsx/?tampil=semua")
    assert b"".join(answer).startswith(b"PK")


def test_a_team_leader_who_helped_calling_writes_the_feedback_and_sees_nothing_else(house: House) -> None:
    tari = house.cast.tari
    row = findings.raise_access("jkt", AT.date(), [house.sample("unconnected", executor=tari)], at=AT)
    assert page(house, tari, row, "feedback/")
    assert post(house, tari, row, "feedback", uraian="Antrean penuh", rekomendasi="Tambah agent") == 302
    row.refresh_from_db()
    assert row.state == "feedback_given"
    assert house.cast.web(tari).get(f"/mystery/temuan/{row.pk}/").status_code == 403


# --- what was in force for these clocks


def fresh(house: House) -> Finding:
    return raised(house, submitted(house, said=("supervisor",), empathy="not_met"))[0]


def test_the_page_says_from_when_and_by_which_days_its_clocks_count(house: House) -> None:
    shown = page(house, house.cast.qanita, fresh(house))
    assert "masing-masing maksimal H+2" in shown
    assert "Ketiga jam dihitung sejak temuan; anggaran tiap langkah (H+0, H+1, H+2) hanya mengingatkan." in shown
    assert "Hari yang dihitung: Senin sampai Jumat, tanpa hari libur nasional dan cuti bersama." in shown
    assert "Jatuh tempo (hari kerja)" in shown


def test_clocks_begun_under_other_terms_keep_saying_so(house: House) -> None:
    house.setting("mystery.clock_mode", "chained")
    house.setting("mystery.clock_days", 3)
    row = fresh(house)
    Clock.objects.filter(stopped_at=None).update(week="calendar")
    Setting.objects.filter(key__startswith="mystery.clock").update(created_at=AT - timedelta(days=1))
    for key, value in (("mystery.clock_mode", "literal"), ("mystery.clock_days", 5)):
        house.setting(key, value)
        Setting.objects.filter(key=key, version=2).update(created_at=AT + timedelta(days=1))
    shown = page(house, house.cast.qanita, row)
    assert "masing-masing maksimal H+3" in shown
    assert "Setiap jam dihitung sejak penyerahan sebelumnya, yang pertama sejak temuan." in shown
    assert "K2: setiap hari kalender, termasuk hari libur." in shown
    assert "hari kerja)" not in shown


def test_areas_with_another_week_are_told_apart(house: House, finding: Finding) -> None:
    Clock.objects.filter(step="k3").update(week="six_days")
    shown = page(house, house.cast.qanita, finding)
    assert "K1, K2: Senin sampai Jumat, tanpa hari libur nasional dan cuti bersama; K3: Senin sampai Sabtu," in shown


@pytest.mark.parametrize(("week", "says"), [("calendar", "hari kalender"), ("five_days", "hari kerja")])
def test_what_is_late_is_counted_in_the_days_of_its_clock(house: House, finding: Finding, week: str, says: str) -> None:
    Clock.objects.filter(step="k3").update(week=week, due_at=AT - timedelta(days=2))
    shown = page(house, house.cast.qanita, finding)
    assert f"K3 (Supervisor ke QA) terlambat 2 {says}" in shown or f"terlambat 3 {says}" in shown


def test_the_board_names_the_terms_that_are_in_force(house: House, finding: Finding) -> None:
    board = house.cast.web(house.cast.qanita)
    assert "masing-masing maksimal H+2 setelah temuan" in board.get("/mystery/temuan/").content.decode()
    house.setting("mystery.clock_mode", "chained")
    house.setting("mystery.clock_days", 3)
    assert "masing-masing maksimal H+3 setelah penyerahan sebelumnya" in board.get("/mystery/temuan/").content.decode()


# --- who decides a dispute


@pytest.mark.parametrize("others", [True, False])
def test_a_disputed_finding_also_names_who_decides_it(house: House, finding: Finding, others: bool) -> None:
    assert "sanggahan:" not in page(house, house.cast.qanita, finding)
    assert post(house, house.cast.surya, finding, "sanggah", alasan="Agent tidak setuju") == 302
    if not others:
        RoleGrant.objects.filter(role="qa").exclude(user=house.cast.qanita).update(ended_at=AT)
    says = f"Supervisor Surya Pratama; sanggahan: {'QA lain' if others else 'Kordinator'}"
    board = house.cast.web(house.cast.surya).get("/mystery/temuan/").content.decode()
    assert says in page(house, house.cast.surya, finding)
    assert says in board
