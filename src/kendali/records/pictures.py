"""Values for the month charts; the geometry is drawn by the look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext_noop as _

from kendali.audit.sentences import say
from kendali.records.queries.radar import Month


@dataclass(frozen=True, slots=True)
class MonthBar:
    """`label` under the axis, `title` in full, the count, the colour of its worst part."""

    label: str
    title: str
    value: int
    state: str


def month_bars(months: Iterable[Month]) -> list[MonthBar]:
    return [
        MonthBar(
            label=date_format(month.month, "b")[:1].upper(),
            title=date_format(month.month, "F Y"),
            value=month.overdue + month.due,
            state="late" if month.overdue else "soon",
        )
        for month in months
    ]


def legend(overdue: int, due: int) -> list[tuple[str, str]]:
    return [
        ("late", say(_("older than one year %(count)s"), {"count": overdue})),
        ("soon", say(_("due soon %(count)s"), {"count": due})),
    ]
