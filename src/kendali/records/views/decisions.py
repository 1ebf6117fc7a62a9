"""The client's own pages: what it is asked, one list with the answer to it, and what is gone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.sentences import say
from kendali.disposal import rules
from kendali.disposal.actions import decisions as action
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Decision, Proposal
from kendali.records import words
from kendali.records import words_disposal as told_words
from kendali.records.actions import disposal_orders
from kendali.records.queries import decision as query
from kendali.records.queries.deleted import gone
from kendali.records.queries.waiting_disposal import asked_of
from kendali.records.views.answers import attempt, field, told
from kendali.records.views.client_page import chosen
from kendali.verdict import Verdict

ANSWERED = (
    Proposal.Status.APPROVED,
    Proposal.Status.REFUSED,
    Proposal.Status.VOIDED,
    Proposal.Status.EXPIRED,
    Proposal.Status.CLOSED,
)


def _client(request: HttpRequest) -> tuple[User, Client | None, list[tuple[str, str, bool]]]:
    """Who reads, of which client, and the tabs of somebody who sees several."""
    user = access.signed_in(request)
    access.require(user, "client_page.view")
    clients = list(access.visible_clients(user, "client_page.view").filter(active=True))
    client = chosen(clients, request.GET.get("klien", ""))
    tabs = [(one.name, f"?klien={one.code}", one == client) for one in clients] if clients[1:] else []
    return user, client, tabs


@login_required
@require_safe
def decisions(request: HttpRequest) -> HttpResponse:
    user, client, tabs = _client(request)
    context: dict[str, object] = {"client": client, "tabs": tabs, "page": keyset.Page([]), "waiting_count": 0}
    if client is not None:
        rows = Proposal.objects.filter(client=client, status__in=ANSWERED)
        page = keyset.page(rows, ("-created_at", "-id"), request.GET)
        waiting = [_line(line) for line in asked_of(user, client)]
        context |= {
            "page": page,
            "waiting": waiting,
            "waiting_count": len(waiting),
            "rows": [
                (row, told_words.proposal_pill(row), words.CLASSES[row.record_class], row.get_act_display())
                for row in page.rows
            ],
        }
    return render(request, "records/decisions.html", context)


def _line(line: object) -> dict[str, object]:
    facts = line.facts  # type: ignore[attr-defined]
    return {
        "due": line.due,  # type: ignore[attr-defined]
        "sentence": say(line.sentence, facts),  # type: ignore[attr-defined]
        "detail": say(line.detail, facts),  # type: ignore[attr-defined]
        "action": _(line.action),  # type: ignore[attr-defined]
        "url": line.url,  # type: ignore[attr-defined]
        "number": line.number,  # type: ignore[attr-defined]
    }


def _load(request: HttpRequest, pk: int, right: str) -> Proposal:
    rows = Proposal.objects.exclude(status=Proposal.Status.DRAFT).select_related("client", "policy", "proposed_by")
    return access.load(rows, access.signed_in(request), right, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the list; POST answers it. What was typed is there again when the answer is refused."""
    answers = request.method == "POST"
    row = _load(request, pk, "proposal.decide" if answers else "client_page.view")
    user = access.signed_in(request)
    refused = ""
    if answers:
        refused = _answer(request, user, row)
        if not refused:
            return redirect("decision", pk=pk)
        row.refresh_from_db()
    context = _context(request, user, row) | {"refused": refused}
    return render(request, "records/decision.html", context, status=422 if refused else 200)


def _answer(request: HttpRequest, user: User, row: Proposal) -> str:
    """ "" when it was taken, else why not."""
    sent = query.answer_of(request.POST)
    person = action.Person(way=Decision.Way.LOGIN, user=user, factor=_factor(request))
    try:
        taken = action.decide(
            at=timezone.now(),
            proposal=row,
            answer=sent.answer,
            list_digest=sent.list_digest,
            person=person,
            take_out=sent.take_out,
            reason=sent.reason,
            ask_again_on=sent.ask_again_on,
            as_hold=sent.as_hold,
            cause=sent.cause,
        )
    except RuleRefused as why:
        return told(why.verdict)
    except StaleState:
        return _("Somebody else was faster: this is the page as it is now. Your click changed nothing.")
    if taken.answer == Decision.Answer.NO:
        messages.success(request, _("Your No is recorded; nothing is deleted. The Team Leader was told."))
    else:
        messages.success(request, _("Your Yes is recorded for exactly this list; the Team Leader was told."))
    return ""


def _factor(request: HttpRequest) -> str:
    """The second factor of this session, by allauth's own record of how it was opened."""
    methods = request.session.get("account_authentication_methods", [])
    found = [one.get("type") or one.get("method") for one in methods if one.get("method") == "mfa"]
    return str(found[-1])[:16] if found else ""


def _context(request: HttpRequest, user: User, row: Proposal) -> dict[str, object]:
    now = timezone.now()
    args = request.POST if request.method == "POST" else request.GET
    may = action.may_answer(proposal=row, person=action.Person(way=Decision.Way.LOGIN, user=user), at=now)
    decides = permissions.can(user, "proposal.decide", row.client)
    return query.decision_context(row, args, now) | {
        "question": query.title(row),
        "act_word": row.get_act_display(),
        "pill": told_words.proposal_pill(row),
        "void": told_words.void_sentence(row.void_reason) if row.status == Proposal.Status.VOIDED else "",
        "may": told_status(may, row),
        "signer": user if decides else None,
        "page_url": reverse("decision", args=[row.pk]),
        "answer_url": reverse("decision", args=[row.pk]),
        "cancel_url": reverse("decision_cancel", args=[row.pk]),
        "cancellable": _cancellable(user, row),
        "xlsx_url": reverse("proposal_xlsx", args=[row.pk]),
        "pdf_url": reverse("proposal_pdf", args=[row.pk]),
    }


def told_status(verdict: Verdict, row: Proposal) -> Verdict:
    """A reason that names the status, with the word a person knows for it."""
    if "status" not in verdict.facts:
        return verdict
    return Verdict(verdict.ok, verdict.reason, {**verdict.facts, "status": str(row.get_status_display())})


def _cancellable(user: User, row: Proposal) -> Verdict | None:
    """Taking a Ya back; None: there is none, or it is not this person's."""
    if row.status != Proposal.Status.APPROVED or not permissions.can(user, "proposal.cancel", row.client):
        return None
    return rules.may_cancel(row.status, begun=row.begun_at is not None, reason="-")


@login_required
@require_POST
def decision_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "proposal.cancel")
    user = access.signed_in(request)
    now = timezone.now()
    if attempt(
        request,
        lambda: paper.cancel(user=user, at=now, proposal=row, reason=field(request, "alasan")),
        _("The approval is taken back; nothing of this list is deleted."),
    ):
        disposal_orders.expire(at=now, proposal=row)
    return redirect("decision", pk=pk)


@login_required
@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    """What is gone at the source and in the backup, order by order, with its certificates."""
    _user, client, tabs = _client(request)
    context: dict[str, object] = {"client": client, "tabs": tabs, "page": keyset.Page([])}
    if client is not None:
        context |= gone(client, request.GET)
    return render(request, "records/deleted.html", context)
