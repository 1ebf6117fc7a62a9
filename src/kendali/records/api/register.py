"""The register of documents over the API."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.records.queries import register
from kendali.register import entries
from kendali.register.models import RegisterEntry

router = Router(tags=["register"])
PAGE = 100
State = Literal["", "in_force", "expired", "partly_deleted", "not_wholly_destroyed", "destroyed"]
Kind = Literal["", "conversation", "recording", "document", "form", "hardcopy"]


class RegisterHoldOut(Schema):
    number: str
    basis: str
    since: datetime
    lifted: datetime | None


class CertificateRef(Schema):
    id: uuid.UUID
    number: str
    act: str


class RegisterEntryOut(Schema):
    id: int
    kind: str
    classification: str
    title: str
    client: str | None = Field(None, alias="client.code")
    owner_unit: str
    period_first: date | None
    period_last: date | None
    issued_on: date
    backup_due_on: date | None
    backed_up_on: date | None
    package: str
    drill: dict[str, Any]
    expires_on: date | None
    approvals: list[dict[str, Any]]
    quantity: int
    deleted_quantity: int
    deleted_on: date | None
    destroyed_quantity: int
    destroyed_on: date | None
    certificate_by_hand: str
    medium: str
    responsible: str
    keep_years: int
    remarks: str


class RowOut(Schema):
    entry: RegisterEntryOut
    state: str
    holds: list[RegisterHoldOut]
    certificates: list[CertificateRef]


class RegisterPage(Schema):
    rows: list[RowOut]
    next: int | None


class Words(Schema):
    title: str = Field(min_length=1, max_length=300)
    classification: str = Field("", max_length=40)
    owner_unit: str = Field("", max_length=200)
    medium: str = Field("", max_length=300)
    responsible: str = Field("", max_length=200)
    keep_years: int = Field(10, ge=0, le=100)
    remarks: str = Field("", max_length=5000)


class EntryIn(Words):
    kind: Literal["document", "form", "hardcopy"]
    client: str = Field("", max_length=40, description="code of the client, empty for none")
    issued_on: date
    expires_on: date | None = None
    quantity: int = Field(1, ge=1, le=1_000_000)


class DestroyedIn(Schema):
    on: date
    number: str = Field(min_length=1, max_length=80, description="of the Berita Acara")


class RegisterQuery(Schema):
    client: str = Field("", max_length=40)
    kind: Kind = ""
    state: State = ""
    text: str = Field("", max_length=80)
    after: int = Field(0, ge=0, le=2**31)


@router.get("", response=RegisterPage)
def list_register(request: HttpRequest, asked: Query[RegisterQuery]) -> dict[str, object]:
    """In the order of entry; pass `next` as `after`."""
    user = signed_in(request)
    access.require(user, "register.view")
    rows = register.chosen(
        register.visible(user), client=None, kind=asked.kind, state=asked.state, text=asked.text,
        today=timezone.localdate(),
    )  # fmt: skip
    if asked.client:
        rows = rows.filter(client__code=asked.client)
    found = list(rows.filter(pk__gt=asked.after).order_by("pk")[: PAGE + 1])
    told = register.told(found[:PAGE], timezone.localdate())
    return {"rows": told, "next": found[PAGE - 1].pk if len(found) > PAGE else None}


def _entry(request: HttpRequest, entry_id: int, action: str) -> RegisterEntry:
    user = signed_in(request)
    access.require(user, "register.view")
    entry = get_object_or_404(register.visible(user), pk=entry_id)
    access.require(user, action, entry.client)
    return entry


def _told(entry: RegisterEntry) -> register.Row:
    return register.told([entry], timezone.localdate())[0]


@router.get("/{int:entry_id}", response=RowOut)
def show_register_entry(request: HttpRequest, entry_id: int) -> register.Row:
    return _told(_entry(request, entry_id, "register.view"))


@router.post("", response={201: RowOut})
def enter_document(request: HttpRequest, data: EntryIn) -> Status[register.Row]:
    """A document, form or hardcopy that Kendali does not hold itself."""
    user = signed_in(request)
    access.require(user, "register.edit")
    clients = access.visible_clients(user, "register.edit")
    client: Client | None = get_object_or_404(clients, code=data.client) if data.client else None
    thing = entries.ByHand(
        kind=data.kind, title=data.title, issued_on=data.issued_on, expires_on=data.expires_on, client=client,
        quantity=data.quantity,
    )  # fmt: skip
    entry = entries.enter_by_hand(user=user, at=timezone.now(), thing=thing, words=data.dict())
    return Status(201, _told(entry))


@router.post("/{int:entry_id}/change", response=RowOut)
def change_register_entry(request: HttpRequest, entry_id: int, data: Words) -> register.Row:
    entry = _entry(request, entry_id, "register.edit")
    entries.change(user=signed_in(request), at=timezone.now(), entry=entry, words=data.dict())
    return _told(entry)


@router.post("/{int:entry_id}/destroyed", response=RowOut)
def enter_destruction(request: HttpRequest, entry_id: int, data: DestroyedIn) -> register.Row:
    """A paper or document that was destroyed outside Kendali."""
    entry = _entry(request, entry_id, "register.edit")
    entries.destroyed_by_hand(user=signed_in(request), at=timezone.now(), entry=entry, on=data.on, number=data.number)
    return _told(entry)
