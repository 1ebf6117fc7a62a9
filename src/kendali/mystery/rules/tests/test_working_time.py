"""Working days and hours, against an oracle that walks day by day and minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kendali.mystery.rules import working_time as wt
from kendali.mystery.rules.working_time import Desk, Week, WorkCalendar

WIB, WITA, WIT = ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
MONDAY = date(2026, 11, 2)
DAY = timedelta(days=1)


def local(zone: str, day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), ZoneInfo(zone))


# --- the oracle: no arithmetic, only looking at one day after the other


def oracle_works(day: date, week: Week, holidays: set[date]) -> bool:
    name = day.strftime("%a")
    if week in (Week.CALENDAR, Week.ROUND_THE_CLOCK):
        return True
    if name == "Sun" or (name == "Sat" and week is Week.FIVE_DAYS):
        return False
    return all(day != holiday for holiday in holidays)


def oracle_due(start: datetime, days: int, zone: str, week: Week, holidays: set[date]) -> datetime:
    day_0 = start.astimezone(ZoneInfo(zone)).date()
    later = [day_0 + DAY * n for n in range(0 if days == 0 else 1, 14 + 4 * days)]
    worked = [day for day in later if oracle_works(day, week, holidays)]
    return datetime.combine(worked[max(days - 1, 0)], time(23, 59, 59), ZoneInfo(zone))


def oracle_minutes(begin: datetime, end: datetime, desk: Desk, holidays: set[date]) -> int:
    """Minutes of office hours in [begin, end), one by one; both on whole minutes."""
    count = 0
    while begin < end:
        here = begin.astimezone(ZoneInfo(desk.zone))
        if oracle_works(here.date(), desk.calendar.week, holidays) and desk.opens <= here.time() < desk.closes:
            count += 1
        begin += timedelta(minutes=1)
    return count


PATTERNS = [set(chosen) for size in range(8) for chosen in combinations(range(1, 8), size)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("weekday", range(7))
def test_h_plus_2_on_every_weekday_with_every_pattern_of_holidays_in_the_week_after(zone: str, weekday: int) -> None:
    day = MONDAY + DAY * weekday
    for pattern in PATTERNS:
        holidays = {day + DAY * n for n in pattern}
        for week in (Week.FIVE_DAYS, Week.SIX_DAYS):
            desk = Desk(zone, WorkCalendar(week, frozenset(holidays)))
            for hour, minute in ((0, 0), (23, 59)):
                start = local(zone, day, hour, minute).astimezone(UTC)
                assert wt.due_after(start, 2, desk) == oracle_due(start, 2, zone, week, holidays)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
holiday_sets = st.sets(st.dates(date(2026, 1, 1), date(2029, 3, 1)), max_size=400)
near = st.sets(st.integers(0, 12), max_size=9)


@given(start=instants, zone=st.sampled_from(ZONES), week=st.sampled_from(list(Week)[:3]), off=near, n=st.integers(0, 9))
def test_any_limit_is_what_the_day_by_day_oracle_says(
    start: datetime, zone: str, week: Week, off: set[int], n: int
) -> None:
    holidays = {start.date() + DAY * one for one in off}
    desk = Desk(zone, WorkCalendar(week, frozenset(holidays)))
    assert wt.due_after(start, n, desk) == oracle_due(start, n, zone, week, holidays)


@given(start=instants, zone=st.sampled_from(ZONES), week=st.sampled_from(list(Week)), holidays=holiday_sets)
def test_a_longer_limit_is_never_due_earlier_and_never_before_the_start(
    start: datetime, zone: str, week: Week, holidays: set[date]
) -> None:
    desk = Desk(zone, WorkCalendar(week, frozenset(holidays)))
    dues = [wt.due_after(start, n, desk) for n in range(5)]
    assert dues == sorted(dues)
    assert not wt.after(start, dues[0])


@settings(max_examples=30)
@given(
    begin=instants,
    quarters=st.integers(0, 500),
    zone=st.sampled_from(ZONES),
    week=st.sampled_from(list(Week)[:3]),
    off=near,
)
def test_office_hours_are_what_counting_every_minute_gives(
    begin: datetime, quarters: int, zone: str, week: Week, off: set[int]
) -> None:
    begin = begin.replace(second=0, microsecond=0)
    end = begin + timedelta(minutes=15 * quarters)
    holidays = {begin.date() + DAY * one for one in off}
    desk = Desk(zone, WorkCalendar(week, frozenset(holidays)), time(8, 30), time(17, 15))
    assert wt.working_time(begin, end, desk) == timedelta(minutes=oracle_minutes(begin, end, desk, holidays))


@given(
    begin=instants,
    minutes=st.integers(1, 6000),
    zone=st.sampled_from(ZONES),
    week=st.sampled_from(list(Week)),
    holidays=holiday_sets,
)
def test_after_an_amount_of_office_hours_exactly_that_amount_has_passed(
    begin: datetime, minutes: int, zone: str, week: Week, holidays: set[date]
) -> None:
    desk = Desk(zone, WorkCalendar(week, frozenset(holidays)))
    end = wt.instant_after(begin, timedelta(minutes=minutes), desk)
    assert wt.working_time(begin, end, desk) == timedelta(minutes=minutes)
    assert wt.working_time(begin, end - wt.SECOND, desk) < timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("due", "at", "working", "calendar"),
    [
        ((6, 23, 59, 59), (6, 23, 59, 59), 0, 0),
        ((6, 23, 59, 59), (7, 0, 0, 0), 1, 1),  # Friday -> Saturday
        ((6, 23, 59, 59), (8, 12, 0, 0), 1, 2),
        ((6, 23, 59, 59), (9, 23, 59, 59), 1, 3),  # Monday
        ((6, 23, 59, 59), (10, 0, 0, 0), 2, 4),
        ((10, 23, 59, 59), (11, 8, 0, 0), 1, 1),  # a holiday on Wednesday
        ((10, 23, 59, 59), (12, 8, 0, 0), 1, 2),
        ((10, 23, 59, 59), (13, 8, 0, 0), 2, 3),
    ],
)
def test_lateness_in_begun_working_and_calendar_days(
    due: tuple[int, int, int, int], at: tuple[int, int, int, int], working: int, calendar: int
) -> None:
    desk = Desk(WITA, WorkCalendar(holidays=frozenset({date(2026, 11, 11)})))
    was_due, came = (local(WITA, MONDAY.replace(day=one[0]), *one[1:]) for one in (due, at))
    assert wt.delay(was_due, came, desk) == wt.Delay(working, calendar)


def test_no_office_hours_have_passed_at_once() -> None:
    sunday = local(WIB, MONDAY - DAY)
    assert wt.instant_after(sunday, timedelta(0), Desk(WIB)) == sunday


def test_the_printed_second_decides() -> None:
    due = local(WIB, MONDAY, 23, 59, 59)
    assert not wt.after(due + timedelta(microseconds=999_999), due)
    assert wt.after(due + timedelta(seconds=1), due)


def test_round_the_clock_counts_hours_and_no_holidays() -> None:
    desk = Desk(WIT, WorkCalendar(Week.ROUND_THE_CLOCK, frozenset({MONDAY + DAY})))
    start = local(WIT, MONDAY, 15, 30)
    assert wt.due_after(start, 2, desk) == start + timedelta(hours=48)
    assert wt.due_after(start, 0, desk) == local(WIT, MONDAY, 23, 59, 59)
    assert wt.working_time(start, start + timedelta(hours=30), desk) == timedelta(hours=30)
    assert wt.delay(start, start + timedelta(hours=25), desk) == wt.Delay(2, 2)
    assert wt.delay(start, start + timedelta(hours=24), desk) == wt.Delay(1, 1)


def test_eid_of_2027_stretches_h_plus_2_over_eleven_days() -> None:
    off = frozenset(date(2027, 3, day) for day in (8, 9, 10, 11, 12, 15))
    found = local(WIB, date(2027, 3, 5), 16)  # Friday
    assert wt.due_after(found, 2, Desk(WIB, WorkCalendar(holidays=off))) == local(WIB, date(2027, 3, 17), 23, 59, 59)


def test_the_date_of_the_desk_is_day_0() -> None:
    found = local(WIB, MONDAY, 22, 30)  # half past midnight on Tuesday in WIT
    assert wt.due_after(found, 2, Desk(WIB)) == local(WIB, MONDAY + 2 * DAY, 23, 59, 59)
    assert wt.due_after(found, 2, Desk(WIT)) == local(WIT, MONDAY + 3 * DAY, 23, 59, 59)


@pytest.mark.parametrize(
    ("now", "digest"),
    [
        (local(WITA, MONDAY, 7, 59), local(WITA, MONDAY, 8)),
        (local(WITA, MONDAY, 8), local(WITA, MONDAY + DAY, 8)),
        (local(WITA, MONDAY + 4 * DAY, 9), local(WITA, MONDAY + 7 * DAY, 8)),  # Friday -> Monday
        (local(WITA, MONDAY + 5 * DAY, 3), local(WITA, MONDAY + 7 * DAY, 8)),
    ],
)
def test_the_digest_comes_at_eight_on_working_days(now: datetime, digest: datetime) -> None:
    assert wt.next_digest(now, Desk(WITA)) == digest


def test_a_calendar_without_work_is_a_mistake_and_says_so() -> None:
    every_day = frozenset(MONDAY + DAY * n for n in range(200))
    with pytest.raises(ValueError, match="no working day"):
        wt.due_after(local(WIB, MONDAY), 2, Desk(WIB, WorkCalendar(holidays=every_day)))
    with pytest.raises(ValueError, match="office hours"):
        Desk(WIB, opens=time(17), closes=time(8))
