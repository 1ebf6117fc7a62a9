"""The life of records between backup and end: their facts in a handful of queries, and the lists of each state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from kendali.disposal.models import HeldSubject, Hold, Proposal, ProposalItem
from kendali.records import life
from kendali.records.models import DisposalItem, DisposalOrder, Incident, Recheck, Record, Source
from kendali.records.queries import held

PUT = (
    Proposal.Status.ASKED,
    Proposal.Status.APPROVED,
    Proposal.Status.REFUSED,
    Proposal.Status.VOIDED,
    Proposal.Status.EXPIRED,
    Proposal.Status.CLOSED,
)
MOST = 20_000  # single records listed by key; beyond that the oldest come first and the rest on later days


def states(rows: Sequence[Record], at: datetime) -> list[life.LifeState | None]:
    return [life.life(one, at) for one in facts(rows)]


def facts(rows: Sequence[Record]) -> list[life.LifeFacts]:
    """For each row, in order; five queries."""
    keys = [row.pk for row in rows]
    if not keys:
        return []
    incidents = set(Incident.objects.filter(record__in=keys, closed_at=None).values_list("record_id", flat=True))
    holds = held.of(keys)
    items = {item.record_id: item for item in newest_items(keys)}
    lines = {line.subject: line for line in newest_lines(keys)}
    checked = set(
        Recheck.objects.filter(order__in={item.order_id for item in items.values()}, done_at__isnull=False).values_list(
            "order_id", flat=True
        )
    )
    return [_facts(row, row.pk in incidents, row.pk in holds, items.get(row.pk), lines.get(row.pk), checked)
            for row in rows]  # fmt: skip


def newest_items(keys: Sequence[int]) -> QuerySet[DisposalItem]:
    rows = DisposalItem.objects.filter(record__in=keys).select_related("order")
    return rows.order_by("record_id", "-order_id").distinct("record_id")


def newest_lines(keys: Sequence[int]) -> QuerySet[ProposalItem]:
    rows = ProposalItem.objects.filter(subject__in=keys, proposal__status__in=PUT).select_related("proposal", "hold")
    return rows.order_by("subject", "-proposal_id").distinct("subject")


def _facts(
    row: Record, incident: bool, is_held: bool, item: DisposalItem | None, line: ProposalItem | None, checked: set[int]
) -> life.LifeFacts:
    order = item.order if item and line and item.order.proposal_id == line.proposal_id else None
    return life.LifeFacts(
        incident=incident,
        deleted_at=row.deleted_at,
        destroyed_at=row.destroyed_at,
        checked_again=bool(item and item.order_id in checked),
        held=is_held,
        proposal=line.proposal.status if line else "",
        taken_out=bool(line and line.taken_out),
        order=order.status if order else "",
        outcome=item.outcome if item else "",
        waiting_until=order.waiting_until if order else None,
    )


def order(state: str) -> tuple[str, ...]:
    """What is proposed is the oldest there is, so it is listed from the oldest on; what is gone by its last day."""
    if state in ("deleted", "verified", "destroyed"):
        return ("-deleted_at", "-id")
    return ("last_activity_at", "id")


def in_state(rows: QuerySet[Record], source: Source, state: str, at: datetime) -> QuerySet[Record]:
    """The records of one source in one state of its life; the rule in SQL, for lists."""
    here = rows.filter(deleted_at=None, last_activity_at__isnull=False)
    match state:
        case "reappeared":
            return rows.filter(pk__in=_incidents(source), last_activity_at__isnull=False)
        case "destroyed":
            return rows.filter(destroyed_at__isnull=False, deleted_at__isnull=False)
        case "verified":
            return _gone(rows).filter(Exists(_checked(source)))
        case "deleted":
            return _gone(rows).exclude(Exists(_checked(source)))
        case "held":
            return here.filter(_held(source))
        case "failed":
            return here.filter(pk__in=_ended(source, ("failed", "unknown")))
        case "differs":
            return here.filter(pk__in=_ended(source, ("changed",)))
    return here.filter(Exists(_lines(source, state, at)))


def _gone(rows: QuerySet[Record]) -> QuerySet[Record]:
    return rows.filter(deleted_at__isnull=False, destroyed_at=None)


def _incidents(source: Source) -> list[int]:
    rows = Incident.objects.filter(record__source=source, closed_at=None)
    return list(rows.values_list("record_id", flat=True)[:MOST])


def _checked(source: Source) -> QuerySet[DisposalItem]:
    orders = Recheck.objects.filter(order__client=source.client_id, done_at__isnull=False).values("order")
    return DisposalItem.objects.filter(record=OuterRef("pk"), order__in=orders, outcome="deleted")


def _ended(source: Source, outcomes: Sequence[str]) -> list[int]:
    rows = DisposalItem.objects.filter(order__client=source.client_id, source=source, outcome__in=outcomes)
    return list(rows.values_list("record_id", flat=True).distinct()[:MOST])


def _held(source: Source) -> Q:
    """As `records.queries.held` says, from the side of the holds: they are few, the records are many."""
    holds = Hold.objects.filter(client=source.client_id, status=Hold.Status.ACTIVE)
    holds = holds.filter(record_class__in=("", source.record_class))
    if holds.filter(scope=Hold.Scope.CLIENT).exists():
        return Q()
    single = HeldSubject.objects.filter(hold__in=holds.filter(scope=Hold.Scope.RECORD)).values_list(
        "subject", flat=True
    )
    keys = set(single[:MOST])
    of_customer = Q(pk=None)
    for name, phone in holds.filter(scope=Hold.Scope.CUSTOMER).values_list("customer_name_hmac", "customer_phone_hmac"):
        of_customer |= Q(customer_name_hmac=name) if name is not None else Q(pk=None)
        of_customer |= Q(customer_phone_hmac=phone) if phone is not None else Q(pk=None)
    keys |= set(Record.objects.filter(of_customer, source=source).values_list("pk", flat=True)[:MOST])
    wanted = Q(pk__in=keys)
    for starts, ends in holds.filter(scope=Hold.Scope.RANGE).values_list("starts_at", "ends_at"):
        inside = Q(last_activity_at__gte=starts) if starts else Q()
        if ends:
            inside &= Q(started_at__lt=ends) | Q(started_at=None, last_activity_at__lt=ends)
        wanted |= inside
    return wanted


def _lines(source: Source, state: str, at: datetime) -> QuerySet[ProposalItem]:
    """Lines of the lists that make a record proposed, approved, waiting or refused."""
    lists = Proposal.objects.filter(client=source.client_id, record_class=source.record_class)
    lines = ProposalItem.objects.filter(subject=OuterRef("pk"))
    waiting = DisposalOrder.objects.filter(
        client=source.client_id, status__in=life.OPEN_ORDER, waiting_until__gt=at
    ).values("proposal")
    match state:
        case "proposed":
            return lines.filter(proposal__in=_keys(lists.filter(status="asked")), taken_out=False)
        case "waiting_period":
            return lines.filter(proposal__in=_keys(lists.filter(status="approved", pk__in=waiting)), taken_out=False)
        case "approved":
            approved = lists.filter(status="approved").exclude(pk__in=waiting)
            return lines.filter(proposal__in=_keys(approved), taken_out=False)
    put = lines.filter(proposal__in=_keys(lists.filter(status__in=PUT)))
    refused = Q(taken_out=True) | Q(proposal__in=_keys(lists.filter(status="refused")))
    return put.filter(refused).exclude(Exists(_later(lists)))


def _later(lists: QuerySet[Proposal]) -> QuerySet[ProposalItem]:
    """A later line of the same record, seen from the line itself."""
    return ProposalItem.objects.filter(
        subject=OuterRef("subject"), proposal__gt=OuterRef("proposal"), proposal__in=_keys(lists.filter(status__in=PUT))
    )


def _keys(lists: QuerySet[Proposal]) -> list[int]:
    return list(lists.values_list("pk", flat=True))
