"""The editor of a scenario: what is in its fields, as the rules' scenario, and back.

A draft may be wrong in any way the rules can say; only what cannot be kept at all (no date, no number) goes back to
what was there before. Questions are numbered by their place on the page; ids stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.http import QueryDict

from kendali.mystery.forms_prepare import cited
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.scenario import CLOSING, Branch, Question, Scenario

MOST_QUESTIONS, MOST_BRANCHES = 30, 60
MOST_TEXT = 4000  # characters of one field, as `scenario_rules.MAX_TEXT`
ADD, REMOVE, UP = "tambah", "hapus-", "naik-"
REBIND = "perbarui"
ADD_BRANCH, REMOVE_BRANCH = "tambah-cabang", "hapus-cabang-"
BLANK = Question("", "", "", "", 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A question as the page shows it."""

    number: int
    question: Question
    article: str  # "PSL-0001 v2"
    must_say: str
    must_not_say: str


def lines(scenario: Scenario) -> list[Line]:
    return [
        Line(n, one, cite(one), "\n".join(one.must_say), "\n".join(one.must_not_say))
        for n, one in enumerate(scenario.questions, 1)
    ]


def cite(one: Question) -> str:
    return f"{one.article} v{one.article_version}" if one.article else ""


def read(data: QueryDict, before: Scenario, now: Mapping[str, int]) -> Scenario:
    """`now`: number of an article → its version in force."""
    questions = _questions(data, now)
    return replace(
        before,
        kind=data.get("jenis", "") if data.get("jenis") in KINDS else before.kind,
        goal=_text(data, "tujuan"),
        situation=_text(data, "situasi"),
        opening=_text(data, "pembuka"),
        closing=_text(data, "penutup"),
        questions=questions,
        branches=_branches(data),
        personas=tuple(code[:30] for code in data.getlist("persona")[:200]),
        test_data=_list(data, "data_uji"),
        preset_na=tuple(id_[:60] for id_ in data.getlist("na")[:200]),
        time_limit=_number(data, "batas_waktu", before.time_limit) or 0,
        answer_within=_number(data, "tingkat_layanan", None),
        valid_from=_day(data, "berlaku_dari", before.valid_from),
        valid_until=_day(data, "berlaku_sampai", before.valid_until),
    )


def changed(scenario: Scenario, wish: str) -> Scenario:
    """After a click on "add", "remove" or "up"; anything else changes nothing."""
    questions, branches = list(scenario.questions), list(scenario.branches)
    if wish == ADD and len(questions) < MOST_QUESTIONS:
        questions.append(replace(BLANK, id=_free(questions)))
    elif wish == ADD_BRANCH and questions and len(branches) < MOST_BRANCHES:
        branches.append(Branch(questions[0].id, "", CLOSING))
    elif (at := _index(wish, REMOVE_BRANCH, len(branches))) is not None:
        del branches[at]
    elif (at := _index(wish, REMOVE, len(questions))) is not None:
        gone = questions.pop(at).id
        branches = [one for one in branches if gone not in (one.after, one.go_to)]
    elif (at := _index(wish, UP, len(questions))) is not None and at > 0:
        questions[at - 1], questions[at] = questions[at], questions[at - 1]
    return replace(scenario, questions=tuple(questions), branches=tuple(branches))


def outdated(scenario: Scenario, now: Mapping[str, int]) -> bool:
    """Does an answer rest on a version that a newer one replaced?"""
    return any(now.get(one.article, one.article_version) != one.article_version for one in scenario.questions)


def rebound(scenario: Scenario, now: Mapping[str, int]) -> Scenario:
    """Every answer bound to the version in force of its article; whether it is still right is for a person to read."""
    questions = (replace(one, article_version=now.get(one.article, one.article_version)) for one in scenario.questions)
    return replace(scenario, questions=tuple(questions))


def _index(wish: str, start: str, count: int) -> int | None:
    text = wish.removeprefix(start)
    return int(text) - 1 if wish != text and text.isdecimal() and 0 < int(text[:6]) <= count else None


def _free(questions: Iterable[Question]) -> str:
    taken = {one.id for one in questions}
    return next(id_ for n in range(1, MOST_QUESTIONS * 3) if (id_ := f"q{n}") not in taken)


def _questions(data: QueryDict, now: Mapping[str, int]) -> tuple[Question, ...]:
    found: list[Question] = []
    for n in range(1, MOST_QUESTIONS + 1):
        if f"p{n}_teks" not in data:
            break
        article, version = cited(data.get(f"p{n}_artikel", ""), dict(now))
        id_ = data.get(f"p{n}_id", "")[:40]
        found.append(
            Question(
                id=id_ if id_ and id_ not in {one.id for one in found} else _free(found),
                text=_text(data, f"p{n}_teks"),
                expected=_text(data, f"p{n}_jawaban"),
                article=article,
                article_version=version,
                must_say=_list(data, f"p{n}_wajib"),
                must_not_say=_list(data, f"p{n}_larang"),
                tolerance=_text(data, f"p{n}_toleransi"),
            )
        )
    return tuple(found)


def _branches(data: QueryDict) -> tuple[Branch, ...]:
    found = [
        Branch(data.get(f"c{n}_setelah", "")[:40], _text(data, f"c{n}_bila"), data.get(f"c{n}_ke", "")[:40])
        for n in range(1, MOST_BRANCHES + 1)
        if f"c{n}_bila" in data
    ]
    return tuple(found)


def _text(data: QueryDict, name: str) -> str:
    return data.get(name, "").replace("\r\n", "\n").strip()[:MOST_TEXT]


def _list(data: QueryDict, name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in _text(data, name).splitlines() if line.strip())[:50]


def _number(data: QueryDict, name: str, otherwise: int | None) -> int | None:
    text = data.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 7 else otherwise


def _day(data: QueryDict, name: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(data.get(name, "").strip())
    except ValueError:
        return otherwise
    return found if 1900 <= found.year <= 2999 else otherwise
