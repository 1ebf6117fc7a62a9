"""What the API takes and gives. Instants are ISO 8601 with zone, dates are local to the policy's zone."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Schema

from kendali.civil_time import EARLIEST, LATEST

Text = Field(min_length=1, max_length=2000)
RecordClass = Literal["conversation", "recording"]


class Reason(Schema):
    reason: str = Text


class SourceIn(Schema):
    client: str = Field(max_length=40, description="code of the client")
    kind: str = Field(max_length=32)
    record_class: RecordClass
    name: str = Field(min_length=1, max_length=120)
    zone: Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"] = "Asia/Jakarta"
    config: dict[str, Any] = {}
    secret: dict[str, str] = Field({}, description="write-only")


class SourceChange(Schema):
    name: str = Field(min_length=1, max_length=120)
    zone: Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"] = "Asia/Jakarta"
    active: bool = True
    config: dict[str, Any] = {}
    secret: dict[str, str] = Field({}, description="write-only")


class ScanRow(Schema):
    id: int
    status: str
    started_at: datetime
    finished_at: datetime | None
    seen: int
    new: int
    changed: int
    vanished: int
    problem: dict[str, Any]


class SourceOut(Schema):
    id: int
    client: str = Field(alias="client.code")
    kind: str
    record_class: RecordClass
    name: str
    zone: str
    active: bool
    probed_at: datetime | None
    probe: dict[str, Any]
    counts: dict[str, int]
    counted_at: datetime | None


class GapOut(Schema):
    source: int
    client: str
    record_class: RecordClass
    overdue: int
    due: int
    oldest_overdue: date | None
    open_escalation: int | None


class MonthOut(Schema):
    month: date
    overdue: int
    due: int


class RadarOut(Schema):
    sources: list[GapOut]
    months: list[MonthOut]
    earlier: int


class RecordOut(Schema):
    id: int
    source: int = Field(alias="source_id")
    ref: str
    display: str
    channel: str
    agent: str
    started_at: datetime | None
    last_activity_at: datetime | None
    parts: int
    backup_clock: datetime | None
    changed_at: datetime | None
    vanished_at: datetime | None
    version: int | None = Field(alias="version_id")


class RecordPage(Schema):
    records: list[RecordOut]
    next: str | None = Field(description="pass as `after` for the next page; null at the end")


class EscalationIn(Schema):
    source: int
    cut_off: date = Field(ge=EARLIEST, le=LATEST, description="the last local date that is included")


class EscalationOut(Schema):
    id: int
    number: str | None
    client: str = Field(alias="client.code")
    source: int = Field(alias="source_id")
    record_class: RecordClass
    status: str
    cut_off: date
    list_count: int
    list_digest: str
    due_at: datetime | None
    raised_at: datetime | None
    accepted_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    confirmed_at: datetime | None
    reason: str
    problem: dict[str, Any]
    progress: dict[str, Any]


class EscalationPage(Schema):
    escalations: list[EscalationOut]
    next: int | None


class ItemOut(Schema):
    id: int
    record: int = Field(alias="record_id")
    month: date
    outcome: str
    problems: list[dict[str, Any]]


class ItemPage(Schema):
    items: list[ItemOut]
    next: int | None


class CheckOut(Schema):
    kind: str
    started_at: datetime
    finished_at: datetime
    records: int
    bytes: int
    problems: list[dict[str, Any]]


class PackageOut(Schema):
    id: uuid.UUID
    number: str
    escalation: int = Field(alias="escalation_id")
    source: int = Field(alias="source_id")
    month: date
    status: str
    path: str
    records: int
    size: int
    tagmanifest_sha256: str
    written_at: datetime | None
    verified_at: datetime | None
    next_check_at: datetime | None
    problems: list[dict[str, Any]]


class PackagePage(Schema):
    packages: list[PackageOut]
    next: str | None


class PolicyIn(Schema):
    client: str = Field(max_length=40, description="code of the client")
    record_class: RecordClass
    zone: Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"] = "Asia/Jakarta"
    backup_after_years: int = Field(1, ge=1, le=50)
    lead_days: int = Field(30, ge=0, le=366)
    delete_after_years: int = Field(2, ge=2, le=99)
    backup_copy_months: int = Field(ge=1, le=1200)
    reason: str = Field("", max_length=2000)


class PolicyOut(Schema):
    id: int
    client: str = Field(alias="client.code")
    record_class: RecordClass
    version: int
    status: str
    zone: str
    backup_after_years: int
    lead_days: int
    delete_after_years: int
    backup_copy_months: int
    reason: str
    created_at: datetime


class EffectOut(Schema):
    due: int
    overdue: int
    past_retention: int


class Decision(Schema):
    agreed: bool
    reason: str = Field("", max_length=2000)


class UnbackupableOut(Schema):
    id: uuid.UUID
    record: int = Field(alias="record_id")
    status: str
    reason: str
    problem: str
    proposed_at: datetime
    decided_at: datetime | None


class ScanOut(Schema):
    started: bool = Field(description="false: a scan of this source was running already")
