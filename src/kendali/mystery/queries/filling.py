"""How a form in the making stands: what is asked, what is missing, which findings follow, what it would score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kendali.mystery.models import Attempt, Evaluation, Sample
from kendali.mystery.queries import evaluation as query
from kendali.mystery.rules import answers, clock_rules, filled, scoring
from kendali.mystery.rules.answers import FindingDraft, Submission
from kendali.mystery.rules.form import Form
from kendali.mystery.rules.prefilled import Measured
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.sample_rules import Outcome
from kendali.terms import settings as terms


@dataclass(frozen=True, slots=True)
class Standing:
    """`raw`, `final`: in [0, 1], None = no score, or `blind`. `due`: until when it has to be submitted."""

    form: Form
    submission: Submission
    asked: frozenset[str]
    problems: Sequence[Problem]
    findings: Sequence[FindingDraft]
    blind: bool
    raw: Decimal | None
    final: Decimal | None
    auto_failed: Sequence[str]
    due: datetime | None

    @property
    def late(self) -> bool:
        return self.due is not None and self.submission.at > self.due


def standing(evaluation: Evaluation, at: datetime, *, blind: bool | None = None) -> Standing:
    """Some dozen queries at most, whatever the form. `blind`: default as the setting says."""
    sample, form = evaluation.sample, query.form_of(evaluation)
    owner = query.owners()
    submission = query.submission_of(evaluation, at)
    mine = filled.by_item(submission.answers)
    hidden = bool(terms.get("mystery.blind_score")) if blind is None else blind
    score = scoring.score(form, mine)
    return Standing(
        form=form,
        submission=submission,
        asked=filled.visible(form, mine),
        problems=answers.submission_problems(form, submission, query.call_of(sample), owner),
        findings=answers.findings(form, mine, owner, submission.unticked),
        blind=hidden,
        raw=None if hidden else score.raw,
        final=None if hidden else score.final,
        auto_failed=() if hidden else score.auto_failed,
        due=due_of(sample),
    )


def due_of(sample: Sample) -> datetime | None:
    """23:59:59 of the call's local date, or 4 hours after the call."""
    return clock_rules.submission_due(sample.called_at, sample.zone) if sample.called_at else None


def measured(sample: Sample) -> Measured:
    rows = list(sample.attempts.all())
    connected = next((one for one in rows if one.outcome == Attempt.CONNECTED), None)
    outcomes = [Outcome(one.outcome) for one in rows if one.outcome != Attempt.CONNECTED]
    if connected is None:
        return Measured(outcomes)
    return Measured(outcomes, connected.ivr_seconds, connected.queue_seconds, connected.ring_seconds)
