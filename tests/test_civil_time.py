"""The calendar rules as tables, and against a slow oracle."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali import civil_time as ct

JAKARTA = "Asia/Jakarta"


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2024, 2, 29), 1, date(2025, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2023, 3, 1), 1, date(2024, 3, 1)),
        (date(2026, 11, 21), -1, date(2025, 11, 21)),
        (date(2024, 2, 29), -1, date(2023, 3, 1)),
    ],
)
def test_an_anniversary_keeps_the_calendar_date(day: date, years: int, expected: date) -> None:
    assert ct.add_years(day, years) == expected


@pytest.mark.parametrize(
    ("instant", "years", "zone", "expected"),
    [
        # 23.30 in Jakarta is still the 14th there, though 16.30 UTC; half an hour later it is the 15th.
        (datetime(2025, 1, 14, 16, 30, tzinfo=UTC), 1, JAKARTA, date(2026, 1, 15)),
        (datetime(2025, 1, 14, 17, 0, tzinfo=UTC), 1, JAKARTA, date(2026, 1, 16)),
        (datetime(2025, 1, 14, 15, 30, tzinfo=UTC), 1, "Asia/Jayapura", date(2026, 1, 16)),
        (datetime(2024, 12, 31, 17, 30, tzinfo=UTC), 1, JAKARTA, date(2026, 1, 2)),  # first hour of 1 January
        (datetime(2024, 2, 29, 3, 0, tzinfo=UTC), 1, JAKARTA, date(2025, 3, 2)),
        (datetime(2024, 2, 29, 3, 0, tzinfo=UTC), 2, JAKARTA, date(2026, 3, 2)),
    ],
)
def test_a_record_is_eligible_the_day_after_its_local_anniversary(
    instant: datetime, years: int, zone: str, expected: date
) -> None:
    assert ct.eligible_from(instant, years, zone) == expected


@given(
    today=st.dates(date(2019, 1, 1), date(2033, 12, 31)),
    age=st.integers(-5, 1500),
    years=st.integers(1, 4),
    zone=st.sampled_from(sorted(ct.ZONES)),
    second=st.integers(0, 86399),
)
def test_the_cut_and_the_single_record_rule_agree(today: date, age: int, years: int, zone: str, second: int) -> None:
    instant = ct.start_of_day(today - timedelta(days=age), zone) + timedelta(seconds=second)
    assert (instant < ct.cut_instant(today, years, zone)) == (ct.eligible_from(instant, years, zone) <= today)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 21), date(2025, 12, 31)),  # 21 Nov 2025 + 30 days = 21 Dec 2025
        (date(2026, 11, 1), date(2025, 12, 31)),
        (date(2026, 12, 2), date(2026, 1, 31)),
        (date(2028, 2, 29), date(2027, 3, 31)),
    ],
)
def test_the_default_cut_off_is_the_end_of_the_month_that_comes_due(today: date, expected: date) -> None:
    assert ct.default_cut_off(today, 1, 30) == expected


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (datetime(2026, 11, 20, 3, 0, tzinfo=UTC), 1, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),  # Friday → Monday
        (datetime(2026, 11, 21, 3, 0, tzinfo=UTC), 1, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),  # Saturday → Monday
        (datetime(2026, 11, 23, 3, 0, tzinfo=UTC), 2, datetime(2026, 11, 26, 10, 0, tzinfo=UTC)),  # 25th is a holiday
    ],
)
def test_a_deadline_falls_on_a_working_day_at_five(start: datetime, days: int, expected: datetime) -> None:
    assert ct.deadline(start, days, JAKARTA, {date(2026, 11, 25)}) == expected


@given(day=st.dates(date(2024, 1, 1), date(2028, 12, 31)), count=st.integers(0, 30), gaps=st.sets(st.integers(0, 40)))
def test_working_days_agree_with_counting_by_hand(day: date, count: int, gaps: set[int]) -> None:
    holidays = {day + timedelta(days=gap) for gap in gaps}
    end = ct.add_working_days(day, count, holidays)
    after = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert ct.is_working_day(end, holidays)
    if count == 0:
        assert not any(ct.is_working_day(d, holidays) for d in [day, *after][:-1])
    else:
        assert sum(ct.is_working_day(d, holidays) for d in after) == count
