"""Guarded changes over the API: what the pages do."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from kendali.accounts import sensitive
from kendali.accounts.access import load, require, signed_in
from kendali.accounts.models import SensitiveChange
from kendali.accounts.sensitive_views import PAGE, sentence, visible

router = Router(tags=["administration"])
BIGGEST = 2**63 - 1


class ChangeOut(Schema):
    id: int
    kind: str
    do: str
    client: str | None = Field(alias="client.code", default=None)
    sentence: str
    proposed_by: str | None = Field(alias="proposed_by.name", default=None)
    proposed_at: datetime
    confirmed_by: str | None = Field(alias="confirmed_by.name", default=None)
    confirmed_at: datetime | None
    effective_at: datetime | None
    applied_at: datetime | None
    refused_at: datetime | None
    refuse_reason: str

    @staticmethod
    def resolve_sentence(row: SensitiveChange) -> str:
        return sentence(row)


class ChangePage(Schema):
    changes: list[ChangeOut]
    next: int | None = Field(description="pass as `before` for the next page; null at the end")


class StopIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


@router.get("/guarded-changes", response=ChangePage)
def list_guarded_changes(
    request: HttpRequest, waiting: bool = False, before: int = Query(BIGGEST, ge=1, le=BIGGEST)
) -> dict[str, object]:
    """Newest first; `waiting`: only what is not in force yet."""
    require(request.user, "sensitive.view")
    rows: QuerySet[SensitiveChange] = visible(signed_in(request)).filter(pk__lt=before)
    rows = rows.filter(sensitive.PENDING) if waiting else rows
    page = list(rows[: PAGE + 1])
    return {"changes": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


def _load(request: HttpRequest, number: int, action: str) -> SensitiveChange:
    return load(visible(signed_in(request)), request.user, action, pk=number)


@router.get("/guarded-changes/{int:change_id}", response=ChangeOut)
def show_guarded_change(request: HttpRequest, change_id: int) -> SensitiveChange:
    require(request.user, "sensitive.view")
    return _load(request, change_id, "sensitive.view")


@router.post("/guarded-changes/{int:change_id}/confirm", response=ChangeOut)
def confirm_guarded_change(request: HttpRequest, change_id: int) -> SensitiveChange:
    """By a second person."""
    require(request.user, "sensitive.confirm")
    row = _load(request, change_id, "sensitive.confirm")
    sensitive.confirm(user=signed_in(request), at=timezone.now(), change=row)
    return _load(request, change_id, "sensitive.view")


@router.post("/guarded-changes/{int:change_id}/stop", response=ChangeOut)
def stop_guarded_change(request: HttpRequest, change_id: int, data: StopIn) -> SensitiveChange:
    require(request.user, "sensitive.refuse")
    row = _load(request, change_id, "sensitive.refuse")
    sensitive.refuse(user=signed_in(request), at=timezone.now(), change=row, reason=data.reason)
    return _load(request, change_id, "sensitive.view")
