"""A table with given row and column sums, every cell near its proportional value: controlled rounding of two margins.

First every cell within floor and ceiling of row x column / total, which is always possible where no cell is limited
(Bacharach 1966, Cox 1987); where limits forbid that, as near as they allow. Found by maximum flow, so "impossible" is
proved by a cut: rows whose samples do not fit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from kendali.mystery.rules.draws import Draws

Cell = tuple[str, str]
Table = dict[Cell, int]
Parts = dict[Cell, Fraction]


@dataclass(frozen=True, slots=True)
class Cut:
    """Why no table exists, in two readings: `rows` need more than the columns open to them take, all of `columns` and
    a few cells beside; or, the same seen from above, the other columns need more than the rows open to them have."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    needed: int  # by `rows`
    other_columns: tuple[str, ...]
    other_needed: int  # by `other_columns`
    missing: int  # in both readings


@dataclass(slots=True)
class _Flow:
    """How many units each cell holds, between low and high; what rows and columns still need."""

    low: Table
    high: Table
    row_left: dict[str, int]
    column_left: dict[str, int]
    now: Table


def fit(rows: Mapping[str, int], columns: Mapping[str, int], most: Mapping[Cell, int], draws: Draws) -> Table | Cut:
    """`most`: the limit of a cell; absent = none. ValueError where the sums differ."""
    total = sum(rows.values())
    if total != sum(columns.values()):
        raise ValueError("rows and columns add up to different totals")
    row_order, column_order = draws.shuffled(sorted(rows)), draws.shuffled(sorted(columns))
    cells = [(row, column) for row in row_order for column in column_order]
    part = {cell: Fraction(rows[cell[0]] * columns[cell[1]], total or 1) for cell in cells}
    high = {cell: min(rows[cell[0]], columns[cell[1]], most.get(cell, total)) for cell in cells}
    widest = _flow(rows, columns, part, high, total)
    reached = _fill(widest)
    if any(widest.row_left.values()):
        return _cut(rows, columns, widest, reached)
    wider = 0
    while True:
        flow = _flow(rows, columns, part, high, wider)
        if _may_start(flow):
            _fill(flow)
            if not any(flow.row_left.values()):
                return flow.now
        wider = wider * 2 or 1


def _flow(rows: Mapping[str, int], columns: Mapping[str, int], part: Parts, high: Table, wider: int) -> _Flow:
    """Every cell at its low end, the rest still to be placed."""
    low = {cell: min(max(floor(value) - wider, 0), high[cell]) for cell, value in part.items()}
    top = {cell: min(ceil(value) + wider, high[cell]) for cell, value in part.items()}
    # In the mixed order of the cells: the search goes through rows and columns in it.
    flow = _Flow(low, top, {row: rows[row] for row, _ in part}, {column: columns[column] for _, column in part}, {})
    flow.now.update(low)
    for (row, column), units in low.items():
        flow.row_left[row] -= units
        flow.column_left[column] -= units
    return flow


def _may_start(flow: _Flow) -> bool:
    """Are the low ends together not too much already?"""
    return min([*flow.row_left.values(), *flow.column_left.values()], default=0) >= 0


def _fill(flow: _Flow) -> set[str]:
    """Shortest augmenting paths until there is none; the rows ("r…") and columns ("c…") reached by the last search."""
    while True:
        came: dict[str, str] = {"r" + row: "" for row, left in flow.row_left.items() if left}
        end = _search(flow, came)
        if not end:
            return set(came)
        _push(flow, came, end)


def _search(flow: _Flow, came: dict[str, str]) -> str:
    """The first column reached that still needs something; fills in where each node was reached from."""
    queue = deque(came)
    while queue:
        node = queue.popleft()
        if node[0] == "c" and flow.column_left[node[1:]]:
            return node
        others = flow.column_left if node[0] == "r" else flow.row_left
        for other in others:
            step = ("c" if node[0] == "r" else "r") + other
            if step not in came and _spare(flow, node, step):
                came[step] = node
                queue.append(step)
    return ""


def _spare(flow: _Flow, source: str, to: str) -> int:
    if source[0] == "r":
        cell = (source[1:], to[1:])
        return flow.high[cell] - flow.now[cell]
    cell = (to[1:], source[1:])
    return flow.now[cell] - flow.low[cell]


def _push(flow: _Flow, came: Mapping[str, str], end: str) -> None:
    path = [end]
    while came[path[-1]]:
        path.append(came[path[-1]])
    path.reverse()
    steps = list(pairwise(path))
    units = min(flow.row_left[path[0][1:]], flow.column_left[end[1:]], *(_spare(flow, *step) for step in steps))
    for source, to in steps:
        cell, sign = ((source[1:], to[1:]), 1) if source[0] == "r" else ((to[1:], source[1:]), -1)
        flow.now[cell] += sign * units
    flow.row_left[path[0][1:]] -= units
    flow.column_left[end[1:]] -= units


def _cut(rows: Mapping[str, int], columns: Mapping[str, int], flow: _Flow, reached: set[str]) -> Cut:
    short = tuple(sorted(row for row in rows if "r" + row in reached))
    full = tuple(sorted(column for column in columns if "c" + column in reached))
    others = tuple(sorted(column for column in columns if column not in full))
    return Cut(
        rows=short,
        columns=full,
        needed=sum(rows[row] for row in short),
        other_columns=others,
        other_needed=sum(columns[column] for column in others),
        missing=sum(flow.row_left.values()),
    )
