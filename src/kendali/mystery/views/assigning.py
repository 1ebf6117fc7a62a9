"""Who calls which sample: one by hand, all that nobody has, those of somebody who is sick."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from kendali.accounts import access
from kendali.accounts.answers import attempt, field, told
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.mystery.actions import assigning as actions
from kendali.mystery.models import Sample
from kendali.mystery.queries import plan_page as query
from kendali.mystery.queries import planning
from kendali.mystery.rules.assignment import Given
from kendali.mystery.views.cycles import crumbs, load
from kendali.mystery.words import sample_pill
from kendali.mystery.words_plan import Levels, warning
from kendali.numerals import whole


@login_required
def sample_assign(request: HttpRequest, month: str, pk: int) -> HttpResponse:
    row, user = load(request, month, "plan.assign"), access.signed_in(request)
    related = ("cycle", "destination", "executor", "scenario__scenario", "persona", "replaces")
    sample = get_object_or_404(Sample.objects.select_related(*related), pk=pk, cycle=row)
    if request.method == "POST":
        chosen = get_object_or_404(User, pk=whole(field(request, "pelaksana")) or 0, is_active=True)
        done = attempt(
            request,
            lambda: actions.assign(user=user, at=timezone.now(), sample=sample, executor=chosen),
            _("Assigned to %(name)s; stratum and window stayed.") % {"name": chosen.name},
        )
        return redirect("plan", month=month) if done else redirect("sample_assign", month=month, pk=pk)
    levels = Levels()
    options = actions.options(row, sample)
    names = {one.user.email: one.user.name for one in options}
    context = {
        "row": row,
        "crumbs": [*crumbs(row), (_("Plan"), f"/mystery/siklus/{row}/rencana/")],
        "sample": sample,
        "pill": sample_pill(sample.state),
        "window": query.shown(sample, user.zone),
        "area": levels.area(sample.area),
        "shift": levels.shift(sample.shift),
        "kind": levels.kind(sample.kind),
        "warnings": [warning(kept, names, levels) for kept in sample.warnings],
        "allowed": actions.may_assign_in(row),
        "options": [
            (
                one.user,
                one.user == sample.executor,
                "" if one.verdict else warning(actions.warning(one.verdict), names, levels),
                [warning(actions.warning(some), names, levels) for some in one.warnings],
            )
            for one in options
        ],
        "history": history(sample),
    }
    return render(request, "mystery/sample_assign.html", context)


@login_required
@require_POST
def give_out(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "plan.assign"), access.signed_in(request)
    found: list[Given] = []

    def act() -> None:
        found.append(actions.give_out(user=user, at=timezone.now(), row=row))

    if attempt(request, act, _("What somebody may call is given out.")):
        _say_left(request, found[0])
    return redirect("plan", month=month)


@login_required
@require_POST
def replace_caller(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "plan.assign"), access.signed_in(request)
    gone = get_object_or_404(User, pk=whole(field(request, "pelaksana")) or 0)
    found: list[Given] = []

    def act() -> None:
        reason = field(request, "alasan")
        found.append(actions.replace_caller(user=user, at=timezone.now(), row=row, gone=gone, reason=reason))

    if attempt(request, act, _("The calls of %(name)s are given to others.") % {"name": gone.name}):
        _say_left(request, found[0])
    return redirect("plan", month=month)


def _say_left(request: HttpRequest, found: Given) -> None:
    left = len(found.unassigned)
    if left:
        names = {
            one.email: one.name for one in planning.users_of([str(found.verdict.facts.get("caller", ""))]).values()
        }
        why = told(actions.by_name(found.verdict, names))
        said = ngettext("Nobody may call %(count)s sample: %(why)s", "Nobody may call %(count)s samples: %(why)s", left)
        messages.warning(request, said % {"count": left, "why": why})
