"""What a supervisor or an agent hears of a test call: the ranges of the finding, all of it, or nothing, by setting."""

from __future__ import annotations

import hashlib
import io
import wave
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kendali.accounts.models import User
from kendali.mystery.actions import recordings
from kendali.mystery.models import Finding, Recording
from kendali.mystery.rules import plain
from kendali.mystery.rules.filled import Answer, Span
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db
RATE = 8000


def call(seconds: int) -> bytes:
    """Every second of this recording is its own number, so that a cut shows where it came from."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(n.to_bytes(2, "little") * RATE for n in range(seconds)))
    return file.getvalue()


@pytest.fixture
def finding(house: House, settings: Settings, tmp_path: Path) -> Finding:
    settings.KENDALI_STORE = str(tmp_path)
    data, sample = call(20), house.sample("verified")
    digest = hashlib.sha256(data).hexdigest()
    path, key = recordings._put(data, digest, house.cast.now)
    Recording.objects.create(sample=sample, name="0812-a.wav", mime="audio/wav", seconds=20, path=path, key=key,
                             size=len(data), sha256=digest, added_by=house.cast.qori,
                             added_at=house.cast.now)  # fmt: skip
    finding = house.finding(sample, "at_supervisor")
    spans = (Span(5, 7), Span(6, 8), Span(12, 13))
    finding.lines.update(answer=plain.write(Answer("verification", "not_met", spans=spans)))
    return finding


def heard(house: House, user: User, finding: Finding) -> list[int] | int:
    """The seconds that come out, or the status."""
    answer = house.cast.web(user).get(f"/mystery/temuan/{finding.pk}/rekaman/")
    if answer.status_code != 200:
        return answer.status_code
    assert "0812" not in str(answer.headers)
    with wave.open(io.BytesIO(b"".join(answer)), "rb") as file:
        assert file.getframerate() == RATE
        frames = file.readframes(file.getnframes())
    return [int.from_bytes(frames[at : at + 2], "little") for at in range(0, len(frames), 2 * RATE)]


def test_a_supervisor_hears_the_ranges_of_the_finding_each_second_once(house: House, finding: Finding) -> None:
    assert heard(house, house.cast.surya, finding) == [5, 6, 7, 12]
    assert heard(house, house.cast.qanita, finding) == list(range(20))


def test_by_setting_a_supervisor_hears_all_of_it_or_nothing(house: House, finding: Finding) -> None:
    house.setting("mystery.audio_to_supervisor", "all")
    assert heard(house, house.cast.surya, finding) == list(range(20))
    house.setting("mystery.audio_to_supervisor", "coaching")
    assert heard(house, house.cast.surya, finding) == 404
    page = house.cast.web(house.cast.surya).get(f"/mystery/temuan/{finding.pk}/").content.decode()
    assert "Rekaman diputar QA saat coaching." in page


def test_without_a_range_qa_plays_it_in_the_coaching(house: House, finding: Finding) -> None:
    finding.lines.update(answer=plain.write(Answer("verification", "not_met")))
    assert heard(house, house.cast.surya, finding) == 404
