"""Settings, the store and what a client has backed up, over the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client, SensitiveChange
from kendali.records.actions import store
from kendali.records.actions.settings import save_setting
from kendali.records.api.schemas import Text
from kendali.records.models import StoreLook
from kendali.records.queries.coming import Coming, coming
from kendali.records.queries.holdings import holdings
from kendali.terms import settings as terms
from kendali.terms.models import Policy, Setting

router = Router(tags=["settings"])


class SettingOut(Schema):
    key: str
    label: str
    value: int | str | bool = Field(description="in force for the whole organisation")
    default: int | str | bool
    per_client: bool
    per_class: bool = Field(description="a client may have another value for each record class")


class SettingVersion(Schema):
    key: str
    client: str | None
    record_class: str = Field(description="empty: both")
    version: int
    value: int | str | bool
    reason: str
    created_at: datetime


class SettingIn(Schema):
    value: int | str | bool
    client: str | None = Field(None, max_length=40, description="code; null: the whole organisation")
    record_class: Literal["", "conversation", "recording"] = Field("", description="with a client; empty: both")
    reason: str = Text


class SettingWaits(Schema):
    """It makes approving easier: a second person confirms it, and 24 hours later it holds."""

    guarded_change: int


class StoreOut(Schema):
    url: str
    at: datetime
    usable: bool
    lock_days: int
    findings: list[dict[str, Any]]


class HeldMonth(Schema):
    month: date
    records: int
    packages: int
    size: int
    read_back_at: datetime | None


class HoldingOut(Schema):
    record_class: str
    total: int
    backed_up: int
    unbackupable: int
    counted_at: datetime | None
    months: list[HeldMonth]


class ComingOut(Schema):
    """One month, one class, one act: how many records will be put to the client."""

    month: date = Field(description="first day of the local month")
    record_class: str
    act: str
    count: int
    now: bool = Field(description="they could be asked about already")


@router.get("/settings", response=list[SettingOut])
def list_settings(request: HttpRequest) -> list[dict[str, object]]:
    access.require(signed_in(request), "settings.view")
    return [
        {
            "key": one.key,
            "label": str(one.label),
            "value": terms.get(one.key),
            "default": one.default,
            "per_client": one.per_client,
            "per_class": one.per_class,
        }
        for one in terms.DEFINITIONS.values()
    ]


@router.get("/settings/{str:key}", response=list[SettingVersion])
def list_setting_versions(request: HttpRequest, key: str) -> list[dict[str, object]]:
    """Newest first."""
    access.require(signed_in(request), "settings.view")
    if key not in terms.DEFINITIONS:
        raise Http404
    rows = Setting.objects.filter(key=key).select_related("client").order_by("-created_at", "-pk")[:100]
    return [_version(row) for row in rows]


@router.post("/settings/{str:key}", response={201: SettingVersion, 202: SettingWaits})
def save_one_setting(request: HttpRequest, key: str, data: SettingIn) -> Status[dict[str, object]]:
    """201: it holds from now on. 202: it makes approving easier and waits for a second person."""
    user = signed_in(request)
    access.require(user, "settings.edit")
    if key not in terms.DEFINITIONS:
        raise Http404
    client = get_object_or_404(Client, code=data.client) if data.client is not None else None
    row = save_setting(
        user=user, at=timezone.now(), key=key, value=data.value, reason=data.reason, client=client,
        record_class=data.record_class,
    )  # fmt: skip
    if isinstance(row, SensitiveChange):
        return Status(202, {"guarded_change": row.pk})
    return Status(201, _version(row))


def _version(row: Setting) -> dict[str, object]:
    code = row.client.code if row.client else None
    return {
        "key": row.key, "client": code, "record_class": row.record_class, "version": row.version, "value": row.value,
        "reason": row.reason, "created_at": row.created_at,
    }  # fmt: skip


@router.get("/store", response=list[StoreOut])
def show_store(request: HttpRequest) -> list[StoreLook]:
    """What the store was found to do, newest look first."""
    access.require(signed_in(request), "store.view")
    return list(StoreLook.objects.order_by("-at")[:20])


@router.post("/store/probe", response=StoreOut)
def probe_store(request: HttpRequest) -> StoreLook:
    user = signed_in(request)
    access.require(user, "store.probe")
    return store.look(at=timezone.now(), user=user)


@router.get("/holdings/{slug:code}", response=list[HoldingOut])
def show_holdings(request: HttpRequest, code: str) -> list[object]:
    """What of one client is backed up, month by month."""
    user = signed_in(request)
    access.require(user, "client_page.view")
    client = get_object_or_404(access.visible_clients(user, "client_page.view"), code=code)
    return list(holdings(client))


@router.get("/coming/{slug:code}", response=list[ComingOut])
def show_coming(request: HttpRequest, code: str) -> list[Coming]:
    """What one client will be asked in the next twelve months, soonest first."""
    user = signed_in(request)
    access.require(user, "client_page.view")
    client = get_object_or_404(access.visible_clients(user, "client_page.view"), code=code)
    policies = list(Policy.objects.filter(client=client, status=Policy.Status.EFFECTIVE).order_by("record_class"))
    return coming(client, policies, timezone.localdate())
