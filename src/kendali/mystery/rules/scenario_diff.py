"""What changed between two versions of a scenario, part by part, in the order of the card. No database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kendali.mystery.rules.scenario import Branch, Question, Scenario

PARTS = ("kind", "goal", "situation", "opening")
AFTER = ("closing", "personas", "test_data", "preset_na", "time_limit", "answer_within", "valid_from", "valid_until")
OF_A_QUESTION = ("text", "expected", "article", "must_say", "must_not_say", "tolerance")


@dataclass(frozen=True, slots=True)
class Change:
    """`question`: its id, "" = of the whole; `part`: the field, "question" = all of it. None: it is not there."""

    question: str
    part: str
    before: str | None
    after: str | None


def changes(old: Scenario, new: Scenario) -> tuple[Change, ...]:
    return (*_fields(old, new, PARTS), *_questions(old, new), *_branches(old, new), *_fields(old, new, AFTER))


def _fields(old: Scenario, new: Scenario, parts: tuple[str, ...]) -> Iterator[Change]:
    for part in parts:
        before, after = (_said(getattr(one, part)) for one in (old, new))
        if before != after:
            yield Change("", part, before, after)


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(str(one) for one in value)
    return "" if value is None else str(value)


def _questions(old: Scenario, new: Scenario) -> Iterator[Change]:
    before = {one.id: one for one in old.questions}
    for one in new.questions:
        was = before.pop(one.id, None)
        if was is None:
            yield Change(one.id, "question", None, one.text)
        else:
            yield from _of_question(was, one)
    for one in before.values():
        yield Change(one.id, "question", one.text, None)
    if [one.id for one in old.questions if _has(new, one)] != [one.id for one in new.questions if _has(old, one)]:
        order = [", ".join(one.id for one in scenario.questions) for scenario in (old, new)]
        yield Change("", "order", order[0], order[1])


def _has(scenario: Scenario, question: Question) -> bool:
    return any(one.id == question.id for one in scenario.questions)


def _of_question(old: Question, new: Question) -> Iterator[Change]:
    for part in OF_A_QUESTION:
        before, after = (_cited(one) if part == "article" else _said(getattr(one, part)) for one in (old, new))
        if before != after:
            yield Change(new.id, part, before, after)


def _cited(one: Question) -> str:
    return f"{one.article} v{one.article_version}" if one.article else ""


def _branches(old: Scenario, new: Scenario) -> Iterator[Change]:
    before, after = _by_case(old.branches), _by_case(new.branches)
    for key in [*before, *(key for key in after if key not in before)]:
        if before.get(key) != after.get(key):
            yield Change(key[0], "branch", _leads(key, before), _leads(key, after))


def _by_case(branches: tuple[Branch, ...]) -> dict[tuple[str, str], str]:
    return {(one.after, one.when): one.go_to for one in branches}


def _leads(key: tuple[str, str], branches: Mapping[tuple[str, str], str]) -> str | None:
    return f"{key[1]} → {branches[key]}" if key in branches else None
