"""The whole way of a plan: limits, quotas, windows, executors; seven areas in three zones, 60 and 10 %."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from math import ceil, floor

import holidays as holiday_tables
import pytest

from kendali.mystery.rules import assignment, quotas, slots
from kendali.mystery.rules.cycle import KINDS, weeks
from kendali.mystery.rules.lockouts import Caller, Desk, Persona, Scenario
from kendali.mystery.rules.machine import Role
from kendali.mystery.rules.quotas import Dimension, Margin, Request
from kendali.mystery.rules.roster_rules import Membership, reachable_teams
from kendali.mystery.rules.rounding import Share
from kendali.mystery.rules.slots import Field
from kendali.mystery.rules.windows import Destination, Duty, Span
from kendali.mystery.rules.working_time import WorkCalendar

INDONESIA = WorkCalendar(holidays=holiday_tables.country_holidays("ID", categories=("public", "government")))
AREAS = {"JKT": 30, "BDG": 14, "SMG": 11, "SBY": 15, "DPS": 9, "MKS": 12, "JYP": 9}
ZONES = {"DPS": "Asia/Makassar", "MKS": "Asia/Makassar", "JYP": "Asia/Jayapura"}
SHIFTS = {"pagi": Span(7 * 60, 15 * 60), "siang": Span(13 * 60, 21 * 60), "malam": Span(21 * 60, 31 * 60)}
WORK = {"pagi": 50, "siang": 40, "malam": 10}


def ground(month: date) -> Field:
    numbers = (Destination(f"1500-{area}", area, ZONES.get(area, "Asia/Jakarta"), calendar=INDONESIA) for area in AREAS)
    office, evening = Span(7 * 60, 16 * 60), Span(14 * 60, 23 * 60 + 30)
    duties = tuple(Duty("Asia/Jakarta", span, INDONESIA, callers=2) for span in (office, evening))
    return Field(tuple(numbers), SHIFTS, weeks(month, INDONESIA), duties)


def request(where: Field, samples: int) -> Request:
    def margin(dimension: Dimension, weights: dict[str, int], least: int = 0) -> Margin:
        return Margin(dimension, tuple(Share(level, weight, least) for level, weight in weights.items()))

    by_week = {week.level: week.working_days for week in where.weeks}
    margins = (
        margin(Dimension.AREA, AREAS, 4),
        margin(Dimension.SHIFT, WORK),
        margin(Dimension.KIND, dict.fromkeys(KINDS, 1), 1),
        margin(Dimension.WEEK, by_week),
    )
    return Request(samples, margins, slots.limits(where))


def desk(where: Field, planned: tuple[slots.Slot, ...]) -> Desk:
    """Four officers, and a Team Leader of Jakarta who helps elsewhere."""
    office, evening = where.duties
    officers = tuple(Caller(f"qco{n}", Role.QC_OFFICER, (office, evening)[n % 2], "fm"[n // 2]) for n in range(4))
    helper = Caller("tl-jkt", Role.TEAM_LEADER, office, teams=frozenset({"JKT-pagi"}))
    roster = [
        Membership(f"{area}{shift}", "Nama", f"{area}-{shift}", area, shift, date(2027, 1, 1))
        for area in AREAS
        for shift in SHIFTS
    ]
    reach = {
        one.number: reachable_teams(roster, one.starts.date(), area=one.stratum.area, shift=one.stratum.shift)
        for one in planned
    }
    return Desk(
        callers=(*officers, helper),
        personas=tuple(Persona(f"P{n:02d}", f"0812-{n:02d}", "fm"[n % 2]) for n in range(24)),
        scenarios=tuple(Scenario(f"{kind}-{n}", kind) for kind in KINDS for n in range(3)),
        reach=reach,
    )


@pytest.mark.parametrize("month", [date(2027, 2, 1), date(2027, 3, 1), date(2027, 4, 1)])
def test_a_month_is_planned_from_margins_to_executors(month: date) -> None:
    where = ground(month)
    samples = quotas.with_reserve()
    drawn = quotas.draw(request(where, samples), "seed")
    assert drawn.verdict, drawn.shortages
    plan = slots.draw(drawn.strata, where, cycle=f"{month:%Y-%m}", seed="seed")
    assert plan.verdict, plan.full
    given = assignment.give(plan.slots, desk(where, plan.slots), "seed")
    assert given.verdict, given.unassigned
    assert len(given.assignments) == samples == 66
    total = sum(AREAS.values())
    for area, many in quotas.margin_counts(drawn.strata, Dimension.AREA).items():
        exact = Fraction(66 * AREAS[area], total)
        assert floor(exact) <= many <= ceil(exact)
    own = {one.slot for one in given.assignments if one.caller == "tl-jkt"}
    assert own
    assert not [
        one for one in plan.slots if one.number in own and (one.stratum.area, one.stratum.shift) == ("JKT", "pagi")
    ]


def test_the_heat_map_holds_every_cell_also_the_empty_ones() -> None:
    where = ground(date(2027, 3, 1))
    drawn = quotas.draw(request(where, 66), "seed")
    cells = quotas.heat_map(drawn.strata, request(where, 66), Dimension.AREA, Dimension.WEEK)
    assert len(cells) == 7 * 4
    assert sum(cells.values()) == 66
    assert Counter({cell: many for cell, many in cells.items() if many}) == Counter(
        (one.area, one.week) for one in drawn.strata
    )
