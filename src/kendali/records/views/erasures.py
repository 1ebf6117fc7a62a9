"""Erasure requests of customers (UU 27/2022): entered, their records found, put to the client, decided within hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.history import history
from kendali.disposal.actions import erasures as paper
from kendali.disposal.models import Act, ErasureRequest, Proposal
from kendali.numerals import whole
from kendali.records import words
from kendali.records import words_disposal as told_words
from kendali.records.actions import erasures as action
from kendali.records.forms_approvals import ErasureForm
from kendali.records.models import Source
from kendali.records.views.answers import attempt, field, told
from kendali.records.views.once import once

STATUS = ErasureRequest.Status
COLOURS = {"received": "soon", "accepted": "active", "refused": "late", "done": "done"}
SOON = timedelta(hours=24)


def pill(row: ErasureRequest, at: datetime) -> words.Pill:
    if row.status == STATUS.RECEIVED and row.due_at <= at:
        return words.Pill(_("overdue"), "late")
    return words.Pill(row.get_status_display(), COLOURS[row.status])


def visible(user: User) -> QuerySet[ErasureRequest]:
    rows = ErasureRequest.objects.filter(client__in=access.visible_clients(user, "erasure.view"))
    return rows.select_related("client", "entered_by")


@login_required
@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    access.require(user, "erasure.view")
    open_only = request.GET.get("status") != "semua"
    rows = visible(user)
    rows = rows.filter(status__in=(STATUS.RECEIVED, STATUS.ACCEPTED)) if open_only else rows
    page = keyset.page(rows, ("-received_at", "-id"), request.GET)
    context = {
        "page": page,
        "rows": [(row, pill(row, now), words.CLASSES[row.record_class]) for row in page.rows],
        "tabs": [(_("Not finished"), "?", open_only), (_("All"), "?status=semua", not open_only)],
        "may_enter": permissions.can(user, "erasure.enter"),
    }
    return render(request, "records/erasures.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "erasure.enter")
    clients = access.visible_clients(user, "erasure.enter").filter(active=True)
    form = ErasureForm(clients, request.POST or None, initial={"diterima": timezone.localtime()})
    if request.method == "POST" and form.is_valid():
        try:
            made = once(lambda: _enter(user, form), same=SAME, when="entered_at", alike=lambda _one, _other: True)
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
        else:
            said = _("It was entered already: this is it.") if made.again else ""
            messages.success(request, said or _("Entered. The clock runs; the records found are below."))
            return redirect("erasure", pk=made.row.pk)
    return render(request, "records/erasure_new.html", {"form": form}, status=422 if form.errors else 200)


SAME = (
    "client", "record_class", "customer_name_hmac", "customer_phone_hmac", "channel", "note", "received_at",
    "entered_by",
)  # fmt: skip


def _enter(user: User, form: ErasureForm) -> ErasureRequest:
    data = form.cleaned_data
    return action.enter(
        user=user, at=timezone.now(), client=data["klien"], record_class=data["kelas"], name=data["nama"],
        phone=data["telepon"], channel=data["saluran"], note=data["catatan"], received_at=data["diterima"],
    )  # fmt: skip


def _load(request: HttpRequest, pk: int, right: str) -> ErasureRequest:
    rows = ErasureRequest.objects.select_related("client", "entered_by")
    return access.load(rows, access.signed_in(request), right, pk=pk)


@login_required
@require_safe
def erasure(request: HttpRequest, pk: int) -> HttpResponse:
    row, now, user = _load(request, pk, "erasure.view"), timezone.now(), access.signed_in(request)
    matches = action.matches(row) if row.status in (STATUS.RECEIVED, STATUS.ACCEPTED) else []
    lists = list(row.proposals.order_by("-pk"))
    living = {one.act for one in lists if one.status in paper.LIVING}
    is_open = row.status == STATUS.RECEIVED and not living
    copies = action.matches(row, Act.BACKUP) if row.status in (STATUS.RECEIVED, STATUS.ACCEPTED) else []
    copies_open = row.status == STATUS.RECEIVED or Act.SOURCE in living
    context = {
        "row": row,
        "pill": pill(row, now),
        "class_name": words.CLASSES[row.record_class],
        "matches": matches,
        "copies": copies if Act.BACKUP not in living else [],
        "may_propose_copies": copies_open and permissions.can(user, "erasure.propose", row.client),
        "missing": [match for match in matches if not match.backed_up],
        "sources": _sources(row, matches),
        "lists": [(one, told_words.proposal_pill(one), _list_url(user, one)) for one in lists],
        "may_propose": permissions.can(user, "erasure.propose", row.client)
        if row.status == STATUS.RECEIVED and Act.SOURCE not in living
        else None,
        "may_refuse": is_open and permissions.can(user, "erasure.refuse", row.client),
        "may_raise": permissions.can(user, "escalation.raise", row.client),
        "overdue": row.status == STATUS.RECEIVED and row.due_at <= now,
        "history": history(row),
    }
    return render(request, "records/erasure.html", context)


def _list_url(user: User, proposal: Proposal) -> str:
    if proposal.status != Proposal.Status.DRAFT and permissions.can(user, "proposal.decide", proposal.client):
        return reverse("decision", args=[proposal.pk])
    return reverse("proposal", args=[proposal.pk])


def _sources(row: ErasureRequest, matches: list[action.Match]) -> list[Source]:
    """Where a backup has to be made first (I1)."""
    keys = {match.record.source_id for match in matches if not match.backed_up}
    return list(Source.objects.filter(pk__in=keys).order_by("name"))


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = _load(request, pk, "erasure.propose"), access.signed_in(request)
    chosen = {key for text in request.POST.getlist("catatan")[:5000] if (key := whole(text)) is not None}
    try:
        act = Act.BACKUP if request.POST.get("tindakan") == Act.BACKUP else Act.SOURCE
        proposal = action.propose(user=user, at=timezone.now(), request=row, chosen=chosen, act=act)
    except RuleRefused as refused:
        messages.error(request, told(refused.verdict))
        return redirect("erasure", pk=pk)
    messages.success(request, _("The list is made: check it, then ask the client."))
    return redirect("proposal", pk=proposal.pk)


@login_required
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    row, user, reason = _load(request, pk, "erasure.refuse"), access.signed_in(request), field(request, "alasan")
    said = _("Refused, with your reason; the Team Leader was told.")
    attempt(request, lambda: paper.refuse(user=user, at=timezone.now(), request=row, reason=reason), said)
    return redirect("erasure", pk=pk)


@login_required
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    row, user, reason = _load(request, pk, "erasure.propose"), access.signed_in(request), field(request, "alasan")
    said = _("Closed: no record of this customer was found.")
    attempt(
        request, lambda: action.close_without_records(user=user, at=timezone.now(), request=row, reason=reason), said
    )
    return redirect("erasure", pk=pk)
