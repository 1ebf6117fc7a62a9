"""Records that cannot be backed up: proposed from an order's shortcomings, decided by the QMR."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.records import words
from kendali.records.actions import unbackupable
from kendali.records.models import EscalationItem, Record, Unbackupable
from kendali.records.views.answers import attempt, field
from kendali.verdict import YES, Verdict, no

PROPOSED = "diajukan"


@login_required
@require_safe
def unbackupables(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "escalation.view")
    clients = access.visible_clients(user, "escalation.view")
    rows = Unbackupable.objects.filter(record__source__client__in=clients)
    rows = rows.select_related("record__source__client", "proposed_by", "decided_by")
    waiting = request.GET.get("status") == PROPOSED
    if waiting:
        rows = rows.filter(status=Unbackupable.Status.PROPOSED)
    page = keyset.page(rows, ("-proposed_at", "-id"), request.GET)
    context = {
        "page": page,
        "rows": [(row, words.unbackupable_pill(row), _problem(row), _may_decide(user, row)) for row in page.rows],
        "tabs": [(_("All"), "?", not waiting), (_("To be decided"), f"?status={PROPOSED}", waiting)],
    }
    return render(request, "records/unbackupables.html", context)


def _problem(row: Unbackupable) -> words.Told | None:
    return words.told_problem({"code": row.problem}) if row.problem else None


def _may_decide(user: User, row: Unbackupable) -> Verdict | None:
    """None: this person has nothing to decide here at all."""
    if row.status != Unbackupable.Status.PROPOSED or not permissions.can(user, "unbackupable.confirm", row.client):
        return None
    if permissions.same_person(row.proposed_by, user):
        return no("Who proposed this does not decide it.")
    return YES


@login_required
@require_POST
def propose(request: HttpRequest, item: int) -> HttpResponse:
    user = access.signed_in(request)
    line = get_object_or_404(EscalationItem, pk=item)
    rows = Record.objects.select_related("source__client")
    record = access.load(rows, user, "unbackupable.propose", pk=line.record_id)
    attempt(
        request,
        lambda: unbackupable.propose(user=user, at=timezone.now(), record=record, reason=field(request, "alasan")),
        _("Proposed; the QMR was told."),
    )
    return redirect("escalation", pk=line.escalation_id)


@login_required
@require_POST
def decide(request: HttpRequest, pk: str) -> HttpResponse:
    user = access.signed_in(request)
    rows = Unbackupable.objects.select_related("record__source__client", "proposed_by")
    row = access.load(rows, user, "unbackupable.confirm", pk=pk)
    confirmed = field(request, "jawaban") == "ya"
    attempt(
        request,
        lambda: unbackupable.decide(
            user=user, at=timezone.now(), row=row, confirmed=confirmed, reason=field(request, "alasan")
        ),
        _("Confirmed: it is shown apart from now on.") if confirmed else _("Refused; it is due for backup again."),
    )
    return redirect("unbackupables")
