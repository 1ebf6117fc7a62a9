"""The three H+2 clocks of a finding: when each is due, what state it is in, whom it tells. No database, no clock.

K1 QCO -> QA, K2 QA -> cause owner, K3 cause owner -> QA. Source: procedure 7, activities 4 to 6 (at most H+2 after the
finding); mystery-calling "Decisions": H+2, Found at, Holidays, K3, Escalation of a clock.

A stop is final: the first one stands. A returned form, a dispute and a follow-up found insufficient stop nothing and
start nothing again. A calendar edit never moves a closed clock, never takes a lateness away and never makes anybody
late who was in time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kendali.civil_time import local_date
from kendali.mystery.rules.working_time import (
    SECOND,
    Delay,
    Desk,
    Week,
    WorkCalendar,
    after,
    delay,
    due_after,
    end_of_day,
    instant_after,
    working_time,
)
from kendali.verdict import YES, Verdict, no

AFTER_THE_CALL = timedelta(hours=4)
COACHING_DAYS = 7


class Step(StrEnum):
    K1 = "k1"  # feedback dan rekomendasi, QCO -> QA
    K2 = "k2"  # feedback dan tindak lanjut, QA -> Supervisor
    K3 = "k3"  # feedback dan tindak lanjut, Supervisor -> QA


STEPS = tuple(Step)


class Mode(StrEnum):
    LITERAL = "literal"  # all three from the finding, as the KPI says
    CHAINED = "chained"  # each from the previous hand-over


@dataclass(frozen=True, slots=True)
class Terms:
    """`days`: H+2. `budgets`: H+0, H+1, H+2 of the three steps, in literal mode; going over them only warns.
    ValueError where the budgets go down or past the limit."""

    mode: Mode = Mode.LITERAL
    days: int = 2
    budgets: tuple[int, int, int] = (0, 1, 2)

    def __post_init__(self) -> None:
        if list(self.budgets) != sorted(self.budgets) or self.budgets[0] < 0 or self.budgets[-1] > self.days:
            raise ValueError("the budgets of the steps go up, and end within the limit")

    def budget(self, step: Step) -> int:
        """Days after the clock's start; a chained clock has all its days for itself."""
        return self.budgets[STEPS.index(step)] if self.mode is Mode.LITERAL else self.days

    def share(self, step: Step) -> int:
        """Days of this step alone, counted from its receipt."""
        place = STEPS.index(step)
        if self.mode is Mode.CHAINED:
            return self.days
        return self.budgets[place] - (self.budgets[place - 1] if place else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock. `warn_at`: from when it is amber; `dropped_at`: the finding needed it no longer."""

    step: Step
    started_at: datetime
    due_at: datetime
    budget_at: datetime
    warn_at: datetime
    calendar_version: int
    stopped_at: datetime | None = None
    dropped_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        return self.stopped_at or self.dropped_at


class ClockState(StrEnum):
    NOT_STARTED = "not_started"  # chained, and the hand-over before it has not been made
    RUNNING = "running"
    WARNED = "warned"
    LATE = "late"
    IN_TIME = "in_time"
    STOPPED_LATE = "stopped_late"
    DROPPED = "dropped"  # invalid or merged before it was due: counts nowhere


# --- one clock


def start(step: Step, at: datetime, desk: Desk, terms: Terms) -> Clock:
    """A clock that begins at `at`; day 0 is the date of `at` in the zone of the desk, and is not counted."""
    due, budget = due_after(at, terms.days, desk), due_after(at, terms.budget(step), desk)
    return Clock(
        step=step,
        started_at=at,
        due_at=due,
        budget_at=budget,
        warn_at=min(budget + SECOND, share_of(at, due, 80, desk)),
        calendar_version=desk.calendar.version,
    )


def share_of(begin: datetime, due: datetime, percent: int, desk: Desk) -> datetime:
    """The instant at which so much of the office hours between the two is used up."""
    return instant_after(begin, working_time(begin, due, desk) * percent / 100, desk)


def stop(clock: Clock, at: datetime) -> Clock:
    """The hand-over was made. A clock that ended stays as it is; ValueError for a stop before the start."""
    if clock.ended_at is not None:
        return clock
    if at < clock.started_at:
        raise ValueError("a clock stopped before it started")
    return replace(clock, stopped_at=at)


def drop(clock: Clock, at: datetime) -> Clock:
    """The finding is invalid or merged: the hand-over is not needed any more. What was late by then stays late."""
    return clock if clock.ended_at is not None else replace(clock, dropped_at=at)


def is_late(clock: Clock, now: datetime) -> bool:
    return after(clock.ended_at or now, clock.due_at)


def state(clock: Clock | None, now: datetime) -> ClockState:
    if clock is None:
        return ClockState.NOT_STARTED
    if is_late(clock, now):
        return ClockState.LATE if clock.ended_at is None else ClockState.STOPPED_LATE
    if clock.stopped_at:
        return ClockState.IN_TIME
    if clock.dropped_at:
        return ClockState.DROPPED
    return ClockState.RUNNING if now < clock.warn_at else ClockState.WARNED


def hours_left(clock: Clock, now: datetime, desk: Desk) -> timedelta:
    """Office hours until it is due, negative after; of a clock that ended: at its end."""
    at = clock.ended_at or now
    if after(at, clock.due_at):
        return -working_time(clock.due_at, at, desk)
    return working_time(at, clock.due_at, desk)


def lateness(clock: Clock, now: datetime, desk: Desk) -> Delay:
    """Begun working and calendar days after the due date, until the end or until now."""
    return delay(clock.due_at, clock.ended_at or now, desk)


# --- the three of a finding


def clocks(
    found_at: datetime, stops: Mapping[Step, datetime], desks: Mapping[Step, Desk], terms: Terms
) -> dict[Step, Clock]:
    """The clocks that have started, in their order. `stops`: the hand-overs made; `desks`: of who must make them."""
    running: dict[Step, Clock] = {}
    begin: datetime | None = found_at
    for step in STEPS:
        if begin is None:
            break
        clock = start(step, begin, desks[step], terms)
        running[step] = stop(clock, stops[step]) if step in stops else clock
        if terms.mode is Mode.CHAINED:
            begin = stops.get(step)
    return running


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a recompute made of a clock; both go into the log. `allowed` says why nothing moved."""

    old: Clock
    new: Clock
    allowed: Verdict

    @property
    def moved(self) -> bool:
        return self.old.due_at != self.new.due_at


def may_recompute(clock: Clock, at: datetime) -> Verdict:
    if clock.ended_at is not None:
        return no("This clock has ended: no edit of a calendar moves it.", code="closed")
    if is_late(clock, at):
        return no("This clock was late already, and lateness is never edited away: give a reason code when closing.",
                  code="late")  # fmt: skip
    return YES


def recompute(clock: Clock, desk: Desk, terms: Terms, *, at: datetime) -> Recomputed:
    """After an edit of the calendar, or when the finding went to somebody at another desk. The start stays; a due date
    that would lie in the past becomes the end of today, never later than it was."""
    allowed = may_recompute(clock, at)
    if not allowed:
        return Recomputed(clock, clock, allowed)
    new = start(clock.step, clock.started_at, desk, terms)
    if after(at, new.due_at):
        today = min(clock.due_at, end_of_day(local_date(at, desk.zone), desk.zone))
        new = replace(new, due_at=today, budget_at=min(new.budget_at, today))
    return Recomputed(clock, new, allowed)


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Was it in time, on both bases that reports print? None = not known yet."""

    working: bool | None
    calendar: bool | None


def punctuality(clock: Clock, now: datetime, desk: Desk, terms: Terms) -> Punctuality:
    """`working`: on the basis in force for this clock; `calendar`: had every day been a working day."""
    if clock.dropped_at and not is_late(clock, now):
        return Punctuality(None, None)
    every_day = replace(desk, calendar=WorkCalendar(Week.CALENDAR))
    return Punctuality(
        _in_time(clock, clock.due_at, now), _in_time(clock, due_after(clock.started_at, terms.days, every_day), now)
    )


def _in_time(clock: Clock, due: datetime, now: datetime) -> bool | None:
    if after(clock.ended_at or now, due):
        return False
    return True if clock.stopped_at else None


# --- whom a clock tells


class Threshold(StrEnum):
    HALF = "half"  # 50 % of the office hours
    MOST = "most"  # 80 %
    DUE = "due"
    ONE_DAY = "one_day"  # one working day late
    TWO_DAYS = "two_days"


class Listener(StrEnum):
    HOLDER = "holder"  # who must act
    RECEIVER = "receiver"  # who waits for the hand-over
    COORDINATOR = "coordinator"
    MANAGER_OPERATION = "manager_operation"


class Channel(StrEnum):
    IN_APP = "in_app"
    EMAIL = "email"


BOTH = frozenset(Channel)
TELLS: dict[Threshold, tuple[frozenset[Listener], frozenset[Channel]]] = {
    Threshold.HALF: (frozenset({Listener.HOLDER}), frozenset({Channel.IN_APP})),
    Threshold.MOST: (frozenset({Listener.HOLDER}), BOTH),
    Threshold.DUE: (frozenset({Listener.HOLDER, Listener.RECEIVER}), BOTH),
    Threshold.ONE_DAY: (frozenset({Listener.COORDINATOR}), BOTH),
    Threshold.TWO_DAYS: (frozenset({Listener.MANAGER_OPERATION}), BOTH),
}
REMINDERS = (Threshold.HALF, Threshold.MOST, Threshold.DUE)  # a later one makes an earlier one needless


def thresholds(clock: Clock, desk: Desk) -> dict[Threshold, datetime]:
    """When each threshold is crossed, in their order."""
    return {
        Threshold.HALF: share_of(clock.started_at, clock.due_at, 50, desk),
        Threshold.MOST: share_of(clock.started_at, clock.due_at, 80, desk),
        Threshold.DUE: clock.due_at + SECOND,
        Threshold.ONE_DAY: due_after(clock.due_at, 1, desk) + SECOND,
        Threshold.TWO_DAYS: due_after(clock.due_at, 2, desk) + SECOND,
    }


def to_tell(clock: Clock, now: datetime, desk: Desk, told: Collection[Threshold] = ()) -> tuple[Threshold, ...]:
    """What has to be told now. A clock that ended tells nothing more; of reminders that were missed (a worker was down)
    only the last is sent, escalations all."""
    if clock.ended_at is not None:
        return ()
    crossed = [threshold for threshold, at in thresholds(clock, desk).items() if at <= now]
    last = [one for one in REMINDERS if one in crossed][-1:]
    return tuple(one for one in crossed if one not in told and (one in last or one not in REMINDERS))


# --- other limits


def submission_due(called_at: datetime, zone: str) -> datetime:
    """Until when the form of a call has to be submitted: 23:59:59 of the call's local date, or 4 hours after the call
    if that is later."""
    return max(end_of_day(local_date(called_at, zone), zone), called_at + AFTER_THE_CALL)


def submitted_late(called_at: datetime, submitted_at: datetime, zone: str) -> bool:
    return after(submitted_at, submission_due(called_at, zone))


def coaching_due(forwarded_at: datetime, desk: Desk, days: int = COACHING_DAYS) -> datetime:
    """Coaching has its own, later date: the follow-up may be reported as planned before it."""
    return due_after(forwarded_at, days, desk)
