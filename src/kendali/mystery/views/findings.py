"""The board "menunggu tindakan", the page of one finding, its evidence and what may be heard of its call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kendali import formats, keyset
from kendali.accounts import access, permissions, roles
from kendali.accounts.answers import told
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.audit.sentences import shown
from kendali.mystery import office
from kendali.mystery import words_findings as words
from kendali.mystery.actions import excerpts, proof, recordings
from kendali.mystery.forms_findings import FindingFilter
from kendali.mystery.models import Evidence, Finding, Recording
from kendali.mystery.queries import board, finding_buttons, finding_page, scope
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.queries import recordings as recording_query
from kendali.mystery.queries.clocks import Desks
from kendali.mystery.rules import clock_rules, finding_rules
from kendali.records import export
from kendali.records.streaming import serve
from kendali.verdict import Verdict

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
PAGE = (*board.RELATED, "sample", "evaluation__form", "merged_into", "agent__user", "hold")


def language() -> str:
    return "en" if get_language() == "en" else "id"


# --- the board


@login_required
@require_safe
def findings(request: HttpRequest) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    access.require(user, "finding.view")
    form = FindingFilter(request.GET)
    rows, order = chosen(user, form, now, everything=request.GET.get("tampil") == "semua")
    page = keyset.page(board.with_clocks(rows), order, request.GET)
    callers = finding_page.names_callers(user)
    everything = order == board.NEWEST
    context = {
        "form": form,
        "page": page,
        "rows": [_row(one, now) for one in board.lines(page.rows, now, names_callers=callers)],
        "tabs": [(_("Waiting for action"), "?", not everything), (_("All"), "?tampil=semua", everything)],
        "everything": everything,
        "query": request.GET.urlencode(),
        "terms": office.clock_terms(),
        "agents_off": _is_agent(user) and not scope.may_read_own(user),
    }
    return render(request, "mystery/findings.html", context)


def chosen(
    user: User, form: FindingFilter, at: datetime, *, everything: bool = False
) -> tuple[QuerySet[Finding], tuple[str, ...]]:
    """The rows and their order: what waits by its due date, all of them newest first."""
    asked = form.cleaned_data if form.is_valid() else {}
    rows = scope.findings_for(user)
    status = asked.get("status", "")
    everything = everything or status in {one.value for one in finding_rules.ENDED} or bool(asked.get("nomor"))
    if not everything:
        rows = rows.filter(due_at__isnull=False, state__in=board.OPEN)
    if status:
        rows = rows.filter(state=status)
    if asked.get("area"):
        rows = rows.filter(area=asked["area"].code)
    if asked.get("nomor"):
        rows = rows.filter(number__icontains=asked["nomor"].strip())
    if asked.get("milik"):
        rows = rows.filter(board.of(user) if asked["milik"] == "saya" else board.of_teams(user))
    if asked.get("jam") == "terlambat":
        rows = rows.filter(due_at__lt=at)
    elif asked.get("jam") == "eskalasi":
        rows = rows.filter(escalated_at__isnull=False)
    return rows, board.NEWEST if everything else board.WAITS


def _row(line: board.Line, at: datetime) -> dict[str, object]:
    finding = line.finding
    return {
        "finding": finding,
        "pill": words.pill(finding),
        "turn": words.turn_text(line.turn),
        "clocks": [words.clock_pill(chip) for chip in line.chips],
        "zone": clock_query.zone_of_due(finding, finding.clocks.all()),
        "late": finding.due_at is not None and finding.due_at < at,
    }


def _is_agent(user: User) -> bool:
    return bool(scope.people_as(user, roles.AGENT))


@login_required
@require_safe
def findings_xlsx(request: HttpRequest) -> FileResponse:
    user, now = access.signed_in(request), timezone.now()
    access.require(user, "finding.view")
    rows, order = chosen(user, FindingFilter(request.GET), now, everything=request.GET.get("tampil") == "semua")
    head = [
        _("Number"), _("Area"), _("Team"), _("Status"), _("Waits for"), _("Until"), _("Found"), _("Handed to QA"),
        _("Forwarded"), _("Follow-up reported"), _("Ended"), _("K1 in time"), _("K2 in time"), _("K3 in time"),
        _("Description"), _("Recommendation"), _("Reason of the lateness"),
    ]  # fmt: skip
    lines = _lines(board.with_clocks(rows).order_by(*order), now, callers=finding_page.names_callers(user))
    return export.workbook(f"temuan-{timezone.localdate():%Y%m%d}.xlsx", head, lines, zone=user.zone)


def _lines(rows: QuerySet[Finding], at: datetime, *, callers: bool) -> Iterator[Sequence[object]]:
    judges = board.Judges()
    for row in rows.iterator(chunk_size=export.CHUNK):
        clocks = {one.step: clock_query.as_rule(one) for one in row.clocks.all()}
        on_time = [_in_time(clocks.get(step), at) for step in ("k1", "k2", "k3")]
        yield (row.number, row.area, row.team, shown("state", row.state),
               words.turn_text(board.turn(row, names_callers=callers, judge=judges.of(row))), row.due_at, row.found_at,
               row.feedback_at,
               row.forwarded_at, row.reported_at, row.ended_at, *on_time, row.description, row.recommendation,
               shown("late_reason", row.late_reason))  # fmt: skip


def _in_time(clock: clock_rules.Clock | None, at: datetime) -> str:
    """Y, T (late), "" = not known yet."""
    if clock is None:
        return ""
    if clock_rules.is_late(clock, at):
        return "T"
    return "Y" if clock.stopped_at else ""


# --- one finding


def load(request: HttpRequest, pk: int, right: str = "finding.view") -> Finding:
    """Refused (403) without the right, Http404 for one not to be known of."""
    rows = Finding.objects.select_related(*PAGE).prefetch_related("clocks", "lines")
    return scope.load_finding(access.signed_in(request), right, rows, pk)


@login_required
@require_safe
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    row, now, user = load(request, pk), timezone.now(), access.signed_in(request)
    desks, callers = Desks(), finding_page.names_callers(user)
    rows = clock_query.of_finding(row)
    terms, hand_overs = clock_query.terms_of(rows), finding_page.hand_overs(rows, now, desks)
    zone = clock_query.zone_of_due(row, rows.values())
    turn = board.turn(row, names_callers=callers, judge=board.Judges().of(row))
    context = {
        "row": row,
        "pill": words.pill(row),
        "zone": zone,
        "crumbs": [(_("Findings"), "/mystery/temuan/"), (row.area.upper(), "")],
        "turn": words.turn_text(turn),
        "steps": words.stages(row, partial(_moment, zone)),
        "hand_overs": [(words.HAND_OVERS[one.step], words.clock_pill(one.chip), one, words.delay_text(one.chip))
                       for one in hand_overs],
        "counting": words.counting(hand_overs, terms),
        "fair": words.fair_sentences(clock_query.fairness(rows, now, desks, terms), hand_overs),
        "lines": [(one, shown("cause_of", one.cause), shown("error_class", one.error_class) if one.error_class else "")
                  for one in finding_page.item_lines(row, language())],
        "late_reason": shown("late_reason", row.late_reason),
        "callers": callers,
        "sees_sample": callers and row.sample_id is not None,
        "history": finding_page.history(row, callers=callers),
        "hearing": finding_page.hearing(user, row),
        "recording_fate": recording_query.fate(recording_query.of(row.sample_id)),
        **_work(user, row, now),
    }  # fmt: skip
    return render(request, "mystery/finding.html", context)


def _work(user: User, row: Finding, at: datetime) -> dict[str, object]:
    """What was done about it, and what this person may do."""
    return {
        "buttons": finding_buttons.buttons(user, row, at),
        "may_choose_owner": finding_buttons.may_choose_owner(user, row, at),
        "may_add_evidence": finding_buttons.may_work(user, row, at, "finding.follow_up"),
        "may_coach": finding_buttons.may_coach(user, row, at),
        "may_acknowledge": _may_acknowledge(user, row, at),
        "to_verify": not finding_buttons.verified(row) and bool(permissions.can(user, "sample.verify")),
        "follow_ups": list(row.follow_ups.select_related("by")),
        "evidence": list(row.evidence.select_related("by")),
        "coachings": list(row.coachings.select_related("by", "acknowledged_by", "evidence")),
        "disputes": [(one, shown("decision", one.decision)) for one in row.disputes.select_related("by", "decided_by")],
        "recurs": list(scope.findings_for(user).filter(number__in=row.recurs).order_by("found_at")),
        "merged": list(row.merged.order_by("number")),
    }


def _may_acknowledge(user: User, row: Finding, at: datetime) -> bool:
    own = row.agent is not None and row.agent.user_id == user.pk
    return own or finding_buttons.may_coach(user, row, at)


def _moment(zone: str, at: datetime) -> str:
    return formats.short_moment(at, ZoneInfo(zone or "Asia/Jakarta"), language(), timezone.now())


# --- files


@login_required
@require_safe
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as a download; nothing in it runs here."""
    found = get_object_or_404(Evidence, pk=pk)
    load(request, found.finding_id)
    if not found.path:
        raise Http404
    try:
        data = proof.read(found)
    except ArchiveError as error:
        return HttpResponse(error.code, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(data, content_type=found.mime)
    response.headers["Content-Disposition"] = f"attachment; filename=bukti-{found.pk}{SUFFIX.get(found.mime, '')}"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


SUFFIX = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}


@login_required
@require_safe
def audio(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All of it or the ranges of this finding, by setting; a name of the file is not given away."""
    row = load(request, pk)
    how = finding_page.hearing(access.signed_in(request), row)
    if how not in {"all", "excerpt"}:
        raise Http404
    recording = get_object_or_404(Recording, sample=row.sample_id)
    try:
        spans = finding_page.spans(row)
        heard = recordings.played(recording) if how == "all" else excerpts.of(recording, spans)
    except RuleRefused as refused:
        return HttpResponse(_said(refused.verdict), status=409, content_type="text/plain; charset=utf-8")
    except ArchiveError as error:
        return HttpResponse(error.code, status=503, content_type="text/plain; charset=utf-8")
    return serve(request, heard.file, heard.size, tag=heard.tag, content_type=heard.content_type,
                 name=f"{row.number}.wav", inline=True)  # fmt: skip


def _said(verdict: Verdict) -> str:
    return told(verdict)
