"""What the API of calling takes and gives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from ninja import Field, Schema

from kendali.api_fields import Instant
from kendali.mystery.queries.card import Card

BIGGEST = 2**31 - 1
Seconds = Field(None, ge=0, le=14_400)
OutcomeCode = Literal[
    "busy", "no_answer", "lost_in_ivr", "dropped", "wrong_queue", "out_of_hours", "trouble", "connected"
]


class CallBeginIn(Schema):
    begun: Instant | None = Field(None, description="when it was dialled, if not now")


class CallAttemptIn(Schema):
    outcome: OutcomeCode
    begun: Instant | None = None
    ended: Instant | None = None
    ivr_seconds: int | None = Seconds
    queue_seconds: int | None = Seconds
    ring_seconds: int | None = Seconds
    talk_seconds: int | None = Seconds
    hold_seconds: int | None = Seconds
    note: str = Field("", max_length=500)
    token: str = Field("", max_length=40, description="sent twice counts once")


class CallEndIn(Schema):
    ended: Instant | None = None
    talk_seconds: int | None = Seconds
    hold_seconds: int | None = Seconds


class CallReasonIn(Schema):
    reason: str = Field("", max_length=500)


class CallFactsIn(Schema):
    agent_said: str | None = Field(None, max_length=120)
    no_agent_reason: str | None = Field(None, max_length=300)
    ticket: str | None = Field(None, max_length=60)
    no_recording_reason: str | None = Field(None, max_length=300)


class CallRecordingIn(Schema):
    name: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1, description="the file, base64")


class CallFormIn(Schema):
    answers: list[dict[str, Any]] = Field(max_length=600)
    said: dict[str, dict[str, str]] = {}
    unticked: dict[str, str] = {}
    saved: int = Field(ge=0, le=BIGGEST)


class TestCallOut(Schema):
    id: int
    number: str
    state: str
    kind: str
    area: str
    destination: str = Field(alias="destination.number")
    opens: datetime
    closes: datetime
    zone: str
    called_at: datetime | None
    ended_at: datetime | None
    submitted_at: datetime | None


class TestCallsOut(Schema):
    calls: list[TestCallOut]


class CallAttemptOut(Schema):
    number: int
    at: datetime
    ended_at: datetime | None
    outcome: str
    ivr_seconds: int | None
    queue_seconds: int | None
    ring_seconds: int | None
    talk_seconds: int | None
    hold_seconds: int | None
    note: str


class TestCallDetail(Schema):
    call: TestCallOut = Field(alias="sample")
    opening: str
    scenario: dict[str, Any] | None
    persona: str
    caller_number: str
    attempts: list[CallAttemptOut]
    may_dial: bool = Field(alias="may_dial.ok")
    next_attempt_from: datetime | None = Field(alias="free_at")
    may_give_up: bool = Field(alias="may_give_up.ok")
    form_due: datetime | None = Field(alias="due")

    @staticmethod
    def resolve_scenario(card: Card) -> dict[str, Any] | None:
        return dict(card.sample.scenario.content) if card.sample.scenario is not None else None

    @staticmethod
    def resolve_persona(card: Card) -> str:
        return card.sample.persona.name if card.sample.persona is not None else ""

    @staticmethod
    def resolve_caller_number(card: Card) -> str:
        return card.sample.persona.caller_number if card.sample.persona is not None else ""


class CallCandidateOut(Schema):
    record: int = Field(alias="record.pk")
    started_at: datetime = Field(alias="record.started_at")
    seconds: int | None
    agent: str = Field(alias="record.agent")
    same_number: bool | None


class CallRecordingOut(Schema):
    sample: int = Field(alias="sample_id")
    record: int | None = Field(alias="record_id")
    name: str
    mime: str
    size: int
    seconds: int
    sha256: str
    peaks: list[float]
    destroyed_at: datetime | None  # with the backup copies of its record; then there is nothing to hear


class CallProblemOut(Schema):
    place: str
    part: str
    reason: str


class CallFindingOut(Schema):
    key: str
    critical_compliance: bool
    items: list[str]


class CallFormOut(Schema):
    revision: int = Field(alias="evaluation.revision")
    status: str = Field(alias="evaluation.status")
    saved: int = Field(alias="evaluation.saved")
    form: dict[str, Any]
    answers: list[dict[str, Any]] = Field(alias="evaluation.answers")
    said: dict[str, Any] = Field(alias="evaluation.said")
    unticked: dict[str, str] = Field(alias="evaluation.unticked")
    asked: list[str]
    problems: list[CallProblemOut]
    findings: list[CallFindingOut]
    blind: bool
    raw: Decimal | None
    final: Decimal | None
    due: datetime | None


class CrisisFlagOut(Schema):
    reason: str
    set_by: str = Field(alias="set_by.name")
    set_at: datetime


class CrisisOut(Schema):
    flag: CrisisFlagOut | None
