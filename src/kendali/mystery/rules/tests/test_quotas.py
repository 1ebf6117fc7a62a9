"""Quotas on the margins: they add up, stay within floor and ceiling, are told apart when they cannot be met."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from math import ceil, floor

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kendali.mystery.rules.draws import Draws
from kendali.mystery.rules.quotas import (
    OUTCOME,
    Dimension,
    Drawn,
    Margin,
    Request,
    Stratum,
    draw,
    large_enough,
    margin_counts,
    with_reserve,
)
from kendali.mystery.rules.rounding import Share, proportional, room, roundings
from kendali.mystery.rules.transport import Cut, fit

AREAS = {"JKT": 30, "BDG": 14, "SMG": 11, "SBY": 15, "DPS": 9, "MKS": 12, "MDN": 9}
SHIFTS = {"pagi": 50, "siang": 35, "malam": 15}
KINDS = {"informasi": 1, "permintaan": 1, "komplain": 1}
WEEKS = {"1": 5, "2": 4, "3": 3, "4": 3}
Limits = dict[tuple[Dimension, str, str], int]


def margin(dimension: Dimension, weights: dict[str, int], least: int = 0, most: int | None = None) -> Margin:
    return Margin(dimension, tuple(Share(level, weight, least, most) for level, weight in weights.items()))


def request(samples: int = 66, *, least: int = 4, most: int | None = None, limits: Limits | None = None) -> Request:
    margins = (
        margin(Dimension.AREA, AREAS, least, most),
        margin(Dimension.SHIFT, SHIFTS),
        margin(Dimension.KIND, KINDS, 1),
        margin(Dimension.WEEK, WEEKS),
    )
    return Request(samples, margins, limits or {})


def told(drawn: Drawn) -> str:
    return drawn.verdict.reason % dict(drawn.verdict.facts)


def test_the_plan_of_a_month_meets_every_margin() -> None:
    drawn = draw(request(), "2027-03")
    assert len(drawn.strata) == 66
    assert margin_counts(drawn.strata, Dimension.KIND) == {"informasi": 22, "komplain": 22, "permintaan": 22}
    for dimension in Dimension:
        counts = margin_counts(drawn.strata, dimension)
        shares = request().shares(dimension)
        exact = proportional(shares, 66)
        assert exact is not None
        assert all(floor(exact[one.level]) <= counts[one.level] <= ceil(exact[one.level]) for one in shares)


def test_an_area_that_is_an_outcome_takes_every_sample_and_the_other_margins_stay() -> None:
    others = request().margins[1:]
    drawn = draw(Request(66, (margin(Dimension.AREA, {OUTCOME: 1}), *others)), "a")
    assert margin_counts(drawn.strata, Dimension.AREA) == {OUTCOME: 66}
    assert margin_counts(drawn.strata, Dimension.KIND) == {"informasi": 22, "komplain": 22, "permintaan": 22}


def test_a_closed_shift_of_an_area_gets_nothing() -> None:
    limits = {(Dimension.SHIFT, area, "malam"): 0 for area in ("DPS", "MKS", "MDN", "SMG")}
    drawn = draw(request(limits=limits), "a")
    at_night = Counter(one.area for one in drawn.strata if one.shift == "malam")
    assert set(at_night) == {"JKT", "BDG", "SBY"}
    assert sum(at_night.values()) in {9, 10}


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_one() -> None:
    assert draw(request(), "1") == draw(request(), "1")
    assert draw(request(), "1").strata != draw(request(), "2").strata


def test_the_plan_does_not_depend_on_the_order_of_the_levels() -> None:
    turned = tuple(Margin(one.dimension, one.shares[::-1]) for one in reversed(request().margins))
    assert draw(Request(66, turned), "1").strata == draw(request(), "1").strata


def test_shift_and_week_are_spread_over_each_other_too() -> None:
    drawn = draw(request(), "1")
    cells = Counter((one.shift, one.week) for one in drawn.strata)
    shift, week = (margin_counts(drawn.strata, one) for one in (Dimension.SHIFT, Dimension.WEEK))
    assert all(abs(cells[s, w] - shift[s] * week[w] / 66) < 3 for s in shift for w in week)


FAILS = [
    ("floors above the plan", request(20), "area: the floors of JKT, BDG, SMG, SBY, DPS, MKS, MDN ask for 28 samples, "
     "and the plan has 20: 8 too few."),
    ("caps below the plan", request(66, most=9), "area: the plan has 66 samples, and JKT, BDG, SMG, SBY, DPS, MKS, MDN "
     "take at most 63: 3 too many."),
    ("a floor above its own cap", request(66, least=10, most=9), "area JKT: at least 10 are asked for, but at most 9 "
     "allowed."),
    ("nights in one small area only",
     request(70, limits={(Dimension.SHIFT, area, "malam"): 0 for area in AREAS if area != "DPS"}),
     "shift malam: 10 samples, but the areas open to it take 6: 4 do not fit."),
    ("an area with too few windows",
     request(70, limits={(Dimension.WEEK, "JKT", week): 4 for week in WEEKS}),
     "Area JKT: 21 samples, but the open levels of week take 16: 5 do not fit."),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence"), [case[1:] for case in FAILS], ids=[case[0] for case in FAILS])
def test_an_infeasible_plan_says_which_margin_fails_and_by_how_much(asked: Request, sentence: str) -> None:
    drawn = draw(asked, "1")
    assert not drawn.strata
    assert not drawn.verdict
    assert told(drawn) == sentence
    assert drawn.shortages[0].missing > 0


@pytest.mark.parametrize(("minimum", "reserve", "size"), [(60, 10, 66), (61, 10, 68), (60, 0, 60), (1, 10, 2)])
def test_the_reserve_is_rounded_up(minimum: int, reserve: int, size: int) -> None:
    assert with_reserve(minimum, reserve) == size
    assert large_enough(size, minimum, reserve)
    assert not large_enough(size - 1, minimum, reserve)


def test_a_request_needs_each_dimension_once() -> None:
    with pytest.raises(ValueError, match="one margin of each"):
        Request(66, request().margins[:3])
    with pytest.raises(ValueError, match="named twice"):
        Request(66, (*request().margins[:3], Margin(Dimension.WEEK, (Share("1"), Share("1")))))
    with pytest.raises(ValueError, match="negative"):
        Share("JKT", -1)


def test_over_many_seeds_every_level_gets_its_exact_part() -> None:
    exact = {"a": Fraction(3, 2), "b": Fraction(7, 4), "c": Fraction(3, 4)}
    sums: Counter[str] = Counter()
    for seed in range(2000):
        sums.update(next(roundings(exact, Draws(str(seed)))))
    assert all(abs(sums[level] / 2000 - float(value)) < 0.05 for level, value in exact.items())


# --- properties -------------------------------------------------------------------------------------------------------

SHARE_LISTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.none() | st.integers(0, 8)), min_size=1, max_size=5
).map(lambda rows: tuple(Share(f"L{n}", *row) for n, row in enumerate(rows)))


@given(SHARE_LISTS, st.integers(0, 25))
def test_proportional_values_add_up_and_are_proportional_wherever_no_bound_binds(
    shares: tuple[Share, ...], samples: int
) -> None:
    assume(all(one.most is None or one.least <= one.most for one in shares))
    low, high = room(shares)
    exact = proportional(shares, samples)
    assert (exact is not None) == (low <= samples and (high is None or samples <= high))
    if exact is None:
        return
    assert sum(exact.values()) == samples
    for one, other in product(shares, shares):
        value, against = exact[one.level], exact[other.level]
        assert one.least <= value
        assert one.most is None or value <= one.most
        # If one could give a part to the other, it has not more than its due beside it.
        if value > one.least and (other.most is None or against < other.most) and (one.weight or other.weight):
            assert value * other.weight <= against * one.weight


@given(SHARE_LISTS, st.integers(0, 25), st.integers())
def test_every_rounding_adds_up_within_floor_and_ceiling(shares: tuple[Share, ...], samples: int, seed: int) -> None:
    assume(all(one.most is None or one.least <= one.most for one in shares))
    exact = proportional(shares, samples)
    assume(exact is not None)
    assert exact is not None
    found = list(roundings(exact, Draws(str(seed))))
    assert len({tuple(sorted(one.items())) for one in found}) == len(found)
    for one in found:
        assert sum(one.values()) == samples
        assert all(floor(exact[level]) <= many <= ceil(exact[level]) for level, many in one.items())


def sums_of(many: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 12), min_size=1, max_size=many)


@given(sums_of(6), sums_of(5), st.integers())
def test_without_limits_every_cell_is_within_floor_and_ceiling(rows: list[int], columns: list[int], seed: int) -> None:
    columns[-1] += max(sum(rows) - sum(columns), 0)
    rows[-1] += max(sum(columns) - sum(rows), 0)
    by_row = {f"r{n}": many for n, many in enumerate(rows)}
    by_column = {f"c{n}": many for n, many in enumerate(columns)}
    table = fit(by_row, by_column, {}, Draws(str(seed)))
    assert not isinstance(table, Cut)
    for row, many in by_row.items():
        assert sum(table[row, column] for column in by_column) == many
    for column, many in by_column.items():
        assert sum(table[row, column] for row in by_row) == many
    for (row, column), units in table.items():
        value = Fraction(by_row[row] * by_column[column], sum(rows) or 1)
        assert floor(value) <= units <= ceil(value)


@st.composite
def limited(draw_one: st.DrawFn) -> tuple[dict[str, int], dict[str, int], dict[tuple[str, str], int]]:
    rows = draw_one(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    columns = draw_one(st.lists(st.integers(0, 3), min_size=1, max_size=2))
    columns[-1] += max(sum(rows) - sum(columns), 0)
    rows[-1] += max(sum(columns) - sum(rows), 0)
    by_row = {f"r{n}": many for n, many in enumerate(rows)}
    by_column = {f"c{n}": many for n, many in enumerate(columns)}
    cells = st.sampled_from(sorted(product(by_row, by_column)))
    return by_row, by_column, draw_one(st.dictionaries(cells, st.integers(0, 2)))


def brute_tables(rows: dict[str, int], columns: dict[str, int], most: dict[tuple[str, str], int]) -> bool:
    """The oracle: is there any table at all?"""
    if not columns:
        return not any(rows.values())
    column, wanted = next(iter(columns.items()))
    rest = {other: many for other, many in columns.items() if other != column}
    choices = [range(min(many, most.get((row, column), many)) + 1) for row, many in rows.items()]
    return any(
        brute_tables({row: many - units for (row, many), units in zip(rows.items(), taken, strict=True)}, rest, most)
        for taken in product(*choices)
        if sum(taken) == wanted
    )


@given(limited(), st.integers())
def test_a_limited_table_is_found_exactly_when_one_exists_and_a_cut_is_a_proof(
    case: tuple[dict[str, int], dict[str, int], dict[tuple[str, str], int]], seed: int
) -> None:
    rows, columns, most = case
    found = fit(rows, columns, most, Draws(str(seed)))
    assert (not isinstance(found, Cut)) == brute_tables(rows, columns, most)
    if not isinstance(found, Cut):
        assert all(units <= most.get(cell, units) for cell, units in found.items())
        assert {row: sum(found[row, column] for column in columns) for row in rows} == rows
        assert {column: sum(found[row, column] for row in rows) for column in columns} == columns
        return
    beside = sum(
        min(most.get((row, column), rows[row]), rows[row], columns[column])
        for row, column in product(found.rows, columns)
        if column not in found.columns
    )
    assert found.needed - found.missing == sum(columns[column] for column in found.columns) + beside
    assert found.missing > 0


LEVELS = {Dimension.AREA: "AB", Dimension.SHIFT: "xy", Dimension.KIND: "ik", Dimension.WEEK: "12"}


@st.composite
def small_requests(draw_one: st.DrawFn) -> Request:
    margins = tuple(
        Margin(one, tuple(Share(level, draw_one(st.integers(1, 3)), draw_one(st.integers(0, 1))) for level in levels))
        for one, levels in LEVELS.items()
    )
    tied = sorted(
        (one, area, level) for one in (Dimension.SHIFT, Dimension.WEEK) for area in "AB" for level in LEVELS[one]
    )
    limits = draw_one(st.dictionaries(st.sampled_from(tied), st.integers(0, 1)))
    return Request(draw_one(st.integers(1, 4)), margins, limits)


def fits(asked: Request, strata: tuple[Stratum, ...]) -> bool:
    for dimension in Dimension:
        exact = proportional(asked.shares(dimension), asked.samples)
        counts = margin_counts(strata, dimension)
        if exact is None or any(not floor(v) <= counts.get(level, 0) <= ceil(v) for level, v in exact.items()):
            return False
    used = Counter((one, row.area, row.level(one)) for row in strata for one in (Dimension.SHIFT, Dimension.WEEK))
    return all(used[key] <= most for key, most in asked.limits.items())


def brute_plan(asked: Request) -> bool:
    """The oracle: any multiset of strata that meets everything. Kinds are never limited, so they can be dealt last."""
    cells = [(a, s, w) for a in "AB" for s in "xy" for w in "12"]

    def any_from(start: int, chosen: list[tuple[str, str, str]]) -> bool:
        if len(chosen) == asked.samples:
            exact = proportional(asked.shares(Dimension.KIND), asked.samples)
            if exact is None:
                return False
            counts = next(roundings(exact, Draws("")))
            kinds = [level for level, many in sorted(counts.items()) for _ in range(many)]
            return fits(asked, tuple(Stratum(a, s, k, w) for (a, s, w), k in zip(chosen, kinds, strict=True)))
        return any(any_from(n, [*chosen, cells[n]]) for n in range(start, len(cells)))

    return any_from(0, [])


@given(small_requests(), st.integers())
def test_a_plan_is_drawn_exactly_when_one_exists(asked: Request, seed: int) -> None:
    drawn = draw(asked, str(seed))
    assert bool(drawn.strata) == brute_plan(asked) == bool(drawn.verdict)
    assert not drawn.strata or fits(asked, drawn.strata)
    assert all(one.missing > 0 for one in drawn.shortages)


@settings(max_examples=30)
@given(st.integers(1, 90), st.integers(), st.sets(st.sampled_from(sorted(AREAS)), max_size=3))
def test_plans_of_any_size_meet_every_margin(samples: int, seed: int, no_night: set[str]) -> None:
    asked = request(samples, least=0, limits={(Dimension.SHIFT, area, "malam"): 0 for area in no_night})
    if samples < 3:
        assert not draw(asked, str(seed)).strata  # each kind at least once
        return
    drawn = draw(asked, str(seed))
    assert len(drawn.strata) == samples
    assert fits(asked, drawn.strata)
