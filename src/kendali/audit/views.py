"""The audit trail as a page and as a spreadsheet."""

from __future__ import annotations

import tempfile
from typing import Any

import xlsxwriter
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from kendali.audit.filters import FilterForm, matching, within
from kendali.audit.models import Anchor, Entry
from kendali.audit.person import Person, require
from kendali.audit.sentences import actor
from kendali.audit.sentences import render as sentence
from kendali.numerals import whole

PAGE = 50
MOST_ROWS = 100_000  # of one spreadsheet; more is asked for by dates


@login_required
def trail(request: HttpRequest) -> HttpResponse:
    person = require(request, "audit.view")
    form = FilterForm(request.GET, person.client_ids("audit.view"))
    rows = _rows(form, person)
    before = request.GET.get("before", "")
    if (last := whole(before)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: PAGE + 1])
    kept = request.GET.copy()
    kept.pop("before", None)
    context = {
        "form": form,
        "entries": [(entry, sentence(entry)) for entry in found[:PAGE]],
        "older": _address(kept, before=found[PAGE - 1].pk) if len(found) > PAGE else "",
        "newest": _address(kept) if before else "",
        "export": kept.urlencode(),
        "anchor": Anchor.objects.first(),
    }
    return render(request, "audit/trail.html", context)


@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """The filtered trail, oldest of the newest MOST_ROWS last, in constant memory."""
    person = require(request, "audit.view")
    file = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        _write(book, _rows(FilterForm(request.GET, person.client_ids("audit.view")), person)[:MOST_ROWS])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"audit-{timezone.localdate():%Y%m%d}.xlsx")


def _write(book: Any, rows: QuerySet[Entry]) -> None:
    sheet = book.add_worksheet("Audit")
    sheet.freeze_panes(1, 0)
    when = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    zone = timezone.get_current_timezone_name()
    heads = ["No.", f"{gettext('When')} ({zone})", gettext("Person"), gettext("What"), gettext("Sentence")]
    for column, text in enumerate([*heads, gettext("Object"), gettext("Client"), gettext("Hash")]):
        sheet.write_string(0, column, text)
    for line, entry in enumerate(rows.iterator(chunk_size=2000), start=1):
        sheet.write_number(line, 0, entry.pk)
        sheet.write_datetime(line, 1, timezone.make_naive(entry.at), when)
        client = entry.client.name if entry.client else ""
        texts = [actor(entry), entry.verb, sentence(entry), entry.object_label, client, bytes(entry.hash).hex()]
        for column, text in enumerate(texts, start=2):
            sheet.write_string(line, column, text)


def _rows(form: FilterForm, person: Person) -> QuerySet[Entry]:
    if not form.is_valid():
        return Entry.objects.none()
    return within(matching(form.cleaned_data), person.client_ids("audit.view"))


def _address(kept: Any, **more: object) -> str:
    query = kept.copy()
    for name, value in more.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"
