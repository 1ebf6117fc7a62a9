"""The pages of calling as a browser without scripts and as a phone's queue use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from kendali.accounts.models import Deputy
from kendali.connectors.tests.test_length import MP3
from kendali.home.waiting import told
from kendali.mystery.actions import calling
from kendali.mystery.models import Attempt, Evaluation, Recording, Sample
from kendali.mystery.queries.evaluation import answers_of
from kendali.mystery.queries.waiting_calls import lines
from kendali.mystery.tests.house import House
from kendali.terms.models import Setting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
MINUTE = timedelta(minutes=1)
QUEUED = {"X-Kendali-Queue": "1"}
LIVE = {"X-Kendali-Draft": "1"}


def now() -> datetime:
    return timezone.now()


def open_sample(house: House, state: str = "assigned", **columns: Any) -> Sample:
    window = {"opens": now() - 30 * MINUTE, "closes": now() + 90 * MINUTE}
    if state in ("called", "scoring"):
        window |= {"called_at": now() - 20 * MINUTE, "ended_at": now() - 10 * MINUTE}
    return house.sample(state, **window | columns)


def send(house: House, sample: Sample, verb: str, **body: str) -> tuple[int, dict[str, Any]]:
    """As queue.js does."""
    address = reverse("call_move", kwargs={"pk": sample.pk, "verb": verb})
    answer = house.cast.web(house.cast.qori).post(address, body, headers=QUEUED)
    return answer.status_code, answer.json() if answer.headers["Content-Type"] == "application/json" else {}


# --- a day, a card


def test_the_day_tells_what_is_due_what_can_be_called_and_what_comes(house: House) -> None:
    late = open_sample(house, "scoring", called_at=now() - timedelta(days=2))
    open_sample(house)
    open_sample(house, opens=now() + 90 * MINUTE, closes=now() + 210 * MINUTE)
    open_sample(house, executor=house.cast.tari)
    page = house.cast.web(house.cast.qori).get(reverse("my_calls")).content.decode()
    assert [
        title in page for title in ("Formulir untuk diajukan", "Dapat dipanggil sekarang", "Jendela berikutnya")
    ] == [True] * 3
    assert "1 formulir</b> lewat batas" in page
    assert page.index(late.number) < page.index("Dapat dipanggil sekarang")
    assert len(set(re.findall(r"MC-2026-11-\d{4}", page))) == 3


def test_a_card_says_the_opening_as_it_is_spoken_there(house: House) -> None:
    """12.30 WIB is 13.30 WITA: siang in both; 10.30 WIB is 11.30 WITA: pagi here, siang there."""
    opens = datetime(2099, 1, 5, 3, 30, tzinfo=UTC)  # in the future: the opening of the window counts
    sample = house.sample(
        "assigned", opens=opens, closes=opens + 2 * timedelta(hours=1), zone="Asia/Makassar",
        destination=house.floor.denpasar, area="dps",
    )  # fmt: skip
    page = house.cast.web(house.cast.qori).get(reverse("call", kwargs={"pk": sample.pk})).content.decode()
    assert "“Selamat siang, saya Sari Wulandari, ingin mengganti nomor telepon.”" in page
    assert "11.30–13.30\u00a0WITA / 10.30–12.30\u00a0WIB" in page
    assert "tel:1500002" not in page  # not before its window
    assert "Jendela sampel ini dibuka pada" in page


def test_a_helper_sees_the_own_next_call_and_no_other(house: House) -> None:
    tari = house.cast.tari
    later = open_sample(house, executor=tari, opens=now() - MINUTE)
    first = open_sample(house, executor=tari)
    browser = house.cast.web(tari)
    page = browser.get(reverse("my_calls")).content.decode()
    assert first.number in page
    assert later.number not in page
    assert browser.get(reverse("call", kwargs={"pk": first.pk})).status_code == 200
    assert browser.get(reverse("call", kwargs={"pk": later.pk})).status_code == 404


def test_a_deputy_of_a_caller_calls_for_her(house: House) -> None:
    sample = open_sample(house)
    today = now().date()
    Deputy.objects.create(principal=house.cast.qori, deputy=house.cast.indra, role="qc_officer",
                          starts=today - timedelta(days=1), ends=today + timedelta(days=1), named_at=now())  # fmt: skip
    begun = calling.begin(user=house.cast.indra, at=now(), sample=sample)
    assert begun.state == "calling"


def test_a_day_asks_the_database_as_often_for_a_hundred_calls_as_for_one(
    house: House, django_assert_max_num_queries: Callable[[int], AbstractContextManager[CaptureQueriesContext]]
) -> None:
    for _ in range(12):
        open_sample(house)
        open_sample(house, "scoring")
    browser = house.cast.web(house.cast.qori)
    with django_assert_max_num_queries(28):
        assert browser.get(reverse("my_calls")).status_code == 200


def test_what_waits_for_a_caller_names_form_and_window(house: House) -> None:
    open_sample(house, "scoring", return_reason="Rentang rekaman belum ada")
    open_sample(house)
    found = [told(line) for line in lines(house.cast.qori, now())]
    assert [(line.sentence, line.action) for line in found] == [
        ("Ajukan formulir panggilan ke Jakarta (WIB)", "Isi formulir"),
        ("Panggil Jakarta (WIB) (permintaan)", "Panggil"),
    ]
    assert found[0].detail == "Dikembalikan QA: Rentang rekaman belum ada"
    assert lines(house.cast.qanita, now()) == []


# --- without scripts


def test_a_call_is_placed_with_buttons_alone(house: House) -> None:
    sample = open_sample(house)
    browser = house.cast.web(house.cast.qori)
    for verb, body in (("mulai", {}), ("percobaan", {"hasil": "trouble"}), ("tersambung", {}), ("selesai", {})):
        answer = browser.post(reverse("call_move", kwargs={"pk": sample.pk, "verb": verb}), body)
        assert answer.headers["Location"] == reverse("call", kwargs={"pk": sample.pk})
    sample.refresh_from_db()
    assert (sample.state, sample.ended_at is not None, sample.attempts.count()) == ("called", True, 2)


@pytest.mark.parametrize(
    ("verb", "body"),
    [("terbang", {}), ("percobaan", {"hasil": "senang"}), ("percobaan", {"hasil": "busy", "mulai": "kemarin"}),
     ("mulai", {"mulai": "2026-11-20T10:00:00"}), ("mulai", {"dikirim": "0001-01-01T00:00:00Z"})],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(house: House, verb: str, body: dict[str, str]) -> None:
    status, _ = send(house, open_sample(house), verb, **body)
    assert status == 400


# --- a phone's queue


def test_a_phone_whose_clock_is_wrong_tells_the_right_times(house: House) -> None:
    sample, wrong = open_sample(house), timedelta(days=-3, hours=2)
    begun = now() - 12 * MINUTE
    status, told_back = send(
        house, sample, "percobaan", hasil="busy", kunci="k1", ivr="21", antre="47",
        mulai=(begun + wrong).isoformat(), akhir=(begun + MINUTE + wrong).isoformat(),
        dikirim=(now() + wrong).isoformat(),
    )  # fmt: skip
    attempt = Attempt.objects.get()
    assert (status, told_back["state"], told_back["attempts"]) == (200, "calling", 1)
    assert abs(attempt.at - begun) < MINUTE
    assert (attempt.ivr_seconds, attempt.queue_seconds) == (21, 47)
    assert told_back["may_dial"] is False
    assert "Percobaan berikutnya" in told_back["why"]


def test_what_is_sent_again_after_a_lost_answer_is_the_same_attempt(house: House) -> None:
    sample = open_sample(house)
    body = {
        "hasil": "no_answer",
        "kunci": "k1",
        "mulai": (now() - 5 * MINUTE).isoformat(),
        "dikirim": now().isoformat(),
    }
    assert [send(house, sample, "percobaan", **body)[0] for _ in range(3)] == [200, 200, 200]
    assert Attempt.objects.count() == 1


def test_a_refusal_is_told_to_the_phone_with_its_reason(house: House) -> None:
    sample = open_sample(house)
    calling.set_crisis(user=house.cast.kirana, at=now(), reason="Banjir, antrean penuh")
    status, answer = send(house, sample, "mulai")
    assert (status, answer["code"]) == (409, "crisis")
    page = house.cast.web(house.cast.qori).get(reverse("call", kwargs={"pk": sample.pk})).content.decode()
    assert "Pemanggilan dihentikan" in page
    assert "Banjir, antrean penuh" in page
    state = house.cast.web(house.cast.qori).get(reverse("call_live", kwargs={"pk": sample.pk})).json()
    assert state["crisis"] == "Banjir, antrean penuh"


# --- the form


def filled(sample: Sample, **values: str) -> dict[str, str]:
    """What a page sends: everything as it is, changed here and there."""
    body = {f"v.{one.item}": one.value for one in answers_of(Evaluation.objects.get(sample=sample))}
    return body | values


def save(house: House, sample: Sample, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    answer = house.cast.web(house.cast.qori).post(reverse("fill_save", kwargs={"pk": sample.pk}), body, headers=LIVE)
    return answer.status_code, answer.json()


def test_a_saved_draft_answers_with_what_the_rules_say_of_it(house: House) -> None:
    sample = open_sample(house, "scoring")
    status, answer = save(
        house, sample, filled(sample, **{"v.verification": "not_met", "v.probing": "not_met", "saved": "1"})
    )
    assert (status, answer["saved"]) == (200, 2)
    assert answer["findings"] == "supervisor!verification:verification|supervisor:probing"
    assert set(answer["failed"]) == {"verification", "probing"}
    assert float(answer["score"].replace(",", ".")) < 100
    assert 'name="d.supervisor!verification"' in answer["findings_html"]
    assert answer["summary"] == "4 hal belum lengkap"


def test_a_condition_hides_and_what_is_hidden_is_dropped(house: House) -> None:
    sample = open_sample(house, "scoring")
    _, shown = save(house, sample, filled(sample, **{"v.held": "yes", "v.hold": "full", "saved": "1"}))
    assert "hold" in shown["asked"]
    _, hidden = save(house, sample, filled(sample, **{"v.held": "no", "v.hold": "full", "saved": "2"}))
    assert "hold" not in hidden["asked"]
    assert "hold" not in {one.item for one in answers_of(Evaluation.objects.get())}


def test_a_customers_number_is_said_at_the_item_before_anything_is_submitted(house: House) -> None:
    sample = open_sample(house, "scoring")
    _, answer = save(house, sample, filled(sample, **{"c.opening": "NIK 3174091203850001", "saved": "1"}))
    assert [(one["place"], one["missing"]) for one in answer["problems"]] == [("opening", False)]
    assert "NIK" in answer["problems"][0]["text"]


def test_a_range_that_cannot_be_read_is_said_and_the_rest_is_saved(house: House) -> None:
    sample = open_sample(house, "scoring")
    body = filled(sample, **{"s.opening": "satu menit", "v.empathy": "partly", "saved": "1"})
    _, answer = save(house, sample, body)
    assert [one["part"] for one in answer["problems"]] == ["spans"]
    assert {one.item: one.value for one in answers_of(Evaluation.objects.get())}["empathy"] == "partly"


def test_na_and_leaving_out_take_their_reasons(house: House) -> None:
    sample = open_sample(house, "scoring")
    body = filled(sample, **{
        "na.transferred": "human", "nr.transferred": "Tidak terdengar", "v.probing": "not_met", "x.probing": "1",
        "u.probing": "Sekali saja", "k.probing": "procedure", "saved": "1",
    })  # fmt: skip
    _, answer = save(house, sample, body)
    row = Evaluation.objects.get()
    mine = {one.item: one for one in answers_of(row)}
    assert (mine["transferred"].na_reason, mine["transferred"].value) == ("Tidak terdengar", "")
    assert (mine["probing"].cause, row.unticked, answer["findings"]) == ("procedure", {"probing": "Sekali saja"}, "")


def test_a_blind_form_tells_no_score(house: House) -> None:
    Setting.objects.create(key="mystery.blind_score", value=True, version=1, created_at=now())
    sample = open_sample(house, "scoring")
    _, answer = save(house, sample, filled(sample, saved="1"))
    assert (answer["blind"], answer["score"]) == (True, None)
    page = house.cast.web(house.cast.qori).get(reverse("form_fill", kwargs={"pk": sample.pk})).content.decode()
    assert "Tersembunyi sampai formulir diajukan" in page


def test_a_newer_draft_of_another_device_is_told(house: House) -> None:
    sample = open_sample(house, "scoring")
    save(house, sample, filled(sample, saved="1", device="meja", edit="1"))
    status, answer = save(house, sample, filled(sample, saved="1", device="ponsel", edit="1"))
    assert (status, answer["newer"]["saved"]) == (409, 2)


def test_a_form_is_submitted_without_scripts(house: House) -> None:
    sample = open_sample(house, "scoring")
    body = filled(sample, **{"v.probing": "not_met", "saved": "1"})
    browser = house.cast.web(house.cast.qori)
    refused = browser.post(reverse("fill_submit", kwargs={"pk": sample.pk}), body)
    assert refused.headers["Location"].endswith("?periksa")
    again = browser.get(refused.headers["Location"]).content.decode()
    assert "Setiap temuan diserahkan dengan rekomendasi" in again or "rekomendasi" in again
    body |= {"d.supervisor": "Kebutuhan tidak digali", "r.supervisor": "Latihan bertanya", "saved": "2"}
    done = browser.post(reverse("fill_submit", kwargs={"pk": sample.pk}), body)
    assert done.headers["Location"] == reverse("my_calls")
    assert sample.findings.get().recommendation == "Latihan bertanya"


def test_a_recording_is_uploaded_and_played_by_ranges(house: House, tmp_path: Path, settings: Settings) -> None:
    settings.KENDALI_STORE = str(tmp_path)
    sample = open_sample(house, "called", no_recording_reason="")
    browser = house.cast.web(house.cast.qori)

    browser.post(
        reverse("recording_upload", kwargs={"pk": sample.pk}), {"berkas": SimpleUploadedFile("a.mp3", MP3 * 99)}
    )
    assert Recording.objects.get().seconds == 2
    address = reverse("sample_recording", kwargs={"pk": sample.pk})
    part = browser.get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.getvalue()) == (206, MP3[:4])
    assert house.cast.web(house.cast.qanita).get(address).status_code == 200
    assert house.cast.web(house.cast.surya).get(address).status_code == 404
    assert house.cast.web(house.cast.agus).get(address).status_code == 403


# --- the crisis flag


def test_the_flag_is_set_and_lifted_on_its_page(house: House) -> None:
    browser = house.cast.web(house.cast.qanita)
    browser.post(reverse("crisis_move", kwargs={"verb": "pasang"}), {"alasan": "Banjir, antrean penuh"})
    assert "Banjir, antrean penuh" in browser.get(reverse("crisis")).content.decode()
    browser.post(reverse("crisis_move", kwargs={"verb": "cabut"}), {"alasan": "Air surut"})
    page = browser.get(reverse("crisis")).content.decode()
    assert "tidak terpasang" in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("s.probing", "1.05 sampai 1.20", "mm:ss-mm:ss"), ("ticket", "0812 3456 7890", "Nomor telepon")],
)
def test_nothing_that_was_written_is_left_behind_by_submitting(house: House, field: str, value: str, said: str) -> None:
    """What cannot be kept as it was sent is said, and the form waits; it was submitted without it."""
    sample = open_sample(house, "scoring")
    web = house.cast.web(house.cast.qori)
    web.post(reverse("fill_submit", kwargs={"pk": sample.pk}), filled(sample, saved="1", **{field: value}))
    assert Evaluation.objects.get().status == "draft"
    page = web.get(reverse("form_fill", kwargs={"pk": sample.pk})).content.decode()
    assert said in page


def test_the_item_that_keeps_a_form_from_being_submitted_is_named(house: House) -> None:
    sample = open_sample(house, "scoring")
    web = house.cast.web(house.cast.qori)
    body = filled(sample, saved="1", **{"v.probing": ""})
    page = web.post(reverse("fill_submit", kwargs={"pk": sample.pk}), body, follow=True).content.decode()
    assert "Belum diajukan: Penggalian kebutuhan: Butir ini belum dijawab." in page
