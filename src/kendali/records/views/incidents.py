"""Muncul kembali: records that were deleted and are seen at the source again; closed with an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.records import export, words
from kendali.records import words_disposal as told_words
from kendali.records.actions import incidents as action
from kendali.records.forms_disposal import IncidentFilter
from kendali.records.models import Incident
from kendali.records.views.answers import attempt, field

RELATED = ("record__source__client", "order", "closed_by")


@login_required
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "incident.view")
    rows, form = _chosen(request, user)
    page = keyset.page(rows, ("-found_at", "-id"), request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": [
            (row, told_words.incident_pill(row), words.CLASSES[row.record.source.record_class], found_by(row),
             row.closed_at is None and permissions.can(user, "incident.close", row.client))
            for row in page.rows
        ],
        "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "records/incidents.html", context)


def found_by(row: Incident) -> str:
    known = {
        "recheck": _("a later look at the source"),
        "scan": _("the nightly scan"),
        "fingerprint": _("the comparison of fingerprints"),
    }
    return known.get(row.found_by, row.found_by)


def _chosen(request: HttpRequest, user: User) -> tuple[QuerySet[Incident], IncidentFilter]:
    clients = access.visible_clients(user, "incident.view")
    form = IncidentFilter(request.GET, clients)
    form.is_valid()
    asked = form.cleaned_data
    rows = Incident.objects.filter(record__source__client__in=clients).select_related(*RELATED)
    if asked.get("klien"):
        rows = rows.filter(record__source__client=asked["klien"])
    status = asked.get("status")
    if status == "semua":
        return rows, form
    return rows.filter(closed_at__isnull=status != "selesai"), form


@login_required
@require_POST
def close(request: HttpRequest, pk: str) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Incident.objects.select_related(*RELATED), user, "incident.close", pk=pk)
    attempt(
        request,
        lambda: action.close(user=user, at=timezone.now(), incident=row, explanation=field(request, "alasan")),
        _("Closed with your explanation. The record counts as one that is at the source again."),
    )
    return redirect("incidents")


@login_required
@require_safe
def incidents_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "incident.view")
    rows, _form = _chosen(request, user)
    head = [
        _("Number"), _("Client"), _("Source"), _("Record"), _("Id at the source"), _("Order"), _("Found"),
        _("Found by"), _("Closed"), _("Closed by"), _("Explanation"),
    ]  # fmt: skip
    return export.workbook(f"insiden-{timezone.localdate():%Y%m%d}.xlsx", head, _lines(rows), zone=user.zone)


def _lines(rows: QuerySet[Incident]) -> Iterator[Sequence[object]]:
    for row in rows.order_by("-found_at", "-pk").iterator(chunk_size=export.CHUNK):
        yield (row.number, row.client.name, row.record.source.name, row.record.display, row.record.ref,
               str(row.order or ""), row.found_at, found_by(row), row.closed_at,
               row.closed_by.name if row.closed_by else "", row.explanation)  # fmt: skip
