"""Deletion orders over the API: every step of the paper, outcomes, journal."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.disposal.models import Proposal
from kendali.records.actions import certificates
from kendali.records.actions import disposal_orders as action
from kendali.records.api.disposal_schemas import (
    BIGGEST,
    ArmIn,
    DisposalLines,
    DraftIn,
    JournalPage,
    OrderDetail,
    OrderOut,
    OrderPage,
)
from kendali.records.api.schemas import Reason
from kendali.records.models import DisposalOrder
from kendali.records.queries import disposals as query
from kendali.register.api import CertificateOut
from kendali.register.models import Certificate

router = Router(tags=["deletion orders"])
PAGE = 100


def _load(request: HttpRequest, right: str, order_id: int) -> DisposalOrder:
    rows = DisposalOrder.objects.select_related("client", "proposal__policy", "raised_by")
    return access.load(rows, signed_in(request), right, pk=order_id)


@router.get("", response=OrderPage)
def list_orders(
    request: HttpRequest, status: str = "", before: int = Query(BIGGEST, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """Newest first; pass `next` as `before`."""
    user = signed_in(request)
    access.require(user, "disposal_order.view")
    rows = DisposalOrder.objects.filter(client__in=access.visible_clients(user, "disposal_order.view"), pk__lt=before)
    rows = rows.filter(status=status) if status else rows
    page = list(rows.select_related("client").order_by("-pk")[: PAGE + 1])
    return {"orders": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("/of/{int:proposal_id}", response={201: OrderOut})
def raise_order(request: HttpRequest, proposal_id: int) -> Status[DisposalOrder]:
    """The numbered escalation for exactly the list the client approved."""
    user = signed_in(request)
    rows = Proposal.objects.select_related("client", "policy")
    row = access.load(rows, user, "disposal_order.raise", pk=proposal_id)
    return Status(201, action.raise_order(user=user, at=timezone.now(), proposal=row))


@router.get("/{int:order_id}", response=OrderDetail)
def show_order(request: HttpRequest, order_id: int) -> DisposalOrder:
    row = _load(request, "disposal_order.view", order_id)
    found = query.outcomes(row)
    row.outcomes = {line.outcome: line.count for line in found.lines}  # type: ignore[attr-defined]
    row.proposed = found.proposed  # type: ignore[attr-defined]
    return row


@router.get("/{int:order_id}/items", response=DisposalLines)
def list_disposal_items(
    request: HttpRequest, order_id: int, outcome: str = "", after: int = Query(0, ge=0, le=BIGGEST)
) -> dict[str, object]:
    row = _load(request, "disposal_order.view", order_id)
    rows = row.items.filter(pk__gt=after).order_by("pk")
    rows = rows.filter(outcome=outcome) if outcome else rows
    page = list(rows[: PAGE + 1])
    return {"items": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.get("/{int:order_id}/journal", response=JournalPage)
def list_journal(request: HttpRequest, order_id: int, after: int = Query(0, ge=0, le=BIGGEST)) -> dict[str, object]:
    """Every intent and outcome as it was written, oldest first."""
    row = _load(request, "disposal_order.view", order_id)
    page = list(row.journal.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    return {"entries": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("/{int:order_id}/accept", response=OrderOut)
def accept_order(request: HttpRequest, order_id: int) -> DisposalOrder:
    row = _load(request, "disposal_order.accept", order_id)
    action.accept(user=signed_in(request), at=timezone.now(), order=row)
    return row


@router.post("/{int:order_id}/return", response=OrderOut)
def return_order(request: HttpRequest, order_id: int, data: Reason) -> DisposalOrder:
    row = _load(request, "disposal_order.return", order_id)
    action.return_to_raiser(user=signed_in(request), at=timezone.now(), order=row, reason=data.reason)
    return row


@router.post("/{int:order_id}/arm", response=OrderOut)
def arm_order(request: HttpRequest, order_id: int, data: ArmIn) -> DisposalOrder:
    """It starts by itself when waiting period and run window allow."""
    row = _load(request, "disposal_order.arm", order_id)
    action.arm(user=signed_in(request), at=timezone.now(), order=row, typed_number=data.number)
    return row


@router.post("/{int:order_id}/pause", response=OrderOut)
def pause_order(request: HttpRequest, order_id: int) -> DisposalOrder:
    row = _load(request, "disposal_order.pause", order_id)
    action.pause(user=signed_in(request), at=timezone.now(), order=row)
    return row


@router.post("/{int:order_id}/resume", response=OrderOut)
def resume_order(request: HttpRequest, order_id: int) -> DisposalOrder:
    row = _load(request, "disposal_order.pause", order_id)
    action.resume(user=signed_in(request), at=timezone.now(), order=row)
    return row


@router.post("/{int:order_id}/cancel", response=OrderOut)
def cancel_order(request: HttpRequest, order_id: int, data: Reason) -> DisposalOrder:
    """What is deleted stays deleted; the rest is given up."""
    row = _load(request, "disposal_order.cancel", order_id)
    action.cancel(user=signed_in(request), at=timezone.now(), order=row, reason=data.reason)
    return row


@router.post("/{int:order_id}/certificate", response={201: CertificateOut})
def draft_certificate(request: HttpRequest, order_id: int, data: DraftIn) -> Status[Certificate]:
    """The draft of the Berita Acara of a finished order. Signing it is a person's own act at a page."""
    row = _load(request, "certificate.draft", order_id)
    made = certificates.draft(user=signed_in(request), at=timezone.now(), order=row, language=data.language)
    return Status(201, made)
