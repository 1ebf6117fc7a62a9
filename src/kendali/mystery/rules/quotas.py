"""How many samples of which area, shift, kind and week: quotas on the margins. No database, no clock.

The caller cannot choose the agent, and 66 samples cannot fill 252 cells, so quotas hold on the margins only
(mystery-calling "The caller cannot choose the agent"; "60 samples"). Each margin is its
proportional value rounded down or up, or its floor or cap; the tables area x shift, area x kind and area x week are
near proportional too. Where that cannot be met, `Shortage` says which margin fails and by how much: a cap or a limit is
never broken silently, and no quota is lowered to fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, product
from math import ceil

from kendali.mystery.rules.draws import Draws
from kendali.mystery.rules.rounding import Share, proportional, room, roundings
from kendali.mystery.rules.transport import Cut, Table, fit
from kendali.verdict import YES, Verdict, no

ALGORITHM = "quotas-1"
MINIMUM = 60  # samples every month, procedure 7 activity 3
RESERVE_PERCENT = 10
OUTCOME = ""  # the area of a stratum that is not a quota: national routing, "area dapat ditentukan: tidak"
SWAPS, MOST_SWAPS = 40, 10_000  # tries per sample, and in all, to spread shift, kind and week over each other


class Dimension(StrEnum):
    AREA = "area"  # area
    SHIFT = "shift"  # shift
    KIND = "kind"  # jenis bahan: informasi, permintaan, komplain
    WEEK = "week"  # minggu


AROUND = (Dimension.SHIFT, Dimension.KIND, Dimension.WEEK)  # each is tied to the area only
Limits = Mapping[tuple[Dimension, str, str], int]  # (dimension, area, level): most samples there; 0 = closed


@dataclass(frozen=True, slots=True)
class Margin:
    dimension: Dimension
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """All four margins, or ValueError. An area that is an outcome: one share with the level OUTCOME."""

    samples: int
    margins: tuple[Margin, ...]
    limits: Limits = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sorted(one.dimension for one in self.margins) != sorted(Dimension):
            raise ValueError("a plan has one margin of each dimension")
        for one in self.margins:
            levels = [share.level for share in one.shares]
            if not levels or len(set(levels)) < len(levels):
                raise ValueError(f"the levels of {one.dimension} are empty or named twice")

    def shares(self, dimension: Dimension) -> tuple[Share, ...]:
        return next(one.shares for one in self.margins if one.dimension is dimension)


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    area: str
    shift: str
    kind: str
    week: str

    def level(self, dimension: Dimension) -> str:
        return str(getattr(self, dimension.value))


@dataclass(frozen=True, slots=True)
class Shortage:
    """Which margin fails. `levels`: where; `within`: the levels of the other margin that are full; `needed` and
    `available` in samples."""

    dimension: Dimension
    levels: tuple[str, ...]
    needed: int
    available: int
    within: tuple[str, ...] = ()
    verdict: Verdict = YES

    @property
    def missing(self) -> int:
        return self.needed - self.available


@dataclass(frozen=True, slots=True)
class Drawn:
    """`strata`: one per sample, sorted; empty where there are shortages."""

    seed: str
    strata: tuple[Stratum, ...]
    shortages: tuple[Shortage, ...] = ()
    algorithm: str = ALGORITHM

    @property
    def verdict(self) -> Verdict:
        return self.shortages[0].verdict if self.shortages else YES


def with_reserve(minimum: int = MINIMUM, reserve_percent: int = RESERVE_PERCENT) -> int:
    """60 and 10 % of them: 66; a part of a sample is one sample."""
    return minimum + ceil(minimum * reserve_percent / 100)


def large_enough(samples: int, minimum: int = MINIMUM, reserve_percent: int = RESERVE_PERCENT) -> Verdict:
    needed = with_reserve(minimum, reserve_percent)
    if samples < needed:
        return no("The plan has %(samples)s samples; with its reserve it needs %(needed)s: %(missing)s are missing.",
                  samples=samples, needed=needed, missing=needed - samples)  # fmt: skip
    return YES


def margin_counts(strata: Iterable[Stratum], dimension: Dimension) -> dict[str, int]:
    """For the heat map and the check of a plan."""
    return dict(sorted(Counter(one.level(dimension) for one in strata).items()))


def heat_map(
    strata: Iterable[Stratum], request: Request, rows: Dimension, columns: Dimension
) -> dict[tuple[str, str], int]:
    """Samples by cell in the order of the request, with the empty cells: of a plan, or of what was called so far."""
    found = Counter((one.level(rows), one.level(columns)) for one in strata)
    cells = product(*([share.level for share in request.shares(of)] for of in (rows, columns)))
    return {(row, column): found[row, column] for row, column in cells}


def draw(request: Request, seed: str) -> Drawn:
    """The plan's strata: the same request and seed give the same strata, always."""
    shortages = tuple(one for margin in request.margins for one in _no_room(margin, request.samples))
    if shortages:
        return Drawn(seed, (), shortages)
    draws = Draws(f"{ALGORITHM}\n{seed}")
    first: tuple[Shortage, ...] = ()
    for areas in _rounded(request, Dimension.AREA, draws):
        tables, shortages = _tables(request, areas, draws)
        if not shortages:
            return Drawn(seed, _spread(_combined(areas, tables, draws), draws))
        first = first or shortages
    return Drawn(seed, (), first)


def _no_room(margin: Margin, samples: int) -> Iterator[Shortage]:
    """Floors above the total, caps below it, a floor above its own cap."""
    for share in margin.shares:
        if share.most is not None and share.least > share.most:
            yield _shortage(
                margin.dimension, (share.level,), share.least, share.most,
                "%(dimension)s %(levels)s: at least %(needed)s are asked for, but at most %(available)s allowed.",
            )  # fmt: skip
            return
    low, high = room(margin.shares)
    if low > samples:
        levels = tuple(one.level for one in margin.shares if one.least)
        yield _shortage(
            margin.dimension, levels, low, samples,
            "%(dimension)s: the floors of %(levels)s ask for %(needed)s samples, and the plan has %(available)s: "
            "%(missing)s too few.",
        )  # fmt: skip
    elif high is not None and high < samples:
        levels = tuple(one.level for one in margin.shares)
        yield _shortage(
            margin.dimension, levels, samples, high,
            "%(dimension)s: the plan has %(needed)s samples, and %(levels)s take at most %(available)s: "
            "%(missing)s too many.",
        )  # fmt: skip


def _shortage(
    dimension: Dimension, levels: tuple[str, ...], needed: int, available: int, reason: str,
    within: tuple[str, ...] = (), inside: Dimension = Dimension.AREA,
) -> Shortage:  # fmt: skip
    verdict = no(reason, dimension=dimension.value, levels=", ".join(levels), needed=needed, available=available,
                 missing=needed - available, inside=inside.value, within=", ".join(within))  # fmt: skip
    return Shortage(dimension, levels, needed, available, within, verdict)


def _rounded(request: Request, dimension: Dimension, draws: Draws) -> Iterator[dict[str, int]]:
    exact = proportional(request.shares(dimension), request.samples)
    assert exact is not None  # `_no_room` was asked before
    return roundings(exact, draws)


def _tables(
    request: Request, areas: Mapping[str, int], draws: Draws
) -> tuple[dict[Dimension, Table], tuple[Shortage, ...]]:
    """area x shift, area x kind, area x week for these area quotas; or what does not fit."""
    tables: dict[Dimension, Table] = {}
    shortages: list[Shortage] = []
    for dimension in AROUND:
        most = {(area, level): many for (of, area, level), many in request.limits.items() if of is dimension}
        first: Cut | None = None
        for quotas in _rounded(request, dimension, draws):
            found = fit(areas, quotas, most, draws)
            if not isinstance(found, Cut):
                tables[dimension] = found
                break
            first = first or found
        else:
            assert first is not None  # at least one rounding was tried
            shortages.append(_does_not_fit(dimension, first))
    return tables, tuple(shortages)


def _does_not_fit(dimension: Dimension, cut: Cut) -> Shortage:
    """In the reading that names fewer levels."""
    if len(cut.rows) <= len(cut.other_columns):
        return _shortage(
            Dimension.AREA, cut.rows, cut.needed, cut.needed - cut.missing,
            "Area %(levels)s: %(needed)s samples, but the open levels of %(inside)s take %(available)s: "
            "%(missing)s do not fit.",
            cut.columns, dimension,
        )  # fmt: skip
    return _shortage(
        dimension, cut.other_columns, cut.other_needed, cut.other_needed - cut.missing,
        "%(dimension)s %(levels)s: %(needed)s samples, but the areas open to it take %(available)s: "
        "%(missing)s do not fit.",
    )  # fmt: skip


def _combined(areas: Mapping[str, int], tables: Mapping[Dimension, Table], draws: Draws) -> list[Stratum]:
    """Inside an area nothing ties shift, kind and week to each other: each is dealt out in a mixed order."""
    strata = []
    for area in sorted(areas):
        hands = []
        for dimension in AROUND:
            dealt = sorted((level, many) for (of, level), many in tables[dimension].items() if of == area)
            hands.append(draws.shuffled(level for level, many in dealt for _ in range(many)))
        strata += [Stratum(area, *levels) for levels in zip(*hands, strict=True)]
    return strata


Pairs = Counter[tuple[str, str, str, str]]


def _spread(strata: list[Stratum], draws: Draws) -> tuple[Stratum, ...]:
    """Swap a shift, kind or week between two samples of one area where that evens out the pairs of the whole plan.
    Every margin and every table with the area stays as it is."""
    pairs: Pairs = Counter(pair for one in strata for pair in _pairs(one))
    places: dict[str, list[int]] = {}
    for place, one in enumerate(strata):
        places.setdefault(one.area, []).append(place)
    for _ in range(min(SWAPS * len(strata), MOST_SWAPS)):
        here = draws.below(len(strata))
        there = draws.choice(places[strata[here].area])
        swapped = _swapped(strata[here], strata[there], draws.choice(AROUND))
        _swap_if_better(strata, pairs, (here, there), swapped)
    return tuple(sorted(strata))


def _pairs(one: Stratum) -> list[tuple[str, str, str, str]]:
    return [(a.value, one.level(a), b.value, one.level(b)) for a, b in combinations(AROUND, 2)]


def _swapped(one: Stratum, other: Stratum, dimension: Dimension) -> tuple[Stratum, Stratum]:
    return _with(one, dimension, other.level(dimension)), _with(other, dimension, one.level(dimension))


def _with(one: Stratum, dimension: Dimension, level: str) -> Stratum:
    levels = {each: level if each is dimension else one.level(each) for each in AROUND}
    return Stratum(one.area, levels[Dimension.SHIFT], levels[Dimension.KIND], levels[Dimension.WEEK])


def _swap_if_better(
    strata: list[Stratum], pairs: Pairs, places: tuple[int, int], swapped: tuple[Stratum, Stratum]
) -> None:
    before = Counter(pair for place in places for pair in _pairs(strata[place]))
    after = Counter(pair for one in swapped for pair in _pairs(one))
    change = Counter(after)
    change.subtract(before)
    # The sum of squares falls exactly when the swap evens out.
    gain = sum((pairs[pair] + by) ** 2 - pairs[pair] ** 2 for pair, by in change.items())
    if places[0] != places[1] and gain < 0:
        pairs.update(change)
        strata[places[0]], strata[places[1]] = swapped
