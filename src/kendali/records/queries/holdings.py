"""What a client's data looks like from the client's side: how much is backed up, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Sum

from kendali.accounts.models import Client
from kendali.records.models import Package, Source
from kendali.terms.models import Policy


@dataclass(frozen=True, slots=True)
class Month:
    month: date
    records: int
    packages: int
    size: int
    read_back_at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """One record class of one client. `total` and `backed_up` are of the catalogue as last counted."""

    record_class: str
    total: int
    backed_up: int
    unbackupable: int
    counted_at: datetime | None
    months: Sequence[Month]
    policy: Policy | None


def holdings(client: Client) -> list[Holding]:
    """A handful of queries, whatever the number of records."""
    sources = list(Source.objects.filter(client=client))
    policies = {
        policy.record_class: policy for policy in Policy.objects.filter(client=client, status=Policy.Status.EFFECTIVE)
    }
    return [
        _holding(record_class, [s for s in sources if s.record_class == record_class], policies.get(record_class))
        for record_class in sorted({source.record_class for source in sources} | set(policies))
    ]


def _holding(record_class: str, sources: list[Source], policy: Policy | None) -> Holding:
    rows = (
        Package.objects.filter(source__in=sources, status=Package.Status.VERIFIED)
        .values("month")
        .annotate(records=Sum("records"), packages=Count("pk"), size=Sum("size"), read_back_at=Max("verified_at"))
        .order_by("-month")
    )
    return Holding(
        record_class=record_class,
        total=sum(source.counts.get("total", 0) for source in sources),
        backed_up=sum(source.counts.get("backed_up", 0) for source in sources),
        unbackupable=sum(source.counts.get("unbackupable", 0) for source in sources),
        counted_at=min((source.counted_at for source in sources if source.counted_at), default=None),
        months=[Month(**row) for row in rows],
        policy=policy,
    )
