"""One record: what it is, where it stands, which rule says so; and the way to its content, with a reason."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import civil_time
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.records import words
from kendali.records.actions import content, unbackupable
from kendali.records.actions.customers import customer_of
from kendali.records.models import EscalationItem, Record, Unbackupable
from kendali.records.queries import record as query
from kendali.records.views.answers import attempt, field
from kendali.verdict import Verdict, no

RELATED = ("source__client", "version__package")


@login_required
@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    row = access.load(Record.objects.select_related(*RELATED), user, "record.view", pk=pk)
    policy = query.policy_of(row)
    today = civil_time.local_date(now, policy.zone if policy else row.source.zone)
    proposal = query.unbackupable(row)
    versions, orders = query.versions(row), query.orders(row)
    context = {
        "record": row,
        "pill": query.state(row, now),
        "crumbs": _crumbs(user, row),
        "class_name": words.CLASSES[row.source.record_class],
        "policy": policy,
        "dues": query.explained(row, policy, today) if policy else [],
        "steps": query.steps(row, policy, today),
        "versions": [(version, words.package_pill(version.package)) for version in versions],
        "orders": orders,
        "opening": content.opening(user, row, now),
        "openable": _openable(user, row),
        "customer": _customer(user, row),
        "proposal": (proposal, words.unbackupable_pill(proposal)) if proposal else None,
        "proposable": _proposable(user, row, orders, proposal),
        "sees_orders": permissions.can(user, "escalation.view", row.client),
        "sees_packages": permissions.can(user, "package.view", row.client),
        "history": history(row),
        "disposal": query.disposal(row),
        "may_hold": permissions.can(user, "hold.place", row.client),
    }
    return render(request, "records/record.html", context)


def _crumbs(user: User, row: Record) -> list[tuple[str, str]]:
    first = (_("Search"), "/catatan/") if permissions.can(user, "record.search") else (_("Backed up"), "/terbackup/")
    return [first, (row.client.name, ""), (str(words.CLASSES[row.source.record_class]), "")]


def _openable(user: User, row: Record) -> Verdict | None:
    """Whether the content may be opened, or why not; None: not by this person at all."""
    if not permissions.can(user, "record.open_content", row.client):
        return None
    if not row.versions.exists():
        return no(_("not in a verified package yet"))
    return content.may_open(row)


def _customer(user: User, row: Record) -> object:
    """Name and phone, only while this person has the content open."""
    return customer_of(row) if content.is_open(user, row, timezone.now()) else None


def _proposable(user: User, row: Record, orders: list[query.Line], proposal: Unbackupable | None) -> bool:
    failed = any(line.item.outcome == EscalationItem.Outcome.PROBLEM for line in orders)
    open_proposal = proposal is not None and proposal.status != Unbackupable.Status.REFUSED
    may = permissions.can(user, "unbackupable.propose", row.client)
    return bool(may) and failed and row.version_id is None and not open_proposal


@login_required
@require_POST
def open_record(request: HttpRequest, pk: int) -> HttpResponse:
    """With a reason, on the audit trail; then straight to the content."""
    user = access.signed_in(request)
    row = access.load(Record.objects.select_related(*RELATED), user, "record.open_content", pk=pk)
    opened = attempt(
        request,
        lambda: content.open_content(user=user, at=timezone.now(), record=row, reason=field(request, "alasan")),
        _("Open for 30 minutes; the opening and its reason are in the audit trail."),
    )
    return redirect("record_content" if opened else "record", pk=pk)


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Record.objects.select_related(*RELATED), user, "unbackupable.propose", pk=pk)
    attempt(
        request,
        lambda: unbackupable.propose(user=user, at=timezone.now(), record=row, reason=field(request, "alasan")),
        _("Proposed; the QMR was told."),
    )
    return redirect("record", pk=pk)
