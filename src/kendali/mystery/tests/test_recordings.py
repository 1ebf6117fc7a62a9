"""The recording of a test call: found in the voice recording system, uploaded, played again. With a real source."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings

from kendali.accounts.permissions import RuleRefused
from kendali.audit.models import Entry
from kendali.connectors.tests.test_length import MP3, OPUS
from kendali.mystery.actions import kept, recordings, voice_system
from kendali.mystery.models import Agent, Attempt, Destination, LeftFile, Recording, Sample
from kendali.mystery.tests.house import CALLED, House
from kendali.records.models import Record, Scan
from kendali.records.tests.office import Office, tone

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@dataclasses.dataclass
class Studio:
    house: House
    office: Office

    def sample(self, state: str = "called") -> Sample:
        return self.house.sample(state, no_recording_reason="")

    def call(self, ref: str, at: datetime, seconds: int = 3, *, phone: str = "081100000001", agent: str = "") -> None:
        path = self.office.folder / "export" / "rekaman" / f"{ref}.wav"
        tone(path, seconds, ref)
        self.office.rows["rekaman"][ref] = {
            "id": ref, "started_at": at.isoformat(), "ended_at": (at + seconds * SECOND).isoformat(),
            "channel": "telepon", "agent": agent, "customer_phone": phone, "file": path.name,
        }  # fmt: skip
        self.office.write("rekaman")

    def scanned(self) -> None:
        self.office.scan("rekaman")


@pytest.fixture
def studio(house: House, tmp_path: Path, settings: Settings) -> Studio:
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    office = Office(house.cast, tmp_path)
    source = office.source("rekaman", client=house.cast.nusantara, record_class="recording")
    Destination.objects.update(source=source)
    return Studio(house, office)


def stored(studio: Studio) -> list[Path]:
    return list((studio.office.folder / "store").rglob("*.ks1"))


def test_calls_of_the_test_identity_near_the_call_are_offered_and_a_customers_never(studio: Studio) -> None:
    studio.call("near", CALLED + 40 * SECOND)
    studio.call("nearest", CALLED + 5 * SECOND, phone="+62 811-0000-0001")
    studio.call("unknown", CALLED + SECOND, phone="")
    studio.call("customer", CALLED, phone="0812-3456-7890")
    studio.call("early", CALLED - timedelta(minutes=2, seconds=1))
    studio.call("late", CALLED + timedelta(minutes=2, seconds=1))
    studio.scanned()
    found = recordings.candidates(studio.sample())
    assert [(one.record.ref, one.same_number) for one in found] == [
        ("nearest", True), ("near", True), ("unknown", None),
    ]  # fmt: skip
    assert found[0].seconds == 3
    assert recordings.candidates(studio.house.sample("calling")) == []


def test_a_system_that_records_from_the_answer_on_is_looked_through_until_then(studio: Studio) -> None:
    studio.call("answered", CALLED + timedelta(minutes=4))
    studio.scanned()
    sample = studio.sample()
    assert recordings.candidates(sample) == []
    Attempt.objects.create(sample=sample, number=1, at=CALLED, outcome="connected", ivr_seconds=40, queue_seconds=150,
                           by=studio.house.cast.qori)  # fmt: skip
    assert [one.record.ref for one in recordings.candidates(sample)] == ["answered"]


def test_an_attached_recording_is_kept_and_says_who_answered(studio: Studio) -> None:
    login = studio.house.floor.agents["A1"].memberships.get().login or "A1"
    studio.call("one", CALLED + 5 * SECOND, seconds=4, agent=login)
    studio.scanned()
    sample = studio.house.sample("called", agent="", no_recording_reason="")
    kept = recordings.attach(user=studio.house.cast.qori, at=CALLED, sample=sample, record=Record.objects.get())
    assert (kept.seconds, kept.mime, len(kept.peaks), kept.record_id) == (4, "audio/wav", 400, Record.objects.get().pk)
    sample.refresh_from_db()
    assert sample.agent == studio.house.floor.agents["A1"]
    assert sample.agent_team
    # It stays, whatever becomes of the file.
    (studio.office.folder / "export" / "rekaman" / "one.wav").unlink()
    played = recordings.played(kept)
    played.file.seek(0)
    assert (played.size, played.file.read(4)) == (64_044, b"RIFF")
    assert Entry.objects.get(verb="sample.recording_attached").facts["same_number"] is True


def test_whom_only_a_recording_named_that_was_attached_by_mistake_did_not_answer(studio: Studio) -> None:
    """The finding would go to somebody who never spoke with the caller."""
    agents, qori = studio.house.floor.agents, studio.house.cast.qori
    for ref, agent in (("wrong", "A1"), ("right", "A2"), ("silent", "")):
        studio.call(ref, CALLED, agent=agent)
    studio.scanned()
    sample = studio.house.sample("called", agent="", no_recording_reason="")

    def named_after(ref: str) -> Agent | None:
        recordings.attach(user=qori, at=CALLED, sample=sample, record=Record.objects.get(ref=ref))
        sample.refresh_from_db()
        return sample.agent

    assert [named_after(ref) for ref in ("wrong", "right", "silent")] == [agents["A1"], agents["A2"], None]
    assert (sample.agent_team, sample.agent_site) == ("", None)
    named_after("wrong")
    Sample.objects.update(agent=agents["A3"])  # by QA, who heard it
    assert named_after("right") == agents["A3"]


def test_another_choice_replaces_the_first_and_leaves_nothing_behind(
    studio: Studio, django_capture_on_commit_callbacks: object
) -> None:
    studio.call("one", CALLED)
    studio.call("two", CALLED + 9 * SECOND)
    studio.scanned()
    sample = studio.sample()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        for ref in ("one", "two", "two"):
            recordings.attach(user=studio.house.cast.qori, at=CALLED, sample=sample, record=Record.objects.get(ref=ref))
    assert Recording.objects.get().name == "two.wav"
    assert len(stored(studio)) == 1


def test_a_record_that_was_not_offered_is_refused(studio: Studio) -> None:
    studio.call("customer", CALLED, phone="0812-3456-7890")
    studio.scanned()
    with pytest.raises(RuleRefused) as caught:
        recordings.attach(user=studio.house.cast.qori, at=CALLED, sample=studio.sample(), record=Record.objects.get())
    assert caught.value.verdict.facts["code"] == "candidate"
    assert stored(studio) == []


def test_nothing_of_a_deleted_record_is_kept_anew(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.call("one", CALLED)
    studio.scanned()
    sample, record = studio.sample(), Record.objects.get()
    offered = recordings.candidates(sample)
    Record.objects.update(deleted_at=CALLED)
    assert recordings.candidates(sample) == []
    monkeypatch.setattr(recordings, "candidates", lambda sample: offered)
    with pytest.raises(RuleRefused):  # chosen before, written after
        recordings.attach(user=studio.house.cast.qori, at=CALLED, sample=sample, record=record)
    assert (Recording.objects.count(), stored(studio), LeftFile.objects.count()) == (0, [], 0)


def test_what_a_worker_left_between_store_and_row_is_removed_at_night(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = studio.sample()
    with monkeypatch.context() as died:
        died.setattr(recordings, "_row", lambda *_arguments: 1 / 0)
        died.setattr(kept, "tidy", lambda path: None)
        with pytest.raises(ZeroDivisionError):
            recordings.upload(user=studio.house.cast.qori, at=CALLED, sample=sample, name="a.mp3", data=MP3 * 100)
    assert len(stored(studio)) == 1
    kept.nightly(CALLED + timedelta(minutes=5))
    assert len(stored(studio)) == 1  # somebody may be writing its row
    kept.nightly(CALLED + timedelta(hours=2))
    assert (stored(studio), LeftFile.objects.count()) == ([], 0)


def test_a_system_that_has_lost_the_file_says_so(studio: Studio) -> None:
    studio.call("one", CALLED)
    studio.scanned()
    (studio.office.folder / "export" / "rekaman" / "one.wav").unlink()
    with pytest.raises(RuleRefused) as caught:
        recordings.attach(user=studio.house.cast.qori, at=CALLED, sample=studio.sample(), record=Record.objects.get())
    assert caught.value.verdict.facts["code"] == "no_file"


@pytest.mark.parametrize(
    ("data", "kind", "seconds", "shaped"),
    [(MP3 * 100, "audio/mpeg", 2, False), (OPUS, "audio/ogg", 10, False),
     ((b"\xd8" + b"\0" * 32) * 100, "audio/x-gsm", 2, True)],
)  # fmt: skip
def test_an_upload_is_told_by_its_content(studio: Studio, data: bytes, kind: str, seconds: int, shaped: bool) -> None:
    kept = recordings.upload(user=studio.house.cast.qori, at=CALLED, sample=studio.sample(), name="x.exe", data=data)
    assert (kept.mime, kept.seconds, bool(kept.peaks)) == (kind, seconds, shaped)
    assert recordings.content(kept) == data
    assert stored(studio)[0].read_bytes()[:4] == b"KS1\n"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("a.wav", b"%PDF-1.7 no sound", "kind"), ("a.mp3", b"\xff\xfb\x90", "length"), ("a.wav", b"", "kind"),
     ("0812 3456 7890.mp3", MP3 * 100, "name")],
)  # fmt: skip
def test_what_is_no_recording_is_refused(studio: Studio, name: str, data: bytes, code: str) -> None:
    with pytest.raises(RuleRefused) as caught:
        recordings.upload(user=studio.house.cast.qori, at=CALLED, sample=studio.sample(), name=name, data=data)
    assert caught.value.verdict.facts["code"] == code
    assert stored(studio) == []


def test_a_recording_is_chosen_until_the_form_is_submitted(studio: Studio) -> None:
    with pytest.raises(RuleRefused) as caught:
        recordings.upload(user=studio.house.cast.qori, at=CALLED, sample=studio.sample("submitted"), name="a.mp3",
                          data=MP3 * 100)  # fmt: skip
    assert caught.value.verdict.facts["code"] == "state"


def test_who_hears_it(studio: Studio) -> None:
    sample, cast = studio.sample(), studio.house.cast
    may = [name for name, person in cast.people.items() if recordings.may_hear(person, sample, CALLED)]
    assert set(may) == {"qori", "qanita", "qadri", "kirana", "maya", "rahma", "aulia", "dewi"}


def test_a_system_is_read_again_but_not_at_every_click(studio: Studio) -> None:
    sample = studio.sample()
    assert voice_system.look_again(sample, CALLED) == 1
    assert voice_system.look_again(sample, CALLED + SECOND) == 0
    assert Scan.objects.count() == 1


def test_the_form_offers_the_calls_that_fit_and_attaches_the_chosen_one(studio: Studio) -> None:
    studio.call("one", CALLED + 5 * SECOND, seconds=4)
    studio.call("customer", CALLED, phone="0812-3456-7890")
    studio.scanned()
    sample, browser = studio.sample("scoring"), studio.house.cast.web(studio.house.cast.qori)
    address = reverse("form_fill", kwargs={"pk": sample.pk})
    page = browser.get(address).content.decode()
    assert "nomor sama" in page
    assert page.count('name="rekaman"') == 1
    chosen = {"rekaman": str(Record.objects.get(ref="one").pk), "kembali": "formulir"}
    answer = browser.post(reverse("recording_attach", kwargs={"pk": sample.pk}), chosen)
    assert answer.headers["Location"] == address
    assert 'data-duration="4"' in browser.get(address).content.decode()
    peaks = browser.get(reverse("sample_recording_peaks", kwargs={"pk": sample.pk})).json()
    assert len(peaks) == 400
    studio.office.source("kosong", client=studio.house.cast.nusantara, record_class="recording")
    browser.post(reverse("recording_look", kwargs={"pk": sample.pk}))
    assert Scan.objects.filter(status="running").count() == 1  # the number's own system, read once more


def test_a_store_that_cannot_be_used_is_said_and_nothing_is_kept(studio: Studio, settings: Settings) -> None:
    studio.call("one", CALLED)
    studio.scanned()
    sample, browser = studio.sample("scoring"), studio.house.cast.web(studio.house.cast.qori)
    settings.KENDALI_STORE = "/proc/nowhere"
    chosen = {"rekaman": str(Record.objects.get().pk), "kembali": "formulir"}
    page = browser.post(reverse("recording_attach", kwargs={"pk": sample.pk}), chosen, follow=True)
    assert "Tempat penyimpanan tidak dapat dipakai" in page.content.decode()
    assert not Recording.objects.exists()
