"""A scenario of a test call as plain data, and the knowledge it is bound to. What it must fulfil: `scenario_rules`.

Procedure IN.QCC.TDSCC.P-01, activities 1 and 2. The persona is separate from the situation: a scenario says which
personas fit, the plan gives one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kendali.documents.rules import ArticleVersion as ArticleVersion

CLOSING = "closing"  # where a branch can lead besides a question


class ScenarioStatus(StrEnum):
    DRAFT = "draft"  # draf
    SUBMITTED = "submitted"  # diajukan
    APPROVED = "approved"  # disetujui
    RETIRED = "retired"  # ditarik


@dataclass(frozen=True, slots=True)
class Question:
    """`expected`: the answer by that version of that article; `tolerance`: what is still right, in words."""

    id: str
    text: str
    expected: str
    article: str
    article_version: int
    must_say: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    tolerance: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """After the question `after`, if the agent does `when`, go on with `go_to`: a later question, or the closing."""

    after: str
    when: str
    go_to: str


@dataclass(frozen=True, slots=True)
class TestIdentity:
    """A registered person who does not exist: its name, and every number that may be said or written for it."""

    __test__ = False  # no test class

    code: str
    name: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """`kind`: of `cycle.KINDS`. `opening`: verbatim, with {salam} and {nama}. `time_limit`: seconds.
    `answer_within`: expected service level, seconds until an agent answers, None = none. `test_data`: what the caller
    may give when asked, from test identities only. `personas`: empty = all fit. `preset_na`: items of the form."""

    code: str
    version: int
    kind: str
    goal: str
    situation: str
    opening: str
    questions: tuple[Question, ...]
    closing: str
    author: int
    valid_from: date
    valid_until: date
    branches: tuple[Branch, ...] = ()
    personas: tuple[str, ...] = ()
    test_data: tuple[str, ...] = ()
    preset_na: tuple[str, ...] = ()
    time_limit: int = 600
    answer_within: int | None = None
    status: ScenarioStatus = ScenarioStatus.DRAFT

    @property
    def cites(self) -> tuple[tuple[str, int], ...]:
        """Article and version, each once, in the order of the questions."""
        return tuple(dict.fromkeys((one.article, one.article_version) for one in self.questions))

    def texts(self) -> Iterator[tuple[str, str]]:
        """Everything a person wrote, with its place."""
        yield from (("goal", self.goal), ("situation", self.situation), ("opening", self.opening))
        yield "closing", self.closing
        for one in self.questions:
            yield one.id, "\n".join((one.text, one.expected, *one.must_say, *one.must_not_say, one.tolerance))
        for branch in self.branches:
            yield f"branch/{branch.after}", branch.when


@dataclass(frozen=True, slots=True)
class Material:
    """Bahan: `kind` of `cycle.KINDS`, with the articles it rests on (code and version)."""

    code: str
    kind: str
    title: str
    cites: tuple[tuple[str, int], ...]
