"""Steps 3 and 4: what may be proposed, the frozen list, the question to the client, and what its answer is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import formats, keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.history import history
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import LeftOut, Proposal, ProposalItem
from kendali.records import export, proposal_pdf, words
from kendali.records import words_disposal as told_words
from kendali.records.actions import disposal_orders
from kendali.records.actions import proposals as action
from kendali.records.forms_disposal import ItemFilter, ProposalFilter, ProposeForm
from kendali.records.queries import agreed
from kendali.records.queries import proposals as query
from kendali.records.views import letters
from kendali.records.views.answers import attempt, field, told

FEW = 15
OPEN = "terbuka"
RELATED = ("client", "policy", "proposed_by", "erasure")


@login_required
@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "proposal.view")
    if not permissions.can(user, "radar.view"):
        return redirect("decisions")
    rows, form = _chosen(request, user)
    page = keyset.page(rows, ("-created_at", "-id"), request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": [
            (row, told_words.proposal_pill(row), words.CLASSES[row.record_class], row.get_act_display())
            for row in page.rows
        ],
        "may_propose": permissions.can(user, "proposal.propose"),
        "query": request.GET.urlencode(),
    }
    return render(request, "records/proposals.html", context)


def _chosen(request: HttpRequest, user: User) -> tuple[QuerySet[Proposal], ProposalFilter]:
    clients = access.visible_clients(user, "proposal.view")
    form = ProposalFilter(request.GET, clients)
    form.is_valid()
    asked = form.cleaned_data
    rows = Proposal.objects.filter(client__in=clients).select_related("client", "proposed_by")
    if not permissions.can(user, "radar.view"):  # the client sees what it was asked
        rows = rows.exclude(status=Proposal.Status.DRAFT)
    for name, column in (("klien", "client"), ("kelas", "record_class"), ("tindakan", "act")):
        if asked.get(name):
            rows = rows.filter(**{column: asked[name]})
    status = asked.get("status")
    if status == OPEN:
        return rows.filter(status__in=Proposal.OPEN), form
    return (rows.filter(status=status) if status else rows), form


# A new one


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proposal with these choices would take; `refused` says why none can be made."""

    client: Client
    noun: str
    cut_off: date | None = None
    latest: date | None = None
    refused: str = ""
    totals: query.Totals | None = None
    left_out: Sequence[query.Apart] = ()
    samples: Sequence[object] = ()

    @property
    def possible(self) -> bool:
        return not self.refused and bool(self.totals and self.totals.total)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "proposal.propose")
    clients = access.visible_clients(user, "proposal.propose").filter(active=True).order_by("name")
    form = ProposeForm(request.POST or None, clients)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("proposal", pk=_propose(user, form).pk)
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
    shown = _asked(request, user, clients)
    if not form.is_bound and shown:
        initial = {"klien": shown.client.code, "kelas": request.GET.get("kelas") or "conversation",
                   "batas": shown.cut_off}  # fmt: skip
        form = ProposeForm(None, clients, initial=initial)
    context = {"form": form, "shown": shown, "none": not clients}
    return render(request, "records/propose.html", context, status=422 if form.errors else 200)


def _propose(user: User, form: ProposeForm) -> Proposal:
    asked, now = form.cleaned_data, timezone.now()
    client, record_class = asked["klien"], asked["kelas"]
    cut_off = asked["batas"] or action.latest_cut_off(client, record_class, now)
    return action.propose(user=user, at=now, client=client, record_class=record_class, cut_off=cut_off)


@login_required
@require_safe
def preview_fragment(request: HttpRequest) -> HttpResponse:
    """Asked for while the person chooses another client, class, act or cut-off."""
    user = access.signed_in(request)
    access.require(user, "proposal.propose")
    clients = access.visible_clients(user, "proposal.propose").filter(active=True).order_by("name")
    return render(request, "records/_propose_preview.html", {"shown": _asked(request, user, clients)})


def _asked(request: HttpRequest, user: User, clients: QuerySet[Client]) -> Shown | None:
    sent = request.POST if request.method == "POST" else request.GET
    code = sent.get("klien", "")
    client = clients.filter(code=code).first() if code else clients.first()
    if client is None:
        return None
    record_class = sent.get("kelas") if sent.get("kelas") in words.CLASSES else "conversation"
    assert record_class is not None
    try:
        cut_off = date.fromisoformat(sent.get("batas", ""))
    except ValueError:
        cut_off = None
    return preview(user, client, record_class, cut_off, timezone.now())


def preview(user: User, client: Client, record_class: str, cut_off: date | None, at: datetime) -> Shown:
    """From the catalogue as it is now, in one statement; nothing is written."""
    noun = words.noun(record_class)
    try:
        latest = action.latest_cut_off(client, record_class, at)
        cut_off = cut_off or latest
        found = action.preview(user=user, at=at, client=client, record_class=record_class, cut_off=cut_off)
        return _shown(Shown(client, noun, cut_off, latest), found)
    except RuleRefused as refused:
        return Shown(client, noun, cut_off, refused=told(refused.verdict))


def _shown(base: Shown, found: object) -> Shown:
    rows = ((one.month, one.channel or "", one.count, one.size) for one in found.months)  # type: ignore[attr-defined]
    sums = query.table(rows, oldest=found.oldest, newest=found.newest)  # type: ignore[attr-defined]
    apart = [
        query.Apart(reason, told_words.left_out_pill(reason), count)
        for reason, count in sorted(found.left_out.items(), key=lambda one: -one[1])  # type: ignore[attr-defined]
    ]
    return Shown(base.client, base.noun, base.cut_off, base.latest, totals=sums, left_out=apart,
                 samples=found.samples)  # type: ignore[attr-defined]  # fmt: skip


# One proposal


def _load(request: HttpRequest, pk: int, right: str) -> Proposal:
    """A client knows nothing of a list that it was not asked about yet."""
    user = access.signed_in(request)
    row = access.load(Proposal.objects.select_related(*RELATED), user, right, pk=pk)
    if row.status == Proposal.Status.DRAFT and not permissions.can(user, "radar.view", row.client):
        raise Http404
    return row


@login_required
@require_safe
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "proposal.view")
    user, now = access.signed_in(request), timezone.now()
    if not permissions.can(user, "radar.view", row.client):
        return redirect("decision", pk=pk)  # the client's own page of the same list
    order = query.order_of(row)
    certificate = query.certificate_of(order)
    context = _frozen(row) | {
        "pill": told_words.proposal_pill(row),
        "act_word": row.get_act_display(),
        "crumbs": _crumbs(row),
        "awaited": query.awaited(row, order),
        "buttons": query.buttons(row, order, user, now),
        "steps": query.steps(row, order, certificate),
        "void": told_words.void_sentence(row.void_reason) if row.void_reason else "",
        "approval": _approval(row, now),
        "decisions": [(one, told_words.answer_pill(one)) for one in row.decisions.all()],
        "letters_of": letters.beside(row, user, now) if row.asked_at else None,
        "orders": [(one, told_words.order_pill(one)) for one in query.proposal_orders(row)],
        "certificate": certificate,
        "certificate_url": query.certificate_address(certificate),
        "history": history(row),
        "agreed": agreed.of_proposal(row),
    }
    if row.frozen_at:
        context |= _list(request, row, context["totals"])
    return render(request, "records/proposal.html", context)


def _frozen(row: Proposal) -> dict[str, object]:
    progress = row.progress or {}
    return {
        "proposal": row,
        "noun": words.noun(row.record_class),
        "totals": query.totals(row) if row.frozen_at else query.table([]),
        "apart": query.left_out(row),
        "comparing": row.frozen_at is None and row.status == Proposal.Status.DRAFT,
        "done": progress.get("done", 0),
        "total": progress.get("total", 0),
        "problem": words.told_problem(progress["problem"]) if progress.get("problem") else None,
    }


def _approval(row: Proposal, at: datetime) -> str:
    """Why the approval is worth nothing now, though its status does not say so yet; "" = it stands."""
    if row.status != Proposal.Status.APPROVED:
        return ""
    verdict = paper.approval_verdict(row, at=at)
    return "" if verdict else told(verdict)


def _crumbs(row: Proposal) -> list[tuple[str, str]]:
    return [(_("Proposals"), "/usulan/"), (row.client.name, ""), (str(words.CLASSES[row.record_class]), "")]


def _list(request: HttpRequest, row: Proposal, sums: object) -> dict[str, object]:
    """One page of the list, or of what was left out of it."""
    tab = request.GET.get("bagian", "")
    if tab == "disisihkan":
        reason = request.GET.get("sebab", "")
        apart = LeftOut.objects.filter(proposal=row)
        apart = apart.filter(reason=reason) if reason in LeftOut.Reason.values else apart
        page = keyset.page(apart, ("id",), request.GET, limit=FEW)
        lines = [(one, told_words.left_out_pill(one.reason), _why(one)) for one in page.rows]
        return {"tab": tab, "page": page, "lines": lines, "reason": reason}
    form = item_form(request, sums)
    found = keyset.page(query.items(row, item_filter(form)), ("month", "id"), request.GET, limit=FEW)
    return {"tab": "", "page": found, "lines": found.rows, "form": form}


def item_form(request: HttpRequest, sums: object) -> ItemFilter:
    lang = "en" if request.LANGUAGE_CODE == "en" else "id"
    months = [(f"{one.month:%Y-%m}", formats.month(one.month, lang)) for one in sums.months]  # type: ignore[attr-defined]
    channels = [(name, name) for name in sums.channels]  # type: ignore[attr-defined]
    form = ItemFilter(request.GET, months, channels)
    form.is_valid()
    return form


def item_filter(form: ItemFilter) -> query.ItemFilter:
    asked = form.cleaned_data
    month = asked.get("bulan")
    return query.ItemFilter(
        number=asked.get("nomor") or "",
        month=date.fromisoformat(f"{month}-01") if month else None,
        channel=asked.get("kanal") or "",
        taken=asked.get("dikecualikan") or "",
    )


def _why(row: LeftOut) -> str:
    holds = row.facts.get("holds")
    return ", ".join(map(str, holds)) if holds else ""


@login_required
@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """While the records are compared with the source; when the list is there, the page is asked for anew."""
    row = _load(request, pk, "proposal.view")
    context = _frozen(row)
    if not context["comparing"]:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "records/_proposal_live.html", context)


SAID = {
    "ask": gettext_lazy("The client is asked; you hear of the answer here."),
    "cancel": gettext_lazy("The proposal is cancelled; nothing of it is deleted."),
    "raise": gettext_lazy("The escalation is sent; Team IT was told."),
}


@login_required
@require_POST
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    if verb not in query.PERMISSIONS:
        raise Http404
    row = _load(request, pk, query.PERMISSIONS[verb])
    user, now = access.signed_in(request), timezone.now()
    made = []

    def act() -> None:
        match verb:
            case "ask":
                paper.ask(user=user, at=now, proposal=row)
            case "cancel":
                paper.cancel(user=user, at=now, proposal=row, reason=field(request, "alasan"))
            case "raise":
                made.append(disposal_orders.raise_order(user=user, at=now, proposal=row))

    attempt(request, act, str(SAID[verb]))
    return redirect("disposal_order", pk=made[0].pk) if made else redirect("proposal", pk=pk)


# On paper


@login_required
@require_safe
def proposal_xlsx(request: HttpRequest, pk: int) -> FileResponse:
    """The whole list and what was left out; no name, no phone number, no content."""
    row = _load(request, pk, "proposal.view")
    head = [
        _("Number"), _("Id at the source"), _("Channel"), _("Month"), _("Date the period runs from"),
        _("May be deleted from"), _("Size (bytes)"), _("Status"), _("Reason"), _("Keyed digest"),
    ]  # fmt: skip
    return export.workbook(f"{row.number or 'usulan'}.xlsx", head, _lines(row), zone=row.policy.zone)


def _lines(row: Proposal) -> Iterator[Sequence[object]]:
    on, out = _("on the list"), _("taken out by the client")
    for item in row.items.order_by("month", "id").iterator(chunk_size=export.CHUNK):
        yield (item.display, item.ref, item.channel, item.month, item.clock, item.due_on, item.size,
               out if item.taken_out else on, item.taken_reason, _digest(item))  # fmt: skip
    reasons = {value: str(label) for value, label in LeftOut.Reason.choices}
    for apart in LeftOut.objects.filter(proposal=row).order_by("id").iterator(chunk_size=export.CHUNK):
        why = " · ".join(filter(None, [reasons[apart.reason], _why(apart)]))
        yield (apart.display, apart.ref, "", None, apart.clock, None, None, _("left out"), why, "")


def _digest(item: ProposalItem) -> str:
    return bytes(item.keyed_digest).hex()


@login_required
@require_safe
def proposals_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "proposal.view")
    rows, _form = _chosen(request, user)
    head = [
        _("Number"), _("Client"), _("Record class"), _("Act"), _("Cut-off"), _("Records"), _("Left out"),
        _("Final list"), _("Status"), _("Asked"), _("Answer until"), _("Answered"), _("Valid until"), _("Digest"),
    ]  # fmt: skip
    lines = (
        (row.number or "", row.client.name, str(words.CLASSES[row.record_class]), str(row.get_act_display()),
         row.cut_off, row.list_count, row.left_out_count, row.final_count, str(row.get_status_display()), row.asked_at,
         row.due_at, row.decided_at, row.valid_until, row.final_digest)
        for row in rows.order_by("-created_at", "-pk").iterator(chunk_size=export.CHUNK)
    )  # fmt: skip
    return export.workbook(f"usulan-{timezone.localdate():%Y%m%d}.xlsx", head, lines, zone=user.zone)


@login_required
@require_safe
def proposal_pdf_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Daftar Usulan Penghapusan: its first pages and the digest of all of it."""
    row = _load(request, pk, "proposal.view")
    if row.frozen_at is None:
        messages.warning(request, _("The list is not frozen yet."))
        return redirect("proposal", pk=pk)
    pdf = proposal_pdf.render(row, at=timezone.now())
    name = f"{row.number or 'usulan'}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
