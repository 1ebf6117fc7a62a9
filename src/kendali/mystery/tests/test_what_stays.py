"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from kendali.accounts.models import User
from kendali.documents.models import Document, Revision
from kendali.mystery.models import CalendarVersion, Clock, CrisisFlag, Cycle, Destination, Finding, Sample

pytestmark = pytest.mark.django_db
MONTH = date(2026, 11, 1)
START = datetime(2026, 11, 2, 3, tzinfo=UTC)


def cycle(**more: object) -> Cycle:
    return Cycle.objects.create(month=MONTH, created_at=START, **more)


def sample(of: Cycle) -> Sample:
    to = Destination.objects.create(code="jkt", name="Jakarta", number="1500")
    return Sample.objects.create(
        number="MC-2026-11-0001", cycle=of, slot=1, area="jkt", shift="pagi", kind="informasi", week="1",
        destination=to, place="jkt", opens=START, closes=START + timedelta(hours=2), zone="Asia/Jakarta",
    )  # fmt: skip


def refuses(words: str) -> AbstractContextManager[object]:
    return pytest.raises(DatabaseError, match=words)


def test_a_clock_that_ended_never_changes_but_may_be_told_about() -> None:
    one = cycle()
    found = Finding.objects.create(number="TM-2026-11-0001", cycle=one, sample=sample(one), found_at=START)
    clock = Clock.objects.create(
        finding=found, step="k1", started_at=START, due_at=START, budget_at=START, warn_at=START, calendar_version=1,
        zone="Asia/Jakarta", stopped_at=START + timedelta(days=3),
    )  # fmt: skip
    for change in ({"due_at": START + timedelta(days=9)}, {"stopped_at": START}, {"stopped_at": None}):
        with refuses("never changes"), transaction.atomic():
            Clock.objects.filter(pk=clock.pk).update(**change)
    assert Clock.objects.filter(pk=clock.pk).update(told=["due"]) == 1


def test_the_stratum_of_a_frozen_plan_stays_and_who_calls_may_change() -> None:
    one = cycle(status="planned", plan_frozen_at=START)
    sample(one)
    with refuses("frozen plan"), transaction.atomic():
        Sample.objects.update(kind="komplain")
    assert Sample.objects.update(warnings=[{"reason": "x"}]) == 1


def test_a_frozen_sample_may_only_be_destroyed() -> None:
    sample(cycle(status="planned", plan_frozen_at=START))
    Sample.objects.update(state="missed", frozen_digest="0" * 64)
    with refuses("frozen with its cycle"), transaction.atomic():
        Sample.objects.update(return_reason="late")
    assert Sample.objects.update(state="destroyed") == 1


def test_a_frozen_cycle_never_changes() -> None:
    cycle(status="frozen", plan_frozen_at=START, frozen_at=START)
    with refuses("is frozen"), transaction.atomic():
        Cycle.objects.update(shortfall_reason="found a reason later")


def test_an_unknown_state_is_refused() -> None:
    sample(cycle())
    with refuses("sample_state"), transaction.atomic():
        Sample.objects.update(state="forgotten")


def test_a_calendar_version_is_only_ever_added() -> None:
    CalendarVersion.objects.create(number=1, at=START)
    with refuses("only ever added|permission denied"), transaction.atomic():
        CalendarVersion.objects.update(reason="x")


def test_a_revision_in_force_says_for_ever_what_it_said() -> None:
    document = Document.objects.create(kind="article", code="PSL-0001", title="t", created_at=START)
    Revision.objects.create(
        document=document, version=1, title="t", body="b", digest="0" * 64, valid_from=MONTH, created_at=START,
        status="effective", effective_at=START,
    )  # fmt: skip
    with refuses("new revision"), transaction.atomic():
        Revision.objects.update(body="another")
    with refuses("it is kept"), transaction.atomic():
        Revision.objects.all().delete()
    assert Revision.objects.update(valid_until=date(2026, 12, 31)) == 1


def test_only_one_crisis_flag_is_up() -> None:
    person = User.objects.create(email="kirana@kendali.example", name="Kirana")
    CrisisFlag.objects.create(reason="flood", set_by=person, set_at=timezone.now())
    with refuses("crisis_once"), transaction.atomic():
        CrisisFlag.objects.create(reason="again", set_by=person, set_at=timezone.now())
