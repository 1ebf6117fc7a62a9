"""When a scenario may be used: its parts, the knowledge it is bound to, approval. No database, no clock.

Procedure 7, activity 1 (materials: informasi, permintaan and komplain, all three) and activity 2 (scenarios);
mystery-calling "Scenario" and its safety. An article that expires marks every scenario that depends on it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, time
from enum import StrEnum

from kendali.documents.rules import holds, in_force
from kendali.mystery.rules import safety
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.form import Form, NotApplicable
from kendali.mystery.rules.machine import Move, Person, Role
from kendali.mystery.rules.machine import may_move as may_move_in
from kendali.mystery.rules.problems import Problem, problem
from kendali.mystery.rules.scenario import (
    CLOSING,
    ArticleVersion,
    Branch,
    Material,
    Question,
    Scenario,
    ScenarioStatus,
    TestIdentity,
)  # fmt: skip
from kendali.verdict import YES, Verdict, no

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,29}")
PLACEHOLDERS = frozenset({"salam", "nama"})
MAX_TEXT, LONGEST_CALL = 4000, 3600  # characters, seconds


# --- its parts


def problems(
    scenario: Scenario, *, articles: Iterable[ArticleVersion], identities: Iterable[TestIdentity], form: Form, on: date
) -> list[Problem]:
    """Everything that keeps a scenario from being approved on this day. `form`: the one its samples are filled with."""
    identities = list(identities)
    return [
        *_of_head(scenario, on),
        *_of_opening(scenario.opening),
        *_of_questions(scenario),
        *_of_branches(scenario),
        *_of_presets(scenario, form),
        *marks(scenario, articles, on),
        *_of_safety(scenario, identities),
    ]


def _of_head(scenario: Scenario, on: date) -> Iterator[Problem]:
    if not CODE.fullmatch(scenario.code):
        yield problem("code", "code", "A code has capital letters, digits and hyphens, at most 30.")
    if scenario.kind not in KINDS:
        yield problem("kind", "kind", "%(kind)s is none of %(kinds)s.", kind=scenario.kind, kinds=", ".join(KINDS))
    for part, text in (("goal", scenario.goal), ("situation", scenario.situation), ("opening", scenario.opening),
                       ("closing", scenario.closing)):  # fmt: skip
        if not text.strip():
            yield problem(part, part, "This part is missing.")
    for part, text in scenario.texts():
        if len(text) > MAX_TEXT:
            yield problem(part, "text", "This text is longer than %(most)s characters.", most=MAX_TEXT)
    if not 0 < scenario.time_limit <= LONGEST_CALL:
        yield problem("time_limit", "time_limit", "The time limit is 1 to %(most)s seconds.", most=LONGEST_CALL)
    if scenario.answer_within is not None and not 0 < scenario.answer_within <= LONGEST_CALL:
        yield problem("answer_within", "answer_within", "The service level is 1 to %(most)s seconds.",
                      most=LONGEST_CALL)  # fmt: skip
    if scenario.valid_until < scenario.valid_from:
        yield problem("validity", "valid_until", "The validity ends before it begins.")
    elif scenario.valid_until < on:
        yield problem("validity", "valid_until", "This scenario expired on %(until)s.",
                      until=scenario.valid_until.isoformat())  # fmt: skip


def _of_opening(opening: str) -> Iterator[Problem]:
    for name in re.findall(r"\{([^{}]*)\}", opening):
        if name not in PLACEHOLDERS:
            yield problem("opening", "opening", "{%(name)s} is not known: only {salam} and {nama} are filled in.",
                          name=name[:40])  # fmt: skip
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", opening)):
        yield problem("opening", "opening", "A brace is open or closed that has no partner.")


def _of_questions(scenario: Scenario) -> Iterator[Problem]:
    if not scenario.questions:
        yield problem("questions", "questions", "A scenario has at least one core question.")
    for id_, count in Counter(one.id for one in scenario.questions).items():
        if count > 1 or not id_ or id_ == CLOSING:
            yield problem(id_, "id", "Every question has an id of its own, and none is called closing.")
    for one in scenario.questions:
        yield from _of_question(one)


def _of_question(one: Question) -> Iterator[Problem]:
    for part, text in (("text", one.text), ("expected", one.expected)):
        if not text.strip():
            yield problem(one.id, part, "This part is missing.")
    if not one.article:
        yield problem(one.id, "article", "The expected answer has to be bound to an article and its version.")
    said = {_plain(text) for text in one.must_say}
    for text in one.must_not_say:
        if _plain(text) in said:
            yield problem(one.id, "must_not_say", "%(text)s must be said and must not be said.", text=text[:80])
    if any(not text.strip() for text in (*one.must_say, *one.must_not_say)):
        yield problem(one.id, "must_say", "An entry of this list is empty.")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _of_branches(scenario: Scenario) -> Iterator[Problem]:
    """A branch leads forward only, so every call comes to its closing."""
    places = {one.id: n for n, one in enumerate(scenario.questions)} | {CLOSING: len(scenario.questions)}
    for branch in scenario.branches:
        yield from _of_branch(branch, places)
    for (after, _when), count in Counter((one.after, _plain(one.when)) for one in scenario.branches).items():
        if count > 1:
            yield problem(f"branch/{after}", "when", "The same case leads to two places.")


def _of_branch(branch: Branch, places: Mapping[str, int]) -> Iterator[Problem]:
    place = f"branch/{branch.after}"
    if not branch.when.strip():
        yield problem(place, "when", "This part is missing.")
    for name in (branch.after, branch.go_to):
        if name not in places:
            yield problem(place, "go_to", "There is no question %(question)s.", question=name[:40] or "''")
            return
    if places[branch.go_to] <= places[branch.after]:
        yield problem(place, "go_to", "A branch leads forward: %(question)s comes before it.", question=branch.go_to)


def _of_presets(scenario: Scenario, form: Form) -> Iterator[Problem]:
    for id_ in scenario.preset_na:
        item = form.item(id_)
        if item is None:
            yield problem("preset_na", id_, "The form has no item %(item)s.", item=id_[:40])
        elif item.na is NotApplicable.NEVER:
            yield problem("preset_na", id_, "The item %(item)s can never be N/A.", item=id_)


def _of_safety(scenario: Scenario, identities: list[TestIdentity]) -> Iterator[Problem]:
    """Only test identities: nothing of a real customer is given out or written down."""
    numbers = [number for identity in identities for number in identity.numbers]
    known = {_plain(identity.name) for identity in identities} | {safety.plain_digits(number) for number in numbers}
    for value in scenario.test_data:
        number = "" if re.search(r"[^\W\d_]", value) else safety.plain_digits(value)
        if _plain(value) not in known and (not number or number not in known):
            yield problem("test_data", "test_data", "Test data comes from a registered test identity only.")
    codes = {identity.code for identity in identities}
    for code in scenario.personas:
        if code not in codes:
            yield problem("personas", code, "The persona %(code)s is no registered test identity.", code=code[:40])
    yield from safety.scan(dict(scenario.texts()), numbers)


# --- the knowledge it is bound to


def marks(scenario: Scenario, articles: Iterable[ArticleVersion], on: date) -> list[Problem]:
    """Why its answers cannot be relied on this day, per question. Empty: every article is in force as it was cited."""
    now = in_force(articles, on)
    return [
        Problem(one.id, "article", verdict.reason, verdict.facts)
        for one in scenario.questions
        if one.article and not (verdict := holds(one.article, one.article_version, now, on))
    ]


def marked(
    scenarios: Iterable[Scenario], articles: Iterable[ArticleVersion], on: date
) -> dict[tuple[str, int], list[Problem]]:
    """Code and version of every scenario that has marks, with them."""
    articles = list(articles)
    return {(one.code, one.version): found for one in scenarios if (found := marks(one, articles, on))}


def usable(scenario: Scenario, articles: Iterable[ArticleVersion], on: date) -> Verdict:
    """May a call be made with it on this day?"""
    if scenario.status is not ScenarioStatus.APPROVED:
        return no("This scenario is not approved.")
    if not scenario.valid_from <= on <= scenario.valid_until:
        return no("This scenario is valid from %(from)s to %(until)s only.",
                  **{"from": scenario.valid_from.isoformat(), "until": scenario.valid_until.isoformat()})  # fmt: skip
    for one in marks(scenario, articles, on):
        return no(one.reason, **one.facts)
    return YES


# --- materials


def material_problems(materials: Iterable[Material], articles: Iterable[ArticleVersion], on: date) -> list[Problem]:
    """Activity 1, its KPI: informasi, permintaan and komplain, each by at least one material that holds."""
    now, found, good = in_force(articles, on), [], set()
    for one in materials:
        mine = list(_of_material(one, now, on))
        found += mine
        if not mine:
            good.add(one.kind)
    for kind in KINDS:
        if kind not in good:
            found.append(problem(kind, "kind", "There is no material of the kind %(kind)s: all three are needed.",
                                 kind=kind))  # fmt: skip
    return found


def _of_material(one: Material, now: Mapping[str, ArticleVersion], on: date) -> Iterator[Problem]:
    if one.kind not in KINDS:
        yield problem(one.code, "kind", "%(kind)s is none of %(kinds)s.", kind=one.kind, kinds=", ".join(KINDS))
    if not one.title.strip():
        yield problem(one.code, "title", "This part is missing.")
    if not one.cites:
        yield problem(one.code, "cites", "A material cites at least one article.")
    for code, version in one.cites:
        if not (verdict := holds(code, version, now, on)):
            yield Problem(one.code, "cites", verdict.reason, verdict.facts)


# --- approval


class ScenarioEvent(StrEnum):
    SUBMIT = "submit"  # ajukan
    APPROVE = "approve"  # setujui
    RETURN = "return"  # kembalikan
    RETIRE = "retire"  # tarik


_S = ScenarioStatus
QA = frozenset({Role.QA})
APPROVERS = frozenset({Role.QA, Role.COORDINATOR})  # the Kordinator where no other QA is
MOVES: dict[StrEnum, Move] = {
    ScenarioEvent.SUBMIT: Move(frozenset({_S.DRAFT}), QA),
    ScenarioEvent.APPROVE: Move(frozenset({_S.SUBMITTED}), APPROVERS),
    ScenarioEvent.RETURN: Move(frozenset({_S.SUBMITTED}), APPROVERS, needs_reason=True),
    ScenarioEvent.RETIRE: Move(frozenset({_S.APPROVED}), QA, needs_reason=True),
}
LEADS_TO: dict[ScenarioEvent, ScenarioStatus] = {
    ScenarioEvent.SUBMIT: _S.SUBMITTED,
    ScenarioEvent.APPROVE: _S.APPROVED,
    ScenarioEvent.RETURN: _S.DRAFT,
    ScenarioEvent.RETIRE: _S.RETIRED,
}


def may_move(
    event: ScenarioEvent,
    scenario: Scenario,
    by: Person,
    *,
    found: Collection[Problem] = (),
    reason: str = "",
    other_qa: bool = False,
) -> Verdict:
    """`found`: what `problems` says today; a scenario with problems is neither submitted nor approved. `other_qa`: a
    QA besides those who wrote it."""
    if not (verdict := may_move_in(MOVES, event, scenario.status, by.role, reason=reason)):
        return verdict
    if by.role is Role.COORDINATOR and other_qa:
        return no("This is the QA's; the coordinator does it where there is no other QA.", code="other_qa")
    if event is ScenarioEvent.APPROVE and by.id == scenario.author:
        return no("A scenario is never approved by its author.", code="author")
    if found and event in (ScenarioEvent.SUBMIT, ScenarioEvent.APPROVE):
        return no("This scenario has %(count)s problems; they have to be solved first.",
                  code="problems", count=len(found))  # fmt: skip
    return YES


def may_edit(scenario: Scenario, by: Person) -> Verdict:
    """A draft only, by QA; what was submitted is returned first, what was approved gets a new version."""
    if by.role is not Role.QA:
        return no("Scenarios are written by QA.")
    if scenario.status is ScenarioStatus.DRAFT:
        return YES
    return no("This version is locked. Make a new version instead.")


# --- on the card


def spoken_opening(scenario: Scenario, name: str, local: time) -> str:
    """The opening sentence as it is said at this local time."""
    return scenario.opening.replace("{salam}", salam(local)).replace("{nama}", name)


def salam(local: time) -> str:
    """The greeting of the hour, as it is used in Indonesia."""
    hours = ((4, "Selamat malam"), (11, "Selamat pagi"), (15, "Selamat siang"), (18, "Selamat sore"))
    return next((text for until, text in hours if local.hour < until), "Selamat malam")
