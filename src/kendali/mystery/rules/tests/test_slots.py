"""Windows of a plan: inside every kind of hours, spread, repeatable, shown in both zones, sealed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import holidays as holiday_tables
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kendali.mystery.rules import quotas
from kendali.mystery.rules.cycle import PlanWeek, weeks
from kendali.mystery.rules.quotas import OUTCOME, Dimension, Margin, Request, Stratum
from kendali.mystery.rules.rounding import Share
from kendali.mystery.rules.slots import Field, Plan, canonical, digest, draw, limits, tighter, unchanged
from kendali.mystery.rules.windows import (
    ALL_DAY,
    Destination,
    Duty,
    Span,
    WindowTerms,
    covers,
    merged,
    on_duty,
    packed,
    windows,
)
from kendali.mystery.rules.working_time import Week, WorkCalendar

INDONESIA = WorkCalendar(holidays=holiday_tables.country_holidays("ID", categories=("public", "government")))
MARCH = date(2027, 3, 1)
ZONES = {"JKT": "Asia/Jakarta", "DPS": "Asia/Makassar", "JYP": "Asia/Jayapura"}
SHIFTS = {"pagi": Span(7 * 60, 15 * 60), "siang": Span(14 * 60, 22 * 60), "malam": Span(22 * 60, 30 * 60)}
DAYTIME = ((Span(7 * 60, 21 * 60),),) * 5 + ((), ())


def ground(*, hours: tuple[tuple[Span, ...], ...] = DAYTIME, terms: WindowTerms | None = None) -> Field:
    there = tuple(Destination(f"1500-{area}", area, zone, hours, INDONESIA) for area, zone in ZONES.items())
    duty = Duty("Asia/Jakarta", Span(7 * 60, 19 * 60), INDONESIA)
    return Field(there, SHIFTS, weeks(MARCH, INDONESIA), (duty,), terms or WindowTerms())


def strata(ground: Field, samples: int = 66, seed: str = "1") -> tuple[Stratum, ...]:
    margins = (
        Margin(Dimension.AREA, tuple(Share(area, n) for area, n in zip(ZONES, (4, 2, 1), strict=True))),
        Margin(Dimension.SHIFT, tuple(Share(shift, n) for shift, n in zip(SHIFTS, (3, 1, 0), strict=True))),
        Margin(Dimension.KIND, tuple(Share(kind, 1, 1) for kind in ("informasi", "permintaan", "komplain"))),
        Margin(Dimension.WEEK, tuple(Share(week.level, week.working_days) for week in ground.weeks)),
    )
    drawn = quotas.draw(Request(samples, margins, limits(ground)), seed)
    assert drawn.verdict, drawn.verdict.reason % dict(drawn.verdict.facts)
    return drawn.strata


@cache
def month(seed: str = "1") -> Plan:
    return draw(strata(ground()), ground(), cycle="2027-03", seed=seed)


def test_every_stratum_gets_one_window_in_its_week() -> None:
    plan = month()
    assert plan.verdict
    assert sorted(one.stratum for one in plan.slots) == list(strata(ground()))
    assert [one.number for one in plan.slots] == list(range(1, 67))
    assert [one.starts for one in plan.slots] == sorted(one.starts for one in plan.slots)
    by_level = {week.level: week for week in ground().weeks}
    for one in plan.slots:
        assert by_level[one.stratum.week].holds(one.starts.astimezone(ZoneInfo(one.zone)).date())


def test_no_window_is_on_a_holiday_or_outside_hours_shift_and_the_callers_time() -> None:
    for one in month().slots:
        for minute in range(120):
            at = one.starts + timedelta(minutes=minute)
            there, here = at.astimezone(ZoneInfo(one.zone)), at.astimezone(ZoneInfo("Asia/Jakarta"))
            shift = SHIFTS[one.stratum.shift]
            assert INDONESIA.works_on(there.date())
            assert 7 <= there.hour < 21
            assert 7 <= here.hour < 19
            assert shift.first <= there.hour * 60 + there.minute < shift.last


def test_windows_of_one_area_keep_their_distance_and_days_are_used_evenly() -> None:
    slots = month().slots
    for one, other in combinations(slots, 2):
        assert one.stratum.area != other.stratum.area or other.starts - one.starts >= timedelta(hours=2)
    for week in ground().weeks:
        days = [one.starts.astimezone(ZoneInfo(one.zone)).date() for one in slots if one.stratum.week == week.level]
        counts = [days.count(day) for day in set(days)]
        assert len(counts) == week.working_days
        assert max(counts) - min(counts) <= 3


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_one() -> None:
    assert digest(month()) == digest(month.__wrapped__())
    assert digest(month()) != digest(month("2"))


WEEK = PlanWeek(1, date(2027, 3, 1), date(2027, 3, 7), 5)
ONE_OFFICE = (Duty("Asia/Jakarta"),)


def starts_of(destination: Destination, shift: Span, duties: tuple[Duty, ...], week: PlanWeek = WEEK) -> list[str]:
    zone = ZoneInfo(destination.zone)
    found = windows(destination, shift, week, duties, WindowTerms(grid=timedelta(hours=1)))
    return [f"{start.astimezone(zone):%d %H}" for start in found]


def test_the_callers_office_is_one_hour_later_in_wita() -> None:
    there = Destination("1", "DPS", "Asia/Makassar")
    assert starts_of(there, ALL_DAY, ONE_OFFICE)[:8] == [f"01 {hour:02d}" for hour in range(9, 17)]


def test_a_night_shift_runs_over_midnight_but_not_into_a_holiday() -> None:
    there = Destination("1", "JKT", "Asia/Jakarta", calendar=WorkCalendar(holidays={date(2027, 3, 3)}))
    night = (Duty("Asia/Jakarta", Span(22 * 60, 30 * 60), WorkCalendar(Week.CALENDAR)),)
    # Monday's shift ends on Tuesday, Tuesday's stops at the holiday, Friday's at Saturday; none begins on a Sunday.
    monday = ["01 22", "01 23", "02 00", "02 01", "02 02", "02 03", "02 04"]
    thursday = ["04 22", "04 23", "05 00", "05 01", "05 02", "05 03", "05 04"]
    assert starts_of(there, SHIFTS["malam"], night) == [*monday, "02 22", *thursday, "05 22"]


def test_a_night_before_the_week_belongs_to_it_from_midnight_on() -> None:
    there = Destination("1", "JKT", "Asia/Jakarta", calendar=WorkCalendar(Week.CALENDAR))
    night = (Duty("Asia/Jakarta", Span(22 * 60, 30 * 60), WorkCalendar(Week.CALENDAR)),)
    found = starts_of(there, SHIFTS["malam"], night, PlanWeek(1, MARCH, MARCH, 1))
    assert found == ["01 00", "01 01", "01 02", "01 03", "01 04", "01 22", "01 23"]


def test_a_window_lies_whole_in_the_time_of_one_group_of_callers() -> None:
    there = Destination("1", "JKT", "Asia/Jakarta")
    two = (Duty("Asia/Jakarta", Span(8 * 60, 11 * 60)), Duty("Asia/Jakarta", Span(11 * 60, 13 * 60)))
    assert starts_of(there, ALL_DAY, two, PlanWeek(1, MARCH, MARCH, 1)) == ["01 08", "01 09", "01 11"]


def test_no_more_windows_overlap_than_there_are_callers() -> None:
    there = Destination("1", "JKT", "Asia/Jakarta")
    shifts = {"pagi": Span(8 * 60, 12 * 60)}
    of = [Stratum("JKT", "pagi", "informasi", "1")] * 21
    for callers, fits in ((2, 20), (3, 21)):
        duties = (Duty("Asia/Jakarta", callers=callers), Duty("Asia/Jayapura", Span(0, 60), callers=9))
        close = Field((there,), shifts, (WEEK,), duties, WindowTerms(apart=timedelta(0)))
        assert len(draw(of[:fits], close, cycle="2027-03", seed="1").slots) == fits
        assert bool(draw(of, close, cycle="2027-03", seed="1").verdict) is (fits == 21)
        for one in (slots := draw(of[:fits], close, cycle="2027-03", seed="1").slots):
            assert sum(1 for other in slots if other.starts <= one.starts < other.ends) <= callers


def test_a_plan_without_enough_windows_says_where() -> None:
    of = [Stratum("JKT", "pagi", "informasi", "1")] * 30
    plan = draw(of, ground(), cycle="2027-03", seed="1")
    assert not plan.slots
    assert plan.verdict.reason % dict(plan.verdict.facts) == (
        "Area JKT, shift pagi, week 1: 30 windows are needed, and 20 are left: 10 too few."
    )


@pytest.mark.parametrize("shift", ["malam", "unknown"])
def test_a_closed_or_unknown_shift_has_no_window(shift: str) -> None:
    plan = draw([Stratum("JKT", shift, "informasi", "1")], ground(), cycle="2027-03", seed="1")
    assert [(one.needed, one.available) for one in plan.full] == [(1, 0)]


def test_windows_that_may_coincide_have_room_for_a_large_month() -> None:
    close = ground(terms=WindowTerms(apart=timedelta(0)))
    assert set(limits(close).values()) == {0}  # only what is closed
    of = [Stratum("JKT", "pagi", "informasi", "1")] * 300
    assert len(draw(of, close, cycle="2027-03", seed="1").slots) == 300


def test_limits_close_what_cannot_be_called() -> None:
    found = limits(ground())
    assert found[Dimension.SHIFT, "JKT", "malam"] == 0
    assert found[Dimension.WEEK, "JKT", "1"] == 30  # from 07.00, 09.00 … 17.00 on each of five days
    assert (Dimension.WEEK, "JKT", "2") not in found
    both = tighter(found, {(Dimension.SHIFT, "JKT", "pagi"): 3, (Dimension.SHIFT, "JKT", "malam"): 9})
    assert (both[Dimension.SHIFT, "JKT", "pagi"], both[Dimension.SHIFT, "JKT", "malam"]) == (3, 0)


def test_an_area_that_is_an_outcome_is_counted_by_its_number() -> None:
    national = Destination("1500-046", OUTCOME, "Asia/Jakarta", DAYTIME, INDONESIA)
    plan = draw([Stratum(OUTCOME, "pagi", "komplain", "1")], replace(ground(), destinations=(national,)),
                cycle="2027-03", seed="1")  # fmt: skip
    assert (plan.slots[0].destination, plan.slots[0].place, plan.slots[0].stratum.area) == ("1500-046", "1500-046", "")


def test_the_digest_is_that_of_the_canonical_text_and_any_change_is_seen() -> None:
    plan = month()
    text = canonical(plan)
    assert text.splitlines()[0] == b"kendali-mystery-plan/1\t2027-03\t1\tquotas-1\tslots-1"
    assert text.count(b"\n") == 67
    assert digest(plan) == hashlib.sha256(text).hexdigest()
    assert unchanged(plan, digest(plan))
    one = plan.slots[7]
    for change in (
        replace(one, stratum=replace(one.stratum, kind="lain")),
        replace(one, starts=one.starts + timedelta(minutes=30)),
        replace(one, destination="other"),
        replace(one, zone="Asia/Jayapura"),
    ):
        assert not unchanged(replace(plan, slots=(*plan.slots[:7], change, *plan.slots[8:])), digest(plan))
    assert not unchanged(replace(plan, seed="2"), digest(plan))
    assert not unchanged(replace(plan, slots=plan.slots[:-1]), digest(plan))


def test_a_name_with_a_tab_cannot_forge_another_line() -> None:
    one = month().slots[0]
    forged = replace(one, destination=f"{one.destination}\t{one.place}")
    assert canonical(Plan("c", "s", (one,))).count(b"\t") == canonical(Plan("c", "s", (forged,))).count(b"\t")


@pytest.mark.parametrize(("first", "last"), [(60, 60), (60, 0), (1440, 1500), (-1, 60), (0, 1441)])
def test_hours_have_a_beginning_and_an_end(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="hours"):
        Span(first, last)


def test_service_hours_have_seven_days_and_a_window_a_width() -> None:
    with pytest.raises(ValueError, match="seven"):
        Destination("1", "JKT", "Asia/Jakarta", ((ALL_DAY,),))
    with pytest.raises(ValueError, match="width"):
        WindowTerms(width=timedelta(0))


# --- properties -------------------------------------------------------------------------------------------------------

MOMENTS = st.integers(0, 20).map(lambda hour: datetime(2027, 3, 1, tzinfo=UTC) + timedelta(hours=hour))


@given(st.lists(MOMENTS, max_size=7), st.integers(0, 5).map(lambda hours: timedelta(hours=hours)))
def test_packing_finds_the_most(starts: list[datetime], apart: timedelta) -> None:
    some = sorted(set(starts))
    sets = (chosen for size in range(len(some), -1, -1) for chosen in combinations(some, size))
    fits = (len(one) for one in sets if all(b - a >= apart for a, b in combinations(one, 2)))
    assert packed(starts, apart) == next(fits)


@given(st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda pair: (min(pair), max(pair))), max_size=6), MOMENTS)
def test_merged_intervals_hold_the_same_moments(intervals: list[tuple[datetime, datetime]], at: datetime) -> None:
    joined = merged(intervals)
    assert any(a <= at < b for a, b in joined) == any(a <= at < b for a, b in intervals)
    assert all(one[1] < other[0] for one, other in pairwise(joined))


SPANS = st.tuples(st.integers(0, 23), st.integers(1, 24)).map(lambda pair: Span(pair[0] * 60, (pair[0] + pair[1]) * 60))


@settings(max_examples=60)
@given(st.sampled_from(sorted(ZONES.values())), SPANS, SPANS, SPANS, st.sets(st.integers(0, 9)), st.sampled_from(Week))
def test_windows_agree_with_looking_at_every_minute(
    zone: str, hours: Span, shift: Span, duty: Span, off: set[int], week: Week
) -> None:
    """The oracle asks of every hour of a window whether all three are open; hours start and end on the hour here."""
    calendar = WorkCalendar(week, frozenset(date(2027, 2, 27) + timedelta(days=n) for n in off))
    there = Destination("1", "A", zone, ((hours,),) * 7, calendar)
    callers = Duty("Asia/Jakarta", duty, WorkCalendar())
    of = PlanWeek(1, MARCH, date(2027, 3, 3), 3)
    found = windows(there, shift, of, (callers,), WindowTerms(grid=timedelta(hours=1)))

    def day_of(at: datetime, in_zone: str, span: Span, shifted: int) -> date | None:
        """The day whose span holds this hour, of those that begin `shifted` days before it."""
        local = at.astimezone(ZoneInfo(in_zone))
        minute = local.hour * 60 + shifted * 1440
        return local.date() - timedelta(days=shifted) if span.first <= minute < span.last else None

    def open_in(at: datetime, in_zone: str, span: Span, of_calendar: WorkCalendar) -> bool:
        days = [day_of(at, in_zone, span, shifted) for shifted in (0, 1)]
        return any(day is not None and of_calendar.works_on(day) for day in days)

    def good(start: datetime) -> bool:
        hours_of = [start, start + timedelta(hours=1)]
        if not all(
            open_in(at, zone, hours, calendar)
            and calendar.works_on(at.astimezone(ZoneInfo(zone)).date())
            and open_in(at, "Asia/Jakarta", duty, WorkCalendar())
            for at in hours_of
        ):
            return False
        one_shift = [{day_of(at, zone, shift, shifted) for at in hours_of} for shifted in (0, 1)]
        over = {day_of(hours_of[0], zone, shift, 0), day_of(hours_of[1], zone, shift, 1)}
        begun = [days.pop() for days in (*one_shift, over) if len(days) == 1]
        return any(day is not None and calendar.works_on(day) for day in begun)

    first = datetime(2027, 3, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert list(found) == [at for at in (first + timedelta(hours=n) for n in range(72)) if good(at)]


@given(SPANS, st.integers(0, 71), st.integers(1, 20), st.sets(st.integers(0, 6)))
def test_a_group_covers_what_lies_whole_in_its_working_time(span: Span, begin: int, hours: int, off: set[int]) -> None:
    duty = Duty("Asia/Jayapura", span, WorkCalendar(Week.SIX_DAYS, {MARCH + timedelta(days=n) for n in off}))
    start = datetime(2027, 3, 2, tzinfo=UTC) + timedelta(hours=begin)
    end = start + timedelta(hours=hours)
    free = on_duty(duty, start.astimezone(ZoneInfo(duty.zone)).date())
    assert covers(duty, start, end) == any(a <= start and end <= b for a, b in free)


@settings(max_examples=10)
@given(st.integers(1, 60), st.integers())
def test_any_plan_within_the_limits_of_one_area_finds_its_windows(samples: int, seed: int) -> None:
    """As many as there are windows in each week of one shift: the last try packs them."""
    alone = replace(ground(), destinations=ground().destinations[:1])
    room = limits(alone)
    of: list[Stratum] = []
    for week in alone.weeks:
        most = room[Dimension.WEEK, "JKT", week.level] * 4 // 6  # pagi: 07, 09, 11, 13 of six windows a day
        of += [Stratum("JKT", "pagi", "informasi", week.level)] * most
    plan = draw(of[:samples], alone, cycle="2027-03", seed=str(seed))
    assert plan.verdict
    assert all(b.starts - a.starts >= timedelta(hours=2) for a, b in zip(plan.slots, plan.slots[1:], strict=False))
