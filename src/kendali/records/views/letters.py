"""Signed letters of the client and new links, from the page of a proposal."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.disposal.actions import invitations, letters
from kendali.disposal.models import Invitation, Letter, Proposal
from kendali.notices import mail
from kendali.records import streaming
from kendali.records.forms_approvals import LetterForm
from kendali.records.views.answers import attempt, told
from kendali.records.words import Pill

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def _proposal(request: HttpRequest, pk: int, right: str) -> Proposal:
    rows = Proposal.objects.exclude(status=Proposal.Status.DRAFT).select_related("client", "policy")
    return access.load(rows, access.signed_in(request), right, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_new(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk, "proposal.letter")
    form = LetterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _uploaded(request, proposal, form):
        return redirect("proposal", pk=pk)
    context = {"form": form, "proposal": proposal, "suffices": letters.counts(proposal)}
    return render(request, "records/letter_form.html", context, status=422 if form.errors else 200)


def _uploaded(request: HttpRequest, proposal: Proposal, form: LetterForm) -> bool:
    data = form.cleaned_data
    file = data["surat"]
    try:
        letters.upload(
            user=access.signed_in(request),
            at=timezone.now(),
            proposal=proposal,
            name=file.name,
            data=file.read(letters.MOST + 1),
            signed_by_name=data["penanda_tangan"],
            signed_by_position=data["jabatan"],
            signed_on=data["tanggal"],
        )
    except RuleRefused as refused:
        form.add_error(None, told(refused.verdict))
    except ArchiveError:
        form.add_error(None, _("The store does not answer, so the letter was not kept. Try again."))
    else:
        messages.success(request, _("The letter is kept, sealed, and marked as a letter."))
        return True
    return False


def _letter(request: HttpRequest, pk: int, right: str) -> Letter:
    """Loaded by its list, which knows the client."""
    found = Letter.objects.filter(pk=pk).values_list("proposal_id", flat=True).first()
    proposal = _proposal(request, found or 0, right)
    return Letter.objects.select_related("proposal__client", "proposal__policy").get(pk=pk, proposal=proposal)


@login_required
@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF as a download; nothing in it runs here."""
    row = _letter(request, pk, "letter.view")
    try:
        data = letters.opened(user=access.signed_in(request), at=timezone.now(), letter=row)
    except ArchiveError:
        messages.error(request, _("The store does not answer, or the letter is damaged there."))
        return redirect("proposal", pk=row.proposal_id)
    response = HttpResponse(data, content_type="application/pdf")
    response.headers["Content-Disposition"] = streaming.disposition(row.name, inline=False)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = POLICY
    return response


@login_required
@require_POST
def letter_yes(request: HttpRequest, pk: int) -> HttpResponse:
    row = _letter(request, pk, "proposal.letter")
    user, now = access.signed_in(request), timezone.now()
    said = _("The letter's Yes is recorded for exactly this list, marked as a letter.")
    attempt(request, lambda: letters.decide_by_letter(user=user, at=now, letter=row), said)
    return redirect("proposal", pk=row.proposal_id)


@login_required
@require_POST
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk, "proposal.ask")
    user, now = access.signed_in(request), timezone.now()
    said = _("New links were sent; the earlier ones no longer work.")
    attempt(request, lambda: invitations.invite_again(user=user, at=now, proposal=proposal), said)
    return redirect("proposal", pk=pk)


def beside(proposal: Proposal, user: User, at: datetime) -> dict[str, object]:
    """For `records/_letters.html` on the page of a proposal."""
    asked = proposal.status == Proposal.Status.ASKED
    may_letter = asked and permissions.can(user, "proposal.letter", proposal.client)
    counts = bool(may_letter) and letters.counts(proposal)
    rows = proposal.letters.select_related("uploaded_by").order_by("pk")
    links = proposal.invitations.select_related("approver").order_by("created_at")
    return {
        "letters": [(row, counts and row.list_digest == proposal.final_digest) for row in rows],
        "invitations": [(row, _link_pill(row, proposal, at)) for row in links],
        "may_open": bool(permissions.can(user, "letter.view", proposal.client)),
        "may_upload": bool(may_letter),
        "may_invite": asked and mail.configured() and bool(permissions.can(user, "proposal.ask", proposal.client)),
    }


def _link_pill(row: Invitation, proposal: Proposal, at: datetime) -> Pill:
    row.proposal = proposal
    state = invitations.state(row, at)
    if state == "used":
        return Pill(_("answered"), "done")
    if state != "open":
        return Pill(_("no longer works"), "idle")
    return Pill(_("opened"), "active") if row.opened_at else Pill(_("sent"), "soon")
