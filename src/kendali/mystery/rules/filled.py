"""A filled form as plain data: answers, N/A by whom and why, ranges of the recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kendali.mystery.rules import conditions
from kendali.mystery.rules.form import Cause, Choice, Form, Item, Kind, Range

SPAN = re.compile(r"\s*(\d{1,3}):([0-5]\d)\s*[-\u2013]\s*(\d{1,3}):([0-5]\d)\s*")


class NaBy(StrEnum):
    """N/A that the scenario presets and N/A that a person chose are counted apart."""

    HUMAN = "human"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the recording, in whole seconds from its beginning."""

    start: int
    end: int

    def __str__(self) -> str:
        return "-".join(f"{second // 60:02d}:{second % 60:02d}" for second in (self.start, self.end))


def span(text: str) -> Span | None:
    """ "01:05-01:20" (mm:ss, minutes may pass 59), or None."""
    found = SPAN.fullmatch(text)
    if found is None:
        return None
    minute, second, last_minute, last_second = map(int, found.groups())
    return Span(minute * 60 + second, last_minute * 60 + last_second)


@dataclass(frozen=True, slots=True)
class Answer:
    """`value`: the code of a choice, a number or a text as written; empty = not answered. `cause`: what the QCO found
    to be behind a failure, if not what the form says."""

    item: str
    value: str = ""
    na: NaBy | None = None
    na_reason: str = ""
    note: str = ""
    spans: tuple[Span, ...] = ()
    cause: Cause | None = None

    @property
    def given(self) -> bool:
        return self.na is None and bool(self.value.strip())


Answers = Mapping[str, Answer]


def by_item(answers: Iterable[Answer]) -> dict[str, Answer]:
    return {answer.item: answer for answer in answers}


def visible(form: Form, answers: Answers) -> frozenset[str]:
    """The ids of the items that are asked, given these answers."""
    return conditions.visible(form, {answer.item: answer.value for answer in answers.values() if answer.given})


def without_hidden(form: Form, answers: Answers) -> dict[str, Answer]:
    """The answers that count; what a condition hides is dropped, also where that hides more."""
    asked = visible(form, answers)
    return {id_: answer for id_, answer in answers.items() if id_ in asked}


def step(item: Item, answer: Answer | None) -> Choice | Range | None:
    """The choice or range that was answered; None: not answered, N/A, a text, or no valid value."""
    if answer is None or not answer.given:
        return None
    if item.kind is Kind.NUMBER:
        value = conditions.number(answer.value)
        return next((one for one in item.ranges if value is not None and one.holds(value)), None)
    return next((one for one in item.choices if one.code == answer.value), None)


def fails(item: Item, answer: Answer | None) -> bool:
    found = step(item, answer)
    return found is not None and found.fails
