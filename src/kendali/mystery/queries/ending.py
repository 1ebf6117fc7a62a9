"""What closing, signing and freezing a month ask of its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from django.conf import settings
from django.db.models import Max, Q

from kendali.accounts import permissions
from kendali.civil_time import local_date
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import pace, prepared, tickets
from kendali.mystery.rules import cycle, ending
from kendali.mystery.rules.cycle import Milestone
from kendali.mystery.rules.ending import Signed
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.rules.working_time import WorkCalendar
from kendali.verdict import Verdict

UNCALLED = [SampleState.PLANNED, SampleState.ASSIGNED, SampleState.CALLING]
UNDECIDED = [SampleState.CALLED, SampleState.SCORING, SampleState.SUBMITTED]


def dates(row: Cycle, days: WorkCalendar | None = None) -> dict[Milestone, date]:
    """As they stood when the plan was frozen; before, by the calendar in force."""
    kept = {} if row.status == Cycle.Status.PREPARING else row.dates
    found = {step: date.fromisoformat(kept[step.value]) for step in Milestone if step.value in kept}
    if len(found) == len(Milestone):
        return found
    return {**cycle.dates(row.month, days or prepared.calendar()), **found}


def today(at: datetime) -> date:
    return local_date(at, settings.TIME_ZONE)


def ahead(row: Cycle, at: datetime) -> int:
    """Samples whose window is open or to come, or that are being called now."""
    open_ = Q(state__in=[SampleState.PLANNED, SampleState.ASSIGNED], closes__gt=at) | Q(state=SampleState.CALLING)
    return Sample.objects.filter(open_, cycle=row).count()


def last_window(row: Cycle) -> datetime | None:
    found: datetime | None = Sample.objects.filter(cycle=row, state__in=UNCALLED).aggregate(last=Max("closes"))["last"]
    return found


def undecided(row: Cycle) -> int:
    return Sample.objects.filter(cycle=row, state__in=UNDECIDED).count()


def signed(row: Cycle) -> list[Signed]:
    return [Signed(one.part, one.user_id, one.digest) for one in row.signatures.order_by("at")]


def may_close(row: Cycle, at: datetime, *, reason: str, by_itself: bool = False) -> Verdict:
    meter = pace.meter(row, at)
    return ending.may_close(
        status=row.status,
        today=today(at),
        from_day=dates(row)[Milestone.CALLS_CLOSE],
        ahead=ahead(row, at),
        short=meter.short,
        reason=reason,
        by_itself=by_itself,
    )


def may_sign(row: Cycle, part: str, *, by: int, shown: str, now: str) -> Verdict:
    """A person and who stood in for that one since the calls closed count as one."""
    alike = permissions.counted_as_one([by], since=row.closed_at)
    others = [replace(one, by=by) if one.by in alike else one for one in signed(row)]
    return ending.may_sign(
        status=row.status, part=part, by=by, shown=shown, now=now, waiting=undecided(row), signed=others
    )


def may_freeze(row: Cycle, at: datetime, *, counted: int, now: str) -> Verdict:
    return ending.may_freeze(
        status=row.status,
        today=today(at),
        from_day=dates(row)[Milestone.FROZEN],
        counted=counted,
        minimum=row.minimum,
        reason=row.shortfall_reason,
        now=now,
        signed=signed(row),
        tickets=tickets.open_of(row),
    )
