"""Fair lateness: the KPI counts a delay for everybody, a person is measured from receipt. No database, no clock.

Source: mystery-calling "Decisions", Fair lateness. In literal mode the three clocks run from the finding, so a step
that takes longer than its budget eats the time of the next: that one was "diterima terlambat" (received late), and the
days are attributed to the step that went over its budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kendali.mystery.rules.clock_rules import STEPS, Clock, Step, Terms, is_late, lateness
from kendali.mystery.rules.working_time import Delay, Desk, after, delay, due_after


@dataclass(frozen=True, slots=True)
class Fairness:
    """One step of one finding. `late`: by the KPI. `punctual`: the person, from receipt; None = not decided yet.
    `because_of`: begun working days of the delay by the step that exceeded its budget; `nobody`: days that no step
    caused: the local date of the receiver was further on than the sender's, or the finding fell on a day off, so that
    H+0 and H+1 are the same day."""

    step: Step
    late: bool
    delay: Delay
    received_at: datetime | None
    received_late: bool
    own_due_at: datetime | None
    punctual: bool | None
    because_of: Mapping[Step, int]
    nobody: int


def fairness(
    clocks: Mapping[Step, Clock], desks: Mapping[Step, Desk], terms: Terms, now: datetime
) -> dict[Step, Fairness]:
    """For every clock that has started."""
    receipts = _receipts(clocks)
    overruns = {
        step: delay(_budget_from(clocks[step], at, desks[step], terms), _end(clocks[step], now), desks[step])
        for step, at in receipts.items()
    }
    return {step: _one(step, clocks, receipts, overruns, desks, terms, now) for step in clocks}


def _receipts(clocks: Mapping[Step, Clock]) -> dict[Step, datetime]:
    """When each step's work reached the person who must do it; a step nobody handed on to has none."""
    received: dict[Step, datetime] = {}
    at: datetime | None = clocks[Step.K1].started_at
    for step in STEPS:
        if at is None or step not in clocks:
            break
        received[step] = at
        at = clocks[step].stopped_at
    return received


def _budget_from(clock: Clock, received: datetime, desk: Desk, terms: Terms) -> datetime:
    """The end of a step's own budget: its point on the common clock, or its share of days after receipt if later."""
    return max(clock.budget_at, due_after(received, terms.share(clock.step), desk))


def _end(clock: Clock, now: datetime) -> datetime:
    return clock.ended_at or now


def _one(
    step: Step,
    clocks: Mapping[Step, Clock],
    receipts: Mapping[Step, datetime],
    overruns: Mapping[Step, Delay],
    desks: Mapping[Step, Desk],
    terms: Terms,
    now: datetime,
) -> Fairness:
    clock, desk, received = clocks[step], desks[step], receipts.get(step)
    late = lateness(clock, now, desk)
    own_due = None if received is None else max(clock.due_at, _budget_from(clock, received, desk, terms))
    because_of, nobody = _attributed(step, late.working, overruns)
    return Fairness(
        step=step,
        late=is_late(clock, now),
        delay=late,
        received_at=received,
        received_late=_received_late(step, clocks, now),
        own_due_at=own_due,
        punctual=_punctual(clock, own_due, now),
        because_of=because_of,
        nobody=nobody,
    )


def _received_late(step: Step, clocks: Mapping[Step, Clock], now: datetime) -> bool:
    """The step before went over its budget, so that this one was, or will be, received late."""
    place = STEPS.index(step)
    before = clocks.get(STEPS[place - 1]) if place else None
    return before is not None and after(_end(before, now), before.budget_at)


def _punctual(clock: Clock, own_due: datetime | None, now: datetime) -> bool | None:
    if own_due is None:
        return None
    if after(_end(clock, now), own_due):
        return False
    return True if clock.stopped_at else None


def _attributed(step: Step, days: int, overruns: Mapping[Step, Delay]) -> tuple[dict[Step, int], int]:
    """The last one over its budget answers first: what an earlier one lost may have been caught up in between."""
    because_of: dict[Step, int] = {}
    for one in reversed(STEPS[: STEPS.index(step) + 1]):
        own = min(overruns.get(one, Delay()).working, days)
        if own:
            because_of[one] = own
            days -= own
    return dict(sorted(because_of.items())), days
