"""The dates of a cycle and its weeks. No database, no clock.

Source: mystery-calling "One cycle", "Copy last month"; procedure 5.3 (once a month), 7 activity 1. A month is given as
its first day. Days are days of the calendar of the programme, or of a site where one is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from kendali.civil_time import add_months, next_month
from kendali.mystery.rules.working_time import DAY, LONGEST_REST, WorkCalendar, working_day_after

KINDS = ("informasi", "permintaan", "komplain")  # all three are needed, activity 1


class Milestone(StrEnum):
    PREPARED = "prepared"  # bahan, skenario dan rencana siap: the last working day before M
    CALLS_OPEN = "calls_open"  # the first working day of M
    CALLS_CLOSE = "calls_close"  # the last day of M, or the working day before
    CLOCKS_CLOSE = "clocks_close"  # M+1, working day 2
    REPORTED = "reported"  # laporan dan rekap, QCO -> QA: working day 3
    ANALYSED = "analysed"  # analisa dan rekomendasi, QA -> departemen: working day 5
    FROZEN = "frozen"  # terkunci, every recommendation answered: working day 10
    EFFECT_CHECKED = "effect_checked"  # dampak rekomendasi diperiksa: the last working day of M+2


@dataclass(frozen=True, slots=True)
class Terms:
    """Working days of M+1. ValueError where they do not go up."""

    clocks_close: int = 2
    reported: int = 3
    analysed: int = 5
    frozen: int = 10

    def __post_init__(self) -> None:
        days = [self.clocks_close, self.reported, self.analysed, self.frozen]
        if days != sorted(days) or days[0] < 1:
            raise ValueError("the working days of a cycle go up")


def last_day(month: date) -> date:
    return next_month(month) - DAY


def month_days(month: date) -> list[date]:
    first = month.replace(day=1)
    return [first + timedelta(days=n) for n in range(last_day(month).day)]


def working_days(month: date, calendar: WorkCalendar) -> list[date]:
    return [day for day in month_days(month) if calendar.works_on(day)]


def working_day(month: date, count: int, calendar: WorkCalendar) -> date:
    """The `count`-th working day, from the month's first day on; 1 = the first."""
    return working_day_after(month.replace(day=1) - DAY, count, calendar)


def moved_back(day: date, calendar: WorkCalendar) -> date:
    """A due date on a holiday moves to the working day before. ValueError where there is none for three months."""
    for back in range(LONGEST_REST):
        if calendar.works_on(day - back * DAY):
            return day - back * DAY
    raise ValueError(f"the calendar has no working day in the {LONGEST_REST} days up to {day}")


def dates(month: date, calendar: WorkCalendar, terms: Terms | None = None) -> dict[Milestone, date]:
    """When each step of the cycle of this month is due, in the order of the procedure."""
    terms, after = terms or Terms(), next_month(month)
    return {
        Milestone.PREPARED: moved_back(month.replace(day=1) - DAY, calendar),
        Milestone.CALLS_OPEN: working_day(month, 1, calendar),
        Milestone.CALLS_CLOSE: moved_back(last_day(month), calendar),
        Milestone.CLOCKS_CLOSE: working_day(after, terms.clocks_close, calendar),
        Milestone.REPORTED: working_day(after, terms.reported, calendar),
        Milestone.ANALYSED: working_day(after, terms.analysed, calendar),
        Milestone.FROZEN: working_day(after, terms.frozen, calendar),
        Milestone.EFFECT_CHECKED: moved_back(last_day(add_months(month, 2)), calendar),
    }


def due_in(due: date, to: date, calendar: WorkCalendar) -> date:
    """The same day of the month before `to`, at most its last, then on the working day before where it is none."""
    before = add_months(to, -1)
    return moved_back(before.replace(day=min(due.day, last_day(before).day)), calendar)


# --- weeks: the fourth margin of the plan


@dataclass(frozen=True, slots=True)
class PlanWeek:
    """Monday to Sunday, cut at the ends of the month. `number` counts every week of the month, also one of holidays
    only, so that a missing number is seen."""

    number: int
    first: date
    last: date
    working_days: int

    @property
    def level(self) -> str:
        return str(self.number)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def weeks(month: date, calendar: WorkCalendar) -> tuple[PlanWeek, ...]:
    """The weeks with a working day; their working days are the weights of the margin."""
    found: list[PlanWeek] = []
    for day in month_days(month):
        if not found or day.weekday() == 0:
            found.append(PlanWeek(len(found) + 1, day, day, 0))
        week = found[-1]
        found[-1] = replace(week, last=day, working_days=week.working_days + calendar.works_on(day))
    return tuple(week for week in found if week.working_days)
