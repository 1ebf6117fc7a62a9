"""Teams with who leads them, and their history."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.mystery.actions import roster as actions
from kendali.mystery.forms_people import EndForm, NewTeamForm, TeamForm
from kendali.mystery.models import Team
from kendali.mystery.queries import people_lists, roster
from kendali.mystery.views.people_tabs import tabs
from kendali.mystery.views.roster import valid


@login_required
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "roster.view")
    today = timezone.localdate()
    sizes = people_lists.sizes(today)
    may_edit = permissions.can(user, "roster.edit")
    context = {
        "tabs": tabs(user, "roster_teams"),
        "rows": [(row, sizes[row.code]) for row in roster.team_rows(today)],
        "may_edit": may_edit,
        "form": NewTeamForm(initial={"since": today}) if may_edit else None,
    }
    return render(request, "mystery/teams.html", context)


def _team(user: User, code: str, action: str) -> list[Team]:
    """Its intervals, newest first."""
    access.require(user, action)
    rows = list(roster.team_rows().filter(code=code).order_by("-since"))
    if not rows:
        raise Http404
    return rows


@login_required
@require_safe
def team(request: HttpRequest, code: str) -> HttpResponse:
    user = access.signed_in(request)
    rows, today = _team(user, code, "roster.view"), timezone.localdate()
    newest, shifts = rows[0], people_lists.shift_names()
    members = people_lists.members(today, team=code).order_by("name")
    may_edit = permissions.can(user, "roster.edit")
    context = {
        "team": newest,
        "stands": newest.until is None or newest.until >= today,
        "rows": rows,
        "members": [(one, shifts.get(one.shift, one.shift)) for one in members],
        "may_edit": may_edit,
        "form": _form(newest) if may_edit else None,
        "end_form": EndForm(initial={"last": today}),
        "history": sorted((one for row in rows for one in history(row)), reverse=True),
        "crumbs": [(_("Roster"), "/mystery/roster/"), (_("Teams"), "/mystery/roster/tim/"), (newest.site.name, "")],
    }
    return render(request, "mystery/team.html", context)


def _form(row: Team) -> TeamForm:
    return TeamForm(initial={"leader": row.leader_id, "supervisor": row.supervisor_id, "since": timezone.localdate()})


@login_required
@require_POST
def team_new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "roster.edit")
    form = NewTeamForm(request.POST)
    if valid(request, form):
        new = actions.NewTeam(**form.cleaned_data)
        if attempt(request, lambda: actions.new_team(user=user, at=timezone.now(), team=new), _("The team stands.")):
            return redirect("roster_team", code=new.code)
    return redirect("roster_teams")


@login_required
@require_POST
def team_change(request: HttpRequest, code: str) -> HttpResponse:
    user = access.signed_in(request)
    newest = _team(user, code, "roster.edit")[0]
    form = TeamForm(request.POST)
    if valid(request, form):
        new = actions.NewTeam(code=code, site=newest.site, **form.cleaned_data)
        attempt(
            request,
            lambda: actions.put_team(user=user, at=timezone.now(), team=new),
            _("Saved; the history stays."),
        )
    return redirect("roster_team", code=code)


@login_required
@require_POST
def team_end(request: HttpRequest, code: str) -> HttpResponse:
    user = access.signed_in(request)
    _team(user, code, "roster.edit")
    form = EndForm(request.POST)
    if valid(request, form):
        last = form.cleaned_data["last"]
        attempt(
            request,
            lambda: actions.end_team(user=user, at=timezone.now(), code=code, last=last),
            _("The team ends after that day; the history stays."),
        )
    return redirect("roster_team", code=code)
