"""Findings and their clocks, disputes, coaching, for machines."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.mystery import words_findings as words
from kendali.mystery.actions import coaching, deciding, disputes, finding_steps, findings, proof
from kendali.mystery.api import finding_schemas as schemas
from kendali.mystery.models import Coaching, Evidence, Finding
from kendali.mystery.queries import board, finding_buttons, finding_page, scope
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.queries.clocks import Chip, Desks
from kendali.mystery.rules.finding_rules import FollowUp
from kendali.verdict import no

router = Router(tags=["mystery calling"])
PAGE = 100
DETAIL = (*board.RELATED, "sample", "evaluation__form", "merged_into", "agent__user")


def _load(request: HttpRequest, pk: int, right: str = "finding.view") -> Finding:
    rows = Finding.objects.select_related(*DETAIL).prefetch_related("clocks", "lines")
    return scope.load_finding(signed_in(request), right, rows, pk)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RuleRefused(no("This is not a file in base64.")) from None


def _out(line: board.Line) -> dict[str, object]:
    row = line.finding
    return {
        **{name: getattr(row, name) for name in SAME},
        "owner": row.owner.email if row.owner is not None else None,
        "waits_for": words.turn_text(line.turn),
        "escalated": row.escalated_at is not None,
        "clocks": [_clock(chip) for chip in line.chips],
    }


SAME = (
    "id", "number", "area", "team", "state", "owner_kind", "due_at", "found_at", "feedback_at", "forwarded_at",
    "reported_at", "ended_at", "critical_compliance", "dispute", "recurs", "description", "recommendation",
    "late_reason",
)  # fmt: skip


def _clock(chip: Chip) -> dict[str, object]:
    return {
        "step": chip.step.value, "state": chip.state.value, "due_at": chip.due_at, "ended_at": chip.ended_at,
        "zone": chip.zone, "minutes_left": int(chip.left.total_seconds() // 60),
        "late_working_days": chip.late_by.working, "late_calendar_days": chip.late_by.calendar,
        "week": chip.week.value if chip.week is not None else "",
    }  # fmt: skip


def _answer(request: HttpRequest, row: Finding) -> dict[str, object]:
    """The finding after a step, as its reader may see it."""
    fresh = board.with_clocks(Finding.objects.filter(pk=row.pk))
    callers = finding_page.names_callers(signed_in(request))
    return _out(board.lines(fresh, timezone.now(), names_callers=callers)[0])


def _step(
    request: HttpRequest, finding_id: int, right: str, action: Callable[..., object], **given: object
) -> dict[str, object]:
    """One step of one finding, and the finding after it."""
    row = _load(request, finding_id, right)
    action(user=signed_in(request), at=timezone.now(), finding=row, **given)
    return _answer(request, row)


# --- looking


@router.get("/findings", response=schemas.FindingPage)
def list_findings(request: HttpRequest, asked: Query[schemas.FindingQuery]) -> dict[str, object]:
    """What waits, the first due first; with `waits=false` all, the newest first. Pass `next` as `after`."""
    user, now = signed_in(request), timezone.now()
    access.require(user, "finding.view")
    rows = board.with_clocks(_asked(user, asked, now))
    key = "due_at" if asked.waits else "-found_at"
    found = list(rows.order_by(key, "pk" if asked.waits else "-pk")[: PAGE + 1])
    callers = finding_page.names_callers(user)
    last = found[PAGE - 1] if len(found) > PAGE else None
    mark = getattr(last, key.lstrip("-")).isoformat() if last is not None else ""
    return {
        "findings": [_out(line) for line in board.lines(found[:PAGE], now, names_callers=callers)],
        "next": f"{mark}~{last.pk}" if last is not None else None,
    }


def _asked(user: User, asked: schemas.FindingQuery, at: datetime) -> QuerySet[Finding]:
    rows = scope.findings_for(user)
    if asked.waits:
        rows = rows.filter(due_at__isnull=False, state__in=board.OPEN)
    rows = rows.filter(state=asked.state) if asked.state else rows
    rows = rows.filter(area=asked.area) if asked.area else rows
    rows = rows.filter(board.of(user)) if asked.mine else rows
    rows = rows.filter(board.of_teams(user)) if asked.team else rows
    rows = rows.filter(due_at__lt=at) if asked.late else rows
    rows = rows.filter(escalated_at__isnull=False) if asked.escalated else rows
    return rows.filter(_beyond(asked)) if asked.after else rows


def _beyond(asked: schemas.FindingQuery) -> Q:
    instant, _sign, last = asked.after.partition("~")
    try:
        at, pk = datetime.fromisoformat(instant), int(last)
    except ValueError:
        raise Http404 from None
    if at.tzinfo is None or not 0 <= pk <= schemas.BIGGEST:
        raise Http404
    if asked.waits:
        return Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk)
    return Q(found_at__lt=at) | Q(found_at=at, pk__lt=pk)


@router.get("/findings/{int:finding_id}", response=schemas.FindingDetail)
def show_finding(request: HttpRequest, finding_id: int) -> dict[str, object]:
    row, now, user = _load(request, finding_id), timezone.now(), signed_in(request)
    rows, desks = clock_query.of_finding(row), Desks()
    terms, hand_overs = clock_query.terms_of(rows), finding_page.hand_overs(rows, now, desks)
    return {
        **_answer(request, row),
        "clock_mode": terms.mode.value,
        "clock_budgets": terms.budgets,
        "clock_days": {one.step.value: one.days for one in hand_overs if one.days is not None},
        "counting": words.counting(hand_overs, terms).line,
        "lines": finding_page.item_lines(row, "en" if get_language() == "en" else "id"),
        "lateness": words.fair_sentences(clock_query.fairness(rows, now, desks, terms), hand_overs),
        "follow_ups": list(row.follow_ups.select_related("by")),
        "evidence": list(row.evidence.all()),
        "coachings": list(row.coachings.all()),
        "disputes": list(row.disputes.all()),
        "allowed": list(finding_buttons.allowed(user, row, now)),
        "decisions": list(finding_buttons.decisions(user, row, now).open),
    }


@router.get("/findings/evidence/{int:evidence_id}", response={200: None})
def read_finding_evidence(request: HttpRequest, evidence_id: int) -> HttpResponse:
    """The file itself."""
    access.require(signed_in(request), "finding.view")
    row = get_object_or_404(Evidence, pk=evidence_id)
    _load(request, row.finding_id)
    if not row.path:
        raise Http404
    return HttpResponse(proof.read(row), content_type=row.mime)


# --- QCO and QA


@router.post("/findings/{int:finding_id}/feedback", response=schemas.FindingOut)
def give_finding_feedback(request: HttpRequest, finding_id: int, data: schemas.FeedbackIn) -> dict[str, object]:
    """Of an Access finding; that of a form is handed over by submitting it."""
    return _step(request, finding_id, "finding.feedback", findings.give_feedback, **data.dict())


@router.post("/findings/{int:finding_id}/forward", response=schemas.FindingOut)
def forward_finding(request: HttpRequest, finding_id: int, data: schemas.FindingNote) -> dict[str, object]:
    return _step(request, finding_id, "finding.judge", findings.forward_verified, reason=data.note)


@router.post("/findings/{int:finding_id}/return", response=schemas.FindingOut)
def return_finding(request: HttpRequest, finding_id: int, data: schemas.Reason) -> dict[str, object]:
    return _step(request, finding_id, "finding.judge", findings.return_feedback, reason=data.reason)


@router.post("/findings/{int:finding_id}/owner", response=schemas.FindingOut)
def choose_finding_owner(request: HttpRequest, finding_id: int, data: schemas.FindingOwnerIn) -> dict[str, object]:
    """Who answers for it, before it is forwarded."""
    row = _load(request, finding_id, "finding.judge")
    finding_steps.choose_owner(user=signed_in(request), at=timezone.now(), finding=row, owner=_owner(data.owner))
    return _answer(request, row)


def _owner(email: str) -> User:
    return get_object_or_404(User, email__iexact=email.replace("\0", ""), is_active=True)


@router.post("/findings/{int:finding_id}/close", response=schemas.FindingOut)
def close_finding(request: HttpRequest, finding_id: int, data: schemas.CloseFindingIn) -> dict[str, object]:
    return _step(
        request, finding_id, "finding.judge", finding_steps.close, reason=data.note, late_reason=data.late_reason
    )


@router.post("/findings/{int:finding_id}/insufficient", response=schemas.FindingOut)
def find_follow_up_insufficient(request: HttpRequest, finding_id: int, data: schemas.Reason) -> dict[str, object]:
    return _step(request, finding_id, "finding.judge", finding_steps.find_insufficient, reason=data.reason)


@router.post("/findings/{int:finding_id}/reroute", response=schemas.FindingOut)
def reroute_finding(request: HttpRequest, finding_id: int, data: schemas.RerouteIn) -> dict[str, object]:
    """Alihkan PIC."""
    row = _load(request, finding_id, "finding.judge")
    finding_steps.reroute(
        user=signed_in(request), at=timezone.now(), finding=row, owner=_owner(data.owner), reason=data.reason
    )
    return _answer(request, row)


@router.post("/findings/{int:finding_id}/invalidate", response=schemas.FindingOut)
def invalidate_finding(request: HttpRequest, finding_id: int, data: schemas.Reason) -> dict[str, object]:
    return _step(request, finding_id, "finding.judge", finding_steps.invalidate, reason=data.reason)


@router.post("/findings/{int:finding_id}/merge", response=schemas.FindingOut)
def merge_finding(request: HttpRequest, finding_id: int, data: schemas.MergeFindingIn) -> dict[str, object]:
    user, row = signed_in(request), _load(request, finding_id, "finding.judge")
    finding_steps.merge(user=user, at=timezone.now(), finding=row, into=_into(user, data.into), reason=data.reason)
    return _answer(request, row)


def _into(user: User, number: str) -> Finding:
    return get_object_or_404(scope.findings_for(user), number=number.replace("\0", ""))


@router.post("/findings/{int:finding_id}/remind", response=schemas.FindingOut)
def remind_of_finding(request: HttpRequest, finding_id: int, data: schemas.Reason) -> dict[str, object]:
    """Ingatkan, by the Kordinator."""
    return _step(request, finding_id, "finding.remind", finding_steps.remind, reason=data.reason)


@router.post("/findings/{int:finding_id}/decision", response=schemas.FindingOut)
def decide_finding(request: HttpRequest, finding_id: int, data: schemas.DecisionIn) -> dict[str, object]:
    """Putuskan: of an escalated finding the Kordinator takes the step it waits for."""
    user, row = signed_in(request), _load(request, finding_id, "finding.decide")
    into = _into(user, data.into) if data.into else None
    deciding.decide(user=user, at=timezone.now(), finding=row, decision=data.decision, note=data.note,
                    late_reason=data.late_reason, into=into)  # fmt: skip
    return _answer(request, row)


# --- the owner


@router.post("/findings/{int:finding_id}/begin", response=schemas.FindingOut)
def begin_finding(request: HttpRequest, finding_id: int) -> dict[str, object]:
    return _step(request, finding_id, "finding.follow_up", finding_steps.begin)


@router.post("/findings/{int:finding_id}/follow-up", response=schemas.FindingOut)
def report_finding_follow_up(request: HttpRequest, finding_id: int, data: schemas.FollowUpIn) -> dict[str, object]:
    """Done or planned; the newest report stands."""
    row = _load(request, finding_id, "finding.follow_up")
    follow_up = FollowUp(**data.dict())
    finding_steps.report_follow_up(user=signed_in(request), at=timezone.now(), finding=row, follow_up=follow_up)
    return _answer(request, row)


@router.post("/findings/{int:finding_id}/evidence", response={201: schemas.EvidenceOut})
def add_finding_evidence(request: HttpRequest, finding_id: int, data: schemas.EvidenceIn) -> Status[Evidence]:
    """A file, else a link."""
    user, now, row = signed_in(request), timezone.now(), _load(request, finding_id, "finding.follow_up")
    if data.file:
        return Status(201, proof.add_file(user=user, at=now, finding=row, name=data.name, data=_bytes(data.file)))
    return Status(201, proof.add_link(user=user, at=now, finding=row, name=data.name, link=data.link))


@router.post("/findings/{int:finding_id}/coachings", response={201: schemas.CoachingOut})
def record_coaching(request: HttpRequest, finding_id: int, data: schemas.CoachingIn) -> Status[Coaching]:
    row = _load(request, finding_id, "finding.coach")
    return Status(
        201,
        coaching.record(
            user=signed_in(request), at=timezone.now(), finding=row, on=data.on, notes=data.notes, name=data.name,
            data=_bytes(data.file),
        ),
    )  # fmt: skip


@router.post("/coachings/{int:coaching_id}/acknowledge", response=schemas.CoachingOut)
def acknowledge_coaching(request: HttpRequest, coaching_id: int, data: schemas.AcknowledgeIn) -> Coaching:
    """By the agent; or entered by the supervisor with the signed form or a note."""
    access.require(signed_in(request), "finding.acknowledge")
    row = get_object_or_404(Coaching.objects.select_related("finding__agent"), pk=coaching_id)
    _load(request, row.finding_id, "finding.acknowledge")
    return coaching.acknowledge(
        user=signed_in(request), at=timezone.now(), coaching=row, note=data.note, name=data.name,
        data=_bytes(data.file),
    )  # fmt: skip


# --- disputes


@router.post("/findings/{int:finding_id}/dispute", response=schemas.FindingOut)
def dispute_finding(request: HttpRequest, finding_id: int, data: schemas.Reason) -> dict[str, object]:
    return _step(request, finding_id, "finding.dispute", disputes.dispute, reason=data.reason)


@router.post("/findings/{int:finding_id}/dispute/decision", response=schemas.FindingOut)
def decide_finding_dispute(request: HttpRequest, finding_id: int, data: schemas.DisputeDecisionIn) -> dict[str, object]:
    return _step(request, finding_id, "finding.judge", disputes.decide, **data.dict())
