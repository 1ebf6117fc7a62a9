"""What a hold covers: how many records, which ones; and the holds that cover one record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Q, QuerySet

from kendali.disposal import rules
from kendali.disposal.models import HeldSubject, Hold
from kendali.records.models import Record, Source

KEEP = 600  # seconds a large count is remembered


def sources(hold: Hold) -> QuerySet[Source]:
    rows = Source.objects.filter(client=hold.client_id)
    return rows.filter(record_class=hold.record_class) if hold.record_class else rows


def covered(hold: Hold) -> QuerySet[Record]:
    """The records this one hold covers, whether it is active or not; as `disposal.rules.covers` says."""
    rows = Record.objects.filter(source__in=sources(hold)).select_related("source__client")
    match hold.scope:
        case Hold.Scope.RECORD:
            return rows.filter(pk__in=HeldSubject.objects.filter(hold=hold).values("subject"))
        case Hold.Scope.CUSTOMER:
            return rows.filter(_same(hold))
        case Hold.Scope.RANGE:
            return rows.filter(_touching(hold))
    return rows


def _same(hold: Hold) -> Q:
    wanted = Q(pk=None)
    if hold.customer_name_hmac is not None:
        wanted |= Q(customer_name_hmac=hold.customer_name_hmac)
    if hold.customer_phone_hmac is not None:
        wanted |= Q(customer_phone_hmac=hold.customer_phone_hmac)
    return wanted


def _touching(hold: Hold) -> Q:
    inside = Q()
    if hold.ends_at is not None:
        inside &= Q(started_at__lt=hold.ends_at) | Q(started_at=None, last_activity_at__lt=hold.ends_at)
    if hold.starts_at is not None:
        inside &= Q(last_activity_at__gte=hold.starts_at) | Q(last_activity_at=None, started_at__gte=hold.starts_at)
    return inside | Q(started_at=None, last_activity_at=None)


def count(hold: Hold) -> int:
    """From rows where they are few; whole clients by the counts kept beside the catalogue."""
    match hold.scope:
        case Hold.Scope.RECORD:
            return HeldSubject.objects.filter(hold=hold).count()
        case Hold.Scope.CLIENT:
            return sum(int(source.counts.get("total", 0)) for source in sources(hold))
        case Hold.Scope.CUSTOMER:
            return covered(hold).count()
    counted = sorted(str(source.counted_at) for source in sources(hold))
    key = f"hold-{hold.pk}-{hash(tuple(counted))}"
    return int(cache.get_or_set(key, covered(hold).count, KEEP) or 0)


def on(record: Record) -> list[Hold]:
    """Every hold that covers a record, active ones first, by the one pure rule."""
    client = record.source.client_id
    rows = Hold.objects.filter(client=client).filter(
        Q(scope__in=[Hold.Scope.CLIENT, Hold.Scope.RANGE])
        | Q(pk__in=HeldSubject.objects.filter(subject=record.pk).values("hold"))
        | (_customer(record) & Q(scope=Hold.Scope.CUSTOMER))
    )
    subject = rules.Subject(
        subject=record.pk,
        client=client,
        record_class=record.source.record_class,
        name=_bytes(record.customer_name_hmac),
        phone=_bytes(record.customer_phone_hmac),
        started_at=record.started_at,
        last_activity_at=record.last_activity_at,
    )
    found = [hold for hold in rows.order_by("-placed_at", "-pk") if rules.covers(_facts(hold, record.pk), subject)]
    return sorted(found, key=lambda hold: hold.status != Hold.Status.ACTIVE)


def _customer(record: Record) -> Q:
    wanted = Q(pk=None)
    if record.customer_name_hmac is not None:
        wanted |= Q(customer_name_hmac=record.customer_name_hmac)
    if record.customer_phone_hmac is not None:
        wanted |= Q(customer_phone_hmac=record.customer_phone_hmac)
    return wanted


def _facts(hold: Hold, subject: int) -> rules.HoldFacts:
    return rules.HoldFacts(
        number=hold.number,
        client=hold.client_id,
        scope=hold.scope,
        record_class=hold.record_class,
        active=True,
        subjects=frozenset({subject}),
        name=_bytes(hold.customer_name_hmac),
        phone=_bytes(hold.customer_phone_hmac),
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
    )


def _bytes(value: object) -> bytes | None:
    return None if value is None else bytes(value)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records somebody named: found ones, and the numbers that no record of this client has."""

    records: Sequence[Record]
    unknown: Sequence[str]


def named(client: int, numbers: Sequence[str], chosen: Sequence[int] = ()) -> Wanted:
    """Records by number or id at the source, and those chosen on a page by their key; of one client only."""
    rows = Record.objects.filter(source__client=client).select_related("source__client")
    own = list(Source.objects.filter(client=client))
    by_number = list(rows.filter(Q(ref__in=numbers) | Q(display__in=numbers), source__in=own)) if numbers else []
    known = {row.ref for row in by_number} | {row.display for row in by_number}
    picked = list(rows.filter(pk__in=chosen)) if chosen else []
    records = {row.pk: row for row in [*picked, *by_number]}
    return Wanted(list(records.values()), [number for number in numbers if number not in known])
