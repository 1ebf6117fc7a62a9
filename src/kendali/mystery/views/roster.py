"""Agents of the roster: who works where on a day, one agent's history, changes one by one, sheets in and out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, told
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.mystery import roster_sheet
from kendali.mystery.actions import roster as actions
from kendali.mystery.forms_people import EndForm, ImportForm, MemberForm, MoveForm, RosterFilter
from kendali.mystery.models import Agent, Membership
from kendali.mystery.queries import people_lists, roster
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.roster_import import Diff
from kendali.mystery.views.people_tabs import tabs
from kendali.records import export
from kendali.verdict import no

SHOWN = 200  # lines of a dry run on the page


@login_required
@require_safe
def roster_list(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "roster.view")
    form, on = _asked(request)
    page = keyset.page(_rows(form, on), people_lists.ORDER, request.GET)
    teams, shifts = people_lists.leaders(on), people_lists.shift_names()
    may_edit = permissions.can(user, "roster.edit")
    context = {
        "tabs": tabs(user, "roster"),
        "form": form,
        "on": on,
        "page": page,
        "rows": [(row, teams.get(row.team), shifts.get(row.shift, row.shift)) for row in page.rows],
        "filtered": any(form.cleaned_data.values()),
        "query": request.GET.urlencode(),
        "may_edit": may_edit,
        "member_form": MemberForm(on=timezone.localdate()) if may_edit else None,
    }
    return render(request, "mystery/roster.html", context)


def _asked(request: HttpRequest) -> tuple[RosterFilter, date]:
    form = RosterFilter(request.GET, timezone.localdate())
    form.is_valid()
    return form, form.cleaned_data.get("tanggal") or timezone.localdate()


def _rows(form: RosterFilter, on: date) -> Any:
    asked = form.cleaned_data
    return people_lists.members(on, site=asked.get("area"), team=asked.get("tim") or "", text=asked.get("cari") or "")


@login_required
@require_safe
def roster_xlsx(request: HttpRequest) -> FileResponse:
    """As it can be imported again."""
    user = access.signed_in(request)
    access.require(user, "roster.view")
    form, on = _asked(request)
    ordered = _rows(form, on).order_by("site__code", "team", "agent__number").iterator(chunk_size=500)
    lines = (roster_sheet.line(roster.of_row(row)) for row in ordered)
    head = roster_sheet.heads(get_language() or "id")
    return export.workbook(f"roster-{on:%Y%m%d}.xlsx", head, lines, zone=user.zone)


@login_required
@require_safe
def agent(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Agent.objects.all(), user, "roster.view", pk=pk)
    intervals, today = people_lists.intervals(row), timezone.localdate()
    now = next((one for one in intervals if one.since <= today and (one.until is None or one.until >= today)), None)
    may_edit, shifts = permissions.can(user, "roster.edit"), people_lists.shift_names()
    context = {
        "agent": row,
        "intervals": [(one, shifts.get(one.shift, one.shift)) for one in intervals],
        "now": now,
        "team": people_lists.leaders(today).get(now.team) if now else None,
        "may_edit": may_edit,
        "move_form": _move_form(now or (intervals[0] if intervals else None)) if may_edit else None,
        "end_form": EndForm(initial={"last": today}),
        "history": history(row),
        "crumbs": [(_("Roster"), "/mystery/roster/"), (now.site.name if now else "", "")],
    }
    return render(request, "mystery/agent.html", context)


def _move_form(row: Membership | None) -> MoveForm:
    names = ("name", "team", "shift", "login", "extension")
    return MoveForm(on=timezone.localdate(), initial={name: getattr(row, name) for name in names} if row else {})


@login_required
@require_POST
def agent_new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "roster.edit")
    form = MemberForm(request.POST, on=timezone.localdate())
    made: list[Agent] = []
    if valid(request, form) and attempt(
        request,
        lambda: made.append(actions.add(user=user, at=timezone.now(), member=form.member())),
        _("The agent is in the roster."),
    ):
        return redirect("roster_agent", pk=made[0].pk)
    return redirect("roster")


@login_required
@require_POST
def agent_move(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Agent.objects.all(), user, "roster.edit", pk=pk)
    form = MoveForm(request.POST, on=timezone.localdate())
    if valid(request, form):
        attempt(
            request,
            lambda: actions.back_or_move(user=user, at=timezone.now(), member=form.member(row.number)),
            _("Saved; the history stays."),
        )
    return redirect("roster_agent", pk=pk)


@login_required
@require_POST
def agent_end(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Agent.objects.all(), user, "roster.edit", pk=pk)
    form = EndForm(request.POST)
    if valid(request, form):
        last = form.cleaned_data["last"]
        attempt(
            request,
            lambda: actions.end(user=user, at=timezone.now(), agent=row, last=last),
            _("The agent leaves the roster after that day; the history stays."),
        )
    return redirect("roster_agent", pk=pk)


def valid(request: HttpRequest, form: Form) -> bool:
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        messages.error(request, f"{label}: {' '.join(map(str, errors))}" if label else " ".join(map(str, errors)))
    return form.is_valid()


# --- from a sheet


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roster_import(request: HttpRequest) -> HttpResponse:
    """First the dry run, then, if it still is what was seen, the import."""
    user = access.signed_in(request)
    access.require(user, "roster.edit")
    form = ImportForm(request.POST or None, request.FILES or None, initial={"effective": timezone.localdate()})
    shown = None
    if request.method == "POST" and form.is_valid():
        shown = _dry_run(form)
        if shown["ready"] and form.cleaned_data["seen"] == shown["seen"] and _apply(request, user, form, shown["rows"]):
            return redirect("roster")
    status = 422 if form.errors or (shown and shown["problems"]) else 200
    return render(request, "mystery/roster_import.html", {"form": form, "shown": shown}, status=status)


def _dry_run(form: ImportForm) -> dict[str, Any]:
    sheet = _sheet(form)
    given = form.cleaned_data
    diff = Diff(problems=tuple(sheet.problems))
    if not sheet.problems:
        diff = actions.compared(sheet.rows, effective=given["effective"], complete=given["complete"])
    language = get_language() or "id"
    return {
        "rows": sheet.rows,
        "text": json.dumps(sheet.rows, ensure_ascii=False, separators=(",", ":")),
        "seen": sha256(repr((diff, given["effective"], given["complete"])).encode()).hexdigest()[:16],
        "counts": actions.counts(diff),
        "diff": diff,
        "added": diff.added[:SHOWN],
        "changed": diff.changed[:SHOWN],
        "ended": diff.ended[:SHOWN],
        "problems": [(_place(one), roster_sheet.column_title(one.part, language), _said(one))
                     for one in diff.problems[:SHOWN]],
        "more_problems": max(len(diff.problems) - SHOWN, 0),
        "ready": not diff.problems and bool(diff.added or diff.changed or diff.ended),
    }  # fmt: skip


def _sheet(form: ImportForm) -> roster_sheet.Sheet:
    """The file, or what the dry run read from it before."""
    if file := form.cleaned_data["file"]:
        return roster_sheet.read(file.read(roster_sheet.MOST_BYTES + 1))
    return roster_sheet.kept(form.cleaned_data["rows"])


def _place(one: Problem) -> str:
    """ "row 3" of the rules, or the employee number it is about."""
    return _("row %(number)s") % {"number": one.place[4:]} if one.place.startswith("row ") else one.place


def _said(one: Problem) -> str:
    return told(no(one.reason, **one.facts))


def _apply(request: HttpRequest, user: User, form: ImportForm, rows: list[dict[str, str]]) -> bool:
    given = form.cleaned_data
    act: Callable[[], object] = lambda: actions.import_rows(  # noqa: E731
        user=user, at=timezone.now(), rows=rows, effective=given["effective"], complete=given["complete"]
    )
    return attempt(request, act, _("The roster is imported."))
