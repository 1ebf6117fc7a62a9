"""Escalations over the API: every step of the paper, with the same reasons when it is refused."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.records.actions import escalations
from kendali.records.api.schemas import EscalationIn, EscalationOut, EscalationPage, ItemPage, Reason
from kendali.records.models import Escalation, EscalationItem, Source

router = Router(tags=["escalations"])
PAGE = 100
BIGGEST = 2**63 - 1


def _orders() -> QuerySet[Escalation]:
    return Escalation.objects.select_related("client", "source", "policy", "raised_by")


def _load(request: HttpRequest, action: str, order_id: int) -> Escalation:
    return access.load(_orders(), signed_in(request), action, pk=order_id)


@router.get("", response=EscalationPage)
def list_escalations(
    request: HttpRequest, status: str = "", before: int = Query(BIGGEST, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """Newest first; pass `next` as `before`."""
    user = signed_in(request)
    access.require(user, "escalation.view")
    rows = _orders().filter(client__in=access.visible_clients(user, "escalation.view"), pk__lt=before).order_by("-pk")
    if status:
        rows = rows.filter(status=status)
    page = list(rows[: PAGE + 1])
    return {"escalations": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("", response={201: EscalationOut})
def raise_escalation(request: HttpRequest, data: EscalationIn) -> Status[Escalation]:
    user = signed_in(request)
    source = access.load(Source.objects.select_related("client"), user, "escalation.raise", pk=data.source)
    return Status(201, escalations.raise_escalation(user=user, at=timezone.now(), source=source, cut_off=data.cut_off))


@router.post("/send-drafts", response=list[EscalationOut])
def send_drafts(request: HttpRequest) -> list[Escalation]:
    user = signed_in(request)
    access.require(user, "escalation.raise")
    return escalations.send_drafts(user=user, at=timezone.now())


@router.get("/{int:order_id}", response=EscalationOut)
def show_escalation(request: HttpRequest, order_id: int) -> Escalation:
    return _load(request, "escalation.view", order_id)


@router.get("/{int:order_id}/items", response=ItemPage)
def list_items(
    request: HttpRequest, order_id: int, outcome: str = "", after: int = Query(0, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """The frozen list and what became of each line."""
    order = _load(request, "escalation.view", order_id)
    rows = EscalationItem.objects.filter(escalation=order, pk__gt=after).order_by("pk")
    if outcome:
        rows = rows.filter(outcome=outcome)
    page = list(rows[: PAGE + 1])
    return {"items": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("/{int:order_id}/send", response=EscalationOut)
def send(request: HttpRequest, order_id: int) -> Escalation:
    order = _load(request, "escalation.raise", order_id)
    escalations.send(user=signed_in(request), at=timezone.now(), order=order)
    return order


@router.post("/{int:order_id}/accept", response=EscalationOut)
def accept(request: HttpRequest, order_id: int) -> Escalation:
    order = _load(request, "escalation.accept", order_id)
    escalations.accept(user=signed_in(request), at=timezone.now(), order=order)
    return order


@router.post("/{int:order_id}/return", response=EscalationOut)
def return_to_raiser(request: HttpRequest, order_id: int, data: Reason) -> Escalation:
    order = _load(request, "escalation.return", order_id)
    escalations.return_to_raiser(user=signed_in(request), at=timezone.now(), order=order, reason=data.reason)
    return order


@router.post("/{int:order_id}/start", response=EscalationOut)
def start(request: HttpRequest, order_id: int) -> Escalation:
    order = _load(request, "escalation.run", order_id)
    escalations.start(user=signed_in(request), at=timezone.now(), order=order)
    return order


@router.post("/{int:order_id}/pause", response=EscalationOut)
def pause(request: HttpRequest, order_id: int) -> Escalation:
    order = _load(request, "escalation.pause", order_id)
    escalations.pause(user=signed_in(request), at=timezone.now(), order=order)
    return order


@router.post("/{int:order_id}/confirm", response=EscalationOut)
def confirm(request: HttpRequest, order_id: int) -> Escalation:
    order = _load(request, "escalation.confirm", order_id)
    escalations.confirm(user=signed_in(request), at=timezone.now(), order=order)
    return order


@router.post("/{int:order_id}/cancel", response=EscalationOut)
def cancel(request: HttpRequest, order_id: int, data: Reason) -> Escalation:
    order = _load(request, "escalation.cancel", order_id)
    escalations.cancel(user=signed_in(request), at=timezone.now(), order=order, reason=data.reason)
    return order
