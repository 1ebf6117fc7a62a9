"""Retention policies per client and record class: every version, the effect before saving, the client's decision."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import civil_time
from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.history import history
from kendali.records import forms, words
from kendali.records.actions import policies as actions
from kendali.records.views.answers import attempt, field, told
from kendali.terms.models import Policy
from kendali.terms.rules import acceptable

COLOURS = {"waiting": "soon", "effective": "done", "superseded": "idle", "refused": "late"}
STATUS = Policy.Status


def pill(policy: Policy) -> words.Pill:
    return words.Pill(policy.get_status_display(), COLOURS[policy.status])


@login_required
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "policy.view")
    clients = list(access.visible_clients(user, "policy.view").filter(active=True))
    kept = Policy.objects.filter(client__in=clients, status__in=[STATUS.EFFECTIVE, STATUS.WAITING])
    by_place = {(policy.client_id, policy.record_class, policy.status): policy for policy in kept}
    rows = [
        (
            client,
            code,
            words.CLASSES[code],
            by_place.get((client.pk, code, STATUS.EFFECTIVE)),
            by_place.get((client.pk, code, STATUS.WAITING)),
            permissions.can(user, "policy.edit", client),
        )
        for client in clients
        for code in words.CLASSES
    ]
    return render(request, "records/policies.html", {"rows": rows})


@login_required
@require_safe
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Policy.objects.select_related("client", "created_by", "decided_by"), user, "policy.view", pk=pk)
    versions = Policy.objects.filter(client=row.client, record_class=row.record_class).select_related("created_by")
    current = actions.effective(row.client, row.record_class)
    deciding = row.status == STATUS.WAITING
    numbered = list(versions.order_by("-version"))
    context = {
        "policy": row,
        "pill": pill(row),
        "class_name": words.CLASSES[row.record_class],
        "versions": [(version, pill(version)) for version in numbered],
        "version_count": len(numbered),
        "current": current if deciding else None,
        "effects": _effects(row.client, row.record_class, _terms(row)) if deciding else None,
        "may_decide": permissions.can(user, "policy.decide", row.client) if deciding else None,
        "may_edit": permissions.can(user, "policy.edit", row.client),
        "history": history(row),
    }
    return render(request, "records/policy.html", context)


def _terms(policy: Policy) -> actions.Terms:
    return actions.Terms(policy.zone, actions.periods(policy), policy.backup_clock, policy.deletion_clock)


def _effects(client: Client, record_class: str, new: actions.Terms) -> list[tuple[str, int | None, int]]:
    """What the change touches today: (label, by the version in force, by the new one)."""
    today = civil_time.local_date(timezone.now(), new.zone)
    after = actions.effect(client, record_class, new, today)
    current = actions.effective(client, record_class)
    before = actions.effect(client, record_class, _terms(current), today) if current else None
    return [
        (_("Due for backup soon"), before.due if before else None, after.due),
        (_("Overdue for backup"), before.overdue if before else None, after.overdue),
        (_("Past retention"), before.past_retention if before else None, after.past_retention),
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, client: str, record_class: str) -> HttpResponse:
    user = access.signed_in(request)
    owner = _client(user, client, record_class)
    current = actions.effective(owner, record_class)
    form = forms.PolicyForm(request.POST or None, initial=_initial(current))
    preview = None
    if request.method == "POST" and form.is_valid():
        terms = form.terms()
        problem = acceptable(terms.periods)
        if not problem:
            form.add_error(None, told(problem))
        elif field(request, "dilihat") == form.seen() and (saved := _save(request, owner, record_class, form)):
            return redirect("policy", pk=saved.pk)
        else:
            preview = {
                "effects": _effects(owner, record_class, terms),
                "seen": form.seen(),
                "waits": actions.waits_for_client(current, terms),
            }
    context = {"form": form, "client": owner, "class_name": words.CLASSES[record_class], "preview": preview}
    context |= {"current": current}
    return render(request, "records/policy_form.html", context, status=422 if form.errors else 200)


def _client(user: User, code: str, record_class: str) -> Client:
    if record_class not in words.CLASSES:
        raise Http404
    return access.load(Client.objects.all(), user, "policy.edit", code=code)


def _initial(policy: Policy | None) -> dict[str, object]:
    """The version in force; for a first one the defaults of the procedure, but never for the backup copy."""
    if policy is None:
        return {"zona": "Asia/Jakarta", "backup": 1, "jeda": 30, "hapus": 2}
    return {
        "zona": policy.zone,
        "jam_backup": policy.backup_clock,
        "jam_hapus": policy.deletion_clock,
        "backup": policy.backup_after_years,
        "jeda": policy.lead_days,
        "hapus": policy.delete_after_years,
        "salinan": policy.backup_copy_months,
    }


def _save(request: HttpRequest, client: Client, record_class: str, form: forms.PolicyForm) -> Policy | None:
    try:
        saved = actions.save(
            user=access.signed_in(request),
            at=timezone.now(),
            client=client,
            record_class=record_class,
            terms=form.terms(),
            reason=form.cleaned_data["alasan"],
        )
    except RuleRefused as refused:
        form.add_error(None, told(refused.verdict))
        return None
    if saved.status == STATUS.WAITING:
        messages.success(request, _("Saved. It shortens a period, so the client decides; until then nothing changes."))
    else:
        messages.success(request, _("Saved; it is in force from now on."))
    return saved


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Policy.objects.select_related("client"), user, "policy.decide", pk=pk)
    agreed = field(request, "jawaban") == "ya"
    attempt(
        request,
        lambda: actions.decide(
            user=user, at=timezone.now(), policy=row, agreed=agreed, reason=field(request, "alasan")
        ),
        _("Thank you: the new version is in force.") if agreed else _("Your refusal is recorded; nothing changes."),
    )
    return redirect("policy", pk=pk)
