"""The card of one call: what to say, to whom, what was tried, what may be done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kendali.accounts.models import User
from kendali.accounts.permissions import Refused
from kendali.mystery import office
from kendali.mystery.actions import stepping
from kendali.mystery.actions.calling import may_dial
from kendali.mystery.actions.moving import sample_facts
from kendali.mystery.models import Attempt, CrisisFlag, Sample
from kendali.mystery.queries import calls
from kendali.mystery.queries.evaluation import scenario_of
from kendali.mystery.queries.filling import due_of
from kendali.mystery.rules import sample_rules, scenario_rules
from kendali.mystery.rules.sample_rules import Given
from kendali.mystery.rules.scenario import Branch, Question, Scenario
from kendali.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """A question with what may follow it."""

    question: Question
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """`may_dial`: now; `free_at`: from when a further attempt counts, if that is later. `due`: of the form."""

    sample: Sample
    scenario: Scenario | None
    opening: str
    steps: tuple[Step, ...]
    attempts: list[Attempt]
    crisis: CrisisFlag | None
    may_dial: Verdict
    may_give_up: Verdict
    free_at: datetime | None
    counted: int
    needed: int
    due: datetime | None

    @property
    def next_number(self) -> int:
        return len(self.attempts) + 1

    @property
    def talking(self) -> bool:
        """Connected, and nobody said yet that the call ended."""
        return self.sample.state == "called" and self.sample.ended_at is None


def card(user: User, sample: Sample, at: datetime) -> Card:
    """Half a dozen queries beside those of `queries.calls.load`."""
    patience, flag = office.patience(), calls.crisis()
    facts = sample_facts(sample)
    given = Given(at=at, crisis=flag is not None, patience=patience)
    free = sample_rules.next_attempt_from(facts.attempts, patience)
    scenario = scenario_of(sample)
    try:
        allowed = may_dial(facts, given, stepping.caller(user, sample, at))
    except Refused as refused:
        allowed = refused.verdict
    return Card(
        sample=sample,
        scenario=scenario,
        opening=_opening(sample, scenario, at),
        steps=_steps(scenario),
        attempts=list(sample.attempts.order_by("number")),
        crisis=flag,
        may_dial=allowed,
        may_give_up=sample_rules.may_give_up(facts.attempts, patience),
        free_at=free if free is not None and free > at else None,
        counted=len(sample_rules.counted_attempts(facts.attempts, patience)),
        needed=patience.attempts,
        due=due_of(sample),
    )


def _opening(sample: Sample, scenario: Scenario | None, at: datetime) -> str:
    """As it is said at this hour where the phone rings; before the window, at its beginning."""
    if scenario is None:
        return ""
    local = max(at, sample.opens).astimezone(ZoneInfo(sample.zone)).time()
    name = sample.persona.name if sample.persona is not None else "…"
    return scenario_rules.spoken_opening(scenario, name, local)


def _steps(scenario: Scenario | None) -> tuple[Step, ...]:
    if scenario is None:
        return ()
    return tuple(
        Step(one, tuple(branch for branch in scenario.branches if branch.after == one.id)) for one in scenario.questions
    )
