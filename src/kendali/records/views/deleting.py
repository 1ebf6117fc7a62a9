"""How records are deleted at a source, when and how fast, and with which credential."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kendali.accounts import access, permissions, sensitive
from kendali.accounts.permissions import RuleRefused
from kendali.accounts.sensitive_views import sentence
from kendali.connectors.registry import KINDS
from kendali.records import words
from kendali.records.actions import deleting as action
from kendali.records.actions import pacing
from kendali.records.forms_approvals import DeletingForm
from kendali.records.models import Source
from kendali.records.views.answers import attempt, told


def _load(request: HttpRequest, pk: int, right: str) -> Source:
    return access.load(Source.objects.select_related("client"), access.signed_in(request), right, pk=pk)


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deleting(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "source.edit" if request.method == "POST" else "source.view")
    form = DeletingForm(row, request.POST or None)
    if request.method == "POST" and form.is_valid() and _proposed(request, row, form):
        return redirect("source_deleting", pk=pk)
    user, now, waiting = access.signed_in(request), timezone.now(), action.waiting(row)
    context = {
        "source": row,
        "form": form,
        "ways": _way(row),
        "waiting": waiting,
        "waiting_sentence": sentence(waiting) if waiting else "",
        "in_force": row.deleting_from is not None and row.deleting_from <= now,
        "limits": pacing.limits_of(row),
        "tried": _tried(row),
        "may_edit": permissions.can(user, "source.edit", row.client),
        "may_probe": permissions.can(user, "source.probe", row.client),
        "hours": int(sensitive.delay(row.client_id).total_seconds() // 3600),
    }
    return render(request, "records/source_deleting.html", context, status=422 if form.errors else 200)


def _way(row: Source) -> str:
    """The word of how it deletes now."""
    chosen = str(row.deleting.get("delete_by", "none"))
    field = next((one for one in KINDS[row.kind].delete_fields if one.name == "delete_by"), None)
    return _(dict(field.choices).get(chosen, chosen)) if field else chosen


def _tried(row: Source) -> dict[str, object] | None:
    found = row.probe.get("deleting")
    if not found:
        return None
    at: datetime | None = parse_datetime(found["at"])
    problems = [words.told_problem(problem) for problem in found["problems"]]
    return {"at": at, "rights": found["rights"], "problems": problems, "waiting": found["waiting"]}


def _proposed(request: HttpRequest, row: Source, form: DeletingForm) -> bool:
    user, now = access.signed_in(request), timezone.now()
    try:
        action.propose(user=user, at=now, source=row, config=form.config(), secret=form.secret())
    except RuleRefused as refused:
        form.add_error(None, told(refused.verdict))
        return False
    messages.success(request, _("Proposed. A second person must confirm; everybody concerned was told."))
    return True


@login_required
@require_POST
def probe(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "source.probe")
    user, now = access.signed_in(request), timezone.now()
    said = _("A worker tries it; the answer appears here in a moment.")
    attempt(request, lambda: action.request_probe(user=user, at=now, source=row), said)
    return redirect("source_deleting", pk=pk)
