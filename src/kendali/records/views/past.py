"""Line (b) of the radar: what is past its period at the source, and what the client was asked and said."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.records import export, forms, pictures, words
from kendali.records.actions import past as counts
from kendali.records.models import Source
from kendali.records.queries import past


def line_b(clients: Iterable[Client], form: forms.ClientFilter, user: User) -> dict[str, object]:
    """Line (b): older than the period of deletion, by what the client was asked and said."""
    found = past.past(clients, form.cleaned_data.get("kelas") or None)
    rows = [
        (one, words.CLASSES[one.source.record_class], permissions.can(user, "proposal.propose", one.source.client))
        for one in found.sources
        if any(one.counts.values())
    ]
    return {
        "past": found,
        "past_rows": rows,
        "past_kpis": [_past_kpi(found, "7.1", "conversation"), _past_kpi(found, "7.2", "recording")],
        "past_apart": [(words.PAST[state], found.total(state)) for state in past.STATES[2:] if found.total(state)],
        "past_bars": pictures.past_bars(found.months),
        "past_zero": sum(found.total(state) for state in past.TARGET_ZERO),
    }


def _past_kpi(found: past.Past, number: str, record_class: str) -> dict[str, object] | None:
    if not any(one.source.record_class == record_class for one in found.sources):
        return None
    return {
        "number": number,
        "noun": words.NOUNS[record_class],
        "not_asked": found.total(past.NOT_ASKED, record_class),
        "late": found.total(past.LATE, record_class),
    }


@login_required
@require_safe
def past_xlsx(request: HttpRequest) -> FileResponse:
    """Every record past its period that is still at the source, with where it stands."""
    user = access.signed_in(request)
    access.require(user, "radar.view")
    form = forms.ClientFilter(request.GET, access.visible_clients(user, "radar.view"))
    form.is_valid()
    sources = Source.objects.filter(client__in=access.visible_clients(user, "radar.view"), active=True)
    sources = sources.select_related("client").order_by("client__name", "name")
    if form.cleaned_data.get("klien"):
        sources = sources.filter(client=form.cleaned_data["klien"])
    if form.cleaned_data.get("kelas"):
        sources = sources.filter(record_class=form.cleaned_data["kelas"])
    head = [_("Client"), _("Source"), _("Number"), _("Id at the source"), _("Channel"), _("Date the period runs from"),
            _("Status")]  # fmt: skip
    known = {state: str(pill.word) for state, pill in words.PAST.items()}
    lines = (
        (source.client.name, source.name, *facts, known[str(state)])
        for source in sources
        for *facts, state in counts.lines(source, timezone.now())
    )
    return export.workbook(f"lewat-masa-simpan-{timezone.localdate():%Y%m%d}.xlsx", head, lines, zone=user.zone)
