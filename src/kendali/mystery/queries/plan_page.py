"""What the page of a plan shows: the margins as asked and as drawn, the heat map, the list of its windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from kendali.mystery import words_calls
from kendali.mystery.models import Cycle, Sample, ScenarioVersion
from kendali.mystery.queries import planning
from kendali.mystery.rules.quotas import AROUND, Dimension, Request
from kendali.mystery.rules.rounding import Share, proportional
from kendali.mystery.rules.sample_rules import SampleState

PHASES = ("quotas", "windows", "callers", "rows")
SHADES = 5
WAITING = [SampleState.PLANNED, SampleState.ASSIGNED]


@dataclass(frozen=True, slots=True)
class Level:
    """One line of a margin: what is asked for, its exact part, how many samples were drawn."""

    share: Share
    part: float | None
    drawn: int | None


def margins(request: Request, drawn: Mapping[Dimension, Mapping[str, int]]) -> dict[Dimension, list[Level]]:
    found = {}
    for margin in request.margins:
        exact = proportional(margin.shares, request.samples) or {}
        found[margin.dimension] = [
            Level(
                one,
                float(exact[one.level]) if one.level in exact else None,
                drawn[margin.dimension].get(one.level, 0) if margin.dimension in drawn else None,
            )
            for one in margin.shares
        ]
    return found


def margin_counts(row: Cycle) -> dict[Dimension, dict[str, int]]:
    """Samples of the plan by level of each margin. One query."""
    rows = planning.planned(row).order_by().values_list("area", "shift", "kind", "week").annotate(many=Count("pk"))
    found: dict[Dimension, dict[str, int]] = {dimension: {} for dimension in Dimension}
    for area, shift, kind, week, many in rows:
        for dimension, level in zip(Dimension, (area, shift, kind, week), strict=True):
            found[dimension][level] = found[dimension].get(level, 0) + many
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """`called`: calls that connected; `shade`: 0 (none) to SHADES - 1, beside the figure."""

    planned: int
    called: int
    shade: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    columns: list[str]
    rows: list[tuple[str, list[Cell], int]]
    totals: list[int]
    total: int


def heat_map(row: Cycle, across: Dimension, request: Request) -> HeatMap:
    """Area by shift, kind or week, with the empty cells. One query."""
    assert across in AROUND
    found = {
        (area, level): (many, called)
        for area, level, many, called in planning.planned(row)
        .order_by()
        .values_list("area", across.value)
        .annotate(many=Count("pk"), called=Count("pk", filter=Q(called_at__isnull=False)))
    }
    areas, columns = ([one.level for one in request.shares(of)] for of in (Dimension.AREA, across))
    most = max((many for many, _called in found.values()), default=0)
    lines = []
    for area in areas:
        cells = [_cell(*found.get((area, column), (0, 0)), most) for column in columns]
        lines.append((area, cells, sum(one.planned for one in cells)))
    totals = [sum(cells[place].planned for _area, cells, _sum in lines) for place in range(len(columns))]
    return HeatMap(columns, lines, totals, sum(totals))


def _cell(planned: int, called: int, most: int) -> Cell:
    shade = 0 if not planned else 1 + (planned - 1) * (SHADES - 1) // max(most, 1)
    return Cell(planned, called, min(shade, SHADES - 1))


def listed(row: Cycle, *, area: str = "", week: str = "", kind: str = "", open_only: bool = False) -> QuerySet[Sample]:
    """Windows with who and what. Names come by queries of their own, so that a page is cut from one table."""
    versions = ScenarioVersion.objects.select_related("scenario").defer("content")
    names = ("destination", "executor", "persona", "replaces", Prefetch("scenario", versions))
    rows = Sample.objects.filter(cycle=row).prefetch_related(*names)
    for name, value in (("area", area), ("week", week), ("kind", kind)):
        if value:
            rows = rows.filter(**{name: "" if value == "-" else value})
    if open_only:
        rows = rows.filter(executor=None)
    return rows


def executors(row: Cycle, at: datetime) -> list[tuple[int, str, int]]:
    """Who has calls ahead: key, name, how many. One query."""
    ahead = Sample.objects.filter(cycle=row, state__in=WAITING, closes__gt=at, executor__isnull=False).order_by()
    rows = ahead.values_list("executor_id", "executor__name").annotate(many=Count("pk")).order_by("executor__name")
    return [(key, name, many) for key, name, many in rows if key is not None and name is not None]


def shown(sample: Sample, zone: str) -> str:
    """The window in the zone of the site and in that of who calls."""
    return words_calls.window(sample, sample.executor.zone if sample.executor else zone)


def since(row: Cycle) -> datetime | None:
    """When the drawing that runs was ordered."""
    text = row.drawing.get("since")
    return datetime.fromisoformat(text) if text else None
