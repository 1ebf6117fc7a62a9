"""The end of a client's contract, and copies of packages that lie elsewhere: nothing is forgotten."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.models import Client
from kendali.records.actions import contract_end as action
from kendali.records.actions import copies
from kendali.records.models import ContractEnd, Package, RegisteredCopy
from kendali.records.views.answers import attempt, field


@login_required
@require_safe
def contract_ends(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "policy.view")
    clients = access.visible_clients(user, "policy.view")
    rows = ContractEnd.objects.filter(client__in=clients).select_related("client", "entered_by")
    ended = rows.filter(withdrawn_at=None).values("client")
    context = {
        "rows": [(row, permissions.can(user, "proposal.propose", row.client)) for row in rows.order_by("-pk")],
        "clients": clients.exclude(pk__in=ended).order_by("name"),
        "may_edit": permissions.can(user, "policy.edit"),
    }
    return render(request, "records/contract_ends.html", context)


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "policy.edit")
    client = access.load(Client, user, "policy.edit", code=field(request, "klien"))
    day = _day(field(request, "tanggal"))
    attempt(
        request,
        lambda: action.record_end(
            user=user, at=timezone.now(), client=client, ended_on=day, reference=field(request, "nomor"),
            reason=field(request, "alasan"),
        ),
        _("Recorded. Give everything back with the command, then propose what is left to be destroyed."),
    )  # fmt: skip
    return redirect("contract_ends")


def _day(text: str) -> date | None:
    """None for what is no day, which the action refuses with its sentence."""
    try:
        return parse_date(text)
    except ValueError:  # 31 February
        return None


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(ContractEnd.objects.select_related("client"), user, "policy.edit", pk=pk)
    attempt(
        request,
        lambda: action.withdraw(user=user, at=timezone.now(), end=row, reason=field(request, "alasan")),
        _("Withdrawn: the periods hold again."),
    )
    return redirect("contract_ends")


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(ContractEnd.objects.select_related("client"), user, "proposal.propose", pk=pk)
    attempt(
        request,
        lambda: action.propose_everything(user=user, at=timezone.now(), client=row.client),
        _("Drafted: look at the lists, then ask the client."),
    )
    return redirect("proposals")


@login_required
@require_POST
def copy_register(request: HttpRequest, pk: str) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Package.objects.select_related("source__client"), user, "keys.manage", pk=pk)
    attempt(
        request,
        lambda: copies.register(user=user, at=timezone.now(), package=row, place=field(request, "tempat")),
        _("Registered: a destruction waits until it is declared gone."),
    )
    return redirect("package", pk=pk)


@login_required
@require_POST
def copy_end(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(RegisteredCopy.objects.select_related("package__source__client"), user, "keys.manage", pk=pk)
    attempt(
        request,
        lambda: copies.end(
            user=user, at=timezone.now(), copy=row, how=field(request, "akhir"), evidence=field(request, "bukti")
        ),
        _("Declared, with your evidence; waiting destructions look again within the hour."),
    )
    return redirect("package", pk=row.package_id)
