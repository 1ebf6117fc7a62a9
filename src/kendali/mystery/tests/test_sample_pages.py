"""The pages around verifying: the queue, one sample, the samples of a month, an agent's own evaluations."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from kendali.accounts.models import User
from kendali.mystery.actions import clocks
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.tests.house import CALLED, House

pytestmark = pytest.mark.django_db
MONTH = "/mystery/siklus/2026-11/sampel/"


def page(house: House, user: User, address: str, status: int = 200) -> str:
    answer = house.cast.web(user).get(address)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def test_the_queue_shows_what_waits_with_the_clock_that_is_due(house: House) -> None:
    sample = house.sample("submitted", answers={"verification": "not_met"})
    clocks.begin(house.finding(sample, critical_compliance=True), at=house.submitted_at)
    house.sample("submitted", agent="")
    house.sample("verified")
    text = page(house, house.cast.qanita, "/mystery/verifikasi/")
    assert sample.number in text
    assert "kritis kepatuhan" in text
    assert "belum dikenali" in text
    assert text.count("Periksa<") == 2


def test_the_queue_can_be_narrowed(house: House) -> None:
    with_one, without = house.sample("submitted"), house.sample("submitted")
    house.finding(with_one)
    for asked, seen, hidden in (("ada", with_one, without), ("tanpa", without, with_one)):
        text = page(house, house.cast.qanita, f"/mystery/verifikasi/?temuan={asked}")
        assert seen.number in text
        assert hidden.number not in text
    assert "Tidak ada formulir yang cocok" in page(house, house.cast.qanita, "/mystery/verifikasi/?temuan=kritis")


def test_an_empty_queue_says_what_will_appear(house: House) -> None:
    assert "Tidak ada yang menunggu QA" in page(house, house.cast.qanita, "/mystery/verifikasi/")


@pytest.mark.parametrize("state", ["planned", "assigned", "calling", "called", "scoring", "submitted", "verified",
                                   "locked", "unconnected", "void", "missed", "destroyed"])  # fmt: skip
def test_a_sample_in_every_state_has_its_page(house: House, state: str) -> None:
    sample = house.sample(
        state, answers={"empathy": "not_met", "hold": "n/a"} if state in "scoring submitted" else None
    )
    text = page(house, house.cast.qanita, f"/mystery/sampel/{sample.pk}/")
    assert sample.number in text
    assert "Termasuk hitungan minimum" in text


def test_the_page_of_a_submitted_sample_shows_form_scores_and_findings(house: House) -> None:
    sample = house.sample("submitted", answers={"verification": "not_met", "empathy": "n/a"})
    found = house.finding(sample)
    text = page(house, house.cast.qanita, f"/mystery/sampel/{sample.pk}/")
    for words in (
        "Verifikasi identitas", "ketidaksesuaian", "oleh pelaksana", "Tidak terjadi dalam panggilan ini", "01:05-01:20",
        found.number, found.description, "Verifikasi &amp; teruskan", "Batal", "Kembalikan formulir",
        "QA belum memverifikasi sampel ini.", "Agus Setiawan",
    ):  # fmt: skip
        assert words in text, words


def test_revisions_show_what_changed_between_them(house: House) -> None:
    sample = house.sample("submitted", answers={"empathy": "not_met"})
    old = sample.evaluations.get()
    type(old).objects.filter(pk=old.pk).update(status="retracted", retract_reason="Salah baca")
    house.evaluation(sample, "submitted", {"empathy": "partly"})
    text = page(house, house.cast.qanita, f"/mystery/sampel/{sample.pk}/")
    assert "Revisi 2" in text
    assert "<del>Tidak ada empati, menyalahkan atau menyela</del>" in text
    assert "<ins>Ada ungkapan empati, tetapi hafalan atau terlambat</ins>" in text


def test_qa_verifies_on_the_page(house: House) -> None:
    sample = house.sample("submitted")
    answer = house.cast.web(house.cast.qanita).post(f"/mystery/sampel/{sample.pk}/langkah/verifikasi/", follow=True)
    assert "terverifikasi" in answer.content.decode()
    assert Sample.objects.get().state == "verified"


def test_what_is_refused_is_said_on_the_page(house: House) -> None:
    sample = house.sample("submitted")
    web = house.cast.web(house.cast.qanita)
    address = f"/mystery/sampel/{sample.pk}/"
    for verb, words in (("kembalikan", "Tulis alasannya."), ("batal", "Pilih mengapa sampel ini batal.")):
        assert words in web.post(f"{address}langkah/{verb}/", follow=True).content.decode()
    assert web.post(f"{address}langkah/apa/").status_code == 404
    answer = web.post(f"{address}agent/", {"agen": "X-9"}, follow=True).content.decode()
    assert "Tidak ada agent di roster dengan NIK karyawan ini." in answer
    web.post(f"{address}agent/", {"agen": "A2", "alasan": "Nama di rekaman"})
    sample.refresh_from_db()
    assert sample.agent == house.floor.agents["A2"]


def test_who_may_have_answered_is_asked_of_the_local_day_of_the_call(house: House) -> None:
    """00.30 WIB: in UTC it is still the day before, on which this agent was in the roster."""
    gone = house.floor.agents["A1"].memberships.get()
    gone.until = date(2026, 11, 19)
    gone.save()
    sample = house.sample("submitted", called_at=datetime(2026, 11, 19, 17, 30, tzinfo=UTC))
    page = house.cast.web(house.cast.qanita).get(f"/mystery/sampel/{sample.pk}/")
    assert [number for number, _name in page.context["agents"]] == ["A2", "A3"]


def test_voiding_promises_another_sample_only_while_the_calls_of_the_month_go_on(house: House) -> None:
    address = f"/mystery/sampel/{house.sample('submitted').pk}/"
    promise, none = "Sampel lain dari strata yang sama menggantikannya", "tidak ada sampel lain yang menggantikannya"
    text = page(house, house.cast.qanita, address)
    assert (promise in text, none in text) == (True, False)
    Cycle.objects.update(status="closed")
    text = page(house, house.cast.qanita, address)
    assert (promise in text, none in text) == (False, True)


def test_a_step_that_is_not_allowed_is_greyed_with_its_reason(house: House) -> None:
    house.sample("submitted")
    text = page(house, house.cast.kirana, f"/mystery/sampel/{Sample.objects.get().pk}/")
    assert "Ini tugas QA; Kordinator melakukannya bila tidak ada QA lain." in text


def test_the_plan_of_others_is_not_there_for_a_caller(house: House) -> None:
    other = house.sample("assigned", executor=house.cast.surya)
    own = house.sample("assigned")
    text = page(house, house.cast.qori, MONTH)
    assert own.number in text
    assert other.number not in text
    page(house, house.cast.qori, f"/mystery/sampel/{other.pk}/", 404)
    page(house, house.cast.surya, f"/mystery/sampel/{other.pk}/", 403)


def test_a_draft_of_a_form_is_its_callers_until_it_is_submitted(house: House) -> None:
    sample = house.sample("scoring", answers={"empathy": "not_met"}, executor=house.cast.tari)
    assert "Formulir sedang diisi" in page(house, house.cast.qori, f"/mystery/sampel/{sample.pk}/")
    assert "Formulir sedang diisi" not in page(house, house.cast.qanita, f"/mystery/sampel/{sample.pk}/")


def test_who_calls_goes_on_from_the_page_of_the_own_sample(house: House) -> None:
    sample = house.sample("called")
    assert f'href="/mystery/panggilan/{sample.pk}/"' in page(house, house.cast.qori, f"/mystery/sampel/{sample.pk}/")
    assert "Lanjutkan panggilan saya" not in page(house, house.cast.qanita, f"/mystery/sampel/{sample.pk}/")


def test_the_samples_of_a_month_are_filtered_and_counted(house: House) -> None:
    good, waiting = house.sample("verified"), house.sample("submitted")
    text = page(house, house.cast.qanita, MONTH)
    assert "1 dari minimal 60 dihitung; 2 sampel ditampilkan di sini." in text
    assert 'value="destroyed"' not in text
    for asked, seen, hidden in (
        ("hitung=ya", good, waiting), ("hitung=tidak", waiting, good), ("status=submitted", waiting, good),
        (f"cari={good.number[-4:]}", good, waiting),
    ):  # fmt: skip
        text = page(house, house.cast.qanita, f"{MONTH}?{asked}")
        assert f"{seen.number}<" in text, asked
        assert f"{hidden.number}<" not in text, asked
    for asked in ("area=jkt", "jenis=permintaan", f"pelaksana={house.cast.qori.pk}", "cari=Agus"):
        assert f"{good.number}<" in page(house, house.cast.qanita, f"{MONTH}?{asked}"), asked
    assert "Tidak ada sampel yang cocok" in page(house, house.cast.qanita, f"{MONTH}?area=dps")
    page(house, house.cast.qanita, "/mystery/siklus/2026-13/sampel/", 404)
    page(house, house.cast.qanita, "/mystery/siklus/2025-01/sampel/", 404)


def test_the_samples_of_a_month_as_a_sheet(house: House) -> None:
    house.sample("verified", answers={"verification": "not_met"})
    house.sample("void", called_at=CALLED)
    answer = house.cast.web(house.cast.qanita).get(f"{MONTH}xlsx/")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue())).get_sheet_by_index(0)
    head, first, second = rows.to_python()
    assert head[:3] == ["Nomor", "Status", "Area"]
    by_name = dict(zip(head, first, strict=True))
    assert (by_name["Status"], by_name["Agent"], by_name["Dihitung"]) == ("terverifikasi", "Agus Setiawan", "ya")
    assert by_name["Nilai"] == 91
    assert dict(zip(head, second, strict=True))["Mengapa tidak"] == "Sampel yang batal tidak dihitung."


def test_lists_read_their_rows_in_bulk(house: House, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(12):
        sample = house.sample("submitted", submitted_at=house.submitted_at + timedelta(minutes=number))
        clocks.begin(house.finding(sample), at=house.submitted_at)
    web = house.cast.web(house.cast.qanita)
    web.get("/mystery/verifikasi/")
    with django_assert_max_num_queries(32):
        web.get("/mystery/verifikasi/")
    with django_assert_max_num_queries(32):
        web.get(MONTH)


# --- an agent


def test_an_agent_reads_the_own_evaluation_and_nothing_of_who_called_with_what(house: House) -> None:
    sample = house.sample("verified", answers={"verification": "not_met"})
    house.finding(sample, "at_supervisor")
    other = house.sample("verified", agent="A2")
    house.setting("mystery.agent_login", True)
    text = page(house, house.cast.agus, "/mystery/penilaian-saya/")
    assert text.count("Baca<") == 1
    text = page(house, house.cast.agus, f"/mystery/penilaian-saya/{sample.pk}/")
    assert "Verifikasi identitas" in text
    assert "Identitas tidak diverifikasi" in text
    for secret in (
        house.cast.qori.name,
        house.persona.name,
        house.persona.caller_number,
        "SKN-01",
        "Panggilan berjalan",
    ):
        assert secret not in text, secret
    page(house, house.cast.agus, f"/mystery/penilaian-saya/{other.pk}/", 404)
    page(house, house.cast.agus, f"/mystery/sampel/{sample.pk}/", 403)


def test_before_qa_forwarded_it_an_agent_sees_nothing(house: House) -> None:
    sample = house.sample("submitted")
    house.setting("mystery.agent_login", True)
    assert "Belum ada penilaian" in page(house, house.cast.agus, "/mystery/penilaian-saya/")
    page(house, house.cast.agus, f"/mystery/penilaian-saya/{sample.pk}/", 404)


def test_where_agents_do_not_log_in_the_page_says_who_shows_it(house: House) -> None:
    sample = house.sample("verified")
    assert "Supervisor Anda memperlihatkan" in page(house, house.cast.agus, "/mystery/penilaian-saya/")
    page(house, house.cast.agus, f"/mystery/penilaian-saya/{sample.pk}/", 403)
