"""A sample that ended unconnected or void raises another one of the same stratum (rules.sample_rules.REPLACED)."""

from __future__ import annotations

from datetime import date, datetime

from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.civil_time import local_date
from kendali.mystery.actions.assigning import tell_callers, warning
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import ground, planning, prepared
from kendali.mystery.rules import assignment
from kendali.mystery.rules.draws import Draws
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.rules.windows import windows
from kendali.terms import numbers

ALGORITHM = "replacement-1"


def goes_on(sample: Sample) -> bool:
    """Does another sample take the place of one that ends? Not after the calls of its month were closed: what is
    missing then is reported."""
    return sample.cycle.status == Cycle.Status.PLANNED


def replace(sample: Sample, *, actor: Actor, at: datetime) -> Sample | None:
    """In the transaction that ended `sample`. The same stratum; a window that is still ahead in the month, drawn by the
    seed of the plan, in the week of the stratum if there is one; else the last one, and then it is missed already: a
    shortfall is reported, never filled in later. Given to whoever may call it; nobody: QA chooses. The same sample is
    replaced once. None: the calls of the month are closed."""
    earlier = Sample.objects.filter(replaces=sample).first()
    if earlier is not None:
        return earlier
    row = sample.cycle = Cycle.objects.select_for_update().get(pk=sample.cycle_id)
    if not goes_on(sample):
        return None
    opens, closes = _window(row, sample, at)
    made = Sample.objects.create(
        number=numbers.take_monthly("MC", row.month)[0], cycle=row, slot=sample.slot, replaces=sample,
        area=sample.area, shift=sample.shift, kind=sample.kind, week=sample.week, destination=sample.destination,
        place=sample.place, opens=opens, closes=closes, zone=sample.zone,
        state=SampleState.MISSED if closes <= at else SampleState.PLANNED,
    )  # fmt: skip
    if made.state == SampleState.PLANNED:
        _give(row, made, at)
    audit.record(
        "sample.replaced", actor=actor, at=at, obj=made,
        facts={"number": sample.number, "by": made.number, "opens": opens},
    )  # fmt: skip
    tell_callers(row, [(made.executor, None)], at)
    return made


def _window(row: Cycle, sample: Sample, at: datetime) -> tuple[datetime, datetime]:
    """When the stratum can be called; the very window of `sample` where its number, shift or month is gone."""
    there = ground.field(row.month)
    to = next((one for one in there.destinations if one.code == sample.destination.code), None)
    span = there.shifts.get(sample.shift)
    if to is None or span is None:
        return sample.opens, sample.closes
    by_week = {one.level: sorted(windows(to, span, one, there.duties, there.terms)) for one in there.weeks}
    ahead = {level: [start for start in starts if start > at] for level, starts in by_week.items()}
    every = [start for starts in ahead.values() for start in starts]
    choice = ahead.get(sample.week) or every
    draws = Draws(f"{ALGORITHM}\n{row.seed}\n{sample.number}")
    if choice:
        start = draws.choice(_least_crowded(row, sample, choice))
    else:
        start = max((start for starts in by_week.values() for start in starts), default=sample.opens)
    return start, start + there.terms.width


def _least_crowded(row: Cycle, sample: Sample, starts: list[datetime]) -> list[datetime]:
    """On the days with the fewest calls of that place."""
    held = Sample.objects.filter(cycle=row, place=sample.place).exclude(state__in=planning.OVER)
    busy: dict[date, int] = {}
    for opens in held.values_list("opens", flat=True):
        day = local_date(opens, sample.zone)
        busy[day] = busy.get(day, 0) + 1
    least = min(busy.get(local_date(one, sample.zone), 0) for one in starts)
    return [one for one in starts if busy.get(local_date(one, sample.zone), 0) == least]


def _give(row: Cycle, made: Sample, at: datetime) -> None:
    slot = planning.slot_of(made, made.pk)
    rows = [one for one in planning.held(row) if one.pk != made.pk and one.executor_id]
    desk = planning.desk(row, [slot], out_of_use=prepared.out_of_use(row, at))
    given = assignment.give(
        [*(planning.slot_of(one, one.pk) for one in rows), slot], desk, row.seed,
        kept=planning.given_of(rows).assignments,
    )  # fmt: skip
    one = next((one for one in given.assignments if one.slot == made.pk), None)
    if one is None:
        made.warnings = [warning(refused.verdict) for refused in given.unassigned if refused.slot == made.pk]
        made.save(update_fields=["warnings"])
        return
    made.executor = planning.users_of([one.caller])[one.caller]
    made.scenario = planning.scenario_versions(row)[one.scenario]
    made.persona = planning.personas()[one.persona]
    made.warnings = [warning(verdict) for verdict in one.warnings]
    made.state = SampleState.ASSIGNED
    made.save(update_fields=["executor", "scenario", "persona", "warnings", "state"])
