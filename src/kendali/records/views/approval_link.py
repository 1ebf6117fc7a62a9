"""The page of an e-mailed link: somebody of the client decides without a login.

GET shows and changes nothing (mail scanners open every link). POST sends a code to the address of the approver, or
answers with that code. Neither the address line nor a header leaves this site: nothing foreign is loaded, the policy
for referrers is same-origin, nothing is cached, and what goes wrong is not logged with its address.
"""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.disposal.actions import decisions, invitations, taking_back
from kendali.disposal.models import Decision, Invitation
from kendali.records import export
from kendali.records import words_disposal as words
from kendali.records.actions import disposal_orders
from kendali.records.queries import decision as query
from kendali.records.queries import proposals
from kendali.records.views.answers import told
from kendali.verdict import Verdict


@sensitive_variables("secret")
@sensitive_post_parameters("kode_surel")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approval_link(request: HttpRequest, secret: str) -> HttpResponseBase:
    now, row = timezone.now(), invitations.find(secret)
    if row is not None and request.method == "POST" and taking_back.may(row, now):
        return _take_back(request, row)
    if row is None or invitations.state(row, now) != "open":
        return _quiet(_over(request, row))
    if request.method != "POST":
        invitations.opened(row, at=now)
        return _shown(request, row, secret)
    if request.POST.get("do") == "kode":
        return _send_code(request, row, secret)
    return _answer(request, row, secret)


def _send_code(request: HttpRequest, row: Invitation, secret: str) -> HttpResponse:
    try:
        invitations.send_code(row, at=timezone.now())
    except RuleRefused as refused:
        return _quiet(_shown(request, row, secret, refused=told(refused.verdict), status=422))
    row.refresh_from_db()
    return _shown(request, row, secret, said=_("A code was sent to %(email)s.") % {"email": row.approver.email})


def _answer(request: HttpRequest, row: Invitation, secret: str) -> HttpResponse:
    sent, now = query.answer_of(request.POST), timezone.now()
    try:
        invitations.answer(
            row,
            at=now,
            code=request.POST.get("kode_surel", ""),
            answer=sent.answer,
            list_digest=sent.list_digest,
            take_out=sent.take_out,
            reason=sent.reason,
            ask_again_on=sent.ask_again_on,
            as_hold=sent.as_hold,
            cause=sent.cause,
        )
    except RuleRefused as why:
        reason = told(why.verdict)
    except StaleState:
        reason = _("Somebody else was faster: this is the page as it is now. Your click changed nothing.")
    else:
        return redirect("approval_link", secret=secret)
    fresh = invitations.find(secret)
    if fresh is None or invitations.state(fresh, now) != "open":
        return _quiet(_over(request, fresh))
    return _quiet(_shown(request, fresh, secret, refused=reason, status=422))


def _take_back(request: HttpRequest, row: Invitation) -> HttpResponse:
    """The Ya of this very link ends, and the waiting period of its order with it."""
    now, said, refused = timezone.now(), "", ""
    try:
        if request.POST.get("do") == "kode":
            invitations.send_code(row, at=now, may=taking_back.may)
            said = _("A code was sent to %(email)s.") % {"email": row.approver.email}
        else:
            code, reason = request.POST.get("kode_surel", ""), request.POST.get("alasan", "")
            taking_back.cancel(row, at=now, code=code, reason=reason)
            disposal_orders.expire(at=now, proposal=row.proposal)
            said = _("The approval is taken back; nothing of this list is deleted.")
    except RuleRefused as why:
        refused = told(why.verdict)
    fresh = Invitation.objects.select_related("approver", "proposal__client", "proposal__policy").get(pk=row.pk)
    return _quiet(_over(request, fresh, said=said, refused=refused))


def _shown(
    request: HttpRequest, row: Invitation, secret: str, *, refused: str = "", said: str = "", status: int = 200
) -> HttpResponse:
    now, proposal = timezone.now(), row.proposal
    args = request.POST if request.method == "POST" else request.GET
    here = reverse("approval_link", args=[secret])
    context = query.decision_context(proposal, args, now) | {
        "question": query.title(proposal),
        "act_word": proposal.get_act_display(),
        "pill": words.proposal_pill(proposal),
        "may": _may(row),
        "signer": row.approver,
        "refused": refused,
        "said": said,
        "invitation": row,
        "page_url": here,
        "answer_url": here,
        "cancel_url": "",
        "cancellable": None,
        "xlsx_url": reverse("approval_link_xlsx", args=[secret]),
        "pdf_url": "",
        "more_fields": _code_fields(request, row),
    }
    return render(request, "records/approval_link.html", context, status=status)


def _may(row: Invitation) -> Verdict:
    """Of the link first, then of the list: whoever may not answer sees why before typing a code."""
    now = timezone.now()
    verdict = invitations.may_answer(row, now)
    if not verdict:
        return verdict
    person = decisions.Person(way=Decision.Way.LINK, approver=row.approver)
    return decisions.may_answer(proposal=row.proposal, person=person, at=now)


def _code_fields(request: HttpRequest, row: Invitation) -> SafeString:
    now = timezone.now()
    alive = row.code_hash is not None and row.code_sent_at is not None
    alive = alive and now < row.code_sent_at + invitations.CODE_LIVES  # type: ignore[operator]
    context = {"alive": alive, "email": row.approver.email, "typed": request.POST.get("kode_surel", "")}
    return render_to_string("records/_code_fields.html", context, request)


def _over(request: HttpRequest, row: Invitation | None, *, said: str = "", refused: str = "") -> HttpResponse:
    """A page of its own for every way in which a link has ended; 410, so that no scanner comes again."""
    context: dict[str, object] = {"state": "", "row": row}
    if row is not None:
        found = invitations.state(row, timezone.now())
        given = row.proposal.decisions.filter(approver=row.approver).last()
        context |= {
            "state": found,
            "why": _(invitations.OVER[found]) if found != "open" else "",
            "given": given if found == "used" else None,
            "proposal": row.proposal,
            "pill": words.proposal_pill(row.proposal),
            "back": bool(taking_back.may(row, timezone.now())),
            "more_fields": _code_fields(request, row),
            "said": said,
            "refused": refused,
        }
    status = 422 if refused else 200 if context.get("given") else 410
    return render(request, "records/approval_link_over.html", context, status=status)


def _quiet(response: HttpResponse) -> HttpResponse:
    """Django logs the address of what it refuses; the address of a link is a secret."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@sensitive_variables("secret")
@never_cache
@require_safe
def approval_link_xlsx(request: HttpRequest, secret: str) -> HttpResponse | FileResponse:
    """The whole list, as somebody with a login gets it; only while the link works."""
    row = invitations.find(secret)
    if row is None or invitations.state(row, timezone.now()) != "open":
        return _quiet(_over(request, row))
    return export_list(row)


def export_list(row: Invitation) -> FileResponse:
    proposal = row.proposal
    head = [
        _("Number"),
        _("Id at the source"),
        _("Channel"),
        _("Month"),
        _("Last activity"),
        _("May go from"),
        _("Size"),
    ]
    items = proposals.items(proposal, proposals.ItemFilter()).filter(taken_out=False).order_by("month", "id")
    lines = (
        (item.display, item.ref, item.channel, item.month, item.clock, item.due_on, item.size)
        for item in items.iterator(export.CHUNK)
    )
    return export.workbook(f"{proposal.number}.xlsx", head, lines, zone=proposal.policy.zone)
