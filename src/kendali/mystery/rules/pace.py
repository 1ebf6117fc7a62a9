"""How far the month is: counted samples against 60, what is needed each day, where it will end. No database, no clock.

Source: procedure 7 activity 3 (at least 60 samples every month); mystery-calling "60 samples". Working days are those
of the calendar, so a month of holidays is told in time: March 2027 has 15. A shortfall is reported, never filled in
later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from kendali.civil_time import add_months
from kendali.mystery.rules.cycle import working_days
from kendali.mystery.rules.working_time import WorkCalendar
from kendali.verdict import YES, Verdict, no

TARGET = 60


@dataclass(frozen=True, slots=True)
class Made:
    """One sample as it stands. `called_on`: local day of the call that connected, or None."""

    called_on: date | None
    verified_at: datetime | None
    voided: bool = False


def belongs(sample: Made, month: date) -> Verdict:
    """Connected, not voided, called in this month: it counts as soon as QA verifies it."""
    if sample.voided:
        return no("A voided sample does not count.")
    if sample.called_on is None:
        return no("Only a connected call counts.")
    if sample.called_on.replace(day=1) != month.replace(day=1):
        return no("The call belongs to the month %(month)s.", month=f"{sample.called_on:%Y-%m}")
    return YES


def counts(sample: Made, month: date, frozen_at: datetime | None = None) -> Verdict:
    """Does it count to the 60 of this month? It belongs to it and was verified before its freeze."""
    verdict = belongs(sample, month)
    if not verdict:
        return verdict
    if sample.verified_at is None:
        return no("QA has not verified this sample yet.")
    if frozen_at is not None and sample.verified_at >= frozen_at:
        return no("It was verified at %(at)s, after the cycle was frozen.", at=sample.verified_at.isoformat())
    return YES


class Pace(StrEnum):
    REACHED = "reached"  # tercapai
    AHEAD = "ahead"  # di depan jadwal
    ON_PACE = "on_pace"  # sesuai jadwal
    BEHIND = "behind"  # tertinggal
    IMPOSSIBLE = "impossible"  # tidak mungkin tercapai


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """`counted` of `target`; `waiting` still to be verified; `called_today` of both together. Days are working days:
    `elapsed` before today, `left` from today on. `expected`: what the plan had by this morning. `forecast`: at the end
    of the month at the speed so far; None before the first working day has passed. `needed_per_day`: from today on."""

    target: int
    counted: int
    waiting: int
    elapsed: int
    left: int
    expected: Fraction
    forecast: int | None
    needed_per_day: int | None
    pace: Pace

    @property
    def days(self) -> int:
        return self.elapsed + self.left

    @property
    def short(self) -> int:
        """Calls still to be made, if QA verifies all that wait."""
        return max(self.target - self.counted - self.waiting, 0)


def measure(
    samples: Iterable[Made],
    *,
    month: date,
    today: date,
    calendar: WorkCalendar,
    target: int = TARGET,
    most_per_day: int | None = None,
    frozen_at: datetime | None = None,
) -> Meter:
    """`most_per_day`: what all callers together can do on one working day; None = not known. Calls on other days
    count too: they only make it easier."""
    held = list(samples)
    good = [one for one in held if counts(one, month, frozen_at)]
    waiting = [one for one in held if frozen_at is None and one.verified_at is None and belongs(one, month)]
    days = working_days(month, calendar)
    elapsed = sum(1 for day in days if day < today)
    left = len(days) - elapsed
    both = [*good, *waiting]
    before = sum(1 for one in both if one.called_on is not None and one.called_on < today)
    short = max(target - len(both), 0)
    expected = Fraction(target * elapsed, len(days)) if days else Fraction(target)
    forecast = None if not elapsed else max(len(both), before + floor(Fraction(before * left, elapsed)))
    return Meter(
        target=target,
        counted=len(good),
        waiting=len(waiting),
        elapsed=elapsed,
        left=left,
        expected=expected,
        forecast=forecast,
        needed_per_day=ceil(Fraction(short, left)) if left else (None if short else 0),
        pace=_pace(len(good), len(both), target=target, days=(len(days), left), expected=expected, most=most_per_day),
    )


def _pace(counted: int, made: int, *, target: int, days: tuple[int, int], expected: Fraction, most: int | None) -> Pace:
    """Half a day's work below what was expected is still on pace, a whole day's work above is ahead."""
    total, left = days
    if counted >= target:
        return Pace.REACHED
    short = max(target - made, 0)
    if short and (left == 0 or (most is not None and short > left * most)):
        return Pace.IMPOSSIBLE
    a_day = Fraction(target, total) if total else Fraction(0)
    if made < expected - a_day / 2:
        return Pace.BEHIND
    return Pace.AHEAD if made >= expected + a_day else Pace.ON_PACE


def compared(month: date, calendar: WorkCalendar) -> Verdict:
    """A month with clearly fewer working days than the two beside it is told before it begins."""
    here, *beside = (len(working_days(one, calendar)) for one in (month, add_months(month, -1), add_months(month, 1)))
    if here + 3 <= min(beside):
        return no("This month has only %(days)s working days; the months beside it have %(before)s and %(after)s.",
                  days=here, before=beside[0], after=beside[1])  # fmt: skip
    return YES
