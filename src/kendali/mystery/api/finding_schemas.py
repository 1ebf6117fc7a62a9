"""What the API of findings takes and gives. Who called, as whom and with which scenario never goes out here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ninja import Field, Schema

from kendali.civil_time import EARLIEST, LATEST
from kendali.records.api.schemas import Reason as Reason

BIGGEST = 2**63 - 1
Text = Field(min_length=1, max_length=2000)
Optional = Field("", max_length=2000)
File = Field("", max_length=15_000_000, description="a PDF, PNG or JPEG in base64, up to 10 MB")
State = Literal[
    "found", "feedback_given", "at_supervisor", "at_department", "in_progress", "follow_up_reported", "closed",
    "invalid", "merged",
]  # fmt: skip
LateReason = Literal[
    "", "received_late", "absence", "workload", "system_trouble", "other_party", "calendar", "other"
]  # fmt: skip


class ClockOut(Schema):
    """`minutes_left`: office minutes, below zero when late; `late_working_days`, `late_calendar_days`: begun days."""

    step: str
    state: str
    due_at: datetime | None
    ended_at: datetime | None
    zone: str
    minutes_left: int
    late_working_days: int
    late_calendar_days: int
    week: str = Field(description="days it counts: five_days, six_days, calendar, round_the_clock; empty: not begun")


class FindingOut(Schema):
    id: int
    number: str
    area: str
    team: str
    state: str
    owner_kind: str
    owner: str | None = Field(description="e-mail of the person in charge")
    waits_for: str = Field(description="role, with the name where it may be known; empty: it ended")
    due_at: datetime | None
    found_at: datetime
    feedback_at: datetime | None
    forwarded_at: datetime | None
    reported_at: datetime | None
    ended_at: datetime | None
    critical_compliance: bool
    dispute: str
    escalated: bool
    recurs: list[str]
    description: str
    recommendation: str
    late_reason: str
    clocks: list[ClockOut]


class FindingPage(Schema):
    findings: list[FindingOut]
    next: str | None


class FindingLineOut(Schema):
    label: str
    answer: str
    note: str
    ranges: list[str]
    cause: str
    error_class: str
    article: str


class FollowUpOut(Schema):
    correction: str
    root_cause: str
    corrective_action: str
    person_in_charge: str
    on: date
    done: bool
    by: str = Field(alias="by.name")
    at: datetime
    insufficient_reason: str


class EvidenceOut(Schema):
    id: int
    name: str
    link: str
    mime: str
    size: int
    sha256: str
    at: datetime


class CoachingOut(Schema):
    id: int
    on: date
    notes: str
    acknowledged_at: datetime | None
    acknowledged_note: str


class DisputeOut(Schema):
    reason: str
    at: datetime
    decision: str
    decision_reason: str
    decided_at: datetime | None


class FindingDetail(FindingOut):
    clock_mode: str = Field(description="literal: all three run from the finding; chained: each from the one before")
    clock_budgets: tuple[int, int, int] = Field(description="H+ of each step; in literal mode they only warn")
    clock_days: dict[str, int] = Field(description="each clock's limit, H+, as in force when it began")
    counting: str = Field(description="the same in a sentence")
    lines: list[FindingLineOut]
    lateness: list[str] = Field(description="who lost how much time, in sentences")
    follow_ups: list[FollowUpOut]
    evidence: list[EvidenceOut]
    coachings: list[CoachingOut]
    disputes: list[DisputeOut]
    allowed: list[str] = Field(description="steps that are open to you now")
    decisions: list[str] = Field(description="what the coordinator may decide now (`decide`)")


class FindingQuery(Schema):
    """`waits`: only what waits for somebody, the first due first; else all, the newest first."""

    waits: bool = True
    mine: bool = False
    team: bool = False
    late: bool = False
    escalated: bool = False
    state: State | Literal[""] = ""
    area: str = Field("", max_length=40)
    after: str = Field("", max_length=80, description="`next` of the page before")


class FindingNote(Schema):
    note: str = Optional


class FeedbackIn(Schema):
    description: str = Text
    recommendation: str = Text


class FindingOwnerIn(Schema):
    owner: str = Field(min_length=3, max_length=254, description="e-mail")


class RerouteIn(FindingOwnerIn):
    reason: str = Text


class FollowUpIn(Schema):
    correction: str = Text
    root_cause: str = Text
    corrective_action: str = Text
    person_in_charge: str = Field(min_length=1, max_length=200)
    on: date = Field(ge=EARLIEST, le=LATEST)
    done: bool


class EvidenceIn(Schema):
    """A file, or a link with its name."""

    name: str = Field("", max_length=200)
    file: str = File
    link: str = Field("", max_length=500)


class CloseFindingIn(Schema):
    late_reason: LateReason = ""
    note: str = Optional


class MergeFindingIn(Schema):
    into: str = Field(min_length=1, max_length=24, description="number of the finding that goes on")
    reason: str = Text


class DisputeDecisionIn(Schema):
    decision: Literal["accepted", "partly", "rejected"]
    reason: str = Text


class DecisionIn(Schema):
    """`late_reason`: to close what was late; `into`: to merge, the number of the finding that goes on."""

    decision: Literal[
        "forward", "return_form", "close", "find_insufficient", "accept_dispute", "accept_dispute_partly",
        "reject_dispute", "invalidate", "merge",
    ]  # fmt: skip
    note: str = Text
    late_reason: LateReason = ""
    into: str = Field("", max_length=24)


class CoachingIn(Schema):
    on: date = Field(ge=EARLIEST, le=LATEST)
    notes: str = Text
    name: str = Field("", max_length=200)
    file: str = File


class AcknowledgeIn(Schema):
    note: str = Optional
    name: str = Field("", max_length=200)
    file: str = File
