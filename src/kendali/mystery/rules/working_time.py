"""Working days and working hours at the desk of the person who must act. No database, no clock of its own.

Source: mystery-calling "Decisions", H+2 and Holidays. Instants are aware; results are UTC. A day-based limit ends at
23:59:59 local; the printed second decides, so fractions of a second never make anything late. Holidays come from the
editable table of a calendar version and hold for five- and six-day weeks only.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kendali.civil_time import local_date, start_of_day

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LONGEST_REST = 92  # days without work after which a calendar is a mistake, not a holiday


class Week(StrEnum):
    FIVE_DAYS = "five_days"  # Senin-Jumat
    SIX_DAYS = "six_days"  # Senin-Sabtu
    CALENDAR = "calendar"  # hari kalender
    ROUND_THE_CLOCK = "round_the_clock"  # 24x7: H+2 is 48 hours

    @property
    def rests(self) -> bool:
        """It knows days off, so that working days are others than those of the calendar."""
        return self in {Week.FIVE_DAYS, Week.SIX_DAYS}


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """One version of the holidays of a site, with its week."""

    week: Week = Week.FIVE_DAYS
    holidays: Container[date] = frozenset()
    version: int = 0

    def works_on(self, day: date) -> bool:
        if self.week in {Week.CALENDAR, Week.ROUND_THE_CLOCK}:
            return True
        return day.weekday() < (5 if self.week is Week.FIVE_DAYS else 6) and day not in self.holidays


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the person who must act sits: zone, calendar, office hours (local). ValueError where the office never
    opens."""

    zone: str
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    opens: time = time(8)
    closes: time = time(17)

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("office hours end before they begin")

    @property
    def round_the_clock(self) -> bool:
        return self.calendar.week is Week.ROUND_THE_CLOCK


def working_day_after(day: date, count: int, calendar: WorkCalendar) -> date:
    """The `count`-th working day after `day`, which is day 0 and not counted; 0 = `day`, or the next working day when
    it is none. ValueError where the calendar has no working day for three months."""
    if count == 0 and calendar.works_on(day):
        return day
    for _ in range(max(count, 1)):
        day = _next_working_day(day, calendar)
    return day


def _next_working_day(day: date, calendar: WorkCalendar) -> date:
    for _ in range(LONGEST_REST):
        day += DAY
        if calendar.works_on(day):
            return day
    raise ValueError(f"the calendar has no working day in the {LONGEST_REST} days before {day}")


def end_of_day(day: date, zone: str) -> datetime:
    """23:59:59 local."""
    return start_of_day(day + DAY, zone) - SECOND


def due_after(start: datetime, days: int, desk: Desk) -> datetime:
    """H+`days` after `start`: 23:59:59 of that working day, day 0 excluded; round the clock 24 hours for each day,
    where H+0 is the end of the local day."""
    if desk.round_the_clock and days:
        return (start + days * DAY).replace(microsecond=0).astimezone(UTC)
    day = working_day_after(local_date(start, desk.zone), days, desk.calendar)
    return end_of_day(day, desk.zone)


def after(at: datetime, due: datetime) -> bool:
    """Is `at` past `due`? 23:59:59.9 is still 23:59:59."""
    return at >= due + SECOND


def working_time(begin: datetime, end: datetime, desk: Desk) -> timedelta:
    """Office hours between two instants; 0 where `end` is not after `begin`."""
    if desk.round_the_clock:
        return max(end - begin, timedelta(0))
    total = timedelta(0)
    day, last = local_date(begin, desk.zone), local_date(end, desk.zone)
    while day <= last:
        if desk.calendar.works_on(day):
            opens, closes = _office(day, desk)
            total += max(min(closes, end) - max(opens, begin), timedelta(0))
        day += DAY
    return total


def instant_after(begin: datetime, amount: timedelta, desk: Desk) -> datetime:
    """The first instant by which `amount` of office hours has passed since `begin`; `begin` itself for nothing."""
    if amount <= timedelta(0):
        return begin
    if desk.round_the_clock:
        return begin + amount
    for opens, closes in _offices_from(local_date(begin, desk.zone), desk):
        here = max(closes - max(opens, begin), timedelta(0))
        if here >= amount:
            return max(opens, begin) + amount
        amount -= here
    raise AssertionError("an endless calendar ended")


def _offices_from(day: date, desk: Desk) -> Iterator[tuple[datetime, datetime]]:
    day = working_day_after(day, 0, desk.calendar)
    while True:
        yield _office(day, desk)
        day = _next_working_day(day, desk.calendar)


def _office(day: date, desk: Desk) -> tuple[datetime, datetime]:
    zone = ZoneInfo(desk.zone)
    opens = datetime.combine(day, desk.opens, zone).astimezone(UTC)
    return opens, datetime.combine(day, desk.closes, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Delay:
    """How late, in begun working days and begun calendar days; both 0 = not late."""

    working: int = 0
    calendar: int = 0

    def __bool__(self) -> bool:
        return self.calendar > 0


def delay(due: datetime, at: datetime, desk: Desk) -> Delay:
    """What was due on Friday and came on Saturday, Sunday or Monday is one working day late."""
    if not after(at, due):
        return Delay()
    if desk.round_the_clock:
        begun = -((due - at) // DAY)  # rounded up
        return Delay(begun, begun)
    last, day = local_date(due, desk.zone), local_date(at, desk.zone)
    passed = (last + DAY * n for n in range(1, (working_day_after(day, 0, desk.calendar) - last).days + 1))
    working = sum(1 for one in passed if desk.calendar.works_on(one))
    return Delay(max(working, 1), max((day - last).days, 1))


def next_digest(now: datetime, desk: Desk, at: time = time(8)) -> datetime:
    """The next digest: 08:00 local on a working day, strictly after `now`."""
    day = working_day_after(local_date(now, desk.zone), 0, desk.calendar)
    digest = datetime.combine(day, at, ZoneInfo(desk.zone)).astimezone(UTC)
    if digest > now:
        return digest
    day = _next_working_day(day, desk.calendar)
    return datetime.combine(day, at, ZoneInfo(desk.zone)).astimezone(UTC)
