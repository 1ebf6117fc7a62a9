"""Cycles: the list, one month with its nine activities and its pace, what it is called with."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, told
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.civil_time import add_months
from kendali.mystery.actions import cycles as actions
from kendali.mystery.actions.plan import may_freeze
from kendali.mystery.forms_plan import BeginForm, ChooseForm
from kendali.mystery.models import Cycle, Material
from kendali.mystery.queries import cycle_page as query
from kendali.mystery.queries import ending, pace, prepared
from kendali.mystery.rules import pace as rules
from kendali.mystery.rules.cycle import Milestone
from kendali.mystery.words import KINDS
from kendali.mystery.words_plan import ACTIVITIES, PACES, cycle_pill, month_name


def load(request: HttpRequest, month: str, action: str) -> Cycle:
    """The cycle of "2026-11", if this person may."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    return access.load(Cycle, access.signed_in(request), action, month=first)


def crumbs(row: Cycle, *, below: bool = True) -> list[tuple[str, str]]:
    """Where I am: all cycles, and the month where the page lies below it."""
    here = [(_("Cycles"), "/mystery/siklus/")]
    return [*here, (month_name(row.month), f"/mystery/siklus/{row}/")] if below else here


@login_required
@require_safe
def cycles_list(request: HttpRequest) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    access.require(user, "cycle.view")
    page = keyset.page(Cycle.objects.all(), ("-month", "-id"), request.GET, limit=24)
    days = prepared.calendar()
    rows = [(row, cycle_pill(row), _counted(row, now, days), ending.dates(row, days)) for row in page.rows]
    context = {
        "page": page,
        "rows": [(row, pill, counted, _next(row, due)) for row, pill, counted, due in rows],
        "form": BeginForm(initial={"bulan": _proposed()}),
        "may_begin": permissions.can(user, "cycle.edit"),
    }
    return render(request, "mystery/cycles.html", context)


def _counted(row: Cycle, now: Any, days: Any) -> int:
    """A frozen month is not counted again."""
    if row.status == Cycle.Status.FROZEN:
        return row.frozen_count
    return 0 if row.status == Cycle.Status.PREPARING else pace.meter(row, now, calendar=days).counted


def _next(row: Cycle, due: dict[Milestone, date]) -> date | None:
    step = query.NEXT.get(row.status)
    return due[step[1]] if step else None


def _proposed() -> date:
    """The month after the newest cycle, or this month."""
    newest = Cycle.objects.order_by("-month").first()
    here = timezone.localdate().replace(day=1)
    return max(add_months(newest.month, 1), here) if newest else here


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "cycle.edit")
    form = BeginForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a month."))
        return redirect("cycles")
    month = form.cleaned_data["bulan"]
    begun = attempt(
        request,
        lambda: actions.begin_cycle(user=user, at=timezone.now(), month=month),
        _("The cycle is begun. Choose what it calls with, or copy it from last month."),
    )
    return redirect("cycle", month=f"{month:%Y-%m}") if begun else redirect("cycles")


@login_required
@require_safe
def cycle(request: HttpRequest, month: str) -> HttpResponse:
    row, user, now = load(request, month, "cycle.view"), access.signed_in(request), timezone.now()
    ready = prepared.preparation(row, now)
    due, counts = ending.dates(row, ready.days), query.counts(row)
    meter = pace.meter(row, now, calendar=ready.days, most=pace.most_per_day())
    compared = rules.compared(row.month, ready.days)
    context = {
        "row": row,
        "crumbs": crumbs(row, below=False),
        "pill": cycle_pill(row),
        "steps": _steps(query.activities(row, ready, now)),
        "meter": meter,
        "pace": PACES[meter.pace],
        "few_days": "" if compared else told(compared),
        "counts": counts,
        "dates": _dates(due),
        "awaited": query.awaited(row, due),
        "materials": _marked(ready.worth.materials),
        "scenarios": _marked(ready.worth.scenarios),
        "left_out": ready.worth.left_out,
        "history": history(row, limit=30),
        "may": _may(user),
        **_what_now(row, user, ready, counts, now),
    }
    return render(request, "mystery/cycle.html", context)


def _steps(found: list[query.Activity]) -> list[dict[str, object]]:
    return [{"name": ACTIVITIES[one.number - 1], "state": one.state, "activity": one} for one in found]


def _dates(due: dict[Milestone, date]) -> list[tuple[str, date]]:
    words = {
        Milestone.PREPARED: _("Everything ready"),
        Milestone.CALLS_OPEN: _("Calls open"),
        Milestone.CALLS_CLOSE: _("Calls close"),
        Milestone.CLOCKS_CLOSE: _("Clocks close"),
        Milestone.REPORTED: _("Report and recap"),
        Milestone.ANALYSED: _("Analysis"),
        Milestone.FROZEN: _("Month frozen"),
        Milestone.EFFECT_CHECKED: _("Effect checked"),
    }
    return [(words[step], due[step]) for step in words if step in due]


def _marked(taken: Any) -> list[tuple[Any, str, str, str]]:
    """The thing, its kind in words, why it may not be used, why it will not last the month."""
    return [
        (
            one.of,
            str(KINDS.get(one.of.kind, one.of.kind)),
            "" if one.usable else told(one.usable),
            "" if one.until_the_end else told(one.until_the_end),
        )
        for one in taken
    ]


def _may(user: User) -> dict[str, bool]:
    actions_of = ("cycle.edit", "plan.view", "cycle.freeze", "sample.verify", "scenario.view", "material.view")
    return {name.replace(".", "_"): bool(permissions.can(user, name)) for name in actions_of}


def _what_now(row: Cycle, user: User, ready: Any, counts: query.Counts, now: Any) -> dict[str, object]:
    """What is missing before the month opens, and the buttons of its end with the rule's answer."""
    if row.status == Cycle.Status.PREPARING:
        lacking = [told(one) for one in ready.missing]
        if not lacking and not (drawn := may_freeze(row, now, counts.planned, [])):
            lacking.append(told(drawn))
        elif not lacking:
            lacking.append(_("The plan is drawn and not frozen yet."))
        return {"lacking": lacking, "copyable": Cycle.objects.filter(month__lt=row.month).exists()}
    if row.status == Cycle.Status.PLANNED:
        reason = row.shortfall_reason or "-"
        return {"may_close": ending.may_close(row, now, reason=reason)}
    return {"short": max(row.minimum - pace.meter(row, now, calendar=ready.days).counted, 0)}


@login_required
@require_POST
def copy(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "cycle.edit"), access.signed_in(request)
    said = _("Copied from last month. What has expired is marked: replace it before the month opens.")
    attempt(request, lambda: actions.copy_last_month(user=user, at=timezone.now(), row=row), said)
    return redirect("cycle", month=month)


@login_required
def choose(request: HttpRequest, month: str) -> HttpResponse:
    """Materials and approved scenarios, each with a box."""
    row, user = load(request, month, "cycle.edit"), access.signed_in(request)
    materials, versions = Material.objects.filter(active=True), prepared.offered_versions(row.month)
    if request.method == "POST":
        form = ChooseForm(request.POST, Material.objects.all(), versions)
        if form.is_valid():
            given = form.cleaned_data
            done = attempt(
                request,
                lambda: actions.choose(user=user, at=timezone.now(), row=row, **given),
                _("Chosen: this is what the month is called with."),
            )
            if done:
                return redirect("cycle", month=month)
        else:
            messages.error(request, _("One of the chosen things is not offered any more: choose again."))
        return redirect("cycle_choose", month=month)
    held = set(row.materials.values_list("material_id", flat=True))
    used = set(row.scenarios.values_list("version_id", flat=True))
    context = {
        "row": row,
        "crumbs": crumbs(row),
        "materials": [(one, str(KINDS.get(one.kind, one.kind)), one.pk in held) for one in materials],
        "versions": [(one, str(KINDS.get(one.kind, one.kind)), one.pk in used) for one in versions],
    }
    return render(request, "mystery/cycle_choose.html", context)
