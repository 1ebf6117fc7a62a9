"""The plan of a month: quotas, drawing, heat map, windows, the seal. Only for those who may know it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.mystery.actions import plan as actions
from kendali.mystery.forms_plan import Unreadable, name, request_of
from kendali.mystery.models import Cycle
from kendali.mystery.queries import cycle_page, planning, prepared
from kendali.mystery.queries import plan_page as query
from kendali.mystery.rules import slots
from kendali.mystery.rules.quotas import AROUND, Dimension, Request, margin_counts
from kendali.mystery.views.cycles import crumbs, load
from kendali.mystery.words import sample_pill
from kendali.mystery.words_plan import DIMENSIONS, PHASES, Levels, cycle_pill, problem, warning

Counts = dict[Dimension, dict[str, int]]
CHECKED = 500  # samples up to which the digest is computed with every page; more of them by a click


@login_required
@require_safe
def plan_page(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "plan.view"), access.signed_in(request)
    asked = _request(row)
    drawn = query.margin_counts(row) if row.drawn_at else {}
    return render(request, "mystery/plan.html", _context(request, row, user, asked, drawn))


def _request(row: Cycle) -> Request | None:
    """None: nothing can be planned yet, there is no number or shift."""
    if row.status != Cycle.Status.PREPARING:
        return planning.read(row.request) if row.request else None
    return planning.request_now(row, actions.ground_of(row, timezone.now()))


def _context(
    request: HttpRequest, row: Cycle, user: User, asked: Request | None, drawn: Counts, failed: str = ""
) -> dict[str, Any]:
    levels, counts = Levels(), cycle_page.counts(row)
    lacking = prepared.missing(row, timezone.now()) if row.status == Cycle.Status.PREPARING else []
    context: dict[str, Any] = {
        "row": row,
        "crumbs": crumbs(row),
        "pill": cycle_pill(row),
        "counts": counts,
        "asked": asked,
        "margins": _margins(asked, drawn, levels) if asked else [],
        "failed": failed or problem(row.plan_problem, levels),
        "editable": row.status == Cycle.Status.PREPARING,
        "may_edit": permissions.can(user, "plan.edit"),
        "may_assign": permissions.can(user, "plan.assign"),
        "may_freeze": actions.may_freeze(row, timezone.now(), counts.planned, lacking),
        "live": _live(row),
        "history": history(row, limit=20),
        "levels": levels,
    }
    if row.drawn_at and asked:
        context |= _drawn(request, row, user, asked, levels, counts)
    return context


def _margins(asked: Request, drawn: Counts, levels: Levels) -> list[dict[str, Any]]:
    return [
        {
            "name": DIMENSIONS[dimension],
            "code": dimension.value,
            "rows": [
                {
                    "word": levels.word(dimension, one.share.level),
                    "one": one,
                    "weight": name(dimension, one.share.level, "weight"),
                    "least": name(dimension, one.share.level, "least"),
                    "most": name(dimension, one.share.level, "most"),
                }
                for one in lines
            ],
        }
        for dimension, lines in query.margins(asked, drawn).items()
    ]


def _drawn(
    request: HttpRequest, row: Cycle, user: User, asked: Request, levels: Levels, counts: cycle_page.Counts
) -> dict[str, Any]:
    across = request.GET.get("peta", "")
    dimension = Dimension(across) if across in {one.value for one in AROUND} else Dimension.WEEK
    found = query.heat_map(row, dimension, asked)
    check = counts.planned <= CHECKED or bool(request.GET.get("periksa"))
    chosen = {key: request.GET.get(key, "") for key in ("area", "week", "kind")}
    rows = query.listed(row, **chosen, open_only=bool(request.GET.get("open")))
    page = keyset.page(rows, ("opens", "id"), request.GET)
    names = {one.executor.email: one.executor.name for one in page.rows if one.executor}
    return {
        "heat": {
            "columns": [levels.word(dimension, one) for one in found.columns],
            "rows": [(levels.area(area), cells, total) for area, cells, total in found.rows],
            "totals": found.totals,
            "total": found.total,
        },
        "tabs": [(DIMENSIONS[one], f"?peta={one.value}", one is dimension) for one in AROUND],
        "across": DIMENSIONS[dimension],
        "unchanged": slots.unchanged(planning.plan_of(row), row.plan_digest) if check else None,
        "page": page,
        "lines": [_line(one, user, levels, names) for one in page.rows],
        "chosen": chosen | {"open": request.GET.get("open", "")},
        "filters": _filters(asked, levels),
        "executors": query.executors(row, timezone.now()),
    }


def _filters(asked: Request, levels: Levels) -> list[tuple[str, Any, list[tuple[str, str]]]]:
    return [
        (of.value, DIMENSIONS[of], [(one.level or "-", levels.word(of, one.level)) for one in asked.shares(of)])
        for of in (Dimension.AREA, Dimension.WEEK, Dimension.KIND)
    ]


def _line(one: Any, user: User, levels: Levels, names: dict[str, str]) -> dict[str, Any]:
    return {
        "sample": one,
        "window": query.shown(one, user.zone),
        "area": levels.area(one.area),
        "shift": levels.shift(one.shift),
        "kind": levels.kind(one.kind),
        "pill": sample_pill(one.state),
        "warnings": [warning(kept, names, levels) for kept in one.warnings],
    }


def _live(row: Cycle) -> dict[str, Any] | None:
    """Which of its four parts a drawing is busy with."""
    if not actions.is_drawing(row, timezone.now()):
        return None
    phase = str(row.drawing.get("phase", query.PHASES[0]))
    done = query.PHASES.index(phase) if phase in query.PHASES else 0
    return {"word": PHASES.get(phase, phase), "done": done, "of": len(query.PHASES), "since": query.since(row),
            "by": row.drawing.get("by", "")}  # fmt: skip


@login_required
@require_POST
def draw(request: HttpRequest, month: str) -> HttpResponse:
    """Preview the quotas that were typed, or keep them and order the drawing."""
    row, user = load(request, month, "plan.edit"), access.signed_in(request)
    before, now = _request(row), timezone.now()
    if before is None:
        messages.error(request, _("Enter numbers that are called and shifts first: nothing can be planned yet."))
        return redirect("plan", month=month)
    try:
        typed = request_of(request.POST, {one.dimension: [s.level for s in one.shares] for one in before.margins})
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("plan", month=month)
    if request.POST.get("do") == "preview":
        return _preview(request, row, user, typed)

    def act() -> None:
        actions.set_quotas(user=user, at=now, row=row, request=typed)
        actions.ask(user=user, at=now, row=row)

    attempt(request, act, _("The plan is being drawn; this page shows how far it is."))
    return redirect("plan", month=month)


def _preview(request: HttpRequest, row: Cycle, user: User, typed: Request) -> HttpResponse:
    """The margins as they would come out; nothing is kept."""
    found = actions.preview(row, typed, at=timezone.now())
    drawn = {dimension: margin_counts(found.strata, dimension) for dimension in Dimension} if found.verdict else {}
    failed = {} if found.verdict else {"reason": found.verdict.reason, "facts": dict(found.verdict.facts)}
    context = _context(request, row, user, typed, drawn, problem(failed, Levels()))
    return render(request, "mystery/plan.html", context | {"previewed": bool(found.verdict)})


@login_required
@require_safe
def live(request: HttpRequest, month: str) -> HttpResponse:
    """The part that moves while the plan is drawn; when it ended, the page is asked for anew."""
    row = load(request, month, "plan.view")
    found = _live(row)
    if found is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "mystery/_plan_live.html", {"row": row, "live": found})


@login_required
@require_POST
def freeze(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "plan.edit"), access.signed_in(request)
    attempt(
        request,
        lambda: actions.freeze_plan(user=user, at=timezone.now(), row=row),
        _("The plan is frozen: strata and windows stay, the samples have their numbers."),
    )
    return redirect("plan", month=month)


@login_required
@require_safe
def text(request: HttpRequest, month: str) -> HttpResponse:
    """The text that is sealed: `sha256sum` of this file is the kode hash."""
    row = load(request, month, "plan.view")
    name_ = f"rencana-{planning.name_of(row.month)}.tsv"
    body = slots.canonical(planning.plan_of(row))
    headers = {"Content-Disposition": f'attachment; filename="{name_}"'}
    return HttpResponse(body, content_type="text/tab-separated-values; charset=utf-8", headers=headers)
