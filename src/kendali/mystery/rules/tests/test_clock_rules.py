"""The three H+2 clocks: tables of cases, and properties of what an edited calendar may do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules import clock_rules as rules
from kendali.mystery.rules.clock_rules import Channel, ClockState, Listener, Mode, Step, Terms, Threshold
from kendali.mystery.rules.working_time import Desk, Week, WorkCalendar

WIB, WITA, WIT = ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
OFFICE = Desk(WIB)
LITERAL, CHAINED = Terms(), Terms(Mode.CHAINED)
DESKS = dict.fromkeys(Step, OFFICE)
SECOND = timedelta(seconds=1)


def at(day: int, hour: int = 10, minute: int = 0, second: int = 0, zone: str = WIB) -> datetime:
    """November 2026; the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=ZoneInfo(zone))


def eve(day: int, zone: str = WIB) -> datetime:
    return at(day, 23, 59, 59, zone)


FOUND = at(3)  # Tuesday
K3 = rules.start(Step.K3, FOUND, OFFICE, LITERAL)


def test_in_literal_mode_all_three_are_due_two_days_after_the_finding_and_only_the_budgets_differ() -> None:
    running = rules.clocks(FOUND, {}, DESKS, LITERAL)
    assert [clock.due_at for clock in running.values()] == [eve(5), eve(5), eve(5)]
    assert [clock.budget_at for clock in running.values()] == [eve(3), eve(4), eve(5)]


def test_in_chained_mode_each_starts_with_the_hand_over_before_it() -> None:
    assert list(rules.clocks(FOUND, {}, DESKS, CHAINED)) == [Step.K1]
    stops = {Step.K1: at(4), Step.K2: at(6)}
    running = rules.clocks(FOUND, stops, DESKS, CHAINED)
    assert [clock.due_at for clock in running.values()] == [eve(5), eve(6), eve(10)]
    assert all(clock.budget_at == clock.due_at for clock in running.values())
    assert rules.state(None, at(4)) is ClockState.NOT_STARTED


def test_each_clock_is_due_in_the_zone_of_who_must_act() -> None:
    desks = {Step.K1: Desk(WIB), Step.K2: Desk(WITA), Step.K3: Desk(WIT)}
    found = at(3, 22, 30)  # 23.30 WITA; on the 4th in WIT
    running = rules.clocks(found, {}, desks, LITERAL)
    assert [clock.due_at for clock in running.values()] == [eve(5, WIB), eve(5, WITA), eve(6, WIT)]


@pytest.mark.parametrize(
    ("step", "stopped", "now", "expected"),
    [
        (Step.K3, None, FOUND, ClockState.RUNNING),
        (Step.K3, None, eve(5), ClockState.WARNED),
        (Step.K3, None, eve(5) + timedelta(microseconds=999_999), ClockState.WARNED),
        (Step.K3, None, eve(5) + SECOND, ClockState.LATE),
        (Step.K3, eve(5), at(20), ClockState.IN_TIME),
        (Step.K3, eve(5) + SECOND, at(20), ClockState.STOPPED_LATE),
        (Step.K1, None, eve(3), ClockState.RUNNING),  # H+0 is not over
        (Step.K1, None, eve(3) + SECOND, ClockState.WARNED),  # it is; the KPI still says H+2
        (Step.K2, None, eve(3) + SECOND, ClockState.RUNNING),
        (Step.K2, None, at(5, 9), ClockState.WARNED),
        (Step.K1, at(5), at(20), ClockState.IN_TIME),  # over budget, in time
    ],
)
def test_the_state_of_a_clock(step: Step, stopped: datetime | None, now: datetime, expected: ClockState) -> None:
    clock = rules.start(step, FOUND, OFFICE, LITERAL)
    assert rules.state(rules.stop(clock, stopped) if stopped else clock, now) is expected


def test_the_first_stop_stands() -> None:
    stopped = rules.stop(K3, at(4))
    assert rules.stop(stopped, at(9)) == stopped
    assert rules.drop(stopped, at(9)) == stopped
    with pytest.raises(ValueError, match="before it started"):
        rules.stop(K3, FOUND - SECOND)


def test_an_invalid_finding_drops_its_clock_but_not_its_lateness() -> None:
    assert rules.state(rules.drop(K3, eve(5)), at(20)) is ClockState.DROPPED
    assert rules.state(rules.drop(K3, at(6)), at(20)) is ClockState.STOPPED_LATE


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (at(3), 25),  # 7 on Tuesday, 9 on Wednesday, 9 on Thursday
        (at(3, 18), 18),
        (at(5, 16), 1),
        (at(5, 20), 0),  # office hours are over, the clock is not
        (at(6, 10), -2),
        (at(9, 8), -9),  # the weekend does not count
    ],
)
def test_how_many_office_hours_are_left(now: datetime, hours: int) -> None:
    assert rules.hours_left(K3, now, OFFICE) == timedelta(hours=hours)


def test_hours_left_stand_still_when_the_clock_has_stopped() -> None:
    assert rules.hours_left(rules.stop(K3, at(5, 16)), at(20), OFFICE) == timedelta(hours=1)


@pytest.mark.parametrize("budgets", [(1, 0, 2), (0, 1, 3), (-1, 1, 2)])
def test_budgets_that_cannot_be_are_refused(budgets: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="budgets"):
        Terms(budgets=budgets)


# --- an edited calendar

HOLIDAYS = st.sets(st.integers(0, 25), max_size=12).map(
    lambda offsets: frozenset(date(2026, 11, 1) + timedelta(days=one) for one in offsets)
)
DESK = st.builds(
    lambda zone, week, days: Desk(zone, WorkCalendar(week, days)),
    st.sampled_from(ZONES),
    st.sampled_from(list(Week)),
    HOLIDAYS,
)
MOMENT = st.integers(0, 20 * 24 * 60).map(lambda minutes: at(1, 0) + timedelta(minutes=minutes))
TERMS = st.sampled_from([LITERAL, CHAINED, Terms(days=5, budgets=(1, 2, 5))])


@given(found=MOMENT, later=MOMENT, now=MOMENT, old=DESK, new=DESK, step=st.sampled_from(Step), terms=TERMS)
def test_an_edit_never_moves_a_closed_clock(
    found: datetime, later: datetime, now: datetime, old: Desk, new: Desk, step: Step, terms: Terms
) -> None:
    clock = rules.start(step, found, old, terms)
    for closed in (rules.stop(clock, max(found, later)), rules.drop(clock, max(found, later))):
        edit = rules.recompute(closed, new, terms, at=now)
        assert (edit.old, edit.new, edit.moved, bool(edit.allowed)) == (closed, closed, False, False)


@given(found=MOMENT, now=MOMENT, old=DESK, new=DESK, step=st.sampled_from(Step), terms=TERMS)
def test_an_edit_makes_nobody_late_and_takes_no_lateness_away(
    found: datetime, now: datetime, old: Desk, new: Desk, step: Step, terms: Terms
) -> None:
    now = max(found, now)
    clock = rules.start(step, found, old, terms)
    edit = rules.recompute(clock, new, terms, at=now)
    assert rules.is_late(edit.new, now) == rules.is_late(clock, now)
    assert edit.new.started_at == clock.started_at
    wanted = rules.start(step, found, new, terms).due_at
    if edit.allowed and not wanted < now:
        assert edit.new.due_at == wanted


def test_a_recompute_returns_old_and_new_for_the_log() -> None:
    holiday = Desk(WIB, WorkCalendar(holidays=frozenset({date(2026, 11, 5)}), version=2))
    edit = rules.recompute(K3, holiday, LITERAL, at=at(4))
    assert (edit.old.due_at, edit.new.due_at, edit.moved) == (eve(5), eve(6), True)
    assert (edit.old.calendar_version, edit.new.calendar_version) == (0, 2)


def test_a_holiday_that_is_cancelled_afterwards_leaves_the_day() -> None:
    holiday = Desk(WIB, WorkCalendar(holidays=frozenset({date(2026, 11, 5)})))
    clock = rules.start(Step.K3, FOUND, holiday, LITERAL)  # due on the 6th
    assert rules.recompute(clock, OFFICE, LITERAL, at=at(6)).new.due_at == eve(6)


# --- whom it tells


def test_the_thresholds_count_office_hours() -> None:
    crossed = rules.thresholds(K3, OFFICE)
    assert crossed == {
        Threshold.HALF: at(4, 13, 30),  # 12.5 of 25 hours
        Threshold.MOST: at(5, 12),  # 20 of 25
        Threshold.DUE: eve(5) + SECOND,
        Threshold.ONE_DAY: eve(6) + SECOND,
        Threshold.TWO_DAYS: eve(9) + SECOND,  # over the weekend
    }


@given(found=MOMENT, desk=DESK, terms=TERMS, step=st.sampled_from(Step))
def test_thresholds_come_in_their_order(found: datetime, desk: Desk, terms: Terms, step: Step) -> None:
    clock = rules.start(step, found, desk, terms)
    moments = [clock.started_at, *rules.thresholds(clock, desk).values()]
    assert all(earlier <= later for earlier, later in pairwise(moments))


ALL = list(Threshold)


@pytest.mark.parametrize(
    ("now", "told", "expected"),
    [
        (at(4, 13), [], []),
        (at(4, 13, 30), [], [Threshold.HALF]),
        (at(4, 14), [Threshold.HALF], []),
        (at(5, 13), [], [Threshold.MOST]),  # the worker was down: one reminder, not two
        (at(6), [Threshold.MOST], [Threshold.DUE]),
        (at(7), [Threshold.DUE], [Threshold.ONE_DAY]),
        (at(20), [], [Threshold.DUE, Threshold.ONE_DAY, Threshold.TWO_DAYS]),
        (at(20), ALL, []),
    ],
)
def test_what_has_to_be_told(now: datetime, told: list[Threshold], expected: list[Threshold]) -> None:
    assert list(rules.to_tell(K3, now, OFFICE, told)) == expected


def test_a_clock_that_ended_tells_nothing_more() -> None:
    assert rules.to_tell(rules.stop(K3, at(9)), at(20), OFFICE) == ()
    assert rules.to_tell(rules.drop(K3, at(9)), at(20), OFFICE) == ()


@pytest.mark.parametrize(
    ("threshold", "listeners", "channels"),
    [
        (Threshold.HALF, {Listener.HOLDER}, {Channel.IN_APP}),
        (Threshold.MOST, {Listener.HOLDER}, {Channel.IN_APP, Channel.EMAIL}),
        (Threshold.DUE, {Listener.HOLDER, Listener.RECEIVER}, {Channel.IN_APP, Channel.EMAIL}),
        (Threshold.ONE_DAY, {Listener.COORDINATOR}, {Channel.IN_APP, Channel.EMAIL}),
        (Threshold.TWO_DAYS, {Listener.MANAGER_OPERATION}, {Channel.IN_APP, Channel.EMAIL}),
    ],
)
def test_whom_a_threshold_tells(threshold: Threshold, listeners: set[Listener], channels: set[Channel]) -> None:
    assert rules.TELLS[threshold] == (frozenset(listeners), frozenset(channels))


# --- both bases, and other limits


@pytest.mark.parametrize(
    ("stopped", "working", "calendar"),
    [
        (at(8), True, True),
        (at(10), True, False),  # found on Friday: Tuesday is H+2 in working days only
        (at(11), False, False),
        (None, None, False),
    ],
)
def test_punctuality_on_both_bases(stopped: datetime | None, working: bool | None, calendar: bool | None) -> None:
    clock = rules.start(Step.K3, at(6), OFFICE, LITERAL)
    clock = rules.stop(clock, stopped) if stopped else clock
    assert rules.punctuality(clock, at(10), OFFICE, LITERAL) == rules.Punctuality(working, calendar)
    assert rules.lateness(clock, at(10), OFFICE).working == (1 if stopped == at(11) else 0)


def test_a_dropped_clock_is_neither_in_time_nor_late() -> None:
    assert rules.punctuality(rules.drop(K3, at(4)), at(20), OFFICE, LITERAL) == rules.Punctuality(None, None)


@pytest.mark.parametrize(
    ("called", "due"),
    [
        (at(3, 9), eve(3)),
        (at(3, 19, 59, 59), eve(3)),
        (at(3, 20), at(4, 0)),
        (at(3, 22), at(4, 2)),
        (at(3, 22, zone=WIT), at(4, 2, zone=WIT)),
    ],
)
def test_a_form_is_due_on_the_day_of_the_call_or_four_hours_after_it(called: datetime, due: datetime) -> None:
    zone = str(called.tzinfo)
    assert rules.submission_due(called, zone) == due
    assert not rules.submitted_late(called, due, zone)
    assert rules.submitted_late(called, due + SECOND, zone)


def test_coaching_has_seven_working_days() -> None:
    assert rules.coaching_due(at(3), OFFICE) == eve(12)


def test_the_clock_is_kept_in_utc() -> None:
    assert K3.due_at.tzinfo is UTC
    assert K3.due_at.astimezone(ZoneInfo(WIB)).time() == time(23, 59, 59)
