"""KPI 7.3 and 7.4 of the procedure, and the other figures of the week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat

from kendali.accounts.models import Client
from kendali.disposal.models import Hold, Proposal
from kendali.records.actions.register_rows import PREFIX
from kendali.records.models import DisposalItem, DisposalOrder, Escalation, Incident, Package
from kendali.register.models import Certificate, RegisterEntry

# Nobody works on these any more; the others are under way, and their paper is due when they end.
STANDS_STILL = (
    DisposalOrder.Status.DONE, DisposalOrder.Status.STOPPED, DisposalOrder.Status.CANCELLED,
    DisposalOrder.Status.RETURNED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ratio:
    """`done` of `total`; the target of both KPIs is that none is left."""

    done: int
    total: int

    @property
    def left(self) -> int:
        return self.total - self.done


def documented(clients: Iterable[Client]) -> Ratio:
    """KPI 7.3: orders that destroyed something, and those of them whose Berita Acara is signed and sealed.

    One that a problem stopped half-way, or that was given up, destroyed as well: it counts until it has its paper."""
    gone = DisposalItem.objects.filter(order=OuterRef("pk"), outcome=DisposalItem.Outcome.DELETED)
    sealed = Certificate.objects.filter(order_ref=OuterRef("ref"), status=Certificate.Status.SEALED)
    orders = DisposalOrder.objects.filter(Exists(gone), client__in=clients, status__in=STANDS_STILL)
    orders = orders.annotate(ref=Concat(Value("records.disposalorder:"), Cast("pk", TextField())))
    return Ratio(orders.filter(Exists(sealed)).count(), orders.count())


def registered(clients: Iterable[Client]) -> Ratio:
    """KPI 7.4: verified batches, and those that have their row in the register."""
    batches = Package.objects.filter(
        source__client__in=clients, status=Package.Status.VERIFIED, replaces=None
    ).annotate(entry=Concat(Value(PREFIX), Cast("pk", TextField())))
    rows = RegisterEntry.objects.filter(key=OuterRef("entry"))
    return Ratio(batches.filter(Exists(rows)).count(), batches.count())


@dataclass(frozen=True, slots=True)
class Week:
    """What moves and what waits, of all clients together; numbers only."""

    escalations_late: int
    proposals_asked: int
    proposals_unanswered: int
    approvals_not_ordered: int
    orders_open: int
    orders_stopped: int
    deleted: int
    certificates_waiting: int
    holds_active: int
    holds_to_review: int
    incidents_open: int


def week(clients: Iterable[Client], *, since: datetime, at: datetime) -> Week:
    """Counts of now; `deleted` counts since `since`."""
    proposals = Proposal.objects.filter(client__in=clients)
    orders = DisposalOrder.objects.filter(client__in=clients)
    holds = Hold.objects.filter(client__in=clients, status=Hold.Status.ACTIVE)
    ordered = DisposalOrder.objects.filter(proposal=OuterRef("pk")).exclude(
        status__in=[DisposalOrder.Status.RETURNED, DisposalOrder.Status.CANCELLED]
    )
    return Week(
        escalations_late=Escalation.objects.filter(
            client__in=clients, status__in=Escalation.OPEN, due_at__lt=at
        ).count(),
        proposals_asked=proposals.filter(status=Proposal.Status.ASKED).count(),
        proposals_unanswered=proposals.filter(status=Proposal.Status.ASKED, due_at__lt=at).count(),
        approvals_not_ordered=proposals.filter(~Exists(ordered), status=Proposal.Status.APPROVED).count(),
        orders_open=orders.filter(status__in=DisposalOrder.OPEN).count(),
        orders_stopped=orders.filter(status=DisposalOrder.Status.STOPPED).count(),
        deleted=DisposalItem.objects.filter(
            order__client__in=clients, order__act="source", outcome=DisposalItem.Outcome.DELETED, settled_at__gte=since
        ).count(),
        certificates_waiting=Certificate.objects.filter(client__in=clients, status=Certificate.Status.SIGNING).count(),
        holds_active=holds.count(),
        holds_to_review=holds.filter(review_on__lte=at.date()).count(),
        incidents_open=Incident.objects.filter(record__source__client__in=clients, closed_at=None).count(),
    )
