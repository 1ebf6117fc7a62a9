"""Incidents "muncul kembali" over the API."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.records.actions import incidents as action
from kendali.records.api.disposal_schemas import IncidentList, IncidentOut
from kendali.records.api.schemas import Reason
from kendali.records.models import Incident

router = Router(tags=["incidents"])
PAGE = 200


@router.get("", response=IncidentList)
def list_incidents(request: HttpRequest, closed: bool = False) -> dict[str, object]:
    """The newest 200 that are open, or that were explained."""
    user = signed_in(request)
    access.require(user, "incident.view")
    clients = access.visible_clients(user, "incident.view")
    rows = Incident.objects.filter(record__source__client__in=clients, closed_at__isnull=not closed)
    return {"incidents": list(rows.select_related("record__source__client").order_by("-found_at")[:PAGE])}


@router.post("/{uuid:incident_id}/close", response=IncidentOut)
def close_incident(request: HttpRequest, incident_id: uuid.UUID, data: Reason) -> Incident:
    user = signed_in(request)
    rows = Incident.objects.select_related("record__source__client")
    row = access.load(rows, user, "incident.close", pk=incident_id)
    action.close(user=user, at=timezone.now(), incident=row, explanation=data.reason)
    row.refresh_from_db()
    return row
