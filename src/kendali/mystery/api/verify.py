"""Verifying, samples, an agent's own evaluations, for machines. Agents have no tokens: their pages are theirs alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.answers import told
from kendali.accounts.permissions import RuleRefused
from kendali.mystery.actions import attributing, tickets, verifying
from kendali.mystery.models import Agent, Evaluation, Sample
from kendali.mystery.queries import life, sample_page, samples, scope
from kendali.mystery.rules.sample_rules import SampleState, VoidReason
from kendali.records.api.schemas import Reason
from kendali.verdict import no

router = Router(tags=["mystery calling"])
PAGE = 200
BIGGEST = 2**63 - 1
State = Literal[
    "planned", "assigned", "calling", "called", "scoring", "submitted", "verified", "locked", "destroyed",
    "unconnected", "void", "missed",
]  # fmt: skip


class SampleOut(Schema):
    id: int
    number: str
    month: date = Field(alias="cycle.month", description="first day of the month")
    state: State
    area: str
    shift: str
    kind: str
    opens: datetime
    closes: datetime
    zone: str
    executor: str | None = Field(None, alias="executor.email")
    called_at: datetime | None
    agent: str | None = Field(None, alias="agent.number", description="employee number")
    agent_team: str
    ticket: str
    ticket_closed_at: datetime | None = Field(description="when it was said to be tagged as a test and closed")
    submitted_at: datetime | None
    verified_at: datetime | None
    verified_by: str | None = Field(None, alias="verified_by.email")
    final: Decimal | None = Field(None, alias="evaluation.final", description="0 to 1")
    raw: Decimal | None = Field(None, alias="evaluation.raw", description="0 to 1, before auto-fail")
    void_reason: str


class SamplePage(Schema):
    samples: list[SampleOut]
    next: int | None = Field(description="pass as `after` for the next page; null at the end")


class RevisionOut(Schema):
    revision: int
    status: str
    form: int = Field(alias="form_id")
    answers: list[dict[str, object]]
    said: dict[str, object]
    unticked: dict[str, str]
    score: dict[str, object]
    submitted_at: datetime | None
    late: bool
    retract_reason: str


class SampleDetail(SampleOut):
    counts: bool
    counts_reason: str = Field(description="why it does not count to the minimum; empty where it does")
    waits_for: str
    due: datetime | None
    ticket_closed_by: str | None = Field(None, alias="ticket_closed_by.email")
    return_reason: str
    void_note: str
    revisions: list[RevisionOut] = Field(description="of the filled form, oldest first; a draft of another is left out")
    findings: list[str] = Field(alias="finding_numbers", description="numbers")
    replaced_by: str | None = Field(alias="replacement", description="number")


class TicketIn(Schema):
    closed: bool = Field(description="true: tagged as a test and closed; false: still open after all")


class VoidIn(Schema):
    reason: Literal["cover_blown", "wrong_queue", "system_trouble", "real_data_used", "duplicate"]
    note: str = Field("", max_length=1000)


class VoidOut(Schema):
    replaced_by: str | None = Field(
        description="number of the sample that was raised for it; null: the calls of its month are closed"
    )


class SampleAgentIn(Schema):
    agent: str = Field("", max_length=40, description="employee number; empty: not identified")
    reason: str = Field("", max_length=1000)


def _load(request: HttpRequest, right: str, sample_id: int) -> Sample:
    rows = Sample.objects.select_related(*sample_page.RELATED)
    return scope.load_sample(signed_in(request), right, rows, sample_id)


@router.get("/samples", response=SamplePage)
def list_samples(
    request: HttpRequest, month: date | None = None, state: State | None = None, after: int = Query(0, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """What this person may know of; `month`: its first day; state `submitted` waits for QA."""
    user = signed_in(request)
    access.require(user, "sample.view")
    rows = scope.samples_for(user).filter(pk__gt=after)
    rows = rows.filter(cycle__month=month) if month else rows
    rows = rows.filter(state=state) if state else rows
    page = list(samples.with_names(rows).order_by("pk")[: PAGE + 1])
    return {"samples": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.get("/samples/{int:sample_id}", response=SampleDetail)
def show_sample(request: HttpRequest, sample_id: int) -> Sample:
    user = signed_in(request)
    row = _load(request, "sample.view", sample_id)
    counts = life.counts(row, row.cycle)
    awaited = life.awaited(row, samples.k2_clock(row) if row.state == SampleState.SUBMITTED else None)
    replaced = Sample.objects.filter(replaces=row).first()
    more: dict[str, object] = {
        "counts": bool(counts),
        "counts_reason": "" if counts else told(counts),
        "waits_for": awaited.who,
        "due": awaited.due,
        "revisions": _revisions(row) if sample_page.may_read_form(row, user) else [],
        "finding_numbers": list(scope.findings_for(user).filter(sample=row).values_list("number", flat=True)),
        "replacement": replaced.number if replaced else None,
    }
    for name, value in more.items():
        setattr(row, name, value)
    return row


def _revisions(row: Sample) -> Sequence[Evaluation]:
    return list(row.evaluations.order_by("revision"))


@router.post("/samples/{int:sample_id}/verify", response=SampleOut)
def verify_sample(request: HttpRequest, sample_id: int) -> Sample:
    """Verifikasi & teruskan: its findings go to who owns their cause."""
    row = _load(request, "sample.verify", sample_id)
    return verifying.verify_and_forward(user=signed_in(request), at=timezone.now(), sample=row)


@router.post("/samples/{int:sample_id}/return", response=SampleOut)
def return_sample(request: HttpRequest, sample_id: int, data: Reason) -> Sample:
    row = _load(request, "sample.verify", sample_id)
    return verifying.return_form(user=signed_in(request), at=timezone.now(), sample=row, reason=data.reason)


@router.post("/samples/{int:sample_id}/void", response=VoidOut)
def void_sample(request: HttpRequest, sample_id: int, data: VoidIn) -> dict[str, object]:
    row = _load(request, "sample.verify", sample_id)
    made = verifying.void(
        user=signed_in(request), at=timezone.now(), sample=row, reason=VoidReason(data.reason), note=data.note
    )
    return {"replaced_by": made.number if made else None}


@router.post("/samples/{int:sample_id}/revise", response=RevisionOut)
def revise_sample(request: HttpRequest, sample_id: int, data: Reason) -> Evaluation:
    """A new revision of the verified form, for its caller to correct."""
    row = _load(request, "sample.verify", sample_id)
    return verifying.revise(user=signed_in(request), at=timezone.now(), sample=row, reason=data.reason)


@router.put("/samples/{int:sample_id}/agent", response=SampleOut)
def set_sample_agent(request: HttpRequest, sample_id: int, data: SampleAgentIn) -> Sample:
    row = _load(request, "sample.verify", sample_id)
    agent = Agent.objects.filter(number__iexact=data.agent).first() if data.agent else None
    if data.agent and agent is None:
        raise RuleRefused(no("No agent of the roster has this employee number."))
    return attributing.set_agent(
        user=signed_in(request), at=timezone.now(), sample=row, agent=agent, reason=data.reason
    )


@router.put("/samples/{int:sample_id}/ticket", response=SampleOut)
def say_ticket(request: HttpRequest, sample_id: int, data: TicketIn) -> Sample:
    """Who called, or QA, says what became of the ticket that the test call left behind."""
    row = _load(request, "sample.ticket", sample_id)
    said = tickets.say(user=signed_in(request), at=timezone.now(), sample=row, closed=data.closed)
    row.ticket_closed_at = said.ticket_closed_at
    return row
