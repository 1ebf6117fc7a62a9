"""Words and colours of materials, test identities and scenarios."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kendali.audit.sentences import say
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.scenario import Scenario, ScenarioStatus
from kendali.records.words import Pill, Text

STATUS: dict[str, Pill] = {
    ScenarioStatus.DRAFT.value: Pill(_("draft"), "soon"),
    ScenarioStatus.SUBMITTED.value: Pill(_("waits for approval"), "soon"),
    ScenarioStatus.APPROVED.value: Pill(_("approved"), "done"),
    ScenarioStatus.RETIRED.value: Pill(_("withdrawn"), "idle"),
}
MARKED = Pill(_("marked"), "late")
EXPIRED = Pill(_("expired"), "late")
REPLACED = Pill(_("replaced by a newer version"), "idle")
PARTS: dict[str, Text] = {
    "code": _("Code"),
    "kind": _("Kind"),
    "goal": _("What is tested"),
    "situation": _("Situation"),
    "opening": _("Opening sentence"),
    "questions": _("Questions"),
    "question": _("Question"),
    "order": _("Order of the questions"),
    "text": _("Question"),
    "expected": _("Expected answer"),
    "article": _("Article and version"),
    "must_say": _("Must be said"),
    "must_not_say": _("Must not be said"),
    "tolerance": _("Also right"),
    "branch": _("Branch"),
    "closing": _("Closing sentence"),
    "personas": _("Personas that fit"),
    "test_data": _("Test data"),
    "preset_na": _("N/A from the start"),
    "time_limit": _("Time limit"),
    "answer_within": _("Service level"),
    "valid_from": _("Valid from"),
    "valid_until": _("Valid until"),
    "validity": _("Validity"),
}
FIELDS: dict[str, Text] = {
    "id": _("Question"),
    "when": _("if"),
    "go_to": _("goes on with"),
    "cites": _("Articles"),
    "title": _("Title"),
    "name": _("Name"),
    "numbers": _("Numbers"),
    "gender": _("Voice"),
    "caller_number": _("Calling number"),
}


def place_of(problem: Problem, scenario: Scenario) -> str:
    """Where it is: "Question 2 · Article and version", "Opening sentence"."""
    numbers = {one.id: n for n, one in enumerate(scenario.questions, 1)}
    part = str(PARTS.get(problem.part) or FIELDS.get(problem.part) or "")
    if problem.place in numbers:
        return f"{PARTS['question']} {numbers[problem.place]}" + (f" · {part}" if part and problem.part != "id" else "")
    if problem.place.startswith("branch/"):
        after = problem.place.removeprefix("branch/")
        return f"{PARTS['branch']} · {PARTS['question']} {numbers.get(after, '?')}"
    return str(PARTS.get(problem.place) or part or problem.place)


def told(problem: Problem) -> str:
    return say(problem.reason, problem.facts)
