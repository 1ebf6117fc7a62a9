"""The gap radar: KPI 7.1 (conversations) and 7.2 (recordings), line (a), from the day counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kendali import civil_time
from kendali.accounts.models import Client
from kendali.records import rules
from kendali.records.actions.escalations import retention_of
from kendali.records.models import DayCount, Escalation, Source
from kendali.terms.models import Policy

MONTHS = 13


@dataclass(frozen=True, slots=True)
class Month:
    month: date
    overdue: int
    due: int


@dataclass(frozen=True, slots=True)
class SourceGap:
    """One source on the radar. Without a policy nothing is due: `policy` None says so."""

    source: Source
    policy: Policy | None
    overdue: int
    due: int
    oldest_overdue: date | None
    newest_due: date | None
    open_order: Escalation | None
    months: Mapping[date, Month]

    @property
    def waiting(self) -> int:
        return self.overdue + self.due


@dataclass(frozen=True, slots=True)
class Radar:
    gaps: Sequence[SourceGap]
    months: Sequence[Month]
    earlier: int  # overdue in months before the first one shown

    def total(self, field: str, record_class: str | None = None) -> int:
        return sum(getattr(gap, field) for gap in self.gaps if record_class in (None, gap.source.record_class))


def radar(clients: Iterable[Client], at: datetime, record_class: str | None = None) -> Radar:
    """A handful of queries whatever the number of records; `at` decides which local day it is."""
    sources = list(
        Source.objects.filter(client__in=clients, active=True).select_related("client").order_by("client__name", "name")
    )
    if record_class:
        sources = [source for source in sources if source.record_class == record_class]
    policies = {
        (policy.client_id, policy.record_class): policy
        for policy in Policy.objects.filter(client__in={s.client_id for s in sources}, status=Policy.Status.EFFECTIVE)
    }
    orders = {
        order.source_id: order for order in Escalation.objects.filter(source__in=sources, status__in=Escalation.OPEN)
    }
    gaps = [
        _gap(source, policies.get((source.client_id, source.record_class)), orders.get(source.pk), at)
        for source in sources
    ]
    shown = _window(at)
    found = [month for gap in gaps for month in gap.months.values()]
    return Radar(
        gaps=gaps,
        months=[_together(month, found) for month in shown],
        earlier=sum(month.overdue for month in found if month.month < shown[0]),
    )


def _together(month: date, found: Iterable[Month]) -> Month:
    same = [one for one in found if one.month == month]
    return Month(month, sum(one.overdue for one in same), sum(one.due for one in same))


def _gap(source: Source, policy: Policy | None, order: Escalation | None, at: datetime) -> SourceGap:
    if policy is None:
        return SourceGap(source, None, 0, 0, None, None, order, {})
    today = civil_time.local_date(at, policy.zone)
    overdue_before = civil_time.cut_date(today, policy.backup_after_years)
    retention = retention_of(policy)
    due_before = civil_time.local_date(rules.cuts(today, retention).due, policy.zone)
    overdue = due = 0
    oldest = newest = None
    months: dict[date, list[int]] = {}
    for day, waiting in (
        DayCount.objects.filter(source=source, day__lt=due_before).order_by("day").values_list("day", "waiting")
    ):
        counts = months.setdefault(day.replace(day=1), [0, 0])
        late = day < overdue_before
        counts[0 if late else 1] += waiting
        overdue, due = overdue + late * waiting, due + (not late) * waiting
        oldest, newest = oldest or day, day
    by_month = {month: Month(month, *counts) for month, counts in months.items()}
    return SourceGap(source, policy, overdue, due, oldest, newest, order, by_month)


def _window(at: datetime) -> list[date]:
    last = civil_time.add_months(civil_time.month_of(at, "Asia/Jakarta"), -11)
    return [civil_time.add_months(last, -back) for back in range(MONTHS - 1, -1, -1)]
