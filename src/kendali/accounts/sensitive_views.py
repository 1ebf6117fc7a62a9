"""Changes that one person alone must not make: what was proposed, by whom, from when; confirm it or stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import mail_server, sensitive
from kendali.accounts.access import load, require, signed_in, visible_clients
from kendali.accounts.models import SensitiveChange, User
from kendali.accounts.permissions import RuleRefused, can, client_ids, same_person
from kendali.accounts.refusals import tell
from kendali.audit.history import history
from kendali.audit.sentences import say, shown
from kendali.verdict import YES, Verdict, no

PAGE = 50
FIELDS = {"email": _("E-mail"), "name": _("Name"), "position": _("Position"), "order": _("Sequence")}


@dataclass(frozen=True, slots=True)
class State:
    word: str
    colour: str


def state(row: SensitiveChange, at: datetime) -> State:
    if row.refused_at is not None:
        return State(gettext("stopped"), "late")
    if row.applied_at is not None:
        return State(gettext("in force"), "done")
    if row.confirmed_at is not None:
        return State(gettext("confirmed, waiting"), "active")
    return State(gettext("waits for a second person"), "soon")


def sentence(row: SensitiveChange) -> str:
    """What changes, in the reader's language."""
    doing = sensitive.DOINGS.get(row.do)
    return say(doing.sentence, row.summary) if doing else row.do


def visible(user: User) -> QuerySet[SensitiveChange]:
    """Of the clients a person sees; the mail server, which is everybody's, by people of the house only."""
    rows = SensitiveChange.objects.select_related("client", "proposed_by", "confirmed_by", "refused_by")
    mine = Q(client__in=visible_clients(user, "sensitive.view"))
    if client_ids(user, "sensitive.view") is None:
        mine |= Q(client=None)
    return rows.filter(mine)


@login_required
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    require(user, "sensitive.view")
    waiting_only = request.GET.get("status") != "semua"
    rows = visible(user)
    rows = rows.filter(sensitive.PENDING) if waiting_only else rows
    found = [(row, sentence(row), state(row, now)) for row in rows[:PAGE]]
    context = {
        "rows": found,
        "tabs": [
            (gettext("Not in force yet"), "?", waiting_only),
            (gettext("All"), "?status=semua", not waiting_only),
        ],
        "mail_server_unconfirmed": mail_server.unconfirmed(),
        "now": now,
    }
    return render(request, "accounts/sensitive_changes.html", context)


def _load(request: HttpRequest, pk: int, action: str) -> SensitiveChange:
    user = signed_in(request)
    require(user, "sensitive.view")
    return load(visible(user), user, action, pk=pk)


@login_required
@require_safe
def change(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    row = _load(request, pk, "sensitive.view")
    waiting = row.applied_at is None and row.refused_at is None
    context = {
        "row": row,
        "sentence": sentence(row),
        "state": state(row, now),
        "new_values": _new_values(row),
        "may_confirm": _may_confirm(row, user) if waiting and row.confirmed_at is None else None,
        "may_refuse": waiting and (can(user, "sensitive.refuse", row.client) or row.proposed_by_id == user.pk),
        "hours": int(sensitive.delay(row.client_id).total_seconds() // 3600),
        "counts_from": row.effective_at + sensitive.delay(row.client_id) if row.effective_at else None,
        "history": history(row),
    }
    return render(request, "accounts/sensitive_change.html", context)


def _may_confirm(row: SensitiveChange, user: User) -> Verdict:
    verdict = can(user, "sensitive.confirm", row.client)
    if verdict and same_person(row.proposed_by, user):
        return no("Who proposed this does not confirm it.")
    return verdict and YES


def _new_values(row: SensitiveChange) -> list[tuple[str, str, str]]:
    """(field, what it is now, what it becomes)."""
    return [
        (gettext(FIELDS[field]), shown(field, row.summary.get(field)), shown(field, row.summary[f"new_{field}"]))
        for field in FIELDS
        if f"new_{field}" in row.summary
    ]


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "sensitive.confirm")
    user, now = signed_in(request), timezone.now()
    done = gettext("Confirmed. Everybody concerned was told; it takes effect when the waiting time is over.")
    return _do(request, pk, done, lambda: sensitive.confirm(user=user, at=now, change=row))


@login_required
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "sensitive.view")
    user, now, reason = signed_in(request), timezone.now(), request.POST.get("alasan", "")
    done = gettext("Stopped. Nothing has changed.")
    return _do(request, pk, done, lambda: sensitive.refuse(user=user, at=now, change=row, reason=reason))


def _do(request: HttpRequest, pk: int, done: str, step: Callable[[], object]) -> HttpResponse:
    try:
        step()
    except RuleRefused as refused:
        messages.error(request, tell(refused))
    else:
        messages.success(request, done)
    return redirect("sensitive_change", pk=pk)
