"""The dates of a cycle and its weeks."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import holidays as holiday_tables
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules.cycle import (
    Milestone,
    Terms,
    dates,
    due_in,
    moved_back,
    weeks,
    working_day,
    working_days,
)
from kendali.mystery.rules.working_time import Week, WorkCalendar

INDONESIA = WorkCalendar(holidays=holiday_tables.country_holidays("ID", categories=("public", "government")))
MARCH = date(2027, 3, 1)
DAY = timedelta(days=1)

MONTHS = st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(lambda day: day.replace(day=1))
CALENDARS = st.builds(
    lambda week, days, start: WorkCalendar(week, frozenset(start + n * DAY for n in days)),
    st.sampled_from([Week.FIVE_DAYS, Week.SIX_DAYS, Week.CALENDAR]),
    st.sets(st.integers(-10, 100), max_size=40),
    MONTHS,
)


def test_march_2027_has_fifteen_working_days() -> None:
    assert len(working_days(MARCH, INDONESIA)) == 15
    assert len(working_days(date(2027, 4, 1), INDONESIA)) == 22


def test_the_dates_of_march_2027() -> None:
    assert {step.value: f"{day:%m-%d}" for step, day in dates(MARCH, INDONESIA).items()} == {
        "prepared": "02-26",  # the 28th is a Sunday
        "calls_open": "03-01",
        "calls_close": "03-31",
        "clocks_close": "04-02",
        "reported": "04-05",
        "analysed": "04-07",
        "frozen": "04-14",
        "effect_checked": "05-31",
    }


@pytest.mark.parametrize(
    ("month", "step", "day"),
    [
        (date(2027, 1, 1), Milestone.CALLS_OPEN, date(2027, 1, 4)),  # new year's day, a Friday
        (date(2026, 2, 1), Milestone.CALLS_CLOSE, date(2026, 2, 27)),  # the 28th is a Saturday
        (date(2026, 12, 1), Milestone.CLOCKS_CLOSE, date(2027, 1, 5 + 1)),  # Isra' Mi'raj on the 5th
    ],
)
def test_dates_on_holidays(month: date, step: Milestone, day: date) -> None:
    assert dates(month, INDONESIA)[step] == day


def test_the_working_days_of_a_cycle_go_up() -> None:
    with pytest.raises(ValueError, match="go up"):
        Terms(reported=6)
    with pytest.raises(ValueError, match="go up"):
        Terms(clocks_close=0)


def test_a_calendar_without_working_days_is_a_mistake() -> None:
    never = WorkCalendar(holidays={MARCH + n * DAY for n in range(-200, 200)})
    with pytest.raises(ValueError, match="no working day"):
        moved_back(MARCH, never)


def test_the_weeks_of_march_2027_leave_out_lebaran() -> None:
    assert [(week.level, week.first.day, week.last.day, week.working_days) for week in weeks(MARCH, INDONESIA)] == [
        ("1", 1, 7, 5),
        ("3", 15, 21, 4),
        ("4", 22, 28, 3),
        ("5", 29, 31, 3),
    ]


@given(MONTHS, CALENDARS)
def test_weeks_hold_every_working_day_once(month: date, calendar: WorkCalendar) -> None:
    found = weeks(month, calendar)
    days = [month + n * DAY for n in range(monthrange(month.year, month.month)[1])]
    for day in days:
        holding = [week for week in found if week.holds(day)]
        assert len(holding) <= 1
        assert holding or not calendar.works_on(day)
    assert sum(week.working_days for week in found) == len([day for day in days if calendar.works_on(day)])
    assert all(week.first.month == week.last.month == month.month for week in found)


@given(MONTHS, CALENDARS)
def test_milestones_are_working_days_in_order_and_agree_with_counting(month: date, calendar: WorkCalendar) -> None:
    found = dates(month, calendar)
    assert all(calendar.works_on(day) for day in found.values())
    order = [found[step] for step in Milestone if step not in {Milestone.CALLS_CLOSE, Milestone.EFFECT_CHECKED}]
    assert order == sorted(order)
    after = (month + 31 * DAY).replace(day=1)
    counted = [after + n * DAY for n in range(150) if calendar.works_on(after + n * DAY)]  # the slow oracle
    steps = (Milestone.CLOCKS_CLOSE, Milestone.REPORTED, Milestone.ANALYSED, Milestone.FROZEN)
    assert [found[step] for step in steps] == [counted[n - 1] for n in (2, 3, 5, 10)]
    assert working_day(after, 1, calendar) == counted[0]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), CALENDARS)
def test_a_due_date_moves_to_the_nearest_working_day_before(day: date, calendar: WorkCalendar) -> None:
    moved = moved_back(day, calendar)
    assert moved <= day
    assert calendar.works_on(moved)
    assert not any(calendar.works_on(moved + n * DAY) for n in range(1, (day - moved).days + 1))


@pytest.mark.parametrize(
    ("due", "to", "new"),
    [
        (date(2027, 1, 25), date(2027, 3, 1), date(2027, 2, 25)),
        (date(2027, 1, 31), date(2027, 3, 1), date(2027, 2, 26)),  # no 31st, and the 28th is a Sunday
        (date(2027, 2, 12), date(2027, 4, 1), date(2027, 3, 5)),  # Lebaran and its joint leave, 8 to 15 March
        (date(2026, 11, 24), date(2027, 1, 1), date(2026, 12, 23)),  # joint leave of Christmas
    ],
)
def test_due_dates_move_with_the_month(due: date, to: date, new: date) -> None:
    assert due_in(due, to, INDONESIA) == new
