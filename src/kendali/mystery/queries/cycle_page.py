"""What the page of a cycle says: the nine activities with their dates, what is missing, who must act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from kendali.accounts import permissions
from kendali.mystery.models import Clock, Cycle, Sample
from kendali.mystery.queries import ending, tickets
from kendali.mystery.queries.prepared import Preparation
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.cycle import Milestone
from kendali.mystery.rules.sample_rules import SampleState

FEW = 3  # names that "menunggu tindakan" lists


@dataclass(frozen=True, slots=True)
class Activity:
    """One of the nine. `state` as the stepper knows it; `running`, `late`: clocks of activities 4 to 6."""

    number: int
    by: str
    due: date
    state: str
    running: int = 0
    late: int = 0


BY = ("QA", "QA", "QCO", "QCO", "QA", "SPV", "QCO", "QCO", "QA")
DUE = (
    Milestone.PREPARED, Milestone.PREPARED, Milestone.CALLS_CLOSE, Milestone.CLOCKS_CLOSE, Milestone.CLOCKS_CLOSE,
    Milestone.CLOCKS_CLOSE, Milestone.REPORTED, Milestone.REPORTED, Milestone.ANALYSED,
)  # fmt: skip


def activities(row: Cycle, ready: Preparation, at: datetime) -> list[Activity]:
    """One query (the clocks); where they stand is said by the rows."""
    due, today = ending.dates(row, ready.days), ending.today(at)
    clocks = running_clocks(row, at)
    begun = row.status != Cycle.Status.PREPARING
    over = row.status in (Cycle.Status.CLOSED, Cycle.Status.FROZEN)
    done = [begun or not ready.lacks("material"), begun or not ready.lacks("scenario"), over]
    found, current = [], False
    for number in range(9):
        day = due[DUE[number]]
        count, late = clocks.get(list(Step)[number - 3], (0, 0)) if 3 <= number < 6 else (0, 0)
        finished = done[number] if number < 3 else over and number < 6 and not count
        state = "done" if finished else "todo"
        if not finished and number < 6 and (late or (number < 3 and today > day)):
            state = "failed"
        elif not finished and not current and number < 3:
            state, current = "current", True
        found.append(Activity(number + 1, BY[number], day, state, count, late))
    return found


def running_clocks(row: Cycle, at: datetime) -> dict[Step, tuple[int, int]]:
    """Of each step how many run, and how many of them are late."""
    rows = (
        Clock.objects.filter(finding__cycle=row, stopped_at=None, dropped_at=None)
        .values_list("step")
        .annotate(many=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    )
    return {Step(step): (many, late) for step, many, late in rows}


@dataclass(frozen=True, slots=True)
class Counts:
    """Samples of the cycle; `open`: nobody has them yet."""

    planned: int
    replacements: int
    open: int
    called: int
    undecided: int
    tickets: int  # of test calls, not said to be closed


def counts(row: Cycle) -> Counts:
    """One query."""
    found = Sample.objects.filter(cycle=row).aggregate(
        planned=Count("pk", filter=Q(replaces=None)),
        replacements=Count("pk", filter=Q(replaces__isnull=False)),
        open=Count("pk", filter=Q(executor=None, state=SampleState.PLANNED)),
        called=Count("pk", filter=Q(called_at__isnull=False)),
        undecided=Count("pk", filter=Q(state__in=ending.UNDECIDED)),
        tickets=Count("pk", filter=tickets.OPEN),
    )
    return Counts(**found)


def next_open(row: Cycle, at: datetime) -> datetime | None:
    """When the first window that nobody has opens."""
    rows = Sample.objects.filter(cycle=row, executor=None, state=SampleState.PLANNED, closes__gt=at)
    return rows.order_by("opens").values_list("opens", flat=True).first()


@dataclass(frozen=True, slots=True)
class Awaited:
    """Who must act, and until when."""

    names: list[str]
    due: date | None
    more: int = 0


NEXT = {
    Cycle.Status.PREPARING.value: ("plan.edit", Milestone.PREPARED),
    Cycle.Status.PLANNED.value: ("cycle.edit", Milestone.CALLS_CLOSE),
    Cycle.Status.CLOSED.value: ("cycle.freeze", Milestone.FROZEN),
}
SIGNERS = {"made": "cycle.sign_made", "checked": "cycle.sign_checked", "acknowledged": "cycle.sign_acknowledged"}


def awaited(row: Cycle, due: dict[Milestone, date], unsigned: Iterable[str] = ()) -> Awaited:
    """`unsigned`: parts of the sign-off that are missing, in order."""
    if row.status not in NEXT:
        return Awaited([], None)
    action, step = NEXT[row.status]
    part = next(iter(unsigned), None)
    holders = permissions.holders(SIGNERS[part] if part and row.status == Cycle.Status.CLOSED else action)
    names = [one.name for one in holders]
    return Awaited(names[:FEW], due[step], max(len(names) - FEW, 0))
