"""Civil time of the contact centre: instants are UTC, the calendar is the local one of a source's zone.

Calendar years, never 365 days; 29 February + n years is 1 March where there is no 29th; a record is eligible from
the day after its anniversary (records-control decision 3). Working days leave out weekends and the given holidays.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
END_OF_WORK = time(17, 0)
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)  # days that somebody may ask for


def local_date(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """The UTC instant at which the local day begins."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def add_years(day: date, years: int) -> date:
    """The anniversary `years` later (or earlier, negative)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February, and the other year has none
        return date(day.year + years, 3, 1)


def eligible_from(instant: datetime, years: int, zone: str) -> date:
    """The first local day on which something that happened at `instant` is older than `years`."""
    return add_years(local_date(instant, zone), years) + timedelta(days=1)


def cut_date(today: date, years: int) -> date:
    """The first local date that is *not* yet older than `years` on `today`: everything before it is."""
    cut = add_years(today, -years)
    # 29 February + n can fall on 1 March as well: then the 29th has its anniversary today, not yesterday.
    before = cut - timedelta(days=1)
    return before if add_years(before, years) >= today else cut


def cut_instant(today: date, years: int, zone: str) -> datetime:
    """Everything strictly before this UTC instant is older than `years` on the local day `today`."""
    return start_of_day(cut_date(today, years), zone)


def month_of(instant: datetime, zone: str) -> date:
    return local_date(instant, zone).replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def add_months(month: date, months: int) -> date:
    """First day of the month `months` later (negative: earlier)."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def default_cut_off(today: date, years: int, lead_days: int) -> date:
    """The last local date of a backup escalation: the end of the calendar month that contains
    today - years + lead time (records-control decision 11)."""
    return next_month(add_years(today, -years) + timedelta(days=lead_days)) - timedelta(days=1)


def is_working_day(day: date, holidays: Container[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


def add_working_days(day: date, count: int, holidays: Container[date]) -> date:
    """The `count`-th working day after `day`; 0 = `day` itself, or the next working day when it is none."""
    if count == 0 and is_working_day(day, holidays):
        return day
    for _ in range(max(count, 1)):
        day += timedelta(days=1)
        while not is_working_day(day, holidays):
            day += timedelta(days=1)
    return day


def deadline(start: datetime, working_days: int, zone: str, holidays: Container[date]) -> datetime:
    """17.00 local time on the given working day after `start`, as a UTC instant."""
    day = add_working_days(local_date(start, zone), working_days, holidays)
    return datetime.combine(day, END_OF_WORK, ZoneInfo(zone)).astimezone(UTC)


def first_working_day(month: date, holidays: Container[date]) -> date:
    return add_working_days(month.replace(day=1), 0, holidays)
