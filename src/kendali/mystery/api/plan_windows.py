"""The plan of a cycle and who calls what, for machines."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status
from ninja.errors import HttpError

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.answers import told
from kendali.accounts.models import User
from kendali.mystery.actions import assigning
from kendali.mystery.actions import plan as actions
from kendali.mystery.api.plan_schemas import (
    BIGGEST,
    AssignIn,
    GivenOut,
    PlanOut,
    PlanPreview,
    QuotasIn,
    ReplaceIn,
    WindowOut,
    WindowPage,
    named,
    window,
)
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import cycle_page, planning
from kendali.mystery.queries import plan_page as query
from kendali.mystery.rules import quotas, slots
from kendali.mystery.rules.assignment import Given
from kendali.mystery.rules.quotas import Dimension, Margin, Request
from kendali.mystery.rules.rounding import Share
from kendali.mystery.words_plan import Levels, problem, warning

router = Router(tags=["mystery calling"])
PAGE = 100


def load(request: HttpRequest, month: str, action: str) -> Cycle:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    return access.load(Cycle, signed_in(request), action, month=first)


def _request(data: QuotasIn) -> Request:
    try:
        margins = tuple(
            Margin(Dimension(one.dimension), tuple(Share(s.level, s.weight, s.least, s.most) for s in one.shares))
            for one in data.margins
        )
        return Request(data.samples, margins)
    except ValueError as error:
        raise HttpError(422, str(error)) from error


@router.get("/cycles/{month}/plan", response=PlanOut)
def show_plan(request: HttpRequest, month: str) -> dict[str, Any]:
    row = load(request, month, "plan.view")
    counts = cycle_page.counts(row)
    return {
        "month": row.month,
        "drawn_at": row.drawn_at,
        "frozen_at": row.plan_frozen_at,
        "seed": row.seed,
        "algorithms": row.algorithms,
        "digest": row.plan_digest,
        "unchanged": bool(row.plan_digest) and bool(slots.unchanged(planning.plan_of(row), row.plan_digest)),
        "drawing": str(row.drawing.get("phase", "")),
        "problem": problem(row.plan_problem, Levels()),
        "samples": counts.planned,
        "without_executor": counts.open,
        "counts": named(query.margin_counts(row)),
    }


@router.post("/cycles/{month}/plan/preview", response=PlanPreview)
def preview_plan(request: HttpRequest, month: str, data: QuotasIn) -> dict[str, Any]:
    """The margins as they would come out; nothing is kept."""
    row = load(request, month, "plan.edit")
    drawn = actions.preview(row, _request(data), at=timezone.now())
    found = {one: quotas.margin_counts(drawn.strata, one) for one in Dimension} if drawn.verdict else {}
    return {"counts": named(found), "problem": "" if drawn.verdict else told(drawn.verdict)}


@router.put("/cycles/{month}/plan/quotas", response={204: None})
def set_quotas(request: HttpRequest, month: str, data: QuotasIn) -> Status[None]:
    row = load(request, month, "plan.edit")
    actions.set_quotas(user=signed_in(request), at=timezone.now(), row=row, request=_request(data))
    return Status(204, None)


@router.post("/cycles/{month}/plan/draw", response={202: None})
def draw_plan(request: HttpRequest, month: str) -> Status[None]:
    """A job draws it; `show_plan` says how far it is."""
    row = load(request, month, "plan.edit")
    actions.ask(user=signed_in(request), at=timezone.now(), row=row)
    return Status(202, None)


@router.post("/cycles/{month}/plan/freeze", response={204: None})
def freeze_plan(request: HttpRequest, month: str) -> Status[None]:
    row = load(request, month, "plan.edit")
    actions.freeze_plan(user=signed_in(request), at=timezone.now(), row=row)
    return Status(204, None)


TEXT: dict[str, Any] = {"responses": {200: {"content": {"text/tab-separated-values": {}}}}}


@router.get("/cycles/{month}/plan/text", openapi_extra=TEXT)
def take_plan_text(request: HttpRequest, month: str) -> HttpResponse:
    """What is sealed: its SHA-256 is the digest of the plan."""
    row = load(request, month, "plan.view")
    return HttpResponse(slots.canonical(planning.plan_of(row)), content_type="text/tab-separated-values; charset=utf-8")


@router.get("/cycles/{month}/windows", response=WindowPage)
def list_windows(
    request: HttpRequest, month: str, after: int = Query(0, ge=0, le=BIGGEST), without_executor: bool = False
) -> dict[str, Any]:
    """In the order they were written; pass `next` as `after`."""
    row = load(request, month, "plan.view")
    rows = query.listed(row, open_only=without_executor).select_related("cycle").filter(pk__gt=after).order_by("pk")
    page = list(rows[: PAGE + 1])
    more = page[PAGE - 1].pk if len(page) > PAGE else None
    levels = Levels()
    return {"windows": [_window(one, levels) for one in page[:PAGE]], "next": more}


def _window(one: Sample, levels: Levels) -> dict[str, Any]:
    return window(one, [warning(kept, {}, levels) for kept in one.warnings])


@router.post("/cycles/{month}/windows/{int:sample_id}/assign", response=WindowOut)
def assign_sample(request: HttpRequest, month: str, sample_id: int, data: AssignIn) -> dict[str, Any]:
    row = load(request, month, "plan.assign")
    sample = get_object_or_404(query.listed(row).select_related("cycle"), pk=sample_id)
    executor = get_object_or_404(User, email=data.executor, is_active=True)
    assigning.assign(user=signed_in(request), at=timezone.now(), sample=sample, executor=executor)
    return _window(sample, Levels())


@router.post("/cycles/{month}/windows/give-out", response=GivenOut)
def give_out_samples(request: HttpRequest, month: str) -> dict[str, Any]:
    row = load(request, month, "plan.assign")
    return _given(assigning.give_out(user=signed_in(request), at=timezone.now(), row=row))


@router.post("/cycles/{month}/windows/replace-caller", response=GivenOut)
def replace_caller(request: HttpRequest, month: str, data: ReplaceIn) -> dict[str, Any]:
    row = load(request, month, "plan.assign")
    gone = get_object_or_404(User, email=data.executor)
    given = assigning.replace_caller(user=signed_in(request), at=timezone.now(), row=row, gone=gone, reason=data.reason)
    return _given(given)


def _given(found: Given) -> dict[str, Any]:
    return {"left": len(found.unassigned), "reason": "" if found.verdict else told(found.verdict)}
