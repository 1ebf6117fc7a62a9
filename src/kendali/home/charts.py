"""Geometry of the month chart: values in, coordinates out, as text that means the same in every language.

Coordinates are strings because a template would print a float with the language's decimal comma, which SVG refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BAR_SHARE = 0.6  # of a month's slot is bar, the rest is air
TOP, FOOT = 16, 20  # room for the value above, for the label below


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: `label` under the axis ("D"), `title` in full ("Desember 2025"), the count, the state's colour."""

    label: str
    title: str
    value: int
    state: str = "idle"


@dataclass(frozen=True, slots=True)
class Column:
    bar: Bar
    x: str
    y: str
    width: str
    height: str
    middle: str
    tallest: bool


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    width: str
    height: str
    base: str
    foot: str


def month_chart(bars: Sequence[Bar], width: int = 360, height: int = 200) -> Chart:
    """Columns scaled to the highest value. A value above zero is never lower than 3 units, zero is a grey hair line."""
    peak = max((bar.value for bar in bars), default=0)
    base = height - FOOT
    slot = width / max(len(bars), 1)
    thick = min(slot * BAR_SHARE, 34)
    columns = []
    for index, bar in enumerate(bars):
        tall = max(3.0, (base - TOP) * bar.value / peak) if bar.value and peak else 1.5
        middle = slot * (index + 0.5)
        shown = bar if bar.value else Bar(bar.label, bar.title, 0, "idle")
        columns.append(
            Column(
                bar=shown,
                x=_text(middle - thick / 2),
                y=_text(base - tall),
                width=_text(thick),
                height=_text(tall),
                middle=_text(middle),
                tallest=bool(peak) and bar.value == peak,
            )
        )
    return Chart(tuple(columns), str(width), str(height), str(base), str(height - 4))


def _text(value: float) -> str:
    return f"{value:.1f}"
