"""Finding records and their content, over the API: the same actions and the same 30 minutes as on the pages."""

from __future__ import annotations

from datetime import date, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Field, P, Query, QueryEx, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import PackageError
from kendali.civil_time import EARLIEST, LATEST
from kendali.connectors import sound
from kendali.records import secrets
from kendali.records.actions import content as action
from kendali.records.actions import search as searching
from kendali.records.api.schemas import Reason, RecordOut
from kendali.records.models import ContentOpening, Record, RecordVersion, Source
from kendali.records.queries import content as query
from kendali.records.queries import search
from kendali.records.streaming import serve
from kendali.verdict import no

router = Router(tags=["records"])


class SearchIn(Schema):
    """`name` and `phone` travel in the address here: use HTTPS, and keep no log of addresses in front of Kendali."""

    client: str = Field("", max_length=40, description="code of the client")
    source: int | None = Field(None, ge=1, le=2**31 - 1)
    number: str = Field("", max_length=200, description="number or id at the source, whole")
    name: str = Field("", max_length=200, description="the customer's whole name")
    phone: str = Field("", max_length=40)
    since: date | None = Field(None, ge=EARLIEST, le=LATEST, description="local day of the last activity")
    until: date | None = Field(None, ge=EARLIEST, le=LATEST)
    agent: str = Field("", max_length=200)
    channel: str = Field("", max_length=100)
    after: str = Field("", max_length=100, description="`next` of the page before")


class FoundPage(Schema):
    records: list[RecordOut]
    next: str | None


class OpeningOut(Schema):
    record: int
    until: datetime


class AttachmentOut(Schema):
    name: str
    size: int | None
    content_type: str
    text: str
    slot: int | None


class MessageOut(Schema):
    at: datetime | None
    direction: str
    author: str
    text: str
    subject: str
    deleted: bool
    failed: bool
    kind: str
    attachments: list[AttachmentOut]


class LegOut(Schema):
    at: datetime | None
    source: str
    target: str
    seconds: int | None
    answer: str


class TrackOut(Schema):
    number: int
    name: str
    size: int
    seconds: float | None
    content_type: str


class ContentOut(Schema):
    """A conversation has messages `first` … `last` of `total`; a recording has legs and tracks."""

    version: int
    package: str
    complete: bool
    customer_name: str
    customer_phone: str
    first: int = 0
    last: int = 0
    total: int = 0
    messages: list[MessageOut] = []
    legs: list[LegOut] = []
    tracks: list[TrackOut] = []


@router.get("/records/search", response=FoundPage)
def search_records(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, object]:
    user = signed_in(request)
    access.require(user, "record.search")
    clients = access.visible_clients(user, "record.search")
    client = clients.filter(code=asked.client).first() if asked.client else None
    sources = list(Source.objects.filter(client__in=clients).select_related("client"))
    if asked.client:
        sources = [source for source in sources if client and source.client_id == client.pk]
    if asked.source is not None:
        sources = [source for source in sources if source.pk == asked.source]
    lookup = secrets.Lookup()
    wanted = search.Query(
        number=asked.number, since=asked.since, until=asked.until, agent=asked.agent, channel=asked.channel,
        name=_hashed(asked.name, lookup.name(asked.name)), phone=_hashed(asked.phone, lookup.phone(asked.phone)),
    )  # fmt: skip
    page = search.find(wanted, sources, QueryDict(asked.after.lstrip("?")))
    if not asked.after:
        searching.searched(user=user, at=timezone.now(), client=client, fields=wanted.used(), found=len(page.rows))
    return {"records": page.rows, "next": page.older or None}


def _hashed(text: str, digest: bytes | None) -> bytes | None:
    """What has no letter or digit finds nothing, rather than everything."""
    return (digest or b"\0") if text else None


@router.post("/records/{int:record_id}/open", response={201: OpeningOut})
def open_record(request: HttpRequest, record_id: int, data: Reason) -> Status[dict[str, object]]:
    """The content may then be read for 30 minutes."""
    user = signed_in(request)
    record = access.load(Record.objects.select_related("source__client"), user, "record.open_content", pk=record_id)
    opening = action.open_content(user=user, at=timezone.now(), record=record, reason=data.reason)
    return Status(201, {"record": record.pk, "until": opening.until})


def _open(user: User, record_id: int, number: int | None) -> tuple[Record, RecordVersion, ContentOpening]:
    record = access.load(Record.objects.select_related("source__client"), user, "record.open_content", pk=record_id)
    opening = action.opening(user, record, timezone.now())
    if opening is None:
        raise RuleRefused(no(_("Its content is not open: open it with a reason first.")))
    version = query.version_of(record, number)
    if version is None:
        raise Http404
    return record, version, opening


Version = QueryEx[int | None, P(ge=1, le=2**31 - 1, description="number of a version; without it the one that counts")]


@router.get("/records/{int:record_id}/content", response=ContentOut)
def read_content(
    request: HttpRequest,
    response: HttpResponse,
    record_id: int,
    version: Version = None,
    start: QueryEx[int, P(ge=0, le=2**31 - 1, description="number of the first message, from 0")] = 0,
) -> dict[str, object]:
    record, kept, _opening = _open(signed_in(request), record_id, version)
    response.headers["Cache-Control"] = "private, no-store"
    known = {"version": kept.number, "package": kept.package.number, "complete": kept.complete}
    if record.source.record_class == "recording":
        found = query.recording(record, kept)
        tracks = [
            TrackOut(
                number=t.number, name=t.name, size=t.size, seconds=t.sound.seconds, content_type=t.sound.content_type
            )
            for t in found.tracks
        ]
        return known | {
            "customer_name": found.call.customer.name,
            "customer_phone": found.call.customer.phone,
            "legs": found.call.legs,
            "tracks": tracks,
        }
    page = query.chat_page(record, kept, start)
    return known | {
        "customer_name": page.chat.customer.name,
        "customer_phone": page.chat.customer.phone,
        "first": page.first,
        "last": page.last,
        "total": page.total,
        "messages": [_message(said) for said in page.said],
    }


def _message(said: query.Said) -> dict[str, object]:
    names = ("at", "direction", "author", "text", "subject", "deleted", "failed", "kind")
    files = [
        {name: getattr(file.attachment, name) for name in ("name", "size", "content_type", "text")}
        | {"slot": file.slot}
        for file in said.files
    ]
    return {name: getattr(said.message, name) for name in names} | {"attachments": files}


@router.get("/records/{int:record_id}/audio", openapi_extra={"responses": {200: {"content": {"audio/wav": {}}}}})
def read_audio(
    request: HttpRequest,
    record_id: int,
    version: Version = None,
    track: QueryEx[int, P(ge=1, le=1000)] = 1,
) -> HttpResponseBase:
    """One file of a recording; HTTP Range is understood."""
    record, kept, _opening = _open(signed_in(request), record_id, version)
    if kept.slot is None:
        raise Http404
    return _served(request, record, kept, kept.slot, track)


@router.get("/records/{int:record_id}/attachments/{int:slot}")
def read_attachment(request: HttpRequest, record_id: int, slot: int, version: Version = None) -> HttpResponseBase:
    """The file of an attachment, by the slot its message names."""
    record, kept, _opening = _open(signed_in(request), record_id, version)
    return _served(request, record, kept, slot, 1)


def _served(request: HttpRequest, record: Record, kept: RecordVersion, slot: int, which: int) -> HttpResponseBase:
    try:
        files = query.unit(record, kept, slot).files
    except PackageError as error:
        raise Http404 from error
    if which > len(files):
        raise Http404
    name, window = files[which - 1]
    heard = sound.look(window, window.size)  # type: ignore[arg-type]
    return serve(
        request,
        window,  # type: ignore[arg-type]
        window.size,
        tag=f"{record.pk}-{kept.number}-{slot}-{which}",
        content_type=heard.content_type,
        name=name,
        inline=False,
    )
