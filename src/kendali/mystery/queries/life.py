"""Where a sample stands in its life, who must act and until when, and why it does or does not count to the 60."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kendali.mystery import words
from kendali.mystery.models import Clock, Cycle, Sample
from kendali.mystery.rules import clock_rules, sample_rules
from kendali.mystery.rules.sample_rules import SampleState
from kendali.records.queries.orders import Step
from kendali.records.queries.said import who
from kendali.verdict import Verdict, no

S = SampleState
WAY = (S.PLANNED, S.ASSIGNED, S.CALLED, S.SCORING, S.SUBMITTED, S.VERIFIED, S.LOCKED)
DONE = {  # how many steps of the way are behind it; the next one is now
    S.PLANNED: 1, S.ASSIGNED: 2, S.CALLING: 2, S.CALLED: 3, S.SCORING: 3, S.SUBMITTED: 5, S.VERIFIED: 6, S.LOCKED: 7,
}  # fmt: skip
ASIDE = frozenset({S.VOID, S.UNCONNECTED, S.MISSED, S.DESTROYED})


def facts(sample: Sample) -> sample_rules.Sample:
    """For rules that do not look at attempts: no query."""
    return sample_rules.Sample(
        state=S(sample.state), opens=sample.opens, closes=sample.closes, zone=sample.zone,
        executor_id=sample.executor_id, called_at=sample.called_at, verified_at=sample.verified_at,
    )  # fmt: skip


def counts(sample: Sample, cycle: Cycle) -> Verdict:
    """To the 60 of this cycle: a call counts in the month it was made, or nowhere."""
    month = sample_rules.cycle_of(facts(sample))
    if month is not None and month != cycle.month:
        return no("The call belongs to the month %(month)s.", month=month.isoformat())
    freezes = {cycle.month: cycle.frozen_at} if cycle.frozen_at else {}
    return sample_rules.counts(facts(sample), freezes)


# --- the stepper


def steps(sample: Sample) -> list[Step]:
    """The life of one sample, activity 3 to the freeze. Needs executor, verified_by, cycle."""
    state = S(sample.state)
    done = DONE.get(state, _reached(sample))
    following = "skipped" if state is S.DESTROYED else "failed" if state in ASIDE else "current"
    after = "todo" if state in DONE else "skipped"
    states = ["done"] * done + [following] + [after] * len(WAY)
    return [Step(_name(one), _note(sample, one), how) for one, how in zip(WAY, states, strict=False)]


def _name(step: SampleState) -> str:
    return {
        S.PLANNED: _("Planned"), S.ASSIGNED: _("Assigned"), S.CALLED: _("Call made"), S.SCORING: _("Form filled in"),
        S.SUBMITTED: _("Submitted"), S.VERIFIED: _("Verified"), S.LOCKED: _("Locked"),
    }[step]  # fmt: skip


def _reached(sample: Sample) -> int:
    """How many steps of the way were made before it ended aside."""
    made = [
        True, sample.executor_id is not None, sample.called_at is not None, sample.submitted_at is not None,
        sample.submitted_at is not None, sample.verified_at is not None, bool(sample.frozen_digest),
    ]  # fmt: skip
    return made.index(False) if False in made else len(made)


def _note(sample: Sample, step: SampleState) -> str:
    match step:
        case S.PLANNED:
            return who(None, sample.cycle.plan_frozen_at)
        case S.ASSIGNED:
            return who(sample.executor, None)
        case S.CALLED:
            return who(None, sample.called_at)
        case S.SUBMITTED:
            return who(None, sample.submitted_at)
        case S.VERIFIED:
            return who(sample.verified_by, sample.verified_at)
        case S.LOCKED:
            return who(None, sample.cycle.frozen_at) if sample.frozen_digest else ""
    return ""


# --- who must act


@dataclass(frozen=True, slots=True)
class Awaited:
    """`who`: a name, or the role where nobody is named; "" = nobody. `due`: None = no date; `zone`: of the desk whose
    day ends then."""

    who: str
    what: str = ""
    due: datetime | None = None
    zone: str = ""


def awaited(sample: Sample, k2: Clock | None = None) -> Awaited:
    """Menunggu tindakan. `k2`: of its findings that wait for QA."""
    name = sample.executor.name if sample.executor is not None else ""
    match S(sample.state):
        case S.PLANNED:
            return Awaited("QA", _("gives it to a caller"), sample.opens)
        case S.ASSIGNED | S.CALLING:
            return Awaited(name, _("places the call"), sample.closes)
        case S.CALLED | S.SCORING:
            due = clock_rules.submission_due(sample.called_at, sample.zone) if sample.called_at else None
            late = None if sample.submitted_at else due
            return Awaited(name, _("fills in and submits the form"), late)
        case S.SUBMITTED:
            due, zone = (k2.due_at, k2.zone) if k2 is not None else (None, "")
            return Awaited("QA", _("verifies or returns it"), due, zone)
        case S.VERIFIED:
            return Awaited("QA", _("freezes the cycle"))
    return Awaited("")


def end_note(sample: Sample) -> str:
    """Why it ended aside."""
    match S(sample.state):
        case S.VOID:
            return f"{words.word(words.VOID_REASONS, sample.void_reason)}. {sample.void_note}".strip()
        case S.UNCONNECTED:
            return _("It was tried as often as the settings ask for, and nobody could be reached.")
        case S.MISSED:
            return _("Its slot passed without a call.")
    return ""
