"""Shifts, the numbers that are called, and who calls."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt
from kendali.accounts.roles import LABELS
from kendali.audit.history import history
from kendali.civil_time import ZONES
from kendali.mystery import hours
from kendali.mystery.actions import callers as caller_actions
from kendali.mystery.actions import ground as actions
from kendali.mystery.forms_people import (
    WEEKDAYS,
    AbsenceForm,
    CallerForm,
    DestinationForm,
    NewCallerForm,
    ShiftForm,
)
from kendali.mystery.models import Absence, Caller, Destination, Shift
from kendali.mystery.queries.callers import callers as callers_of_today
from kendali.mystery.rules.lockouts import Caller as RuleCaller
from kendali.mystery.views.people_tabs import tabs
from kendali.mystery.views.roster import valid

# --- shifts


@login_required
@require_safe
def shifts(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "roster.view")
    may_edit = permissions.can(user, "roster.edit")
    context = {
        "tabs": tabs(user, "roster_shifts"),
        "rows": [(row, hours.shown(hours.clock(row.first, row.last)), _shift_form(row)) for row in Shift.objects.all()],
        "may_edit": may_edit,
        "form": ShiftForm(auto_id="new_%s"),
    }
    return render(request, "mystery/shifts.html", context)


def _shift_form(row: Shift) -> ShiftForm:
    given = {"code": row.code, "name": row.name, "first": hours.at(row.first), "last": hours.at(row.last)}
    form = ShiftForm(initial={**given, "active": row.active}, auto_id=f"shift_{row.pk}_%s")
    form.fields["code"].widget.attrs["readonly"] = True
    return form


@login_required
@require_POST
def shift_save(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "roster.edit")
    form = ShiftForm(request.POST)
    if valid(request, form):
        given, (first, last) = form.cleaned_data, form.span()
        attempt(
            request,
            lambda: actions.save_shift(
                user=user, at=timezone.now(), code=given["code"], name=given["name"], first=first, last=last,
                active=given["active"],
            ),
            _("Saved."),
        )  # fmt: skip
    return redirect("roster_shifts")


# --- numbers


@login_required
@require_safe
def destinations(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "plan.view")
    rows = Destination.objects.select_related("site", "client", "source").order_by("-active", "code")
    context = {
        "tabs": tabs(user, "roster_destinations"),
        "rows": [(row, opening(row), ZONES[row.zone]) for row in rows],
        "may_edit": permissions.can(user, "plan.assign"),
    }
    return render(request, "mystery/destinations.html", context)


def opening(row: Destination) -> list[tuple[str, str]]:
    """Service hours, days with the same hours together: ("Senin-Jumat", "07.00-22.00"). Empty: always open."""
    found: list[tuple[int, int, str]] = []
    for number, day in enumerate(row.hours):
        text = hours.shown(hours.written(day))
        if found and found[-1][2] == text:
            found[-1] = (found[-1][0], number, text)
        else:
            found.append((number, number, text))
    return [(_span(first, last), text or _("not open")) for first, last, text in found]


def _span(first: int, last: int) -> str:
    return str(WEEKDAYS[first]) if first == last else f"{WEEKDAYS[first]}–{WEEKDAYS[last]}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def destination_new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "plan.assign")
    form = DestinationForm(request.POST or None, initial={"zone": "Asia/Jakarta", "active": True})
    if _saved_destination(request, form):
        return redirect("roster_destinations")
    context = {"form": form, "heading": _("New number"), "crumbs": _crumbs("roster_destinations")}
    return render(request, "mystery/people_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def destination(request: HttpRequest, code: str) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Destination.objects.select_related("site", "client", "source"), user, "plan.view", code=code)
    may_edit = permissions.can(user, "plan.assign")
    form = _destination_form(row, request.POST or None)
    if request.method == "POST":
        access.require(user, "plan.assign")
        if _saved_destination(request, form):
            return redirect("roster_destination", code=code)
    context = {
        "row": row,
        "opening": opening(row),
        "zone": ZONES[row.zone],
        "form": form if may_edit else None,
        "may_edit": may_edit,
        "history": history(row),
        "crumbs": _crumbs("roster_destinations"),
    }
    return render(request, "mystery/destination.html", context, status=422 if form.errors else 200)


def _crumbs(name: str) -> list[tuple[str, str]]:
    titles = {"roster_destinations": (_("Numbers that are called"), "/mystery/roster/nomor/"),
              "roster_callers": (_("Callers"), "/mystery/roster/pemanggil/")}  # fmt: skip
    return [(_("Roster"), "/mystery/roster/"), titles[name]]


def _destination_form(row: Destination, data: Any) -> DestinationForm:
    names = ("code", "name", "number", "zone", "service", "queue", "active")
    initial: dict[str, object] = {name: getattr(row, name) for name in names}
    initial |= {"site": row.site.code if row.site else "", "client": row.client.code if row.client else ""}
    initial |= {"source": row.source_id, **{f"day_{n}": hours.written(day) for n, day in enumerate(row.hours)}}
    form = DestinationForm(data, initial=initial)
    form.fields["code"].widget.attrs["readonly"] = True
    return form


def _saved_destination(request: HttpRequest, form: DestinationForm) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    user, code = access.signed_in(request), form.cleaned_data["code"]
    return attempt(
        request,
        lambda: actions.save_destination(user=user, at=timezone.now(), code=code, given=form.destination()),
        _("Saved."),
    )


# --- callers


@login_required
@require_safe
def callers(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "plan.view")
    today = timezone.localdate()
    as_rules = {one.code: one for one in callers_of_today(today)}
    rows = Caller.objects.select_related("user").prefetch_related("known_in", "absences").order_by("user__name")
    context = {
        "tabs": tabs(user, "roster_callers"),
        "rows": [
            (
                row,
                _role(as_rules.get(row.user.email)),
                hours.shown(hours.clock(row.first, row.last)),
                ZONES[row.user.zone],
                _absence_near(row),
            )
            for row in rows
        ],
        "may_edit": permissions.can(user, "plan.assign"),
    }
    return render(request, "mystery/callers.html", context)


def _role(one: RuleCaller | None) -> str:
    return str(LABELS[one.role.value]) if one is not None else ""


def _absence_near(row: Caller) -> Absence | None:
    """The absence that stands, or the next one."""
    coming = [one for one in row.absences.all() if one.last >= timezone.localdate()]
    return min(coming, key=lambda one: one.first, default=None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def caller_new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "plan.assign")
    form = NewCallerForm(request.POST or None, initial={"first": "08:00", "last": "17:00", "share": 1, "active": True})
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["person"]
        if attempt(
            request,
            lambda: caller_actions.save(user=user, at=timezone.now(), person=person, given=form.caller()),
            _("Saved."),
        ):
            return redirect("roster_callers")
    context = {"form": form, "heading": _("New caller"), "crumbs": _crumbs("roster_callers")}
    return render(request, "mystery/people_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def caller(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Caller.objects.select_related("user"), user, "plan.view", pk=pk)
    may_edit = permissions.can(user, "plan.assign")
    form = CallerForm(request.POST or None, initial=_caller_initial(row))
    if request.method == "POST":
        access.require(user, "plan.assign")
        if form.is_valid() and attempt(
            request,
            lambda: caller_actions.save(user=user, at=timezone.now(), person=row.user, given=form.caller()),
            _("Saved."),
        ):
            return redirect("roster_caller", pk=pk)
    as_rules = {one.code: one for one in callers_of_today(timezone.localdate())}.get(row.user.email)
    context = {
        "row": row,
        "as_rules": as_rules,
        "role": _role(as_rules),
        "zone": ZONES[row.user.zone],
        "clock": hours.shown(hours.clock(row.first, row.last)),
        "known_in": list(row.known_in.all()),
        "absences": list(row.absences.all()),
        "form": form if may_edit else None,
        "absence_form": AbsenceForm(auto_id="absence_%s"),
        "may_edit": may_edit,
        "history": history(row),
        "crumbs": _crumbs("roster_callers"),
    }
    return render(request, "mystery/caller.html", context, status=422 if form.errors else 200)


def _caller_initial(row: Caller) -> dict[str, object]:
    return {
        "gender": row.gender, "first": hours.at(row.first), "last": hours.at(row.last), "share": row.share,
        "known_in": [site.code for site in row.known_in.all()], "active": row.active,
    }  # fmt: skip


@login_required
@require_POST
def absence_add(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Caller.objects.select_related("user"), user, "plan.assign", pk=pk)
    form = AbsenceForm(request.POST)
    if valid(request, form):
        attempt(
            request,
            lambda: caller_actions.add_absence(user=user, at=timezone.now(), caller=row, **form.cleaned_data),
            _("Saved: the plan gives nothing on these days; samples that are given out already are not moved."),
        )
    return redirect("roster_caller", pk=pk)


@login_required
@require_POST
def absence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Absence.objects.select_related("caller__user"), user, "plan.assign", pk=pk)
    attempt(
        request,
        lambda: caller_actions.remove_absence(user=user, at=timezone.now(), absence=row),
        _("The absence is taken back."),
    )
    return redirect("roster_caller", pk=row.caller_id)
