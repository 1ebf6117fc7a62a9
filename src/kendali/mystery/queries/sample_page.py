"""Everything the page of one sample shows, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.civil_time import local_date
from kendali.mystery import words, words_calls
from kendali.mystery.actions import attributing, verifying
from kendali.mystery.models import Attempt, Clock, Finding, Sample
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.queries import life, recordings, scope, tickets
from kendali.mystery.queries import samples as lists
from kendali.mystery.queries import sheet as sheets
from kendali.mystery.queries.clocks import Chip, Desks
from kendali.mystery.queries.roster import membership_rows
from kendali.mystery.rules import clock_rules
from kendali.mystery.rules.sample_rules import SampleEvent, SampleState
from kendali.mystery.words_plan import month_name
from kendali.records.queries.orders import Button
from kendali.records.words import Pill

RELATED = (
    "cycle", "executor", "agent", "agent_site", "scenario__scenario", "persona", "destination__client",
    "evaluation__form", "verified_by", "voided_by", "replaces", "ticket_closed_by",
)  # fmt: skip
TO_DO = (
    SampleState.ASSIGNED.value, SampleState.CALLING.value, SampleState.CALLED.value, SampleState.SCORING.value,
)  # fmt: skip
WITH_FORM = (SampleState.SUBMITTED.value, SampleState.VERIFIED.value, SampleState.LOCKED.value)


@dataclass(frozen=True, slots=True)
class Tried:
    attempt: Attempt
    outcome: str
    connected: bool


@dataclass(frozen=True, slots=True)
class Found:
    finding: Finding
    pill: Pill
    chips: Sequence[Chip]
    address: str


def context(row: Sample, user: User, at: datetime) -> dict[str, object]:
    k2 = lists.k2_clock(row) if row.state == SampleState.SUBMITTED else None
    forms = list(row.evaluations.select_related("form", "by", "retracted_by").order_by("revision"))
    shown = may_read_form(row, user)
    recording = recordings.of(row)
    return {
        "sample": row,
        "pill": words.sample_pill(row.state),
        "kind": words.word(words.KINDS, row.kind),
        "crumbs": crumbs(row),
        "steps": life.steps(row),
        "awaited": life.awaited(row, k2),
        "counts": life.counts(row, row.cycle),
        "window": words_calls.span(row.opens, row.closes, row.zone),
        "end_note": life.end_note(row),
        "late": _late(row, at),
        "buttons": buttons(row, user, at),
        "card": verifying.card(row) if _is_mine(row, user) and row.state in TO_DO else "",
        "may_say": tickets.may_say(row, user, at),
        "may_attribute": attributing.may(user, row, at),
        "sheet": sheets.sheet(row.evaluation) if row.evaluation is not None and shown else None,
        "hidden_form": row.evaluation is not None and not shown,
        "revisions": sheets.revisions(forms) if len(forms) > 1 and shown else [],
        "attempts": [
            Tried(one, words.word(words.OUTCOMES, one.outcome), one.outcome == Attempt.CONNECTED)
            for one in row.attempts.all()
        ],
        "findings": findings(row, user, at),
        "recording": recordings.heard(recording),
        "recording_fate": recordings.fate(recording),
        "replaced_by": Sample.objects.filter(replaces=row).first(),
        "sees_plan": bool(permissions.can(user, "plan.view")) or row.executor_id == user.pk,
        "agents": _agents(row) if permissions.can(user, "sample.verify") else [],
        "history": history(row),
    }


def may_read_form(row: Sample, user: User) -> bool:
    """A draft is its caller's until it is submitted; QA and oversight may look at it."""
    return row.state in WITH_FORM or _is_mine(row, user) or bool(permissions.can(user, "plan.view"))


def _is_mine(row: Sample, user: User) -> bool:
    return row.executor_id in scope.people_as(user, roles.QC_OFFICER, roles.TEAM_LEADER, roles.SUPERVISOR)


def crumbs(row: Sample) -> list[tuple[str, str]]:
    return crumbs_of_month(f"{row.cycle.month:%Y-%m}")


def crumbs_of_month(month: str) -> list[tuple[str, str]]:
    return [
        (_("Cycle %(month)s") % {"month": month_name(date.fromisoformat(f"{month}-01"))}, _month_page(month)),
        (_("Sample list"), reverse("samples", args=[month])),
    ]


def _month_page(month: str) -> str:
    try:
        return reverse("cycle", args=[month])
    except NoReverseMatch:
        return ""


def _late(row: Sample, at: datetime) -> bool:
    """The form came, or comes, after its limit."""
    if row.called_at is None or row.state in {SampleState.VOID, SampleState.DESTROYED}:
        return False
    return clock_rules.submitted_late(row.called_at, row.submitted_at or at, row.zone)


# --- what may be done


def buttons(row: Sample, user: User, at: datetime) -> list[Button]:
    """The next step first. What does not follow from the status is left out, what is refused is greyed."""
    if not permissions.can(user, "sample.verify"):
        return []
    state = SampleState(row.state)
    wanted: list[tuple[str, SampleEvent, str, bool]] = []
    if state is SampleState.SUBMITTED:
        wanted = [
            ("verifikasi", SampleEvent.VERIFY, _("Verify & forward"), False),
            ("kembalikan", SampleEvent.RETURN, _("Return the form"), True),
        ]
    if state is SampleState.VERIFIED:
        wanted = [("koreksi", SampleEvent.REVISE, _("Correct it"), True)]
    if state in VOIDABLE:
        wanted.append(("batal", SampleEvent.VOID, _("Void the sample"), True))
    return [
        Button(verb, label, verifying.may(event, user, row, at), primary=verb == "verifikasi", reason_needed=asks)
        for verb, event, label, asks in wanted
    ]


VOIDABLE = frozenset(
    {SampleState.CALLING, SampleState.CALLED, SampleState.SCORING, SampleState.SUBMITTED, SampleState.VERIFIED}
)


def findings(row: Sample, user: User, at: datetime) -> list[Found]:
    rows = scope.findings_for(user).filter(sample=row).select_related("owner").order_by("pk")
    desks = Desks()
    return [
        Found(one, words.finding_pill(one.state), clock_query.chips(one.clocks.all(), at, desks), address(one))
        for one in rows.prefetch_related(Prefetch("clocks", Clock.objects.order_by("step")), "lines")
    ]


def address(finding: Finding) -> str:
    return f"/mystery/temuan/{finding.pk}/"


def _agents(row: Sample) -> list[tuple[str, str]]:
    """Who may have answered: the agents of the area on that day, for the list beside the field."""
    if row.called_at is None:
        return []
    day = local_date(row.called_at, row.zone)
    rows = membership_rows(day).filter(since__lte=day)
    if row.area:
        rows = rows.filter(site__code=row.area)
    return [(one.agent.number, f"{one.name} · {one.team}") for one in rows.order_by("name")[:500]]
