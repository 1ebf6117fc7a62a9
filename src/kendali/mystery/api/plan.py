"""Cycles: plan, assignment, pace, closing, freezing, for machines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.answers import told
from kendali.mystery.actions import cycles as actions
from kendali.mystery.api import plan_windows
from kendali.mystery.api.plan_schemas import (
    BIGGEST,
    CopiedOut,
    CycleChoice,
    CycleDetail,
    CycleOut,
    CycleReason,
    CycleRegister,
    CycleSignatureOut,
    MonthIn,
    SignIn,
)
from kendali.mystery.api.plan_windows import load
from kendali.mystery.models import Cycle, CycleSignature, Material
from kendali.mystery.queries import cycle_page, ending, f22, pace, prepared
from kendali.mystery.rules.copied import Copied, Taken

router = Router(tags=["mystery calling"])
router.add_router("", plan_windows.router)
PAGE = 60


@router.get("/cycles", response=list[CycleOut])
def list_cycles(request: HttpRequest, skip: int = Query(0, ge=0, le=BIGGEST)) -> list[Cycle]:
    """Newest first, sixty months at once."""
    access.require(signed_in(request), "cycle.view")
    return list(Cycle.objects.order_by("-month")[skip : skip + PAGE])


@router.post("/cycles", response={201: CycleOut})
def begin_cycle(request: HttpRequest, data: MonthIn) -> Status[Cycle]:
    user = signed_in(request)
    access.require(user, "cycle.edit")
    return Status(201, actions.begin_cycle(user=user, at=timezone.now(), month=data.month))


@router.get("/cycles/{month}", response=CycleDetail)
def show_cycle(request: HttpRequest, month: str) -> dict[str, Any]:
    row, now = load(request, month, "cycle.view"), timezone.now()
    ready, counts = prepared.preparation(row, now), cycle_page.counts(row)
    meter = pace.meter(row, now, calendar=ready.days)
    return {
        **{name: getattr(row, name) for name in CycleOut.model_fields},
        "meter": {
            "target": meter.target, "counted": meter.counted, "waiting": meter.waiting, "short": meter.short,
            "elapsed": meter.elapsed, "left": meter.left, "forecast": meter.forecast,
            "needed_per_day": meter.needed_per_day, "pace": meter.pace.value,
        },
        "dates": {step.value: day for step, day in ending.dates(row, ready.days).items()},
        "missing": [told(one) for one in ready.missing],
        "planned": counts.planned,
        "replacements": counts.replacements,
        "without_executor": counts.open,
    }  # fmt: skip


@router.post("/cycles/{month}/copy", response=CopiedOut)
def copy_last_month(request: HttpRequest, month: str) -> dict[str, Any]:
    """Materials and approved scenarios of the month before; what expired is marked."""
    row = load(request, month, "cycle.edit")
    copied: Copied = actions.copy_last_month(user=signed_in(request), at=timezone.now(), row=row)
    return {
        "materials": [_taken(one) for one in copied.materials],
        "scenarios": [_taken(one) for one in copied.scenarios],
        "left_out": list(copied.left_out),
        "missing": [told(one) for one in copied.missing],
    }


def _taken(one: Taken) -> dict[str, Any]:
    why = "" if one.usable else told(one.usable)
    return {"code": one.of.code, "due": one.due, "usable": bool(one.usable), "reason": why}


@router.put("/cycles/{month}/choice", response=CycleOut)
def choose_for_cycle(request: HttpRequest, month: str, data: CycleChoice) -> Cycle:
    """Exactly these materials and scenarios; an unknown code is 404."""
    row = load(request, month, "cycle.edit")
    materials = list(Material.objects.filter(code__in=data.materials))
    newest = {one.scenario.code: one for one in reversed(list(prepared.offered_versions(row.month)))}
    if len(materials) != len(set(data.materials)) or set(data.scenarios) - newest.keys():
        raise Http404
    versions = [newest[code] for code in set(data.scenarios)]
    actions.choose(user=signed_in(request), at=timezone.now(), row=row, materials=materials, versions=versions)
    return row


@router.post("/cycles/{month}/close", response=CycleOut)
def close_cycle(request: HttpRequest, month: str, data: CycleReason) -> Cycle:
    row = load(request, month, "cycle.edit")
    actions.close(user=signed_in(request), at=timezone.now(), row=row, reason=data.reason)
    return row


@router.post("/cycles/{month}/reason", response=CycleOut)
def explain_shortfall(request: HttpRequest, month: str, data: CycleReason) -> Cycle:
    row = load(request, month, "cycle.edit")
    actions.explain(user=signed_in(request), at=timezone.now(), row=row, reason=data.reason)
    return row


@router.get("/cycles/{month}/signatures", response=CycleRegister)
def list_cycle_signatures(request: HttpRequest, month: str) -> dict[str, Any]:
    row = load(request, month, "cycle.view")
    return {"digest": _digest(row, timezone.now()), "signatures": list(row.signatures.order_by("at"))}


def _digest(row: Cycle, at: datetime) -> str:
    return row.frozen_digest or f22.register_digest(row, at)


@router.post("/cycles/{month}/signatures", response={201: CycleSignatureOut})
def sign_cycle(request: HttpRequest, month: str, data: SignIn) -> Status[CycleSignature]:
    row = load(request, month, actions.PARTS[CycleSignature.Part(data.part)])
    made = actions.sign(user=signed_in(request), at=timezone.now(), row=row, part=data.part, digest=data.digest)
    return Status(201, made)


@router.post("/cycles/{month}/freeze", response=CycleOut)
def freeze_cycle(request: HttpRequest, month: str) -> Cycle:
    row = load(request, month, "cycle.freeze")
    actions.freeze(user=signed_in(request), at=timezone.now(), row=row)
    return get_object_or_404(Cycle, pk=row.pk)
