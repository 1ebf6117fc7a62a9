"""Line (b) of KPI 7.1 and 7.2: what is past its period, month by month, by what the client was asked and said.

Read from counts kept beside the catalogue (`actions.past`), a handful of rows a month, whatever the number of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Min, Sum

from kendali.accounts.models import Client
from kendali.records.models import PastCount, Source

NOT_ASKED, LATE = "not_asked", "late"
TARGET_ZERO = (NOT_ASKED, LATE)
STATES = (NOT_ASKED, LATE, "asked", "approved", "refused", "held", "apart")


@dataclass(frozen=True, slots=True)
class PastMonth:
    """One month of the deletion clock: state → how many."""

    month: date
    counts: Mapping[str, int]

    @property
    def target(self) -> int:
        return sum(self.counts.get(state, 0) for state in TARGET_ZERO)


@dataclass(frozen=True, slots=True)
class SourcePast:
    source: Source
    counts: Mapping[str, int]
    oldest: date | None


@dataclass(frozen=True, slots=True)
class Past:
    """`counted_at`: of the source that was counted longest ago; None = none was counted yet."""

    sources: Sequence[SourcePast]
    months: Sequence[PastMonth]
    counted_at: datetime | None
    earlier: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)

    def total(self, state: str, record_class: str | None = None) -> int:
        return sum(one.counts.get(state, 0) for one in self.sources if record_class in (None, one.source.record_class))


def past(clients: Iterable[Client], record_class: str | None = None, *, shown: int = 13) -> Past:
    """Two queries."""
    sources = Source.objects.filter(client__in=clients, active=True).select_related("client")
    sources = sources.filter(record_class=record_class) if record_class else sources
    found = list(sources.order_by("client__name", "name"))
    rows = PastCount.objects.filter(source__in=found)
    by_source: dict[int, dict[str, int]] = {}
    oldest: dict[int, date] = {}
    for source, state, count, first in rows.values_list("source", "state").annotate(n=Sum("count"), first=Min("month")):
        by_source.setdefault(source, {})[state] = count
        if state == NOT_ASKED:
            oldest[source] = first
    months: dict[date, dict[str, int]] = {}
    for month, state, count in rows.values_list("month", "state").annotate(n=Sum("count")):
        months.setdefault(month, {})[state] = count
    listed = [PastMonth(month, counts) for month, counts in sorted(months.items())]
    return Past(
        sources=[SourcePast(one, by_source.get(one.pk, {}), oldest.get(one.pk)) for one in found],
        months=listed[-shown:],
        counted_at=min((one.past_counted_at for one in found if one.past_counted_at), default=None),
        earlier=sum(one.target for one in listed[:-shown]),
    )
