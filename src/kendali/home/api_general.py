"""Who am I, what waits for me, what happened: over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from kendali.accounts import access, permissions
from kendali.accounts.access import signed_in
from kendali.accounts.models import User
from kendali.audit import sentences
from kendali.audit.filters import within
from kendali.audit.models import Entry
from kendali.mystery.queries import waiting as mystery
from kendali.notices.actions import mark_read
from kendali.notices.models import Notice
from kendali.records.queries.waiting import waiting

router = Router(tags=["general"])
PAGE = 200
BIGGEST = 2**63 - 1


class Me(Schema):
    email: str
    name: str
    roles: list[str]
    clients: list[str]


class WaitingOut(Schema):
    due: datetime | None
    sentence: str
    number: str
    url: str


class EntryOut(Schema):
    id: int
    at: datetime
    actor: str
    verb: str
    sentence: str
    object_type: str
    object_id: str
    facts: dict[str, Any]
    hash: str = Field(description="hexadecimal SHA-256; see docs/operations.md, audit trail")


class NoticeOut(Schema):
    id: int
    at: datetime
    kind: str
    facts: dict[str, Any]
    url: str
    due: datetime | None
    read_at: datetime | None


@router.get("/me", response=Me)
def me(request: HttpRequest) -> dict[str, object]:
    user = signed_in(request)
    held = permissions.rights(user)
    codes = access.visible_clients(user).values_list("code", flat=True)
    return {"email": user.email, "name": user.name, "roles": sorted({r.role for r in held}), "clients": list(codes)}


@router.get("/waiting", response=list[WaitingOut])
def list_waiting(request: HttpRequest) -> list[dict[str, object]]:
    """ "Menunggu saya": what waits for the owner of the token."""
    user, now = signed_in(request), timezone.now()
    return [
        {"due": line.due, "sentence": sentences.say(line.sentence, line.facts), "number": line.number, "url": line.url}
        for line in [*waiting(user, now), *mystery.waiting(user, now)]
    ]


@router.get("/inbox", response=list[NoticeOut])
def inbox(request: HttpRequest, before: int = Query(BIGGEST, ge=0, le=BIGGEST)) -> list[Notice]:
    user: User = signed_in(request)
    return list(Notice.objects.filter(user=user, pk__lt=before).order_by("-pk")[:PAGE])


@router.post("/inbox/read", response=int)
def read_all_notices(request: HttpRequest) -> int:
    """Mark everything as read; answers how many were unread."""
    return mark_read(user=signed_in(request), at=timezone.now())


@router.post("/inbox/{int:notice_id}/read", response=NoticeOut)
def read_notice(request: HttpRequest, notice_id: int) -> Notice:
    user = signed_in(request)
    notice = get_object_or_404(Notice, pk=notice_id, user=user)
    mark_read(user=user, notice=notice, at=timezone.now())
    notice.refresh_from_db()
    return notice


@router.get("/audit", response=list[EntryOut])
def audit(request: HttpRequest, after: int = Query(0, ge=0, le=BIGGEST)) -> list[dict[str, object]]:
    """The trail in its order, from `after` on; hashes included, so that a copy can be checked."""
    user = signed_in(request)
    access.require(user, "audit.view")
    seen = within(Entry.objects.filter(pk__gt=after), permissions.client_ids(user, "audit.view"))
    return [
        {
            "id": entry.pk,
            "at": entry.at,
            "actor": sentences.actor(entry),
            "verb": entry.verb,
            "sentence": sentences.render(entry),
            "object_type": entry.object_type,
            "object_id": entry.object_id,
            "facts": entry.facts,
            "hash": bytes(entry.hash).hex(),
        }
        for entry in seen.order_by("pk")[:PAGE]
    ]
