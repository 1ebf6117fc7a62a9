"""Searching conversations for a text, over the API: begin, then ask how far it is and what it found."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from kendali.accounts import access, permissions
from kendali.accounts.access import signed_in
from kendali.records.actions import search
from kendali.records.api.schemas import RecordOut, Text
from kendali.records.models import Record, TextSearch

router = Router(tags=["records"])
PAGE = 200


class TextSearchIn(Schema):
    client: str = Field(max_length=40, description="code of the client")
    text: str = Field(min_length=3, max_length=200)
    reason: str = Text


class TextSearchOut(Schema):
    """The text that was looked for is not shown again."""

    id: uuid.UUID
    client: str = Field(alias="client.code")
    status: str
    done: int = Field(description="places asked so far, of `total`")
    total: int
    problems: list[dict[str, Any]]
    started_at: datetime
    finished_at: datetime | None


@router.post("/text-searches", response={202: TextSearchOut})
def begin_text_search(request: HttpRequest, data: TextSearchIn) -> Status[TextSearch]:
    user = signed_in(request)
    access.require(user, "record.open_content")
    client = get_object_or_404(access.visible_clients(user, "record.open_content"), code=data.client)
    return Status(202, search.begin(user=user, at=timezone.now(), client=client, text=data.text, reason=data.reason))


def _own(request: HttpRequest, search_id: uuid.UUID) -> TextSearch:
    """A search and what it found is seen by who searched, by nobody else."""
    user = signed_in(request)
    access.require(user, "record.open_content")
    found = get_object_or_404(TextSearch.objects.select_related("client"), pk=search_id, user=user)
    if not permissions.can(user, "record.open_content", found.client):
        raise Http404
    return found


@router.get("/text-searches/{uuid:search_id}", response=TextSearchOut)
def show_text_search(request: HttpRequest, search_id: uuid.UUID) -> TextSearch:
    return _own(request, search_id)


@router.get("/text-searches/{uuid:search_id}/records", response=list[RecordOut])
def list_found_records(
    request: HttpRequest, search_id: uuid.UUID, before: int = Query(2**63 - 1, ge=0, le=2**63 - 1)
) -> list[Record]:
    """Newest record first; pass the last id as `before`."""
    found = _own(request, search_id)
    rows = found.matches.filter(source__client=found.client, pk__lt=before).order_by("-pk")
    return list(rows[:PAGE])
