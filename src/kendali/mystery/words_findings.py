"""What pages say of findings: states and clocks as pills, the steps of the procedure, sentences about lateness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kendali.accounts import roles
from kendali.audit.sentences import say, shown
from kendali.mystery.models import Finding
from kendali.mystery.queries.board import Turn
from kendali.mystery.queries.clocks import Chip
from kendali.mystery.queries.finding_page import HandOver
from kendali.mystery.rules.clock_rules import ClockState, Mode, Step, Terms
from kendali.mystery.rules.finding_rules import FindingState
from kendali.mystery.rules.lateness_rules import Fairness
from kendali.mystery.rules.working_time import Week
from kendali.records.words import Pill

S = FindingState
COLOURS: dict[FindingState, str] = {
    S.FOUND: "soon",
    S.FEEDBACK_GIVEN: "soon",
    S.AT_SUPERVISOR: "active",
    S.AT_DEPARTMENT: "active",
    S.IN_PROGRESS: "active",
    S.FOLLOW_UP_REPORTED: "active",
    S.CLOSED: "done",
    S.INVALID: "idle",
    S.MERGED: "idle",
}
CLOCK_COLOURS: dict[ClockState, str] = {
    ClockState.NOT_STARTED: "idle",
    ClockState.RUNNING: "active",
    ClockState.WARNED: "soon",
    ClockState.LATE: "late",
    ClockState.IN_TIME: "done",
    ClockState.STOPPED_LATE: "late",
    ClockState.DROPPED: "idle",
}
STATES: list[tuple[str, object]] = [
    (S.FOUND.value, _("found")),
    (S.FEEDBACK_GIVEN.value, _("feedback at QA")),
    (S.AT_SUPERVISOR.value, _("at the Supervisor")),
    (S.AT_DEPARTMENT.value, _("at the department")),
    (S.IN_PROGRESS.value, _("in progress")),
    (S.FOLLOW_UP_REPORTED.value, _("follow-up reported")),
    (S.CLOSED.value, pgettext_lazy("a finding", "closed")),
    (S.INVALID.value, _("invalid")),
    (S.MERGED.value, _("merged")),
]
HAND_OVERS: dict[Step, tuple[object, object, object]] = {
    # step: (from, to, what)
    Step.K1: (_("QC Officer"), _("QA"), _("feedback and recommendation")),
    Step.K2: (_("QA"), _("Supervisor or department"), _("feedback and follow-up")),
    Step.K3: (_("Supervisor or department"), _("QA"), _("result of the follow-up")),
}


def _name(state: str) -> str:
    return str(dict(STATES)[state])


def pill(finding: Finding) -> Pill:
    return Pill(_name(finding.state), COLOURS[S(finding.state)])


# --- clocks


def hours(left: timedelta) -> str:
    """Office hours as people say them: "12 jam", "40 menit"."""
    minutes = int(abs(left).total_seconds() // 60)
    if minutes < 60:
        return gettext("%(count)s min") % {"count": minutes}
    return gettext("%(count)s h") % {"count": minutes // 60}


@dataclass(frozen=True, slots=True)
class ClockPill:
    """`short`: for the pill; `long`: its title."""

    step: str
    short: str
    long: str
    state: str


def clock_pill(chip: Chip) -> ClockPill:
    return ClockPill(chip.step.value.upper(), _short(chip), _long(chip), CLOCK_COLOURS[chip.state])


def _short(chip: Chip) -> str:
    match chip.state:
        case ClockState.NOT_STARTED:
            return gettext("not begun")
        case ClockState.DROPPED:
            return gettext("not needed")
        case ClockState.IN_TIME:
            return gettext("in time")
        case ClockState.STOPPED_LATE:
            return gettext("late")
        case ClockState.LATE:
            return gettext("%(hours)s late") % {"hours": hours(chip.left)}
    return gettext("%(hours)s left") % {"hours": hours(chip.left)}


def _long(chip: Chip) -> str:
    if chip.due_at is None:
        return gettext("The hand-over before it has not been made.")
    return gettext("office hours, until the due date or since")


# --- sentences


def turn_text(turn: Turn | None) -> str:
    if turn is None:
        return ""
    role = str(roles.LABELS[turn.role])
    who = f"{role} {turn.name}" if turn.name else role
    if not turn.judge:
        return who
    judge = gettext("another QA") if turn.judge == roles.QA else str(roles.LABELS[turn.judge])
    return gettext("%(who)s; the dispute: %(judge)s") % {"who": who, "judge": judge}


def delay_text(chip: Chip) -> str:
    """ "2 hari kerja (4 hari kalender)"; "" = not late."""
    if not chip.late_by:
        return ""
    if not rests(chip.week):
        return say(gettext_noop("%(days)s calendar days"), {"days": chip.late_by.calendar})
    return say(
        gettext_noop("%(working)s working days (%(calendar)s calendar days)"),
        {"working": chip.late_by.working, "calendar": chip.late_by.calendar},
    )


def fair_sentences(found: Mapping[Step, Fairness], hand_overs: Iterable[HandOver]) -> list[str]:
    """For each late step: by how much, whose days they were, and whether the person was in time from receipt."""
    late = [(one, hand_over.chip.week) for hand_over in hand_overs if (one := found.get(hand_over.step)) and one.late]
    return [sentence for one, week in late for sentence in _fair(one, week)]


def _fair(one: Fairness, week: Week | None) -> list[str]:
    step = shown("step", one.step.value)
    said = [say(LATE[not rests(week)], {"step": step, "days": one.delay.working})]
    causes = [
        say(gettext_noop("%(days)s of them by %(step)s"), {"days": days, "step": shown("step", cause.value)})
        for cause, days in one.because_of.items()
    ]
    if one.nobody:
        causes.append(say(gettext_noop("%(days)s by nobody (a day off, or another time zone)"), {"days": one.nobody}))
    if causes:
        said.append(gettext("The delay comes from: %(causes)s.") % {"causes": "; ".join(causes)})
    if one.received_late:
        said.append(gettext("It was received late."))
    if one.punctual is not None:
        said.append(
            gettext("From receipt the person was in time.")
            if one.punctual
            else gettext("From receipt the person was late, too.")
        )
    return said


# --- by which terms the clocks of a finding count

LATE = (
    gettext_noop("%(step)s is %(days)s working days late."),
    gettext_noop("%(step)s is %(days)s calendar days late."),
)
WEEKS: dict[Week, object] = {
    Week.FIVE_DAYS: _("Monday to Friday, without public holidays and collective leave"),
    Week.SIX_DAYS: _("Monday to Saturday, without public holidays and collective leave"),
    Week.CALENDAR: _("every day of the calendar, days off too"),
    Week.ROUND_THE_CLOCK: _("24 hours on every day: one day is 24 hours"),
}


def rests(week: Week | None) -> bool:
    return week is None or week.rests


@dataclass(frozen=True, slots=True)
class Counting:
    """Head of the card, head of the column of due dates, and the line below: what was in force for these clocks."""

    title: str
    due: str
    line: str


def counting(found: Iterable[HandOver], terms: Terms) -> Counting:
    """`terms`: those the first clock began with."""
    begun = [one for one in found if one.days is not None and one.chip.week is not None]
    limits = {one.days for one in begun}
    limit = limits.pop() if len(limits) == 1 else None
    title = gettext("Three hand-overs") if limit is None else gettext("Three hand-overs, each at most H+%(days)s") % {
        "days": limit}  # fmt: skip
    working = all(rests(one.chip.week) for one in begun)
    due = gettext("Due (working days)") if working else gettext("Due")
    return Counting(title, due, " ".join([begins(terms), *_limits(begun, limit), *_weeks(begun)]))


def begins(terms: Terms) -> str:
    """From when they run."""
    if terms.mode is Mode.CHAINED:
        return gettext("Each clock runs from the hand-over before it, the first from the finding.")
    k1, k2, k3 = terms.budgets
    return gettext(
        "All three clocks run from the finding; the budgets of the steps (H+%(k1)s, H+%(k2)s, H+%(k3)s) only warn."
    ) % {"k1": k1, "k2": k2, "k3": k3}


def _limits(begun: list[HandOver], limit: int | None) -> list[str]:
    """Where the limit changed between the clocks: that of each."""
    if limit is not None or not begun:
        return []
    each = ", ".join(f"{one.step.value.upper()} H+{one.days}" for one in begun)
    return [gettext("At most: %(limits)s.") % {"limits": each}]


def _weeks(begun: list[HandOver]) -> list[str]:
    by_week: dict[Week, list[str]] = {}
    for one in begun:
        if one.chip.week is not None:
            by_week.setdefault(one.chip.week, []).append(one.step.value.upper())
    if not by_week:
        return []
    alone = len(by_week) == 1
    days = [str(WEEKS[week]) if alone else f"{', '.join(steps)}: {WEEKS[week]}" for week, steps in by_week.items()]
    return [gettext("Days that count: %(days)s.") % {"days": "; ".join(days)}]


# --- the procedure


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    state: str
    note: str = ""
    at: datetime | None = None
    href: str = ""


ORDER = (S.FOUND, S.FEEDBACK_GIVEN, S.AT_SUPERVISOR, S.IN_PROGRESS, S.FOLLOW_UP_REPORTED, S.CLOSED)


def stages(finding: Finding, moment: object) -> list[Stage]:
    """DITEMUKAN … DITUTUP; `moment`: how an instant is written."""
    state = S(finding.state)
    here = S.AT_SUPERVISOR if state is S.AT_DEPARTMENT else state
    instants = (finding.found_at, finding.feedback_at, finding.forwarded_at, None, finding.reported_at,
                finding.ended_at)  # fmt: skip
    reached = ORDER.index(here) if here in ORDER else _reached(finding)
    made = []
    for place, (step, at) in enumerate(zip(ORDER, instants, strict=True)):
        name = _name(S.AT_DEPARTMENT if _to_department(finding, step) else step)
        made.append(Stage(_first_up(name), _stage(place, reached, state), moment(at) if at else "", at))  # type: ignore[operator]
    if state in {S.INVALID, S.MERGED}:
        made[-1] = Stage(_first_up(_name(state)), "failed" if state is S.INVALID else "skipped",
                         moment(finding.ended_at) if finding.ended_at else "")  # type: ignore[operator] # fmt: skip
    return made


def _first_up(word: str) -> str:
    """Only the first letter: QA and SPV stay as they are."""
    return word[:1].upper() + word[1:]


def _to_department(finding: Finding, step: FindingState) -> bool:
    return step is S.AT_SUPERVISOR and finding.owner_kind == "department"


def _reached(finding: Finding) -> int:
    """How far it came before it ended on the side."""
    for place, at in ((4, finding.reported_at), (2, finding.forwarded_at), (1, finding.feedback_at)):
        if at is not None:
            return place
    return 0


def _stage(place: int, reached: int, state: FindingState) -> str:
    if state is S.CLOSED or place < reached:
        return "done"
    if state in {S.INVALID, S.MERGED}:
        return "done" if place == reached else "skipped"
    return "current" if place == reached else "todo"
