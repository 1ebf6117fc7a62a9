"""Values for the month charts; the geometry is drawn by the look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext_noop as _

from kendali.audit.sentences import say
from kendali.records.queries.past import PastMonth
from kendali.records.queries.radar import Month, Radar, SourceGap


@dataclass(frozen=True, slots=True)
class MonthBar:
    """`label` under the axis, `short` over a column, `title` in full, the count, the colour of its worst part."""

    label: str
    short: str
    title: str
    value: int
    state: str


def month_bars(months: Iterable[Month]) -> list[MonthBar]:
    return [
        MonthBar(
            label=date_format(month.month, "b")[:1].upper(),
            short=date_format(month.month, "M y"),
            title=date_format(month.month, "F Y"),
            value=month.overdue + month.due,
            state="late" if month.overdue else "soon",
        )
        for month in months
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one source has in one month; "" = nothing."""

    value: int
    state: str


def month_rows(found: Radar) -> list[tuple[SourceGap, list[Cell]]]:
    """One line a source, one cell a month of the radar's window; sources without a gap are left out."""
    return [(gap, [_cell(gap.months.get(month.month)) for month in found.months]) for gap in found.gaps if gap.waiting]


def _cell(month: Month | None) -> Cell:
    if month is None or not month.overdue + month.due:
        return Cell(0, "")
    return Cell(month.overdue + month.due, "late" if month.overdue else "soon")


def legend(overdue: int, due: int) -> list[tuple[str, str]]:
    return [
        ("late", say(_("older than one year %(count)s"), {"count": overdue})),
        ("soon", say(_("due soon %(count)s"), {"count": due})),
    ]


def past_bars(months: Iterable[PastMonth]) -> list[MonthBar]:
    """What has the target 0, month by month of the deletion clock."""
    return [
        MonthBar(
            label=date_format(one.month, "b")[:1].upper(),
            short=date_format(one.month, "M y"),
            title=date_format(one.month, "F Y"),
            value=one.target,
            state="late" if one.target else "idle",
        )
        for one in months
    ]
