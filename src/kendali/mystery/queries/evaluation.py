"""An evaluation as the rules see it: its form, answers, call, and who owns a cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from kendali.civil_time import local_date
from kendali.documents.models import Revision
from kendali.mystery.models import Evaluation, Persona, Recording, Sample
from kendali.mystery.queries import causes, forms
from kendali.mystery.rules import answers, plain
from kendali.mystery.rules.answers import FindingDraft, Said, Submission
from kendali.mystery.rules.filled import Answer
from kendali.mystery.rules.form import Cause, Form
from kendali.mystery.rules.scenario import Scenario


def form_of(evaluation: Evaluation) -> Form:
    return forms.form_of(evaluation.form)


def form_for(sample: Sample, at: datetime) -> Revision | None:
    """The version a new evaluation is pinned to: the cycle's, else the one in force on the day of the call."""
    if sample.cycle.form is not None:
        return sample.cycle.form
    return forms.form_in_force(local_date(sample.called_at or at, sample.zone))


def scenario_of(sample: Sample) -> Scenario | None:
    return plain.read(Scenario, sample.scenario.content) if sample.scenario is not None else None


def answers_of(evaluation: Evaluation) -> tuple[Answer, ...]:
    """Raises rules.plain.Unreadable."""
    return plain.read(tuple[Answer, ...], evaluation.answers)


def said_of(said: Mapping[str, object]) -> dict[str, Said]:
    return {key: plain.read(Said, one, f"said[{key}]") for key, one in said.items()}


def submission_of(evaluation: Evaluation, at: datetime) -> Submission:
    return Submission(answers_of(evaluation), said_of(evaluation.said), dict(evaluation.unticked), at)


def call_of(sample: Sample) -> answers.Call:
    """What is known of the call; a few queries."""
    recording = Recording.objects.filter(sample=sample).only("seconds").first()
    scenario = scenario_of(sample)
    return answers.Call(
        started_at=sample.called_at or sample.opens,
        ended_at=sample.ended_at,
        connected=sample.called_at is not None,
        agent=sample.agent.number if sample.agent is not None else sample.agent_said,
        no_agent_reason=sample.no_agent_reason,
        recording_seconds=recording.seconds if recording is not None else None,
        no_recording_reason=sample.no_recording_reason,
        preset_na=frozenset(scenario.preset_na) if scenario is not None else frozenset(),
        test_numbers=numbers_allowed(sample),
    )


def numbers_allowed(sample: Sample) -> frozenset[str]:
    """Every number of every test identity, and the number that was called."""
    known = {sample.destination.number}
    for caller, numbers in Persona.objects.values_list("caller_number", "numbers"):
        known |= {caller, *numbers}
    return frozenset(filter(None, known))


def owners() -> Callable[[Cause], str]:
    """Cause -> key of its owner, the settings read once."""
    return {cause: causes.owner_of(cause) for cause in Cause}.__getitem__


def drafts_of(evaluation: Evaluation) -> list[FindingDraft]:
    """The findings that follow from these answers."""
    filled = {one.item: one for one in answers_of(evaluation)}
    return answers.findings(form_of(evaluation), filled, owners(), evaluation.unticked)
