"""F-22 as register and as sheets: on the page, as spreadsheet and as PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kendali import formats, keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.mystery import f22_print, f22_register, f22_sheet
from kendali.mystery.forms_f22 import RegisterFilter
from kendali.mystery.models import Cycle, CycleSignature, Sample
from kendali.mystery.queries import f22
from kendali.mystery.queries.sheet import language
from kendali.mystery.rules import frozen_row
from kendali.mystery.views.cycles import load
from kendali.mystery.words import KINDS, sample_pill, word
from kendali.mystery.words_plan import cycle_pill
from kendali.spreadsheet import workbook


@login_required
@require_safe
def f22_list(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "f22.view")
    page = keyset.page(Cycle.objects.exclude(status=Cycle.Status.PREPARING), ("-month", "-id"), request.GET, limit=24)
    signed = f22.signed_parts(page.rows)
    rows = [(row, cycle_pill(row), signed.get(row.pk, 0)) for row in page.rows]
    context = {"page": page, "rows": rows, "parts": len(CycleSignature.Part)}
    return render(request, "mystery/f22_months.html", context)


@login_required
@require_safe
def f22_month(request: HttpRequest, month: str) -> HttpResponse:
    cycle = load(request, month, "f22.view")
    form = RegisterFilter(request.GET)
    rows = f22.chosen(f22.calls(cycle), f22.as_of(cycle), **form.asked())
    page = keyset.page(rows, f22.ORDER, request.GET)
    told = f22.told(f22.named(page.rows), f22.as_of(cycle))
    context = {
        "cycle": cycle,
        "pill": cycle_pill(cycle),
        "month": formats.month(cycle.month, language()),
        "crumbs": [(_("F-22"), "/mystery/f22/")],
        "form": form,
        "page": page,
        "rows": [(row, sample_pill(row.sample.state), word(KINDS, row.sample.kind), _late(row)) for row in told],
        "filtered": any(form.asked().values()),
        "query": keyset.without_cursor(request.GET).urlencode(),
        "sees_findings": permissions.can(access.signed_in(request), "finding.view"),
        "signatures": f22_print.register_signatures(list(cycle.signatures.all())),
        "retention": f22_sheet.retention(),
        "unchanged": _unchanged(cycle) if request.GET.get("periksa") else None,
    }
    return render(request, "mystery/f22_register.html", context)


def _unchanged(cycle: Cycle) -> bool | None:
    """Is the register still the one that was frozen? Of thousands of rows that takes seconds, so it is asked for."""
    return f22.register_digest(cycle) == cycle.frozen_digest if cycle.frozen_digest else None


def _late(row: f22.Row) -> int:
    """Hand-overs of this call that were not in time."""
    return sum(step.in_time is False for found in row.found for step in found.hand_overs)


def _chosen(request: HttpRequest, month: str) -> tuple[Cycle, QuerySet[Sample]]:
    cycle = load(request, month, "f22.view")
    return cycle, f22.chosen(f22.called(cycle), f22.as_of(cycle), **RegisterFilter(request.GET).asked())


@login_required
@require_safe
def f22_xlsx(request: HttpRequest, month: str) -> FileResponse:
    cycle, rows = _chosen(request, month)
    items = f22_register.items_of(f22.forms_used(cycle))
    signatures = list(cycle.signatures.all())
    lines = (
        f22_register.line(row, cycle, items, signatures)
        for batch in f22.batches(rows, f22.as_of(cycle))
        for row in batch
    )
    name = f"register-f22-{month}.xlsx"
    return workbook(name, f22_register.head(items), lines, zone=access.signed_in(request).zone)


@login_required
@require_safe
def f22_pdf(request: HttpRequest, month: str) -> HttpResponse:
    cycle, rows = _chosen(request, month)
    found = (row for batch in f22.batches(f22.without_answers(rows), f22.as_of(cycle)) for row in batch)
    pdf = f22_print.register(found, cycle, list(cycle.signatures.all()), timezone.now())
    return _file(pdf, f"register-f22-{month}.pdf", "application/pdf")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# --- sheets


@login_required
@require_safe
def f22_sheets(request: HttpRequest, month: str) -> HttpResponseBase:
    """All sheets in one PDF; of a large month a ZIP of several, sent while it is made."""
    cycle, rows = _chosen(request, month)
    name, signatures = f"lembar-f22-{month}", list(cycle.signatures.all())
    if rows.count() <= f22_print.AT_ONCE:
        found = [row for batch in f22.batches(rows, f22.as_of(cycle)) for row in batch]
        return _file(_printed(found, cycle, signatures), f"{name}.pdf", "application/pdf")
    parts = _parts(rows, cycle, signatures, name)
    answer = StreamingHttpResponse(
        _in_language(f22_print.zipped(parts, timezone.now()), get_language() or "id"), content_type="application/zip"
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return answer


def _printed(rows: Sequence[f22.Row], cycle: Cycle, signatures: Sequence[CycleSignature]) -> bytes:
    title = _("Sheets F-22, %(month)s") % {"month": formats.month(cycle.month, language())}
    return f22_print.sheets([f22_sheet.text(row, cycle, signatures) for row in rows], title, timezone.now())


def _parts(
    rows: QuerySet[Sample], cycle: Cycle, signatures: Sequence[CycleSignature], name: str
) -> Iterator[tuple[str, bytes]]:
    for number, batch in enumerate(f22.batches(rows, f22.as_of(cycle), f22_print.AT_ONCE), 1):
        yield f"{name}-{number:03d}.pdf", _printed(batch, cycle, signatures)


def _in_language(pieces: Iterator[bytes], lang: str) -> Iterator[bytes]:
    """The reader's language also after the page's own request has ended."""
    while True:
        with override(lang):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _row(request: HttpRequest, pk: int) -> tuple[User, f22.Row, Cycle]:
    user = access.signed_in(request)
    sample = access.load(f22.called(), user, "f22.view", pk=pk)
    (row,) = f22.told([sample], f22.as_of(sample.cycle))
    return user, row, sample.cycle


@login_required
@require_safe
def f22_sheet_page(request: HttpRequest, pk: int) -> HttpResponse:
    user, row, cycle = _row(request, pk)
    kept, head = row.sample.frozen_digest, f22_sheet.attempts_head()
    text = f22_sheet.text(row, cycle, list(cycle.signatures.all()))
    context = {
        "row": row,
        "text": text,
        "pill": sample_pill(row.sample.state),
        "crumbs": [(_("F-22"), "/mystery/f22/"), (formats.month(cycle.month, language()), f"/mystery/f22/{cycle}/")],
        "sees_sample": permissions.can(user, "sample.view"),
        "attempts_head": head,
        "attempts": [list(zip(head, one, strict=True)) for one in text.attempts],
        "unchanged": bool(kept) and frozen_row.digest(f22.frozen(row, cycle.month)) == kept,
    }
    return render(request, "mystery/f22_sheet.html", context)


@login_required
@require_safe
def f22_sheet_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    _user, row, cycle = _row(request, pk)
    pdf = _printed([row], cycle, list(cycle.signatures.all()))
    return _file(pdf, f"lembar-f22-{row.sample.number}.pdf", "application/pdf")


@login_required
@require_safe
def f22_sheet_xlsx(request: HttpRequest, pk: int) -> FileResponse:
    user, row, cycle = _row(request, pk)
    lines = f22_register.sheet_lines(f22_sheet.text(row, cycle, list(cycle.signatures.all())))
    head = [_("Part"), _("Field"), _("Value"), _("Score"), _("Range, reason, note")]
    return workbook(f"lembar-f22-{row.sample.number}.xlsx", head, lines, zone=user.zone)
