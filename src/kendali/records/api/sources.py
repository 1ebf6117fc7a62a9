"""Sources over the API."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.accounts.permissions import RuleRefused
from kendali.connectors.registry import KINDS
from kendali.records.actions import scan, sources
from kendali.records.api.schemas import ScanOut, ScanRow, SourceChange, SourceIn, SourceOut
from kendali.records.models import Scan, Source
from kendali.verdict import no

router = Router(tags=["sources"])


@router.get("", response=list[SourceOut])
def list_sources(request: HttpRequest) -> list[Source]:
    clients = access.visible_clients(signed_in(request), "source.view")
    return list(Source.objects.filter(client__in=clients).select_related("client").order_by("pk"))


@router.post("", response={201: SourceOut})
def connect_source(request: HttpRequest, data: SourceIn) -> Status[Source]:
    user = signed_in(request)
    access.require(user, "source.edit")
    client = get_object_or_404(access.visible_clients(user, "source.edit"), code=data.client)
    if data.kind not in KINDS:
        raise RuleRefused(no(_("There is no such kind of source.")))
    _once(client, data.name, None)
    source = sources.connect(
        user=user, at=timezone.now(), client=client, kind=data.kind, record_class=data.record_class, name=data.name,
        zone=data.zone, config=data.config, secret=data.secret,
    )  # fmt: skip
    return Status(201, source)


@router.get("/{int:source_id}", response=SourceOut)
def show_source(request: HttpRequest, source_id: int) -> Source:
    return access.load(Source.objects.select_related("client"), signed_in(request), "source.view", pk=source_id)


@router.put("/{int:source_id}", response=SourceOut)
def change_source(request: HttpRequest, source_id: int, data: SourceChange) -> Source:
    """Secrets are write-only: one that is not given, or empty, stays as it is."""
    user = signed_in(request)
    source = access.load(Source.objects.select_related("client"), user, "source.edit", pk=source_id)
    _once(source.client, data.name, source.pk)
    sources.change(user=user, at=timezone.now(), source=source, **data.dict())
    return source


def _once(client: Client, name: str, number: int | None) -> None:
    others = Source.objects.filter(client=client, name=name)
    if (others if number is None else others.exclude(pk=number)).exists():
        raise RuleRefused(no(_("This client has a source of this name already.")))


@router.get("/{int:source_id}/scans", response=list[ScanRow])
def list_scans(request: HttpRequest, source_id: int) -> list[Scan]:
    """The last ten, newest first; a running one counts up."""
    return list(show_source(request, source_id).scans.order_by("-started_at")[:10])


@router.post("/{int:source_id}/probe", response=SourceOut)
def probe_source(request: HttpRequest, source_id: int) -> Source:
    user = signed_in(request)
    source = access.load(Source.objects.select_related("client"), user, "source.probe", pk=source_id)
    sources.probe(user=user, at=timezone.now(), source=source)
    return source


@router.post("/{int:source_id}/scan", response={202: ScanOut})
def scan_source(request: HttpRequest, source_id: int) -> Status[dict[str, bool]]:
    user = signed_in(request)
    source = access.load(Source.objects.select_related("client"), user, "source.scan", pk=source_id)
    return Status(202, {"started": scan.request(user=user, at=timezone.now(), source=source) is not None})
