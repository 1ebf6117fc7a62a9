"""Who of a client says Ya without a login: the list, naming one, changing and ending one; all by two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali.accounts import access, mail_server, permissions, sensitive
from kendali.accounts.models import Client, RoleGrant, SensitiveChange, User
from kendali.accounts.permissions import RuleRefused
from kendali.accounts.sensitive_views import sentence
from kendali.audit.history import history
from kendali.disposal.actions import approvers as action
from kendali.disposal.models import Approver
from kendali.notices import mail
from kendali.records.forms_approvals import ApproverForm
from kendali.records.views.answers import attempt, told
from kendali.records.words import CLASSES, Pill
from kendali.terms import settings as terms


@dataclass(frozen=True, slots=True)
class Line:
    row: Approver
    pill: Pill
    waiting: SensitiveChange | None
    sentence: str


def _load(request: HttpRequest, code: str, right: str) -> Client:
    return access.load(Client, access.signed_in(request), right, code=code)


@dataclass(frozen=True, slots=True)
class Rule:
    """How lists of one record class are signed for this client."""

    word: str
    needed: int
    letter: bool


def _rule(client: Client, record_class: str) -> Rule:
    letter = bool(terms.get("approval.letter_suffices", client.pk, record_class))
    return Rule(str(CLASSES[record_class]), terms.number("approval.approvers", client.pk, record_class), letter)


@login_required
@require_safe
def approvers(request: HttpRequest, code: str) -> HttpResponse:
    client, now = _load(request, code, "approver.view"), timezone.now()
    rows = Approver.objects.filter(client=client).order_by("ended_at", "order", "name")
    logins = RoleGrant.objects.filter(role="client", client=client, ended_at=None, user__is_active=True)
    rules = [_rule(client, kind) for kind in CLASSES]
    context = {
        "client": client,
        "lines": [_line(row, now) for row in rows],
        "logins": [(grant.user, _fresh(grant.user, now)) for grant in logins.select_related("user")],
        "may_edit": permissions.can(access.signed_in(request), "approver.edit", client),
        "needed": max(rule.needed for rule in rules),
        "rules": rules if len({(rule.needed, rule.letter) for rule in rules}) > 1 else rules[:1],
        "mail": mail.configured(),
        "mail_settled": mail_server.settled(now),
        "form": ApproverForm(),
        "history": history(client),
    }
    return render(request, "records/approvers.html", context)


def _line(row: Approver, now: datetime) -> Line:
    waiting = sensitive.pending(sensitive.subject_of(row)).first()
    return Line(row, _pill(row, now), waiting, sentence(waiting) if waiting else "")


def _pill(row: Approver, now: datetime) -> Pill:
    if row.ended_at is not None:
        return Pill(_("ended"), "idle")
    if row.usable_from is None:
        return Pill(_("waits for a second person"), "soon")
    if row.usable_from > now:
        return Pill(_("confirmed, waiting"), "active")
    return Pill(_("may approve"), "done")


def _fresh(user: User, now: datetime) -> SensitiveChange | None:
    return sensitive.fresh(None, sensitive.subject_of(user), now)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approver_new(request: HttpRequest, code: str) -> HttpResponse:
    client = _load(request, code, "approver.edit")
    form = ApproverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        try:
            action.propose_new(
                user=access.signed_in(request),
                at=timezone.now(),
                client=client,
                email=str(values["email"]),
                name=str(values["name"]),
                position=str(values["position"]),
                order=int(values["order"]),
            )
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
        else:
            messages.success(request, _proposed())
            return redirect("approvers", code=code)
    context = {"form": form, "client": client, "title": _("New approver")}
    return render(request, "records/approver_form.html", context, status=422 if form.errors else 200)


def _proposed() -> str:
    return _("Proposed. A second person must confirm; everybody concerned was told.")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approver_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    row = _row(request, code, pk)
    form = ApproverForm(request.POST or None, initial=ApproverForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        user, now = access.signed_in(request), timezone.now()
        try:
            change = action.propose_change(user=user, at=now, approver=row, changes=form.values())
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
        else:
            messages.success(request, _proposed() if change else _("Nothing was changed."))
            return redirect("approvers", code=code)
    context = {"form": form, "client": row.client, "approver": row, "title": row.name}
    return render(request, "records/approver_form.html", context, status=422 if form.errors else 200)


def _row(request: HttpRequest, code: str, pk: int) -> Approver:
    rows = Approver.objects.select_related("client").filter(client__code=code, ended_at=None)
    return access.load(rows, access.signed_in(request), "approver.edit", pk=pk)


@login_required
@require_POST
def approver_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    row = _row(request, code, pk)
    user, now = access.signed_in(request), timezone.now()
    attempt(request, lambda: action.propose_end(user=user, at=now, approver=row), _proposed())
    return redirect("approvers", code=code)
