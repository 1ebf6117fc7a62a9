"""The pace meter: what counts to 60, what is needed each day, and that it knows the holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import ceil

import holidays as holiday_tables
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules.pace import Made, Meter, Pace, compared, counts, measure
from kendali.mystery.rules.working_time import Week, WorkCalendar

INDONESIA = WorkCalendar(holidays=holiday_tables.country_holidays("ID", categories=("public", "government")))
MARCH = date(2027, 3, 1)
VERIFIED = datetime(2027, 3, 20, 3, tzinfo=UTC)
FREEZE = datetime(2027, 4, 14, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (Made(date(2027, 3, 31), VERIFIED), ""),
        (Made(date(2027, 3, 1), FREEZE - timedelta(seconds=1)), ""),
        (Made(date(2027, 3, 1), VERIFIED, voided=True), "A voided sample does not count."),
        (Made(None, VERIFIED), "Only a connected call counts."),
        (Made(date(2027, 2, 28), VERIFIED), "The call belongs to the month 2027-02."),
        (Made(date(2027, 4, 1), VERIFIED), "The call belongs to the month 2027-04."),
        (Made(date(2027, 3, 1), None), "QA has not verified this sample yet."),
        (Made(date(2027, 3, 1), FREEZE), "It was verified at 2027-04-14T10:00:00+00:00, after the cycle was frozen."),
    ],
)
def test_only_verified_connected_calls_of_the_month_count(sample: Made, sentence: str) -> None:
    verdict = counts(sample, MARCH, FREEZE)
    assert bool(verdict) is not bool(sentence)
    assert verdict.reason % dict(verdict.facts) == sentence


def meter(today: date, verified: dict[int, int], waiting: int = 0, most: int | None = None) -> Meter:
    """`verified`: day of March -> calls; `waiting`: made on the first of March."""
    made = [Made(MARCH.replace(day=day), VERIFIED) for day, many in verified.items() for _ in range(many)]
    made += [Made(MARCH, None)] * waiting
    return measure(made, month=MARCH, today=today, calendar=INDONESIA, most_per_day=most)


CASES = [
    # today, calls made, waiting, most a day; elapsed, left, forecast, needed a day, pace
    ("nothing yet, before the month", date(2027, 2, 20), {}, 0, None, 0, 15, None, 4, Pace.ON_PACE),
    ("the first morning", date(2027, 3, 1), {}, 0, None, 0, 15, None, 4, Pace.ON_PACE),
    ("four a day is the pace", date(2027, 3, 4), {1: 4, 2: 4, 3: 4}, 0, None, 3, 12, 60, 4, Pace.ON_PACE),
    ("half a day below is still the pace", date(2027, 3, 4), {1: 4, 2: 4, 3: 2}, 0, None, 3, 12, 50, 5, Pace.ON_PACE),
    ("more than that is behind", date(2027, 3, 4), {1: 4, 2: 4, 3: 1}, 0, None, 3, 12, 45, 5, Pace.BEHIND),
    ("a whole day above is ahead", date(2027, 3, 4), {1: 8, 2: 8}, 0, None, 3, 12, 80, 4, Pace.AHEAD),
    ("Lebaran does not count against it", date(2027, 3, 16), {1: 4, 2: 4, 3: 4, 4: 4, 5: 4}, 0, None, 5, 10, 60, 4,
     Pace.ON_PACE),
    ("what waits for QA is made, not counted", date(2027, 3, 3), {}, 8, None, 2, 13, 60, 4, Pace.ON_PACE),
    ("sixty that wait are not sixty", date(2027, 3, 31), {}, 60, None, 14, 1, 64, 0, Pace.AHEAD),
    ("callers cannot do it any more", date(2027, 3, 30), {1: 40}, 0, 9, 13, 2, 46, 10, Pace.IMPOSSIBLE),
    ("they just can", date(2027, 3, 30), {1: 40}, 0, 10, 13, 2, 46, 10, Pace.BEHIND),
    ("the month is over", date(2027, 4, 1), {1: 59}, 0, None, 15, 0, 59, None, Pace.IMPOSSIBLE),
    ("QA may still verify after the month", date(2027, 4, 1), {1: 59}, 1, None, 15, 0, 60, 0, Pace.ON_PACE),
    ("reached", date(2027, 3, 3), {1: 30, 2: 30}, 0, None, 2, 13, 450, 0, Pace.REACHED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("today", "made", "waiting", "most", "elapsed", "left", "forecast", "needed", "pace"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_the_meter_of_march_2027(
    today: date, made: dict[int, int], waiting: int, most: int | None, elapsed: int, left: int,
    forecast: int | None, needed: int | None, pace: Pace,
) -> None:  # fmt: skip
    found = meter(today, made, waiting, most)
    assert (found.elapsed, found.left, found.forecast, found.needed_per_day) == (elapsed, left, forecast, needed)
    assert found.pace is pace


def test_after_the_freeze_nothing_waits_any_more() -> None:
    made = [Made(MARCH, VERIFIED)] * 59 + [Made(MARCH, None)]
    found = measure(made, month=MARCH, today=date(2027, 4, 20), calendar=INDONESIA, frozen_at=FREEZE)
    assert (found.counted, found.waiting, found.short, found.pace) == (59, 0, 1, Pace.IMPOSSIBLE)


def test_a_short_month_is_told_before_it_begins() -> None:
    verdict = compared(MARCH, INDONESIA)
    assert verdict.reason % dict(verdict.facts) == (
        "This month has only 15 working days; the months beside it have 19 and 22."
    )
    assert compared(date(2027, 4, 1), WorkCalendar())


MARCH_DAYS = st.integers(1, 31).map(lambda day: MARCH.replace(day=day))
MADE = st.builds(Made, MARCH_DAYS, st.none() | st.just(VERIFIED), st.booleans())


@given(
    st.lists(MADE, max_size=80),
    st.dates(date(2027, 2, 15), date(2027, 4, 15)),
    st.sampled_from(Week),
    st.sets(MARCH_DAYS),
    st.none() | st.integers(0, 9),
)
def test_the_meter_agrees_with_counting_day_by_day(
    made: list[Made], today: date, week: Week, off: set[date], most: int | None
) -> None:
    calendar = WorkCalendar(week, frozenset(off))
    found = measure(made, month=MARCH, today=today, calendar=calendar, most_per_day=most)
    days = [MARCH + timedelta(days=n) for n in range(31)]
    ahead = [day for day in days if day >= today and calendar.works_on(day)]
    assert found.counted + found.waiting == sum(1 for one in made if not one.voided)
    assert found.left == len(ahead)
    assert found.days == sum(1 for day in days if calendar.works_on(day))
    if found.needed_per_day is not None:
        assert found.needed_per_day * found.left >= found.short
        assert found.needed_per_day == (ceil(found.short / found.left) if found.left else 0)
    assert found.forecast is None or found.forecast >= found.counted + found.waiting
    assert (found.pace is Pace.REACHED) == (found.counted >= 60)
    if found.pace is Pace.IMPOSSIBLE:
        assert found.short > (found.left * most if most is not None else 0)
        assert most is not None or not ahead


@given(st.lists(MADE, max_size=70), MARCH_DAYS)
def test_one_call_more_never_makes_the_pace_worse(made: list[Made], today: date) -> None:
    order = [Pace.IMPOSSIBLE, Pace.BEHIND, Pace.ON_PACE, Pace.AHEAD, Pace.REACHED]
    before, after = (measure(samples, month=MARCH, today=today, calendar=INDONESIA, most_per_day=6)
                     for samples in (made, [*made, Made(MARCH, VERIFIED)]))  # fmt: skip
    assert order.index(after.pace) >= order.index(before.pace)
