"""What machines send and get about cycles and plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from kendali.mystery.models import Sample

BIGGEST = 2**31 - 1
MOST = 100_000


class MonthIn(Schema):
    month: date = Field(description="the first day of the month")


class CycleOut(Schema):
    month: date
    status: str
    minimum: int
    reserve_percent: int
    plan_frozen_at: datetime | None
    plan_digest: str
    closed_at: datetime | None
    shortfall_reason: str
    frozen_at: datetime | None
    frozen_digest: str
    frozen_count: int


class MeterOut(Schema):
    """Working days; `forecast`: at the end of the month at the speed so far."""

    target: int
    counted: int
    waiting: int
    short: int
    elapsed: int
    left: int
    forecast: int | None
    needed_per_day: int | None
    pace: str


class CycleDetail(CycleOut):
    meter: MeterOut
    dates: dict[str, date]
    missing: list[str]
    planned: int
    replacements: int
    without_executor: int


class CycleChoice(Schema):
    materials: list[str] = Field(max_length=500, description="codes")
    scenarios: list[str] = Field(max_length=500, description="codes; the newest approved version of each")


class TakenOut(Schema):
    code: str
    due: date
    usable: bool
    reason: str


class CopiedOut(Schema):
    materials: list[TakenOut]
    scenarios: list[TakenOut]
    left_out: list[str]
    missing: list[str]


class CycleReason(Schema):
    reason: str = Field(max_length=1000)


class SignIn(Schema):
    part: str = Field(pattern="^(made|checked|acknowledged)$")
    digest: str = Field(pattern="^[0-9a-f]{64}$", description="of the register as it was shown")


class CycleSignatureOut(Schema):
    part: str
    name: str
    position: str
    digest: str
    at: datetime


class CycleRegister(Schema):
    """`digest`: of the register F-22 as it stands now."""

    digest: str
    signatures: list[CycleSignatureOut]


class QuotaShare(Schema):
    level: str = Field("", max_length=40, description='code; "" = the area is an outcome')
    weight: int = Field(1, ge=0, le=MOST)
    least: int = Field(0, ge=0, le=MOST)
    most: int | None = Field(None, ge=0, le=MOST)


class QuotaMargin(Schema):
    dimension: str = Field(pattern="^(area|shift|kind|week)$")
    shares: list[QuotaShare] = Field(min_length=1, max_length=200)


class QuotasIn(Schema):
    samples: int = Field(ge=1, le=MOST)
    margins: list[QuotaMargin] = Field(min_length=4, max_length=4)


class PlanPreview(Schema):
    """Samples by level of each margin; empty where `problem` says what cannot be met."""

    counts: dict[str, dict[str, int]]
    problem: str


class PlanOut(Schema):
    """`drawing`: what a job is busy with, "" = nothing; `problem`: why the last drawing failed."""

    month: date
    drawn_at: datetime | None
    frozen_at: datetime | None
    seed: str
    algorithms: list[str]
    digest: str
    unchanged: bool
    drawing: str
    problem: str
    samples: int
    without_executor: int
    counts: dict[str, dict[str, int]]


class WindowOut(Schema):
    id: int
    number: str
    slot: int
    area: str
    shift: str
    kind: str
    week: str
    destination: str
    opens: datetime
    closes: datetime
    zone: str
    state: str
    executor: str | None
    scenario: str | None
    persona: str | None
    replaces: str | None
    warnings: list[str]


class WindowPage(Schema):
    windows: list[WindowOut]
    next: int | None


class AssignIn(Schema):
    executor: str = Field(min_length=3, max_length=254, description="e-mail address")


class ReplaceIn(AssignIn):
    reason: str = Field(max_length=500)


class GivenOut(Schema):
    """`left`: samples that nobody may call, with the reason of the first one."""

    left: int
    reason: str


def window(one: Sample, warnings: list[str]) -> dict[str, Any]:
    return {
        "id": one.pk, "number": one.number if one.cycle.plan_frozen_at else "", "slot": one.slot, "area": one.area,
        "shift": one.shift, "kind": one.kind, "week": one.week, "destination": one.destination.code,
        "opens": one.opens, "closes": one.closes, "zone": one.zone, "state": one.state,
        "executor": one.executor.email if one.executor else None,
        "scenario": one.scenario.scenario.code if one.scenario else None,
        "persona": one.persona.code if one.persona else None,
        "replaces": one.replaces.number if one.replaces else None, "warnings": warnings,
    }  # fmt: skip


def named(counts: dict[Any, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {str(dimension.value): by_level for dimension, by_level in counts.items()}
