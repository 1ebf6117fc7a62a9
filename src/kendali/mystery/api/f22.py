"""The form F-22 as register and sheets, for machines."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.mystery.models import Cycle
from kendali.mystery.queries import f22
from kendali.mystery.rules import frozen_row, scoring

router = Router(tags=["mystery calling"])
PAGE = 100


class F22Query(Schema):
    area: str = Field("", max_length=40)
    shift: str = Field("", max_length=20)
    kind: str = Field("", max_length=16)
    state: str = Field("", max_length=24)
    found: str = Field("", description="yes, no, or late: a hand-over was not in time", max_length=4)
    text: str = Field("", max_length=80)
    after: str = Field("", description="the number of the last row of the page before", max_length=24)


class F22Attempt(Schema):
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


class F22HandOver(Schema):
    step: str
    at: datetime | None
    in_time: bool | None


class F22Finding(Schema):
    number: str
    description: str
    recommendation: str
    root_cause: str
    causes: list[str]
    items: list[str]
    ended: str
    hand_overs: list[F22HandOver]


class F22Row(Schema):
    id: int
    number: str
    state: str
    kind: str
    area: str
    shift: str
    destination: str
    scenario: str | None
    executor: str | None
    persona: str | None
    called_at: datetime | None
    zone: str
    agent: str | None = Field(description="employee number")
    ticket: str
    raw: Decimal | None = Field(description="per cent, one digit; null = no score")
    final: Decimal | None
    verified_by: str | None
    verified_at: datetime | None
    frozen_digest: str
    attempts: list[F22Attempt]
    findings: list[F22Finding]


class F22Sheet(F22Row):
    form: str | None = Field(description="digest of the version it was filled with")
    answers: list[Any]
    row: dict[str, Any] = Field(description="what is hashed when the month is frozen: JSON with sorted keys, no blanks")
    digest: str = Field(description="SHA-256 of `row` as it stands")


class F22Access(Schema):
    row: dict[str, Any] = Field(description="what is hashed when the month is frozen: JSON with sorted keys, no blanks")
    digest: str = Field(description="SHA-256 of `row` as it stands")


class F22Page(Schema):
    rows: list[F22Row]
    access: list[F22Access] = Field(description="the Access findings of the month, with its first page")
    next: str | None


def _row(row: f22.Row) -> dict[str, Any]:
    one, evaluation = row.sample, row.evaluation
    named = ("id", "number", "state", "kind", "area", "shift", "called_at", "zone", "ticket", "verified_at",
             "frozen_digest")  # fmt: skip
    return {name: getattr(one, name) for name in named} | {
        "destination": one.destination.code,
        "scenario": f"{one.scenario.scenario.code} v{one.scenario.version}" if one.scenario else None,
        "executor": one.executor.email if one.executor else None,
        "persona": one.persona.code if one.persona else None,
        "agent": one.agent.number if one.agent else None,
        "raw": _shown(evaluation.raw if evaluation else None),
        "final": _shown(evaluation.final if evaluation else None),
        "verified_by": one.verified_by.email if one.verified_by else None,
        "attempts": list(row.attempts),
        "findings": [_finding(found) for found in row.found],
    }


def _shown(value: Decimal | None) -> Decimal | None:
    return None if value is None else scoring.shown(value)


def _finding(found: f22.Found) -> dict[str, Any]:
    one = found.finding
    return {
        "number": one.number, "description": one.description, "recommendation": one.recommendation,
        "root_cause": found.root_cause, "causes": sorted({line.cause for line in found.lines}),
        "items": [line.item for line in found.lines], "ended": found.ended,
        "hand_overs": [{"step": each.step.value, "at": each.at, "in_time": each.in_time} for each in found.hand_overs],
    }  # fmt: skip


@router.get("/f22/{month}", response=F22Page)
def list_f22(request: HttpRequest, month: date, query: Query[F22Query]) -> dict[str, Any]:
    """The register of a month (its first day), a hundred rows a page."""
    cycle = access.load(Cycle, signed_in(request), "f22.view", month=month.replace(day=1))
    asked = query.dict()
    after = asked.pop("after")
    rows = f22.chosen(f22.calls(cycle), f22.as_of(cycle), **asked)
    if after:
        rows = rows.filter(number__gt=after)
    found = list(rows.order_by(*f22.ORDER)[: PAGE + 1])
    told = f22.told(f22.named(found[:PAGE]), f22.as_of(cycle))
    access_rows = [] if after else f22.access_rows(cycle)
    return {
        "rows": [_row(one) for one in told],
        "access": [{"row": frozen_row.as_json(one), "digest": frozen_row.digest(one)} for one in access_rows],
        "next": found[PAGE - 1].number if len(found) > PAGE else None,
    }


@router.get("/f22/samples/{int:sample_id}", response=F22Sheet)
def show_f22_sheet(request: HttpRequest, sample_id: int) -> dict[str, Any]:
    """One sheet, with the row that is hashed."""
    sample = access.load(f22.called(), signed_in(request), "f22.view", pk=sample_id)
    (row,) = f22.told([sample], f22.as_of(sample.cycle))
    kept = f22.frozen(row, sample.cycle.month)
    return _row(row) | {
        "form": row.revision.digest if row.revision else None,
        "answers": row.evaluation.answers if row.evaluation else [],
        "row": frozen_row.as_json(kept),
        "digest": frozen_row.digest(kept),
    }
