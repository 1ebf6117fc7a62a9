"""Approvers, letters, links, erasure requests and deleting credentials over the API: what the pages do.

The page of an e-mailed link has no operation: it belongs to a person with a mailbox."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.api_schemas import EMAIL
from kendali.accounts.models import Client
from kendali.accounts.permissions import RuleRefused
from kendali.api_fields import Instant
from kendali.disposal.actions import approvers, erasures, invitations, letters
from kendali.disposal.models import Act, Approver, ErasureRequest, Letter, Proposal
from kendali.records.actions import deleting as deleting_action
from kendali.records.actions import erasures as finding
from kendali.records.api.schemas import RecordClass
from kendali.records.models import Source
from kendali.verdict import no

router = Router(tags=["approvals"])
PAGE = 100
BIGGEST = 2**63 - 1


class ApproverIn(Schema):
    email: str = Field(max_length=254, pattern=EMAIL)
    name: str = Field(min_length=1, max_length=200)
    position: str = Field(min_length=1, max_length=120)
    order: int = Field(1, ge=1, le=2)


class ApproverOut(Schema):
    id: int
    email: str
    name: str
    position: str
    order: int
    usable_from: datetime | None
    ended_at: datetime | None


class LetterIn(Schema):
    name: str = Field(min_length=1, max_length=200)
    pdf: str = Field(max_length=15_000_000, description="the PDF in base64")
    signed_by_name: str = Field(min_length=1, max_length=200)
    signed_by_position: str = Field(min_length=1, max_length=120)
    signed_on: date


class LetterOut(Schema):
    id: int
    name: str
    size: int
    sha256: str
    list_digest: str
    signed_by_name: str
    signed_by_position: str
    signed_on: date
    uploaded_at: datetime


class ErasureIn(Schema):
    client: str = Field(max_length=40)
    record_class: RecordClass
    name: str = Field("", max_length=200, description="of the customer; kept as a keyed hash only")
    phone: str = Field("", max_length=40)
    channel: str = Field("", max_length=80)
    note: str = Field("", max_length=1000)
    received_at: Instant


class ErasureOut(Schema):
    id: int
    number: str
    client: str = Field(alias="client.code")
    record_class: str
    status: str
    received_at: datetime
    due_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    decision_reason: str


class ErasurePage(Schema):
    requests: list[ErasureOut]
    next: int | None = Field(description="pass as `before` for the next page; null at the end")


class MatchOut(Schema):
    record: int = Field(alias="record.pk")
    display: str = Field(alias="record.display")
    by: str = Field(description="both, phone or name; a name alone may be another person's")
    backed_up: bool


class ChosenIn(Schema):
    records: list[int] = Field(min_length=1, max_length=5000)
    act: Act = Field(Act.SOURCE, description="backup: copies of what was deleted at the source earlier")


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=1000)


class MadeOut(Schema):
    proposal: int


class SentOut(Schema):
    links: int


class DeletingIn(Schema):
    config: dict[str, str | int] = Field(description="delete_by and what that way needs; limits of this source")
    secret: dict[str, str] = Field(default_factory=dict, description="write-only; empty keeps what is stored")


class DeletingOut(Schema):
    config: dict[str, Any] = Field(alias="deleting")
    deleting_from: datetime | None
    waiting: int | None = Field(description="the guarded change that waits")
    tried: dict[str, Any] | None

    @staticmethod
    def resolve_waiting(row: Source) -> int | None:
        change = deleting_action.waiting(row)
        return change.pk if change else None

    @staticmethod
    def resolve_tried(row: Source) -> dict[str, Any] | None:
        found: dict[str, Any] | None = row.probe.get("deleting")
        return found


def _client(request: HttpRequest, code: str, right: str) -> Client:
    access.require(request.user, right)
    return access.load(Client, request.user, right, code=code)


@router.get("/clients/{slug:code}/approvers", response=list[ApproverOut])
def list_approvers(request: HttpRequest, code: str) -> list[Approver]:
    return list(Approver.objects.filter(client=_client(request, code, "approver.view")).order_by("order", "pk"))


@router.post("/clients/{slug:code}/approvers", response={202: ApproverOut})
def propose_approver(request: HttpRequest, code: str, data: ApproverIn) -> Status[Approver]:
    """Waits for a second person (guarded-changes) and 24 hours."""
    client = _client(request, code, "approver.edit")
    return Status(202, approvers.propose_new(user=signed_in(request), at=timezone.now(), client=client, **data.dict()))


def _approver(request: HttpRequest, number: int) -> Approver:
    access.require(request.user, "approver.edit")
    rows = Approver.objects.select_related("client").filter(ended_at=None)
    return access.load(rows, request.user, "approver.edit", pk=number)


@router.put("/approvers/{int:approver_id}", response={202: ApproverOut})
def propose_approver_change(request: HttpRequest, approver_id: int, data: ApproverIn) -> Status[Approver]:
    row = _approver(request, approver_id)
    approvers.propose_change(user=signed_in(request), at=timezone.now(), approver=row, changes=data.dict())
    return Status(202, row)


@router.post("/approvers/{int:approver_id}/end", response={202: ApproverOut})
def propose_approver_end(request: HttpRequest, approver_id: int) -> Status[Approver]:
    row = _approver(request, approver_id)
    approvers.propose_end(user=signed_in(request), at=timezone.now(), approver=row)
    return Status(202, row)


def _proposal(request: HttpRequest, number: int, right: str) -> Proposal:
    access.require(request.user, right)
    rows = Proposal.objects.exclude(status=Proposal.Status.DRAFT).select_related("client", "policy")
    return access.load(rows, request.user, right, pk=number)


@router.post("/proposals/{int:proposal_id}/letters", response={201: LetterOut})
def upload_letter(request: HttpRequest, proposal_id: int, data: LetterIn) -> Status[Letter]:
    """Evidence beside the answer; see `record_letter` for clients for whom letters suffice."""
    proposal = _proposal(request, proposal_id, "proposal.letter")
    try:
        pdf = base64.b64decode(data.pdf, validate=True)
    except (binascii.Error, ValueError):
        raise RuleRefused(no(_("This is not a PDF, or not a whole one: scan the letter as PDF."))) from None
    values = data.dict(exclude={"pdf"})
    return Status(
        201, letters.upload(user=signed_in(request), at=timezone.now(), proposal=proposal, data=pdf, **values)
    )


@router.get("/proposals/{int:proposal_id}/letters", response=list[LetterOut])
def list_letters(request: HttpRequest, proposal_id: int) -> list[Letter]:
    return list(_proposal(request, proposal_id, "letter.view").letters.order_by("pk"))


def _letter(request: HttpRequest, number: int, right: str) -> Letter:
    found = Letter.objects.filter(pk=number).values_list("proposal_id", flat=True).first()
    proposal = _proposal(request, found or 0, right)
    return Letter.objects.select_related("proposal__client", "proposal__policy").get(pk=number, proposal=proposal)


class PdfOut(Schema):
    name: str
    pdf: str = Field(description="in base64")


@router.get("/letters/{int:letter_id}", response=PdfOut)
def show_letter(request: HttpRequest, letter_id: int) -> dict[str, str]:
    row = _letter(request, letter_id, "letter.view")
    data = letters.opened(user=signed_in(request), at=timezone.now(), letter=row)
    return {"name": row.name, "pdf": base64.b64encode(data).decode()}


@router.post("/letters/{int:letter_id}/yes", response=LetterOut)
def record_letter(request: HttpRequest, letter_id: int) -> Letter:
    """Its Yes, where a letter alone suffices for this client."""
    row = _letter(request, letter_id, "proposal.letter")
    letters.decide_by_letter(user=signed_in(request), at=timezone.now(), letter=row)
    return row


@router.post("/proposals/{int:proposal_id}/invitations", response=SentOut)
def send_links(request: HttpRequest, proposal_id: int) -> dict[str, int]:
    """New links for the approvers; earlier ones no longer work."""
    proposal = _proposal(request, proposal_id, "proposal.ask")
    return {"links": invitations.invite_again(user=signed_in(request), at=timezone.now(), proposal=proposal)}


@router.get("/erasure-requests", response=ErasurePage)
def list_erasures(request: HttpRequest, before: int = Query(BIGGEST, ge=1, le=BIGGEST)) -> dict[str, object]:
    access.require(request.user, "erasure.view")
    clients = access.visible_clients(signed_in(request), "erasure.view")
    rows = ErasureRequest.objects.filter(client__in=clients, pk__lt=before).select_related("client").order_by("-pk")
    page = list(rows[: PAGE + 1])
    return {"requests": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("/erasure-requests", response={201: ErasureOut})
def enter_erasure(request: HttpRequest, data: ErasureIn) -> Status[ErasureRequest]:
    client = _client(request, data.client, "erasure.enter")
    if timezone.is_naive(data.received_at):
        raise RuleRefused(no(_("Give the moment with its time zone.")))
    values = data.dict(exclude={"client"})
    return Status(201, finding.enter(user=signed_in(request), at=timezone.now(), client=client, **values))


def _erasure(request: HttpRequest, number: int, right: str) -> ErasureRequest:
    access.require(request.user, right)
    return access.load(ErasureRequest.objects.select_related("client"), request.user, right, pk=number)


@router.get("/erasure-requests/{int:erasure_id}", response=ErasureOut)
def show_erasure(request: HttpRequest, erasure_id: int) -> ErasureRequest:
    return _erasure(request, erasure_id, "erasure.view")


@router.get("/erasure-requests/{int:erasure_id}/records", response=list[MatchOut])
def list_erasure_records(request: HttpRequest, erasure_id: int, act: Act = Act.SOURCE) -> list[finding.Match]:
    """What may be this customer's, at most 500; `act` backup: of what is deleted at the source already."""
    return finding.matches(_erasure(request, erasure_id, "erasure.view"), act)


@router.post("/erasure-requests/{int:erasure_id}/propose", response={201: MadeOut})
def propose_erasure(request: HttpRequest, erasure_id: int, data: ChosenIn) -> Status[dict[str, int]]:
    """A draft of exactly these records; it is put to the client like any other list."""
    row = _erasure(request, erasure_id, "erasure.propose")
    chosen = set(data.records)
    made = finding.propose(user=signed_in(request), at=timezone.now(), request=row, chosen=chosen, act=data.act)
    return Status(201, {"proposal": made.pk})


@router.post("/erasure-requests/{int:erasure_id}/refuse", response=ErasureOut)
def refuse_erasure(request: HttpRequest, erasure_id: int, data: ReasonIn) -> ErasureRequest:
    row = _erasure(request, erasure_id, "erasure.refuse")
    erasures.refuse(user=signed_in(request), at=timezone.now(), request=row, reason=data.reason)
    return _erasure(request, erasure_id, "erasure.view")


@router.post("/erasure-requests/{int:erasure_id}/close", response=ErasureOut)
def close_erasure(request: HttpRequest, erasure_id: int, data: ReasonIn) -> ErasureRequest:
    """Only where no record of the customer is found."""
    row = _erasure(request, erasure_id, "erasure.propose")
    finding.close_without_records(user=signed_in(request), at=timezone.now(), request=row, reason=data.reason)
    return _erasure(request, erasure_id, "erasure.view")


def _source(request: HttpRequest, number: int, right: str) -> Source:
    access.require(request.user, right)
    return access.load(Source.objects.select_related("client"), request.user, right, pk=number)


@router.get("/sources/{int:source_id}/deleting", response=DeletingOut)
def show_deleting(request: HttpRequest, source_id: int) -> Source:
    """How deletion is done there; no secret."""
    return _source(request, source_id, "source.view")


@router.put("/sources/{int:source_id}/deleting", response={202: DeletingOut})
def propose_deleting(request: HttpRequest, source_id: int, data: DeletingIn) -> Status[Source]:
    """Waits for a second person (guarded-changes) and 24 hours."""
    row = _source(request, source_id, "source.edit")
    deleting_action.propose(
        user=signed_in(request), at=timezone.now(), source=row, config=data.config, secret=data.secret
    )
    return Status(202, row)


@router.post("/sources/{int:source_id}/deleting/probe", response={202: DeletingOut})
def probe_deleting(request: HttpRequest, source_id: int) -> Status[Source]:
    """A worker tries the credential and deletes nothing; the answer is in `tried` later."""
    row = _source(request, source_id, "source.probe")
    deleting_action.request_probe(user=signed_in(request), at=timezone.now(), source=row)
    return Status(202, row)
