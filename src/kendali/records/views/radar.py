"""The gap radar (KPI 7.1 and 7.2, line a) and the records behind its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kendali import keyset
from kendali.accounts import access, permissions, responsible
from kendali.accounts.models import Client, User
from kendali.records import export, forms, pictures, words
from kendali.records.models import Record, Source
from kendali.records.queries import catalogue
from kendali.records.queries import radar as query
from kendali.records.views.past import line_b

COUNTS = ("changed", "not_computable", "vanished", "unbackupable")


@login_required
@require_safe
def radar(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "radar.view")
    clients = access.visible_clients(user, "radar.view")
    form = forms.ClientFilter(request.GET, clients)
    form.is_valid()
    chosen = form.cleaned_data.get("klien")
    found = query.radar([chosen] if chosen else clients, timezone.now(), form.cleaned_data.get("kelas") or None)
    overdue, due = found.total("overdue"), found.total("due")
    named = responsible.by_class({gap.source.client_id for gap in found.gaps})
    context = {
        "form": form,
        "radar": found,
        "bars": pictures.month_bars(found.months),
        "most_overdue": _most_overdue(user, found),
        "month_rows": pictures.month_rows(found),
        "overdue": overdue,
        "due": due,
        "legend": pictures.legend(overdue, due),
        "kpis": [_kpi(found, "7.1", "conversation"), _kpi(found, "7.2", "recording")],
        "rows": [
            (
                gap,
                words.CLASSES[gap.source.record_class],
                _counted(gap.source),
                _may_raise(user, gap),
                named.get((gap.source.client_id, gap.source.record_class)),
            )
            for gap in found.gaps
        ],
        "query": request.GET.urlencode(),
    }
    return render(request, "records/radar.html", context | line_b([chosen] if chosen else clients, form, user))


def _kpi(found: query.Radar, number: str, record_class: str) -> dict[str, object] | None:
    """A class that no shown source has is no KPI that was reached."""
    if not any(gap.source.record_class == record_class for gap in found.gaps):
        return None
    overdue, due = found.total("overdue", record_class), found.total("due", record_class)
    return {"number": number, "noun": words.NOUNS[record_class], "overdue": overdue, "due": due}


def _counted(source: Source) -> list[tuple[str, words.Pill, int]]:
    return [(state, words.RECORD_STATES[state], count) for state in COUNTS if (count := source.counts.get(state, 0))]


def _most_overdue(user: User, found: query.Radar) -> int | None:
    """The source whose button is the primary one: the oldest gap that this person may raise."""
    late = [gap for gap in found.gaps if gap.overdue and gap.oldest_overdue and _may_raise(user, gap)]
    return min(late, key=lambda gap: (gap.oldest_overdue, gap.source.pk)).source.pk if late else None


def _may_raise(user: User, gap: query.SourceGap) -> bool:
    return bool(gap.waiting and gap.open_order is None and permissions.can(user, "escalation.raise", gap.source.client))


def seen_sources(clients: QuerySet[Client]) -> QuerySet[Source]:
    return Source.objects.filter(client__in=clients).select_related("client").order_by("client__name", "name")


@login_required
@require_safe
def records(request: HttpRequest) -> HttpResponse:
    selection, form = _selection(request)
    page: keyset.Page[Record] = keyset.Page([])
    rows: list[tuple[Record, words.Pill]] = []
    if selection is not None:
        now = timezone.now()
        page = keyset.page(catalogue.records(selection, now), catalogue.order(selection), request.GET)
        states = catalogue.states(page.rows, selection.source, now)
        rows = [(row, words.RECORD_STATES[state]) for row, state in zip(page.rows, states, strict=True)]
    client = selection.source.client if selection else None
    context = {
        "form": form,
        "selection": selection,
        "page": page,
        "rows": rows,
        "query": keyset.without_cursor(request.GET).urlencode(),
        "may_hold": client and permissions.can(access.signed_in(request), "hold.place", client),
    }
    return render(request, "records/records.html", context)


def _selection(request: HttpRequest) -> tuple[catalogue.Selection | None, forms.CatalogueFilter]:
    """What is asked for; without a source the first one the person may see."""
    user = access.signed_in(request)
    access.require(user, "radar.view")
    sources = seen_sources(access.visible_clients(user, "radar.view"))
    form = forms.CatalogueFilter(request.GET, sources)
    form.is_valid()
    asked = form.cleaned_data
    source = asked.get("sumber") or (None if request.GET.get("sumber") else sources.first())
    if source is None:
        return None, form
    form.initial["sumber"] = source
    return catalogue.Selection(source, asked.get("status") or "", asked.get("dari"), asked.get("sampai")), form


@login_required
@require_safe
def records_xlsx(request: HttpRequest) -> FileResponse:
    """No name, no phone number, no content: what the catalogue knows of when and where."""
    selection, _form = _selection(request)
    zone = selection.source.zone if selection else "Asia/Jakarta"
    name = f"catatan-{timezone.localdate():%Y%m%d}.xlsx"
    return export.workbook(name, _head(), _lines(selection) if selection else (), zone=zone)


def _head() -> list[str]:
    return [
        _("Client"),
        _("Source"),
        _("Number"),
        _("Id at the source"),
        _("Channel"),
        _("Started"),
        _("Last activity"),
        _("Oldest without backup"),
        _("Status"),
    ]


def _lines(selection: catalogue.Selection) -> Iterator[Sequence[object]]:
    now, source = timezone.now(), selection.source
    rows = catalogue.records(selection, now).order_by(*catalogue.order(selection))
    batch: list[Record] = []
    for row in rows.iterator(chunk_size=export.CHUNK):
        batch.append(row)
        if len(batch) == export.CHUNK:
            yield from _told(batch, source)
            batch = []
    yield from _told(batch, source)


def _told(batch: list[Record], source: Source) -> Iterator[Sequence[object]]:
    states = catalogue.states(batch, source, timezone.now())
    for row, state in zip(batch, states, strict=True):
        word = str(words.RECORD_STATES[state].word)
        yield (source.client.name, source.name, row.display, row.ref, row.channel, row.started_at,
               row.last_activity_at, row.backup_clock, word)  # fmt: skip


@login_required
@require_safe
def radar_xlsx(request: HttpRequest) -> FileResponse:
    """Every record that is due or overdue, of all sources the radar shows."""
    user = access.signed_in(request)
    access.require(user, "radar.view")
    form = forms.ClientFilter(request.GET, access.visible_clients(user, "radar.view"))
    form.is_valid()
    chosen, record_class = form.cleaned_data.get("klien"), form.cleaned_data.get("kelas")
    sources = seen_sources(access.visible_clients(user, "radar.view"))
    sources = sources.filter(client=chosen) if chosen else sources
    sources = sources.filter(record_class=record_class) if record_class else sources
    lines = (
        line
        for source in sources
        for state in ("overdue", "due")
        for line in _lines(catalogue.Selection(source, state))
    )
    return export.workbook(f"radar-{timezone.localdate():%Y%m%d}.xlsx", _head(), lines, zone=user.zone)
