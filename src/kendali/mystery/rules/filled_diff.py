"""What changed between two revisions of a filled form: answers, N/A, notes, ranges, what was said. No database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, Answers
from kendali.mystery.rules.form import Form

PARTS = tuple(one.name for one in dataclasses.fields(Answer) if one.name != "item")


@dataclass(frozen=True, slots=True)
class Changed:
    """`place`: the item, or of a finding its key. `part`: a field of Answer, "description", "recommendation" or
    "unticked". Both sides as they were: text, `NaBy`, `Cause`, a tuple of `Span`; "" or None: nothing was there."""

    place: str
    part: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Filled:
    """One revision: what `rules.answers.Submission` has, without its instant."""

    answers: Answers
    said: Mapping[str, Said]
    unticked: Mapping[str, str]


def changes(form: Form, before: Filled, after: Filled) -> list[Changed]:
    """In the order of the form; then items that are not in it, then findings, then unticked items."""
    order = [item.id for item in form.items()]
    places = [*order, *sorted((set(before.answers) | set(after.answers)) - set(order))]
    return [
        *(one for place in places for one in _of_answer(place, before.answers.get(place), after.answers.get(place))),
        *(one for key in _keys(before.said, after.said) for one in _of_said(key, before.said, after.said)),
        *_of_unticked(before.unticked, after.unticked),
    ]


def _of_answer(place: str, old: Answer | None, new: Answer | None) -> Iterator[Changed]:
    old, new = old or Answer(place), new or Answer(place)
    for part in PARTS:
        before, after = getattr(old, part), getattr(new, part)
        if before != after:
            yield Changed(place, part, before, after)


def _of_said(key: str, old: Mapping[str, Said], new: Mapping[str, Said]) -> Iterator[Changed]:
    nothing = Said("", "")
    before, after = old.get(key, nothing), new.get(key, nothing)
    for part in ("description", "recommendation"):
        if getattr(before, part) != getattr(after, part):
            yield Changed(key, part, getattr(before, part), getattr(after, part))


def _of_unticked(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Changed]:
    for item in _keys(old, new):
        if old.get(item, "") != new.get(item, ""):
            yield Changed(item, "unticked", old.get(item, ""), new.get(item, ""))


def _keys(old: Iterable[str], new: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*old, *new]))
