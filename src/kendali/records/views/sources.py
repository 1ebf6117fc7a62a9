"""Sources: connect one, see whether it answers and what it holds, look through it now."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.audit.history import history
from kendali.connectors.base import SourceError
from kendali.connectors.registry import KINDS
from kendali.records import forms, words
from kendali.records.actions import scan as scans
from kendali.records.actions import sources as actions
from kendali.records.models import Scan, Source
from kendali.records.queries import agreed
from kendali.records.views.answers import attempt


@login_required
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "source.view")
    rows = Source.objects.filter(client__in=access.visible_clients(user, "source.view")).select_related("client")
    running = set(Scan.objects.filter(status=Scan.Status.RUNNING).values_list("source_id", flat=True))
    context = {
        "rows": [
            (row, _health(row, row.pk in running), words.CLASSES[row.record_class], _kind(row))
            for row in rows.order_by("client__name", "name")
        ],
        "may_edit": permissions.can(user, "source.edit"),
    }
    return render(request, "records/sources.html", context)


def _kind(source: Source) -> str:
    return KINDS[source.kind].label if source.kind in KINDS else source.kind


def _health(source: Source, running: bool) -> words.Pill:
    if not source.active:
        return words.Pill(_("not scanned"), "idle")
    if running:
        return words.Pill(_("being scanned"), "active")
    problems = source.probe.get("problems") or []
    if problems:
        return words.Pill(words.told_problem(problems[0]).word, "late")
    if source.probed_at is None:
        return words.Pill(_("not checked yet"), "idle")
    return words.Pill(_("answers"), "done")


def _load(request: HttpRequest, pk: int, action: str) -> Source:
    return access.load(Source.objects.select_related("client"), access.signed_in(request), action, pk=pk)


@login_required
@require_safe
def source(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "source.view")
    user = access.signed_in(request)
    found = row.probe or {}
    context = _scanned(row) | {
        "class_name": words.CLASSES[row.record_class],
        "kind": _kind(row),
        "health": _health(row, False),
        "problems": [words.told_problem(problem) for problem in found.get("problems", [])],
        "warnings": [words.told_problem(problem) for problem in found.get("warnings", [])],
        "probe": found,
        "skew": _skew(found.get("clock_skew_seconds")),
        "counts": [
            (state, pill.word, row.counts[state]) for state, pill in words.RECORD_STATES.items() if state in row.counts
        ],
        "may_edit": permissions.can(user, "source.edit", row.client),
        "may_probe": permissions.can(user, "source.probe", row.client),
        "may_scan": permissions.can(user, "source.scan", row.client),
        "history": history(row),
        "agreed": agreed.of_source(row),
    }
    return render(request, "records/source.html", context)


def _skew(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    return _("less than a second") if abs(seconds) < 1 else _("%(seconds)s seconds") % {"seconds": round(seconds)}


def _scanned(row: Source) -> dict[str, object]:
    found = list(row.scans.order_by("-started_at")[:10])
    running = next((scan for scan in found if scan.status == Scan.Status.RUNNING), None)
    return {
        "source": row,
        "noun": words.noun(row.record_class),
        "running": running,
        "expected": row.counts.get("total", 0),
        "scans": [
            (scan, words.scan_pill(scan), words.told_problem(scan.problem) if scan.problem else None) for scan in found
        ],
    }


@login_required
@require_safe
def scans_fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """The running scan; when it has ended, the page is asked for anew."""
    context = _scanned(_load(request, pk, "source.view"))
    if context["running"] is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "records/_source_scans.html", context)


@login_required
@require_POST
def probe(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "source.probe")
    try:
        found = actions.probe(user=access.signed_in(request), at=timezone.now(), source=row)
    except SourceError as error:
        messages.error(request, words.told_problem({"code": error.code, "facts": error.facts}).sentence)
    else:
        if found.problems:
            messages.warning(request, _("The source was checked; see its problems below."))
        else:
            messages.success(request, _("The source answers and can be read."))
    return redirect("source", pk=pk)


@login_required
@require_POST
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "source.scan")
    if scans.request(user=access.signed_in(request), at=timezone.now(), source=row) is None:
        messages.warning(request, _("A scan is running already."))
    return redirect("source", pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "source.edit")
    kind = KINDS.get(request.GET.get("jenis", ""))
    if kind is None:
        return render(request, "records/source_kinds.html", {"kinds": KINDS.values()})
    form = forms.SourceForm(kind, access.visible_clients(user, "source.edit"), request.POST or None)
    if request.method == "POST" and form.is_valid() and (made := _connect(request, form)):
        messages.success(request, _("Connected. Check whether it answers, then scan it."))
        return redirect("source", pk=made.pk)
    context = {"form": form, "kind": kind, "title": _("Connect a source")}
    return render(request, "records/source_form.html", context, status=422 if form.errors else 200)


def _connect(request: HttpRequest, form: forms.SourceForm) -> Source | None:
    data = form.cleaned_data
    try:
        return actions.connect(
            user=access.signed_in(request),
            at=timezone.now(),
            client=data["klien"],
            kind=form.kind.name,
            record_class=form.record_class(),
            name=data["nama"],
            zone=data["zona"],
            config=form.config(),
            secret=form.secret(),
        )
    except IntegrityError:
        form.add_error("nama", _("This client has a source of this name already."))
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "source.edit")
    kind = KINDS.get(row.kind)
    if kind is None:  # connected by a program that knew more kinds
        raise Http404
    form = forms.SourceForm(kind, None, request.POST or None, source=row)
    if request.method == "POST" and form.is_valid() and _changed(request, row, form):
        return redirect("source", pk=pk)
    context = {"form": form, "kind": kind, "source": row, "title": row.name}
    return render(request, "records/source_form.html", context, status=422 if form.errors else 200)


def _changed(request: HttpRequest, row: Source, form: forms.SourceForm) -> bool:
    data = form.cleaned_data

    def act() -> None:
        actions.change(
            user=access.signed_in(request),
            at=timezone.now(),
            source=row,
            name=data["nama"],
            zone=data["zona"],
            active=data["aktif"],
            config=form.config(),
            secret=form.secret(),
        )

    try:
        return attempt(request, act, _("Saved. Check whether the source still answers."))
    except IntegrityError:
        form.add_error("nama", _("This client has a source of this name already."))
        return False
