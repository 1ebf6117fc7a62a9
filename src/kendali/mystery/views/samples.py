"""All samples of a month, as far as this person may know of them; as a page and as a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kendali import keyset
from kendali.accounts import access
from kendali.accounts.answers import told
from kendali.accounts.models import User
from kendali.mystery import words
from kendali.mystery.forms_verify import SampleFilter
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import life, sample_page, samples, scope, tickets
from kendali.mystery.rules import scoring
from kendali.records import export


@login_required
@require_safe
def sample_list(request: HttpRequest, month: str) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "sample.view")
    cycle = load_cycle(month)
    rows, form = _chosen(request, user, cycle)
    page = keyset.page(samples.with_names(rows), samples.MONTH, request.GET)
    context = {
        "cycle": cycle,
        "month": month,
        "crumbs": sample_page.crumbs_of_month(month)[:1],
        "form": form,
        "page": page,
        "rows": samples.rows(page.rows, cycle),
        "totals": samples.totals(cycle, scope.samples_for(user)),
        "filtered": any(form.cleaned_data.values()),
        "query": request.GET.urlencode(),
    }
    return render(request, "mystery/samples.html", context)


def load_cycle(month: str) -> Cycle:
    """ "2026-11"; Http404 for a month that was not begun."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    cycle = Cycle.objects.filter(month=first).first() if len(month) == 7 else None
    if cycle is None:
        raise Http404
    return cycle


def _chosen(request: HttpRequest, user: User, cycle: Cycle) -> tuple[QuerySet[Sample], SampleFilter]:
    form = SampleFilter(request.GET, cycle.month)
    form.is_valid()
    asked = form.cleaned_data
    rows = samples.of_month(cycle, scope.samples_for(user))
    for name, column in (("status", "state"), ("jenis", "kind"), ("pelaksana", "executor")):
        if asked.get(name):
            rows = rows.filter(**{column: asked[name]})
    if asked.get("area"):
        rows = rows.filter(Q(agent_site__code=asked["area"]) | Q(agent_site=None, area=asked["area"]))
    if text := (asked.get("cari") or "").strip():
        rows = rows.filter(
            Q(number__iendswith=text) | Q(agent__name__icontains=text) | Q(agent__number=text) | Q(ticket__iexact=text)
        )
    if asked.get("tiket"):
        rows = rows.filter(tickets.OPEN)
    if asked.get("hitung"):
        good = samples.counted(cycle)
        rows = rows.filter(good) if asked["hitung"] == "ya" else rows.exclude(good)
    return rows, form


@login_required
@require_safe
def samples_xlsx(request: HttpRequest, month: str) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "sample.view")
    cycle = load_cycle(month)
    rows, _form = _chosen(request, user, cycle)
    head = [
        _("Number"), _("Status"), _("Area"), _("Shift"), _("Kind of material"), _("Week"), _("Opens"), _("Closes"),
        _("Destination"), _("Executor"), _("Scenario"), _("Called at"), _("Agent"), _("Employee number"), _("Team"),
        _("Ticket"), _("Raw score"), _("Score"), _("Submitted"), _("Verified"), _("Verified by"), _("Counts"),
        _("Why not"), _("Void because of"), _("Replaces"),
    ]  # fmt: skip
    return export.workbook(f"sampel-{month}.xlsx", head, _lines(rows, cycle), zone=user.zone)


def _lines(rows: QuerySet[Sample], cycle: Cycle) -> Iterator[Sequence[object]]:
    for batch in samples.batches(samples.with_names(rows).select_related(*samples.NAMES, "replaces")):
        for one in batch:
            verdict, scenario, form = life.counts(one, cycle), one.scenario, one.evaluation
            yield (
                one.number, str(words.sample_pill(one.state).word), one.agent_site.name if one.agent_site else one.area,
                one.shift, words.word(words.KINDS, one.kind), one.week, one.opens, one.closes, one.destination.name,
                one.executor.name if one.executor else "",
                f"{scenario.scenario.code} v{scenario.version}" if scenario else "",
                one.called_at, one.agent.name if one.agent else one.agent_said, one.agent.number if one.agent else "",
                one.agent_team, one.ticket, _score(form and form.raw), _score(form and form.final), one.submitted_at,
                one.verified_at, one.verified_by.name if one.verified_by else "",
                _("yes") if verdict else _("no"), "" if verdict else told(verdict),
                words.word(words.VOID_REASONS, one.void_reason), one.replaces.number if one.replaces else "",
            )  # fmt: skip


def _score(value: object) -> float | None:
    return None if value is None else float(scoring.shown(value))  # type: ignore[arg-type]
