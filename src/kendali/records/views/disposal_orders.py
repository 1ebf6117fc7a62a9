"""Steps 7 and 8: orders to delete or to destroy: the list, one order while it stands and runs, its clicks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.disposal.models import Act
from kendali.records import export, words
from kendali.records import words_disposal as told_words
from kendali.records.actions import certificates
from kendali.records.actions import disposal_orders as action
from kendali.records.forms_disposal import OrderFilter, OutcomeFilter
from kendali.records.models import DisposalItem, DisposalOrder, JournalEntry
from kendali.records.queries import agreed
from kendali.records.queries import disposals as query
from kendali.records.queries.proposals import certificate_address, certificate_of
from kendali.records.views.answers import attempt, field

FEW = 15
OPEN = "terbuka"
RELATED = ("client", "proposal__policy", "raised_by", "accepted_by", "armed_by")


@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "disposal_order.view")
    rows, form = _chosen(request, user)
    page = keyset.page(rows, ("-raised_at", "-id"), request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": [
            (row, told_words.order_pill(row), words.CLASSES[row.proposal.record_class], row.get_act_display())
            for row in page.rows
        ],
        "query": request.GET.urlencode(),
    }
    return render(request, "records/disposal_orders.html", context)


def _chosen(request: HttpRequest, user: User) -> tuple[QuerySet[DisposalOrder], OrderFilter]:
    clients = access.visible_clients(user, "disposal_order.view")
    form = OrderFilter(request.GET, clients)
    form.is_valid()
    asked = form.cleaned_data
    rows = DisposalOrder.objects.filter(client__in=clients).select_related(*RELATED)
    if asked.get("klien"):
        rows = rows.filter(client=asked["klien"])
    if asked.get("tindakan"):
        rows = rows.filter(act=asked["tindakan"])
    status = asked.get("status")
    if status == OPEN:
        return rows.filter(status__in=DisposalOrder.OPEN), form
    return (rows.filter(status=status) if status else rows), form


def _load(request: HttpRequest, pk: int, right: str) -> DisposalOrder:
    return access.load(DisposalOrder.objects.select_related(*RELATED), access.signed_in(request), right, pk=pk)


@login_required
@require_safe
def order(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "disposal_order.view")
    user = access.signed_in(request)
    context = (
        _progress(row)
        | {
            "pill": told_words.order_pill(row),
            "act_word": row.get_act_display(),
            "crumbs": _crumbs(row),
            "awaited": query.awaited(row),
            "buttons": [] if certificate_of(row) else query.buttons(row, user, timezone.now()),
            "problem": query.problem(row),
            "agreed": agreed.of_order(row),
            "history": history(row),
            "rechecks": query.rechecks(row),
            "incidents": row.incidents.order_by("-found_at")[:FEW],
            "sees_records": permissions.can(user, "record.view", row.client),
            "sees_proposal": permissions.can(user, "proposal.view", row.client),
        }
        | _lines(request, row)
    )
    return render(request, "records/disposal_order.html", context)


def _progress(row: DisposalOrder) -> dict[str, Any]:
    """What moves while the order runs: all of it is read from rows, so a reload shows the same."""
    now = timezone.now()
    found = query.outcomes(row)
    certificate = certificate_of(row)
    return {
        "order": row,
        "backup": row.act == Act.BACKUP,
        "noun": words.noun(row.proposal.record_class),
        "zone": row.proposal.policy.zone,
        "steps": query.steps(row, certificate),
        "certificate": certificate,
        "certificate_url": certificate_address(certificate),
        "outcomes": found,
        "live": query.live(row, found, now),
        "running": row.status in query.LIVE or query.waits_by_itself(row),
        "timing": query.timing(row, now),
    }


def _lines(request: HttpRequest, row: DisposalOrder) -> dict[str, object]:
    """One page of the records, or of the journal."""
    if request.GET.get("bagian") == "jurnal":
        page = keyset.page(query.journal(row), ("-id",), request.GET, limit=FEW)
        lines = [(one, _entry_pill(one, row.act), query.parts(one.facts)) for one in page.rows]
        return {"tab": "jurnal", "page": page, "lines": lines}
    form = OutcomeFilter(request.GET)
    form.is_valid()
    asked = query.ItemFilter(form.cleaned_data.get("hasil") or "", form.cleaned_data.get("nomor") or "")
    found = keyset.page(query.items(row, asked), ("id",), request.GET, limit=FEW)
    shown = [
        (one, told_words.outcome_pill(one.outcome, row.act), query.told(one), query.parts(one.facts))
        for one in found.rows
    ]
    return {"tab": "", "page": found, "lines": shown, "form": form}


def _entry_pill(entry: JournalEntry, act: str) -> words.Pill:
    if entry.kind == JournalEntry.Kind.INTENT:
        return words.Pill(entry.get_kind_display(), "idle")
    return told_words.outcome_pill(entry.outcome, act)


def _crumbs(row: DisposalOrder) -> list[tuple[str, str]]:
    label = str(words.CLASSES[row.proposal.record_class])
    return [(_("Deletion orders"), "/penghapusan/"), (row.client.name, ""), (label, "")]


@login_required
@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The part that moves; when the status has changed, the page is asked for anew."""
    row = _load(request, pk, "disposal_order.view")
    if row.status != request.GET.get("status", row.status):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "records/_disposal_live.html", _progress(row) | {"fragment": True})


SAID = {
    "accept": gettext_lazy("Accepted. Arm the order by typing its number."),
    "return": gettext_lazy("Returned to the Team Leader with your reason."),
    "arm": gettext_lazy("Armed. It starts by itself when the waiting period and the run window allow."),
    "pause": gettext_lazy("Paused: nothing more is deleted until you continue."),
    "resume": gettext_lazy("It goes on."),
    "draft": gettext_lazy("Drafted: look at it, then send it out for signature."),
    "cancel": gettext_lazy("Cancelled. What was deleted stays deleted; nothing more is."),
}


@login_required
@require_POST
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    if verb not in query.PERMISSIONS:
        raise Http404
    row = _load(request, pk, query.PERMISSIONS[verb])
    user, now = access.signed_in(request), timezone.now()

    def act() -> None:
        match verb:
            case "return":
                action.return_to_raiser(user=user, at=now, order=row, reason=field(request, "alasan"))
            case "cancel":
                action.cancel(user=user, at=now, order=row, reason=field(request, "alasan"))
            case "draft":
                certificates.draft(user=user, at=now, order=row, language=_language(request))
            case "arm":
                action.arm(user=user, at=now, order=row, typed_number=field(request, "nomor"))
            case _:
                MOVES[verb](user=user, at=now, order=row)

    attempt(request, act, str(SAID[verb]))
    back = request.POST.get("kembali") == "keputusan"
    return redirect("decision", pk=row.proposal_id) if back else redirect("disposal_order", pk=pk)


def _language(request: HttpRequest) -> str:
    """Of the paper, whatever the drafter's own pages speak: Indonesian, unless English was asked for."""
    return "en" if request.POST.get("bahasa") == "en" else "id"


MOVES = {"accept": action.accept, "pause": action.pause, "resume": action.resume}


@login_required
@require_safe
def items_xlsx(request: HttpRequest, pk: int) -> FileResponse:
    """Every line with its measured outcome; no name, no phone number, no content."""
    row = _load(request, pk, "disposal_order.view")
    head = [
        _("Number"), _("Id at the source"), _("Source"), _("Date the period runs from"), _("May be deleted from"),
        _("Size (bytes)"), _("Outcome"), _("Seen before and after"), _("Reason"), _("Settled"), _("Keyed digest"),
    ]  # fmt: skip
    return export.workbook(f"{row.number}.xlsx", head, _item_lines(row), zone=row.proposal.policy.zone)


def _item_lines(row: DisposalOrder) -> Iterator[Sequence[object]]:
    names = {value: str(told_words.outcome_word(value, row.act)) for value in DisposalItem.Outcome.values}
    rows = row.items.select_related("record", "source").order_by("id")
    for item in rows.iterator(chunk_size=export.CHUNK):
        yield (item.record.display, item.record.ref, item.source.name, item.clock, item.due_on, item.size,
               names[item.outcome], query.parts(item.facts), query.told(item), item.settled_at,
               bytes(item.keyed_digest).hex())  # fmt: skip


@login_required
@require_safe
def journal_xlsx(request: HttpRequest, pk: int) -> FileResponse:
    """The journal as it was written: every intent before its call, every outcome by what a read-back showed."""
    row = _load(request, pk, "disposal_order.view")
    head = [
        _("Line"), _("Time"), _("Kind"), _("Of the intent"), _("Id at the source"), _("Outcome"), _("Attempt"),
        _("Batch"), _("Worker"), _("Seen before and after"),
    ]  # fmt: skip
    return export.workbook(f"{row.number}-jurnal.xlsx", head, _journal_lines(row), zone=row.proposal.policy.zone)


def _journal_lines(row: DisposalOrder) -> Iterator[Sequence[object]]:
    names = {value: str(told_words.outcome_word(value, row.act)) for value in DisposalItem.Outcome.values}
    for one in query.journal(row).order_by("id").iterator(chunk_size=export.CHUNK):
        yield (one.pk, one.at, str(one.get_kind_display()), one.intent_id, one.item.record.ref,
               names.get(one.outcome, ""), one.attempt, str(one.batch), one.worker, query.parts(one.facts))  # fmt: skip


@login_required
@require_safe
def orders_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "disposal_order.view")
    rows, _form = _chosen(request, user)
    head = [
        _("Number"), _("Client"), _("Record class"), _("Act"), _("Proposal"), _("Records"), _("Status"), _("Sent"),
        _("Accepted"), _("Armed"), _("Started"), _("Finished"), _("Digest"),
    ]  # fmt: skip
    lines = (
        (row.number, row.client.name, str(words.CLASSES[row.proposal.record_class]), str(row.get_act_display()),
         row.proposal.number, row.list_count, str(row.get_status_display()), row.raised_at, row.accepted_at,
         row.armed_at, row.started_at, row.finished_at, row.list_digest)
        for row in rows.order_by("-raised_at", "-pk").iterator(chunk_size=export.CHUNK)
    )  # fmt: skip
    return export.workbook(f"penghapusan-{timezone.localdate():%Y%m%d}.xlsx", head, lines, zone=user.zone)
