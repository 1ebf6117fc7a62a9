"""The radar, the catalogue and records that cannot be backed up, over the API."""

from __future__ import annotations

import uuid
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.records.actions import unbackupable
from kendali.records.api.schemas import Decision, RadarOut, Reason, RecordOut, RecordPage, UnbackupableOut
from kendali.records.models import Record, Source, Unbackupable
from kendali.records.queries import catalogue
from kendali.records.queries.radar import radar

State = Literal[
    "overdue", "due", "backed_up", "changed", "vanished", "not_computable", "unbackupable", "held", "proposed",
    "approved", "waiting_period", "deleted", "verified", "destroyed", "refused", "failed", "differs", "reappeared",
]  # fmt: skip
router = Router(tags=["records"])
PAGE = 200


@router.get("/radar", response=RadarOut)
def show_radar(request: HttpRequest) -> dict[str, object]:
    user = signed_in(request)
    access.require(user, "radar.view")
    found = radar(access.visible_clients(user, "radar.view"), timezone.now())
    gaps = [
        {
            "source": gap.source.pk,
            "client": gap.source.client.code,
            "record_class": gap.source.record_class,
            "overdue": gap.overdue,
            "due": gap.due,
            "oldest_overdue": gap.oldest_overdue,
            "open_escalation": gap.open_order.pk if gap.open_order else None,
        }
        for gap in found.gaps
    ]
    return {"sources": gaps, "months": found.months, "earlier": found.earlier}


@router.get("/records", response=RecordPage)
def list_records(
    request: HttpRequest,
    source: int = Query(ge=1, le=2**63 - 1),
    after: int = Query(0, ge=0, le=2**63 - 1),
    state: State | None = None,
) -> dict[str, object]:
    """The catalogue of one source, in the order it was first seen; with `state` only what is in it."""
    user = signed_in(request)
    found = access.load(Source.objects.select_related("client"), user, "record.view", pk=source)
    wanted = catalogue.records(catalogue.Selection(found, state or ""), timezone.now())
    rows = list(wanted.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    return {"records": rows[:PAGE], "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None}


@router.get("/records/{int:record_id}", response=RecordOut)
def show_record(request: HttpRequest, record_id: int) -> Record:
    records = Record.objects.select_related("source__client")
    return access.load(records, signed_in(request), "record.view", pk=record_id)


@router.post("/records/{int:record_id}/unbackupable", response={201: UnbackupableOut})
def propose_unbackupable(request: HttpRequest, record_id: int, data: Reason) -> Status[Unbackupable]:
    user = signed_in(request)
    records = Record.objects.select_related("source__client")
    record = access.load(records, user, "unbackupable.propose", pk=record_id)
    return Status(201, unbackupable.propose(user=user, at=timezone.now(), record=record, reason=data.reason))


@router.get("/unbackupable", response=list[UnbackupableOut])
def list_unbackupable(request: HttpRequest) -> list[Unbackupable]:
    user = signed_in(request)
    access.require(user, "radar.view")
    clients = access.visible_clients(user, "radar.view")
    return list(Unbackupable.objects.filter(record__source__client__in=clients).order_by("-proposed_at")[:PAGE])


@router.post("/unbackupable/{uuid:row_id}/decide", response=UnbackupableOut)
def decide_unbackupable(request: HttpRequest, row_id: uuid.UUID, data: Decision) -> Unbackupable:
    user = signed_in(request)
    rows = Unbackupable.objects.select_related("record__source__client", "proposed_by")
    row = access.load(rows, user, "unbackupable.confirm", pk=row_id)
    unbackupable.decide(user=user, at=timezone.now(), row=row, confirmed=data.agreed, reason=data.reason)
    return row
