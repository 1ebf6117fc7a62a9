"""What is wrong with something a person filled in or built: one problem, its place, its sentence.

A check returns all of them at once; an empty list means good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kendali.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Problem:
    place: str  # of a form "section" or "section/item"; of answers the item; of a scenario the part
    part: str  # the field there: "weight", "when", "choices"
    reason: str  # an English message id with %(name)s
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.place}.{self.part}: {self.reason % dict(self.facts)}"


def problem(place: str, part: str, reason: str, **facts: object) -> Problem:
    return Problem(place, part, reason, facts)


def of(verdict: Verdict, place: str, part: str) -> list[Problem]:
    """The no of another rule as a problem at this place."""
    return [] if verdict else [Problem(place, part, verdict.reason, verdict.facts)]


def verdict(problems: Iterable[Problem]) -> Verdict:
    """Yes without problems; otherwise the first one's sentence."""
    for first in problems:
        return no(first.reason, **first.facts)
    return YES
