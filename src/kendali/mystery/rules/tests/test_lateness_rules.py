"""Fair lateness: everybody's delay counts, and is attributed to the step that went over its budget."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.civil_time import local_date
from kendali.mystery.rules.clock_rules import STEPS, Mode, Step, Terms, clocks
from kendali.mystery.rules.lateness_rules import Fairness, fairness
from kendali.mystery.rules.working_time import Desk, Week, WorkCalendar

WIB, WITA, WIT = ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
K1, K2, K3 = STEPS
LITERAL, CHAINED = Terms(), Terms(Mode.CHAINED)
FOUND = datetime(2026, 11, 2, 10, tzinfo=ZoneInfo(WIB))  # a Monday: H+n is the (2+n)th until Friday
END = FOUND + timedelta(days=11)


def h(days: int) -> datetime:
    """Working day H+n at noon."""
    return FOUND + timedelta(days=days + (2 if days > 4 else 0), hours=2)


def judged(*stops: datetime, terms: Terms = LITERAL, now: datetime = END) -> dict[Step, Fairness]:
    desks = dict.fromkeys(STEPS, Desk(WIB))
    return fairness(clocks(FOUND, dict(zip(STEPS, stops, strict=False)), desks, terms), desks, terms, now)


@pytest.mark.parametrize(
    ("stops", "late", "punctual", "received_late", "because_of"),
    [
        # hand-overs at H+…      KPI late  person in time  diterima terlambat  days of K3's delay by step
        ((0, 1, 2), "...", "yyy", "...", {}),
        ((0, 0, 2), "...", "yyy", "...", {}),
        ((0, 1, 3), "..L", "yyn", "...", {K3: 1}),
        ((0, 2, 3), "..L", "yyy", "..R", {K2: 1}),  # QA within the KPI, over its budget: the supervisor had one day
        ((0, 3, 4), ".LL", "yny", "..R", {K2: 2}),
        ((0, 3, 5), ".LL", "ynn", "..R", {K2: 2, K3: 1}),
        ((2, 3, 4), ".LL", "yyy", ".RR", {K1: 2}),  # the QCO within the KPI, two days over its budget
        ((3, 4, 5), "LLL", "nyy", ".RR", {K1: 3}),
        ((2, 2, 4), "..L", "yyn", ".RR", {K1: 1, K3: 1}),  # QA caught up one of two lost days
        ((2, 2, 2), "...", "yyy", ".RR", {}),
        ((0, 4, 4), ".LL", "yny", "..R", {K2: 2}),
    ],
)
def test_whose_delay_it_was(
    stops: tuple[int, int, int], late: str, punctual: str, received_late: str, because_of: dict[Step, int]
) -> None:
    found = judged(*(h(one) for one in stops)).values()
    assert "".join("L" if one.late else "." for one in found) == late
    assert "".join({True: "y", False: "n", None: "?"}[one.punctual] for one in found) == punctual
    assert "".join("R" if one.received_late else "." for one in found) == received_late
    assert judged(*(h(one) for one in stops))[K3].because_of == because_of


def test_who_has_received_nothing_yet_is_not_judged() -> None:
    third = judged(h(0), now=h(4))[K3]
    assert (third.late, third.punctual, third.received_at, third.received_late) == (True, None, None, True)
    assert third.because_of == {K2: 2}  # QA still has it


def test_a_running_clock_is_judged_only_when_its_own_time_is_over() -> None:
    assert judged(h(0), h(1), now=h(2))[K3].punctual is None
    assert judged(h(0), h(1), now=h(3))[K3].punctual is False
    assert judged(h(0), h(3), now=h(4))[K3].punctual is None  # received at H+3: has until the end of H+4
    assert judged(h(0), h(3), now=h(5))[K3].punctual is False


def test_in_chained_mode_every_delay_is_ones_own() -> None:
    found = judged(h(3), h(5), h(8), terms=CHAINED)
    assert [one.late for one in found.values()] == [True, False, True]
    assert [one.because_of for one in found.values()] == [{K1: 1}, {}, {K3: 1}]
    assert [one.received_late for one in found.values()] == [False, True, False]


def test_a_day_lost_only_between_two_zones_is_nobodys() -> None:
    desks = {K1: Desk(WIB), K2: Desk(WIB), K3: Desk(WIT)}
    forwarded = datetime(2026, 11, 3, 23, 0, tzinfo=ZoneInfo(WIB))  # H+1 in WIB, H+2 in WIT
    reported = datetime(2026, 11, 5, 9, 0, tzinfo=ZoneInfo(WIT))
    stops = {K1: FOUND, K2: forwarded, K3: reported}
    third = fairness(clocks(FOUND, stops, desks, LITERAL), desks, LITERAL, END)[K3]
    assert (third.late, third.punctual, third.because_of, third.nobody) == (True, True, {}, 1)


def test_a_day_lost_because_the_finding_fell_on_a_day_off_is_nobodys() -> None:
    desks = dict.fromkeys(STEPS, Desk(WIB, WorkCalendar(holidays=frozenset({FOUND.date()}))))
    stops = dict(zip(STEPS, (h(1), h(2), h(3)), strict=True))  # each in its own day: H+0 and H+1 are both the 3rd
    third = fairness(clocks(FOUND, stops, desks, LITERAL), desks, LITERAL, END)[K3]
    assert (third.late, third.punctual, third.because_of, third.nobody) == (True, True, {}, 1)


DESK = st.builds(
    lambda zone, week, off: Desk(zone, WorkCalendar(week, frozenset(date(2026, 11, 1 + one) for one in off))),
    st.sampled_from(ZONES),
    st.sampled_from(list(Week)),
    st.sets(st.integers(0, 20), max_size=8),
)
WAITS = st.lists(st.integers(0, 5 * 24 * 60), max_size=3)


def made(waits: list[int]) -> dict[Step, datetime]:
    stops, moment = {}, FOUND
    for step, minutes in zip(STEPS, waits, strict=False):
        moment += timedelta(minutes=minutes)
        stops[step] = moment
    return stops


@given(desks=st.fixed_dictionaries(dict.fromkeys(STEPS, DESK)), waits=WAITS, terms=st.sampled_from([LITERAL, CHAINED]))
def test_every_day_of_a_delay_has_one_owner_or_none(desks: dict[Step, Desk], waits: list[int], terms: Terms) -> None:
    for step, one in fairness(clocks(FOUND, made(waits), desks, terms), desks, terms, END).items():
        assert sum(one.because_of.values()) + one.nobody == one.delay.working
        assert one.late == bool(one.delay)
        assert all(blamed <= step for blamed in one.because_of)


@given(desk=DESK, waits=WAITS, terms=st.sampled_from([LITERAL, CHAINED]))
def test_at_one_desk_no_day_is_nobodys_and_a_kpi_in_time_is_a_person_in_time(
    desk: Desk, waits: list[int], terms: Terms
) -> None:
    desks = dict.fromkeys(STEPS, desk)
    for one in fairness(clocks(FOUND, made(waits), desks, terms), desks, terms, END).values():
        if desk.calendar.week is not Week.ROUND_THE_CLOCK and desk.calendar.works_on(local_date(FOUND, desk.zone)):
            assert one.nobody == 0
        assert one.late or one.punctual is not False
