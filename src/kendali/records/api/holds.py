"""Holds over the API: placing, reviewing, lifting; what one covers."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.disposal.actions import holds as action
from kendali.disposal.models import Hold
from kendali.records.actions import holds as placing
from kendali.records.api.disposal_schemas import BIGGEST, HoldDetail, HoldIn, HoldOut, HoldPage, HoldReview
from kendali.records.api.schemas import Reason, RecordPage
from kendali.records.queries import holds as query

router = Router(tags=["holds"])
PAGE = 100


class _Why(TypedDict):
    cause: str
    reason: str
    review_on: date
    legal_basis: str
    reference: str


def _load(request: HttpRequest, right: str, hold_id: int) -> Hold:
    return access.load(Hold.objects.select_related("client"), signed_in(request), right, pk=hold_id)


@router.get("", response=HoldPage)
def list_holds(
    request: HttpRequest, status: str = "", before: int = Query(BIGGEST, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """Newest first; pass `next` as `before`."""
    user = signed_in(request)
    access.require(user, "hold.view")
    rows = Hold.objects.filter(client__in=access.visible_clients(user, "hold.view"), pk__lt=before)
    rows = rows.filter(status=status) if status else rows
    page = list(rows.select_related("client").order_by("-pk")[: PAGE + 1])
    return {"holds": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("", response={201: HoldOut})
def place_hold(request: HttpRequest, data: HoldIn) -> Status[Hold]:
    """Works from the moment of the answer on, whatever is approved or running."""
    user, now = signed_in(request), timezone.now()
    client = access.load(Client, user, "hold.place", code=data.client)
    scope = Hold.Scope(data.scope)
    why: _Why = {
        "cause": data.cause,
        "reason": data.reason,
        "review_on": data.review_on,
        "legal_basis": data.legal_basis,
        "reference": data.reference,
    }
    if scope is Hold.Scope.RECORD:
        wanted = query.named(client.pk, [], data.records)
        return Status(201, placing.place_on_records(user=user, at=now, records=wanted.records, **why))
    if scope is Hold.Scope.CUSTOMER:
        return Status(201, placing.place_on_customer(
            user=user, at=now, client=client, name=data.customer_name, phone=data.customer_phone,
            record_class=data.record_class, **why,
        ))  # fmt: skip
    starts, ends = (data.starts, data.ends) if scope is Hold.Scope.RANGE else (None, None)
    return Status(
        201,
        action.place(
            user=user,
            at=now,
            client=client,
            scope=scope,
            record_class=data.record_class,
            starts=starts,
            ends=ends,
            **why,
        ),
    )


@router.get("/{int:hold_id}", response=HoldDetail)
def show_hold(request: HttpRequest, hold_id: int) -> Hold:
    row = _load(request, "hold.view", hold_id)
    row.covered = query.count(row)  # type: ignore[attr-defined]
    return row


@router.get("/{int:hold_id}/records", response=RecordPage)
def list_held(request: HttpRequest, hold_id: int, after: int = Query(0, ge=0, le=BIGGEST)) -> dict[str, object]:
    row = _load(request, "hold.view", hold_id)
    page = list(query.covered(row).filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    return {"records": page[:PAGE], "next": str(page[PAGE - 1].pk) if len(page) > PAGE else None}


@router.post("/{int:hold_id}/release", response=HoldOut)
def release_hold(request: HttpRequest, hold_id: int, data: Reason) -> Hold:
    row = _load(request, "hold.release", hold_id)
    action.release(user=signed_in(request), at=timezone.now(), hold=row, reason=data.reason)
    return row


@router.post("/{int:hold_id}/review", response=HoldOut)
def review_hold(request: HttpRequest, hold_id: int, data: HoldReview) -> Hold:
    row = _load(request, "hold.place", hold_id)
    action.review(user=signed_in(request), at=timezone.now(), hold=row, review_on=data.review_on, reason=data.reason)
    return row
