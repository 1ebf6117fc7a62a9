"""Dossier and summary of the week over the API."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.records import monday
from kendali.records.actions import evidence
from kendali.records.queries import dossier

router = Router(tags=["reports"])


class DossierSlotOut(Schema):
    number: int
    title: str
    missing: str


class FigureOut(Schema):
    label: str
    value: int
    late: bool
    note: str


class SummaryOut(Schema):
    title: str
    kpis: list[FigureOut]
    week: list[FigureOut]


@router.get("/disposal-orders/{int:order_id}/dossier", response=list[DossierSlotOut])
def show_dossier(request: HttpRequest, order_id: int) -> list[dossier.Slot]:
    """The nine parts of the evidence; `missing` is empty where one is complete."""
    return dossier.slots(evidence.order_of(signed_in(request), order_id))


ZIP: dict[str, Any] = {"responses": {200: {"content": {"application/zip": {}}}}}


@router.get("/disposal-orders/{int:order_id}/dossier/zip", openapi_extra=ZIP)
def take_dossier(request: HttpRequest, order_id: int) -> FileResponse:
    """All of it as one ZIP; written to the audit trail."""
    user = signed_in(request)
    order = evidence.order_of(user, order_id)
    file = evidence.take(user=user, at=timezone.now(), order=order)
    return FileResponse(file, filename=f"berkas-bukti-{order.number}.zip", content_type="application/zip")


@router.get("/summary", response=SummaryOut)
def show_summary(request: HttpRequest) -> monday.Summary:
    user = signed_in(request)
    access.require(user, "summary.view")
    return monday.summary(user, timezone.now())
