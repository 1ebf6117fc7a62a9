"""The rows of the register F-22: read in bulk, told as they stood when the cycle was frozen, hashed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from kendali.accounts.models import User
from kendali.mystery import f22_print
from kendali.mystery.actions import findings
from kendali.mystery.models import Attempt, Clock, Cycle, CycleSignature, Finding, Sample
from kendali.mystery.queries import f22
from kendali.mystery.rules import frozen_row
from kendali.mystery.tests.f22_rows import FIRST, month
from kendali.mystery.tests.finding_rows import AT
from kendali.mystery.tests.house import CALLED, House
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_sample_enters_the_register_with_its_first_call(cast: Cast) -> None:
    cycle = month(cast, 3)
    silent, planned = Sample.objects.order_by("number")[:2]
    Sample.objects.filter(pk__in=[silent.pk, planned.pk]).update(called_at=None, state="unconnected")
    Attempt.objects.filter(sample=planned).delete()
    numbers = set(f22.called(cycle).values_list("number", flat=True))
    assert planned.number not in numbers
    assert silent.number in numbers


def test_a_row_has_its_attempts_findings_and_whether_each_hand_over_was_in_time(cast: Cast) -> None:
    (row,) = next(f22.batches(f22.called(month(cast, 1)), FIRST + timedelta(days=30)))
    assert [one.outcome for one in row.attempts] == ["busy", "connected"]
    (found,) = row.found
    assert [(one.step.value, one.at is not None, one.in_time) for one in found.hand_overs] == [
        ("k1", True, True),
        ("k2", True, False),
        ("k3", False, False),
    ]


def test_before_they_were_made_hand_overs_are_not_told(cast: Cast) -> None:
    (row,) = next(f22.batches(f22.called(month(cast, 1)), FIRST + timedelta(days=1)))
    assert [one.in_time for one in row.found[0].hand_overs] == [True, None, None]


def test_what_is_not_submitted_yet_is_not_shown(cast: Cast) -> None:
    cycle = month(cast, 1)
    sample = Sample.objects.get()
    sample.evaluation = None
    sample.save()
    (row,) = next(f22.batches(f22.called(cycle), cast.now))
    assert (row.evaluation, row.form) == (None, None)


@pytest.mark.parametrize("asked", [{"shift": "siang"}, {"kind": "komplain"}, {"text": "0002"}, {"found": "yes"}])
def test_rows_are_chosen(cast: Cast, asked: dict[str, str]) -> None:
    cycle = month(cast, 4)
    Finding.objects.exclude(sample__number="MC-2026-11-0002").update(state="invalid", ended_at=FIRST)
    assert "MC-2026-11-0002" in set(f22.chosen(f22.called(cycle), cast.now, **asked).values_list("number", flat=True))
    assert f22.chosen(f22.called(cycle), cast.now, **asked).count() < 4


def test_late_ones_are_found(cast: Cast) -> None:
    cycle = month(cast, 2)
    Clock.objects.filter(finding__sample__number="MC-2026-11-0001", step="k3").update(dropped_at=FIRST)
    Clock.objects.filter(finding__sample__number="MC-2026-11-0001", step="k2").delete()
    late = f22.chosen(f22.called(cycle), FIRST + timedelta(days=30), found="late")
    assert [one.number for one in late] == ["MC-2026-11-0002"]


@pytest.mark.parametrize("count", [2, 40])
def test_however_many_rows_the_same_number_of_queries(
    cast: Cast, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    cycle = month(cast, count, findings=2)
    with django_assert_max_num_queries(7):
        assert len(next(f22.batches(f22.called(cycle), cast.now))) == count


def test_every_sample_of_the_cycle_is_hashed_also_one_that_was_never_called(cast: Cast) -> None:
    cycle = month(cast, 2)
    planned = Sample.objects.order_by("number")[0]
    Sample.objects.filter(pk=planned.pk).update(
        called_at=None, state="missed", evaluation=None, agent=None, verified_at=None, verified_by=None
    )
    Attempt.objects.filter(sample=planned).delete()
    digests = f22.row_digests(cycle, cast.now)
    assert digests.keys() == set(Sample.objects.values_list("pk", flat=True))
    assert all(len(one) == 64 for one in digests.values())


def test_what_happens_after_the_freeze_changes_no_digest(cast: Cast) -> None:
    cycle = month(cast, 2)
    at = FIRST + timedelta(days=10)
    before = f22.row_digests(cycle, at)
    Clock.objects.filter(step="k3").update(stopped_at=at + timedelta(days=1))
    Finding.objects.update(state="closed", ended_at=at + timedelta(days=2))
    assert f22.row_digests(cycle, at) == before
    cast.qori.name = "Another Name"
    cast.qori.save()
    assert f22.row_digests(cycle, at) == before


def test_what_was_frozen_and_is_changed_behind_it_shows(cast: Cast) -> None:
    cycle = month(cast, 2)
    before = f22.row_digests(cycle, cast.now)
    Attempt.objects.filter(sample__number="MC-2026-11-0001", number=2).update(talk_seconds=600)
    after = f22.row_digests(cycle, cast.now)
    changed = [pk for pk in before if before[pk] != after[pk]]
    assert changed == [Sample.objects.get(number="MC-2026-11-0001").pk]


def test_the_digest_of_the_register_is_that_of_its_rows(cast: Cast) -> None:
    cycle = month(cast, 2)
    digests = f22.row_digests(cycle, cast.now)
    by_number = {one.number: digests[one.pk] for one in Sample.objects.all()}
    assert f22.register_digest(cycle, cast.now) == frozen_row.register_digest(by_number)


def with_access(house: House) -> Finding:
    silent = house.sample("unconnected", executor=house.cast.qori)
    Attempt.objects.create(sample=silent, number=1, at=CALLED, outcome="busy", by=house.cast.qori)
    return findings.raise_access("jkt", CALLED.date(), [silent], at=AT)


@pytest.mark.parametrize("how", ["line", "day", "gone", "clock"])
def test_an_access_finding_that_is_changed_behind_the_freeze_shows(house: House, how: str) -> None:
    finding = with_access(house)
    before = f22.register_digest(house.cycle, house.cast.now)
    if how == "line":
        finding.lines.all().delete()
    elif how == "day":
        Finding.objects.update(access_day=None, sample=house.sample("verified"))
    elif how == "clock":
        Clock.objects.filter(step="k1").update(stopped_at=AT)
    else:
        Finding.objects.update(found_at=house.cast.now + timedelta(days=1))
    assert f22.register_digest(house.cycle, house.cast.now) != before


def test_what_happens_to_an_access_finding_after_the_freeze_changes_nothing(house: House) -> None:
    finding, at = with_access(house), house.cast.now
    before = f22.register_digest(house.cycle, at)
    later = at + timedelta(days=1)
    words = {"description": "Antrean penuh", "recommendation": "Tambah agent pagi"}
    finding = findings.give_feedback(user=house.cast.qori, at=later, finding=finding, **words)
    assert f22.register_digest(house.cycle, at) == before
    findings.forward(user=house.cast.qanita, at=later, finding=finding)
    assert f22.register_digest(house.cycle, at) == before
    assert f22.register_digest(house.cycle, later) != before
    forwarded = f22.register_digest(house.cycle, later)
    Finding.objects.update(description="Lain")
    assert f22.register_digest(house.cycle, later) != forwarded


def test_a_month_is_verified_by_the_layout_it_was_frozen_with(house: House) -> None:
    """Those of before knew no Access finding."""
    with_access(house)
    rows = f22.row_digests(house.cycle, house.cast.now)
    old = frozen_row.register_digest({one.number: rows[one.pk] for one in Sample.objects.all()})
    columns = {"status": "frozen", "frozen_at": house.cast.now}
    Cycle.objects.update(**columns, frozen_digest=old)
    cycle = Cycle.objects.get()
    assert (cycle.frozen_layout, f22.register_digest(cycle)) == (1, old)
    cycle.frozen_layout = frozen_row.REGISTER
    assert f22.register_digest(cycle) != old


# --- Access, lateness and signatures are told the same everywhere


def test_an_access_finding_stands_in_the_rows_of_its_samples_and_in_no_other(house: House) -> None:
    """Also where the area is an outcome; not with one that was tried there on the same day and missed."""
    national: dict[str, Any] = {"destination": house.floor.national, "place": "nasional", "area": ""}
    silent, other = (house.sample("unconnected", **national) for _n in range(2))
    missed = house.sample("missed", **national, executor=house.cast.qori)
    for one in (silent, other, missed):
        Attempt.objects.create(sample=one, number=1, at=CALLED, outcome="busy", by=house.cast.qori)
    finding = findings.raise_access("nasional", CALLED.date(), [silent, other], at=AT)
    (rows,) = f22.batches(f22.called(house.cycle), AT)
    assert [[found.finding for found in row.found] for row in rows] == [[finding], [finding], []]
    asked = {how: [one.number for one in f22.chosen(f22.calls(house.cycle), AT, found=how).order_by("number")]
             for how in ("yes", "no", "late")}  # fmt: skip
    assert asked == {"yes": [silent.number, other.number], "no": [missed.number], "late": []}
    late = f22.chosen(f22.calls(house.cycle), AT + timedelta(days=9), found="late")
    assert set(late) == {silent, other}


def test_who_looks_for_late_rows_finds_those_that_say_so(cast: Cast) -> None:
    """Dropped after it was due: late for ever. Handed over within the last second, or after the freeze: not."""
    cycle, at = month(cast, 3), FIRST + timedelta(days=30)
    clocks = Clock.objects.filter(step="k3").order_by("finding__sample__number")
    dropped, last_second, after = clocks
    Clock.objects.filter(step="k2").delete()
    Clock.objects.filter(pk=dropped.pk).update(dropped_at=dropped.due_at + timedelta(days=1))
    Clock.objects.filter(pk=last_second.pk).update(stopped_at=last_second.due_at + timedelta(milliseconds=400))
    Clock.objects.filter(pk=after.pk).update(due_at=at + timedelta(days=1), stopped_at=at + timedelta(days=2))
    (rows,) = f22.batches(f22.called(cycle), at)
    said = [row.sample for row in rows if any(one.in_time is False for one in row.found[0].hand_overs)]
    assert said == list(f22.chosen(f22.calls(cycle), at, found="late")) == [rows[0].sample]


def test_a_signature_on_a_register_that_changed_is_neither_counted_nor_printed(house: House) -> None:
    def sign(part: str, person: User, digest: str, day: int) -> None:
        CycleSignature.objects.create(cycle=house.cycle, part=part, user=person, name=person.name, digest=digest,
                                      at=AT + timedelta(days=day))  # fmt: skip

    for day, digest in ((1, "a"), (2, "b")):
        sign("made", house.cast.qori, digest * 64, day)
    sign("checked", house.cast.qanita, "a" * 64, 1)
    assert f22.signed_parts([house.cycle]) == {house.cycle.pk: 1}
    printed = f22_print.register_signatures(list(house.cycle.signatures.all()))
    assert [name for _part, name, _at in printed] == ["Qori Amelia", "–", "–"]
