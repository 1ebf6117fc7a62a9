"""What the API of disposal takes and gives. Names and phone numbers come in only to be hashed, and never go out."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Schema

from kendali.civil_time import EARLIEST, LATEST
from kendali.records.api.schemas import RecordClass

Text = Field(min_length=1, max_length=2000)
BIGGEST = 2**63 - 1
Cause = Literal["complaint", "dispute", "case", "police", "finding", "other"]


class HoldIn(Schema):
    """One scope: `records` (keys), `customer_name` or `customer_phone`, `starts`/`ends`, or the whole client."""

    client: str = Field(max_length=40, description="code of the client")
    scope: Literal["record", "customer", "range", "client"]
    record_class: Literal["", "conversation", "recording"] = ""
    records: list[int] = Field([], max_length=5000)
    customer_name: str = Field("", max_length=200, description="kept as a keyed hash only")
    customer_phone: str = Field("", max_length=40, description="kept as a keyed hash only")
    starts: date | None = Field(None, ge=EARLIEST, le=LATEST, description="first local day")
    ends: date | None = Field(None, ge=EARLIEST, le=LATEST, description="last local day")
    cause: Cause
    reason: str = Text
    review_on: date = Field(ge=EARLIEST, le=LATEST)
    legal_basis: str = Field("", max_length=500)
    reference: str = Field("", max_length=120)


class HoldReview(Schema):
    review_on: date = Field(ge=EARLIEST, le=LATEST)
    reason: str = Text


class HoldOut(Schema):
    id: int
    number: str
    client: str = Field(alias="client.code")
    scope: str
    record_class: str
    cause: str
    reason: str
    legal_basis: str
    reference: str
    starts_at: datetime | None
    ends_at: datetime | None
    review_on: date
    status: str
    placed_by_name: str
    placed_at: datetime
    released_at: datetime | None
    release_reason: str


class HoldPage(Schema):
    holds: list[HoldOut]
    next: int | None


class HoldDetail(HoldOut):
    covered: int


class ProposeIn(Schema):
    client: str = Field(max_length=40, description="code of the client")
    record_class: RecordClass
    cut_off: date | None = Field(
        None, ge=EARLIEST, le=LATEST, description="the last local date that is included; null: the latest possible"
    )


class ListMonthOut(Schema):
    month: date
    channel: str
    count: int
    size: int


class PreviewOut(Schema):
    cut_off: date
    count: int
    size: int
    left_out: dict[str, int]
    months: list[ListMonthOut]
    oldest: datetime | None
    newest: datetime | None


class ProposalOut(Schema):
    id: int
    number: str | None
    act: str
    client: str = Field(alias="client.code")
    record_class: RecordClass
    status: str
    cut_off: date | None
    list_count: int
    list_bytes: int
    left_out_count: int
    list_digest: str
    final_count: int
    final_digest: str
    approvals_needed: int
    frozen_at: datetime | None
    progress: dict[str, Any]
    asked_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None
    valid_until: datetime | None
    ask_again_on: date | None
    void_reason: dict[str, Any]
    reason: str


class ProposalPage(Schema):
    proposals: list[ProposalOut]
    next: int | None


class LineOut(Schema):
    id: int
    record: int = Field(alias="subject")
    ref: str
    display: str
    channel: str
    month: date
    clock: datetime
    due_on: date
    size: int
    taken_out: bool
    taken_reason: str


class LinePage(Schema):
    lines: list[LineOut]
    next: int | None


class LeftOutOut(Schema):
    id: int
    record: int = Field(alias="subject")
    ref: str
    display: str
    clock: datetime | None
    reason: str
    facts: dict[str, Any]


class LeftOutPage(Schema):
    left_out: list[LeftOutOut]
    next: int | None


class TakeOutIn(Schema):
    line: int = Field(ge=1, le=BIGGEST)
    reason: str = Text
    as_hold: bool = False
    cause: Literal["", "complaint", "dispute", "case", "police", "finding", "other"] = ""
    ask_again_on: date | None = Field(
        None, ge=EARLIEST, le=LATEST, description="of a refusal; null: after approval.ask_again_days"
    )


class AnswerIn(Schema):
    """`list_digest`: of the list as it was read (`final_digest`). No needs a reason and a day to be asked again."""

    answer: Literal["yes", "no"]
    list_digest: str = Field(min_length=64, max_length=64)
    take_out: list[TakeOutIn] = Field([], max_length=500)
    reason: str = Field("", max_length=2000)
    ask_again_on: date | None = Field(None, ge=EARLIEST, le=LATEST)
    as_hold: bool = Field(False, description="No: place a hold on the whole list")
    cause: Literal["", "complaint", "dispute", "case", "police", "finding", "other"] = ""


class AnswerOut(Schema):
    id: int
    step: int
    answer: str
    list_digest: str
    list_count: int
    name: str
    position: str
    way: str
    reason: str
    ask_again_on: date | None
    at: datetime
    expires_at: datetime | None


class OrderOut(Schema):
    id: int
    number: str
    act: str
    proposal: int = Field(alias="proposal_id")
    client: str = Field(alias="client.code")
    status: str
    list_digest: str
    list_count: int
    waiting_until: datetime
    due_at: datetime | None
    raised_at: datetime
    accepted_at: datetime | None
    armed_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    reason: str
    problem: dict[str, Any]


class OrderPage(Schema):
    orders: list[OrderOut]
    next: int | None


class OrderDetail(OrderOut):
    """`outcomes` adds up to `proposed` (every line has exactly one)."""

    proposed: int
    outcomes: dict[str, int]


class ArmIn(Schema):
    number: str = Field(min_length=1, max_length=40, description="the order's number, typed")


class DraftIn(Schema):
    language: Literal["id", "en"] = Field("id", description="of the paper")


class DisposalLine(Schema):
    id: int
    record: int = Field(alias="record_id")
    source: int = Field(alias="source_id")
    clock: datetime
    due_on: date
    size: int
    outcome: str
    facts: dict[str, Any]
    settled_at: datetime | None


class DisposalLines(Schema):
    items: list[DisposalLine]
    next: int | None


class JournalOut(Schema):
    id: int
    item: int = Field(alias="item_id")
    intent: int | None = Field(alias="intent_id")
    kind: str
    outcome: str
    attempt: int
    batch: uuid.UUID
    worker: str
    facts: dict[str, Any]
    at: datetime


class JournalPage(Schema):
    entries: list[JournalOut]
    next: int | None


class IncidentOut(Schema):
    id: uuid.UUID
    number: str
    client: str = Field(alias="client.code")
    record: int = Field(alias="record_id")
    order: int | None = Field(alias="order_id")
    found_at: datetime
    found_by: str
    closed_at: datetime | None
    explanation: str


class IncidentList(Schema):
    incidents: list[IncidentOut]


class PastOut(Schema):
    source: int
    client: str
    record_class: RecordClass
    counts: dict[str, int] = Field(description="not_asked and late have the target 0")
    counted_at: datetime | None


class PastList(Schema):
    sources: list[PastOut]


class GoneOut(Schema):
    order: int
    number: str
    act: str
    proposal: int
    finished_at: datetime
    deleted: int
    already_absent: int
    kept: int
    certificate: str


class GonePage(Schema):
    orders: list[GoneOut]
    next: str | None
