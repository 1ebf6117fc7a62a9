"""What a cycle puts under "Menunggu saya", for whom, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from kendali.accounts.models import User
from kendali.home.waiting import told
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import waiting_plan
from kendali.mystery.tests.house import House
from kendali.mystery.tests.month_rows import Ready, ready
from tests.cast import Cast

pytestmark = pytest.mark.django_db
DAY_3 = datetime(2026, 12, 3, 3, tzinfo=UTC)


@pytest.fixture
def it(cast: Cast) -> Ready:
    return ready(cast)


def waits(user: User, at: datetime) -> list[str]:
    """As an English reader is told it."""
    with translation.override("en"):
        return [told(one).sentence for one in waiting_plan.lines(user, at)]


def test_next_month_waits_for_qa_when_it_comes_near(house: House) -> None:
    assert waits(house.cast.qanita, house.cast.now - timedelta(days=14)) == []
    assert waits(house.cast.qanita, house.cast.now) == ["Begin the cycle December 2026"]
    assert waits(house.cast.qori, house.cast.now) == []


def test_a_month_waits_to_be_prepared_and_its_drawn_plan_to_be_frozen(it: Ready) -> None:
    it.cycle()
    assert "Prepare the month December 2026" in waits(it.cast.qanita, it.at)
    Cycle.objects.update(drawn_at=it.at)
    assert "Freeze the plan of December 2026" in waits(it.cast.qanita, it.at)
    due = next(one.due for one in waiting_plan.lines(it.cast.qadri, it.at) if "plan" in one.sentence)
    assert due == datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)


def test_samples_without_an_executor_wait_for_qa_and_coordinator(it: Ready) -> None:
    row = it.frozen()
    first = Sample.objects.filter(cycle=row).order_by("opens")[0]
    Sample.objects.filter(pk=first.pk).update(executor=None, state="planned")
    assert waits(it.cast.kirana, it.at) == ["Samples of December 2026 without an executor: 1"]
    assert waiting_plan.lines(it.cast.kirana, it.at)[0].due == first.opens


def test_the_calls_wait_to_be_closed_on_the_last_day(house: House) -> None:
    last = datetime(2026, 11, 30, 3, tzinfo=UTC)
    assert "Close the calls of November 2026" in waits(house.cast.qanita, last)
    assert "Close the calls of November 2026" not in waits(house.cast.qanita, last - timedelta(days=3))


def test_the_register_waits_for_one_signer_after_the_other(house: House) -> None:
    house.sample("verified")
    Cycle.objects.filter(pk=house.cycle.pk).update(status="closed")
    sign = "Sign the register F-22 of November 2026"
    assert sign in waits(house.cast.qori, DAY_3)
    assert sign not in waits(house.cast.kirana, DAY_3)
    for part, person in (("made", house.cast.qori), ("checked", house.cast.qanita)):
        house.cycle.signatures.create(part=part, user=person, name=person.name, digest="0" * 64, at=DAY_3)
    assert sign in waits(house.cast.kirana, DAY_3)
    house.cycle.signatures.create(part="acknowledged", user=house.cast.kirana, name="K", digest="0" * 64, at=DAY_3)
    assert "Freeze the month November 2026" in waits(house.cast.qadri, DAY_3)


def test_nothing_is_signed_while_a_form_waits_for_qa(house: House) -> None:
    house.sample("submitted")
    Cycle.objects.filter(pk=house.cycle.pk).update(status="closed")
    assert waits(house.cast.qori, DAY_3) == []
