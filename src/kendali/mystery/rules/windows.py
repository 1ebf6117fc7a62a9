"""Where a call may fall: windows inside service hours, shift and the callers' working time. No database, no clock.

Source: mystery-calling "The caller cannot choose the agent" (a slot is a window, 2 h) and
"Calendar". Hours are minutes since local midnight, so 22.00-06.00 is (1320, 1800); instants are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kendali.civil_time import local_date
from kendali.mystery.rules.cycle import PlanWeek
from kendali.mystery.rules.quotas import OUTCOME
from kendali.mystery.rules.working_time import DAY, WorkCalendar

MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """[first, last) in minutes since local midnight; `last` beyond 1440 runs into the next day. ValueError where it is
    empty or longer than a day."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < MIDNIGHT or not self.first < self.last <= self.first + MIDNIGHT:
            raise ValueError("hours end before they begin, or run longer than a day")


ALL_DAY = Span(0, MIDNIGHT)
OFFICE = Span(8 * 60, 17 * 60)


@dataclass(frozen=True, slots=True)
class Destination:
    """A number to call. `area`: OUTCOME where the routing is national ("area dapat ditentukan: tidak"); `zone` and
    `calendar` of the site that answers; `hours`: from Monday to Sunday. ValueError unless there are seven."""

    code: str
    area: str
    zone: str
    hours: tuple[tuple[Span, ...], ...] = ((ALL_DAY,),) * 7
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def __post_init__(self) -> None:
        if len(self.hours) != 7:
            raise ValueError("service hours are given for seven days")

    @property
    def place(self) -> str:
        """What lockouts are counted by: the area, or the number where the area is an outcome."""
        return self.area if self.area != OUTCOME else self.code


@dataclass(frozen=True, slots=True)
class Duty:
    """When a group of callers works, in their own zone. `callers`: how many they are, so how many windows may overlap;
    None = no limit."""

    zone: str
    span: Span = OFFICE
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    callers: int | None = None


@dataclass(frozen=True, slots=True)
class WindowTerms:
    """`width` of a window, `grid` of its beginning, `apart`: the least time between the beginnings of two windows of
    one area; 0 = they may coincide. ValueError where they make no sense."""

    width: timedelta = timedelta(hours=2)
    grid: timedelta = timedelta(minutes=30)
    apart: timedelta = timedelta(hours=2)

    def __post_init__(self) -> None:
        if self.width <= timedelta(0) or self.grid <= timedelta(0) or self.apart < timedelta(0):
            raise ValueError("a window has a width and a grid")


Interval = tuple[datetime, datetime]  # [from, until), UTC


def at_minute(day: date, minute: int, zone: str) -> datetime:
    local = datetime.combine(day + DAY * (minute // MIDNIGHT), time(*divmod(minute % MIDNIGHT, 60)), ZoneInfo(zone))
    return local.astimezone(UTC)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, joined where they touch."""
    out: list[Interval] = []
    for begin, end in sorted(intervals):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out


def common(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((begin, end) for begin, end in both if begin < end)


def service(destination: Destination, day: date) -> list[Interval]:
    """Open hours of a day and its neighbours; none on a day that is no working day of the site."""
    days = [one for one in (day - DAY, day, day + DAY, day + 2 * DAY) if destination.calendar.works_on(one)]
    spans = [(one, span) for one in days for span in destination.hours[one.weekday()]]
    open_ = merged(_interval(one, span, destination.zone) for one, span in spans)
    # Hours that run over midnight end with the working day before a holiday.
    working = merged(_interval(one, ALL_DAY, destination.zone) for one in days)
    return common(open_, working)


def on_duty(duty: Duty, day: date) -> list[Interval]:
    """Working time of the callers around a day, whatever zone they are in."""
    days = [day + n * DAY for n in range(-2, 3)]
    return merged(_interval(one, duty.span, duty.zone) for one in days if duty.calendar.works_on(one))


def covers(duty: Duty, begin: datetime, end: datetime) -> bool:
    """Is this group at work all the time from `begin` to `end`, at most a day?"""
    day = local_date(begin, duty.zone)
    days = (one for one in (day - DAY, day, day + DAY) if duty.calendar.works_on(one))
    return any(a <= begin and end <= b for a, b in merged(_interval(one, duty.span, duty.zone) for one in days))


def _interval(day: date, span: Span, zone: str) -> Interval:
    return at_minute(day, span.first, zone), at_minute(day, span.last, zone)


def windows(
    destination: Destination, shift: Span, week: PlanWeek, duties: Sequence[Duty], terms: WindowTerms
) -> dict[datetime, tuple[int, ...]]:
    """Every beginning of a window that lies whole inside service hours, shift and the time of one group of callers, and
    begins in this week (local days of the site); with the groups (places in `duties`) that can call then."""
    found: dict[datetime, set[int]] = {}
    day = week.first - DAY  # a shift of the night before may reach into the week
    while day <= week.last:
        works = destination.calendar.works_on(day)  # the day on which the shift begins
        open_ = common(service(destination, day), [_interval(day, shift, destination.zone)]) if works else []
        for group, duty in enumerate(duties if open_ else ()):
            for start in _beginnings(common(open_, on_duty(duty, day)), destination.zone, terms):
                found.setdefault(start, set()).add(group)
        day += DAY
    inside = sorted(start for start in found if week.holds(local_date(start, destination.zone)))
    return {start: tuple(sorted(found[start])) for start in inside}


def _beginnings(free: Iterable[Interval], zone: str, terms: WindowTerms) -> Iterator[datetime]:
    """On the grid of local midnight."""
    for begin, end in free:
        midnight = at_minute(local_date(begin, zone), 0, zone)
        start = midnight - (midnight - begin) // terms.grid * terms.grid
        while start + terms.width <= end:
            yield start
            start += terms.grid


def packed(starts: Sequence[datetime], apart: timedelta) -> int:
    """The most windows that can stand so far apart: earliest first is best. Equal ones count once."""
    many, last = 0, None
    for start in sorted(starts):
        if last is None or (start - last >= apart and start > last):
            many, last = many + 1, start
    return many
