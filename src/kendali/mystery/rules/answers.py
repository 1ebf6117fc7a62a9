"""Is a filled form complete and right, and which findings follow from it? No database.

Source: mystery-calling "Form F-22" and "One finding per sample and cause owner". A finding is found at the submission
of the form; submitting with a recommendation is the hand-over of activity 4 (until when: `clock_rules`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kendali.mystery.rules import conditions, filled, problems, safety
from kendali.mystery.rules.filled import Answer, Answers, NaBy
from kendali.mystery.rules.form import AutoFail, Cause, ErrorClass, Form, Item, Kind, NotApplicable
from kendali.mystery.rules.problems import Problem, problem
from kendali.verdict import YES, Verdict, no

MAX_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of the call when its form is filled. `recording_seconds`: its length, None = there is none.
    `preset_na`: items the scenario presets to N/A. `test_numbers`: those of its test identity."""

    started_at: datetime
    ended_at: datetime | None
    connected: bool
    agent: str = ""
    no_agent_reason: str = ""
    recording_seconds: int | None = None
    no_recording_reason: str = ""
    preset_na: frozenset[str] = frozenset()
    test_numbers: frozenset[str] = frozenset()


# --- the answers


def problems_of(form: Form, answers: Iterable[Answer], call: Call) -> list[Problem]:
    """Everything that keeps these answers from being submitted; the place is the item."""
    answers = list(answers)
    mine = filled.by_item(answers)
    asked = filled.visible(form, mine)
    return [
        *_of_ids(form, answers),
        *(
            one
            for item in form.items()
            for one in _of_item(item, mine.get(item.id, Answer(item.id)), call, asked=item.id in asked)
        ),
        *safety.scan(_texts(form, mine), call.test_numbers),
    ]


def _of_ids(form: Form, answers: list[Answer]) -> Iterator[Problem]:
    known = {item.id for item in form.items()}
    for id_, count in Counter(answer.item for answer in answers).items():
        if id_ not in known:
            yield problem(id_, "item", "This item is not in this version of the form.")
        elif count > 1:
            yield problem(id_, "item", "This item is answered twice.")


def _of_item(item: Item, answer: Answer, call: Call, *, asked: bool) -> Iterator[Problem]:
    if not asked:
        if answer.given or answer.na:
            yield problem(item.id, "value", "This item is no longer asked: take its answer away.")
        return
    if max(len(answer.value), len(answer.note), len(answer.na_reason)) > MAX_TEXT:
        yield problem(item.id, "note", "This text is longer than %(most)s characters.", most=MAX_TEXT)
    if answer.na is not None:
        yield from _of_na(item, answer, call)
        return
    if not answer.value.strip():
        if item.required:
            yield problem(item.id, "value", "This item is not answered yet.")
        return
    yield from _of_value(item, answer)
    yield from _of_spans(item, answer, call)


def _of_na(item: Item, answer: Answer, call: Call) -> Iterator[Problem]:
    if answer.value.strip():
        yield problem(item.id, "value", "N/A and an answer exclude each other.")
    if answer.na is NaBy.SYSTEM:
        if item.id not in call.preset_na:
            yield problem(item.id, "na", "The scenario does not preset this item to N/A.")
        return
    if item.na is not NotApplicable.WITH_REASON:
        yield problem(item.id, "na", "This item cannot be set to N/A.")
    if not answer.na_reason.strip():
        yield problem(item.id, "na_reason", "N/A needs a reason.")


def _of_value(item: Item, answer: Answer) -> Iterator[Problem]:
    if item.kind is Kind.TEXT:
        return
    if item.kind is Kind.NUMBER and conditions.number(answer.value) is None:
        yield problem(item.id, "value", "%(value)s is no number.", value=answer.value[:40])
    elif filled.step(item, answer) is None:
        if item.kind is Kind.NUMBER:
            yield problem(item.id, "value", "%(value)s is outside the ranges of this item.", value=answer.value[:40])
        else:
            yield problem(item.id, "value", "This is none of the answers of this item.")


def _of_spans(item: Item, answer: Answer, call: Call) -> Iterator[Problem]:
    length = call.recording_seconds
    for one in answer.spans:
        if not 0 <= one.start < one.end:
            yield problem(item.id, "spans", "The range %(range)s ends before it begins.", range=str(one))
        elif length is None:
            yield problem(item.id, "spans", "There is no recording this range could be in.")
        elif one.end > length:
            yield problem(item.id, "spans", "The range %(range)s is longer than the recording (%(length)s).",
                          range=str(one), length=f"{length // 60:02d}:{length % 60:02d}")  # fmt: skip
    if length is not None and is_critical(item) and filled.fails(item, answer) and not answer.spans:
        yield problem(item.id, "spans", "A critical failure needs its place in the recording (mm:ss-mm:ss).")


def _texts(form: Form, answers: Answers) -> dict[str, str]:
    texts = {}
    for item in form.items():
        answer = answers.get(item.id)
        if answer is not None:
            value = answer.value if item.kind is Kind.TEXT else ""
            texts[item.id] = " \n ".join(filter(None, (value, answer.note, answer.na_reason)))
    return texts


# --- what fails


@dataclass(frozen=True, slots=True)
class Line:
    """One failed item of a finding."""

    item: str
    section: str
    cause: Cause
    error_class: ErrorClass | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class FindingDraft:
    """One finding to be raised. `owner`: as `owner_of` names it. `critical_compliance`: its own finding, fast lane."""

    owner: str
    critical_compliance: bool
    lines: tuple[Line, ...]

    @property
    def key(self) -> str:
        """What its description and recommendation are entered under."""
        return f"{self.owner}!{self.lines[0].item}" if self.critical_compliance else self.owner


def is_critical(item: Item) -> bool:
    return item.error_class is not None or item.auto_fail is not AutoFail.NOTHING


def may_untick(item: Item, reason: str) -> Verdict:
    """A minor failure may be left out of the finding; its score stays."""
    if is_critical(item):
        return no("A critical failure always becomes part of a finding.")
    if not reason.strip():
        return no("Give a reason.")
    return YES


def failed_lines(form: Form, answers: Answers) -> list[Line]:
    """The failed items that were asked, in the order of the form."""
    asked = filled.visible(form, answers)
    return [
        Line(item.id, section.id, answers[item.id].cause or item.cause, item.error_class, answers[item.id])
        for section in form.sections
        for item in section.items
        if item.id in asked and filled.fails(item, answers.get(item.id))
    ]


def findings(
    form: Form, answers: Answers, owner_of: Callable[[Cause], str], unticked: Collection[str] = ()
) -> list[FindingDraft]:
    """One per owner with all failed items as lines; each failed compliance line one of its own, first.

    `unticked`: minor items left out (see `may_untick`; a critical one stays in whatever is said here).
    """
    drafts: list[FindingDraft] = []
    by_owner: dict[str, list[Line]] = {}
    for line in failed_lines(form, answers):
        item = form.item(line.item)
        if line.error_class is ErrorClass.COMPLIANCE:
            drafts.append(FindingDraft(owner_of(line.cause), True, (line,)))
        elif line.item not in unticked or (item is not None and is_critical(item)):
            by_owner.setdefault(owner_of(line.cause), []).append(line)
    return [*drafts, *(FindingDraft(owner, False, tuple(lines)) for owner, lines in by_owner.items())]


# --- the submission


@dataclass(frozen=True, slots=True)
class Said:
    """What the QCO writes to one finding: uraian and rekomendasi."""

    description: str
    recommendation: str


@dataclass(frozen=True, slots=True)
class Submission:
    """`said`: by the key of the finding. `unticked`: minor item → reason."""

    answers: tuple[Answer, ...]
    said: Mapping[str, Said]
    unticked: Mapping[str, str]
    at: datetime


def submission_problems(
    form: Form, submission: Submission, call: Call, owner_of: Callable[[Cause], str]
) -> list[Problem]:
    """Everything that keeps the form from being submitted: answers, call, findings with their recommendation."""
    answers = filled.by_item(submission.answers)
    drafts = findings(form, answers, owner_of, submission.unticked)
    return [
        *_of_call(call, submission.at),
        *problems_of(form, submission.answers, call),
        *_of_unticked(form, submission.unticked, {line.item for line in failed_lines(form, answers)}),
        *_of_findings(drafts, submission.said),
        *safety.scan(_said(submission), call.test_numbers),
    ]


def _of_call(call: Call, at: datetime) -> Iterator[Problem]:
    if call.ended_at is None:
        yield problem("call", "ended_at", "The call has not ended yet.")
    elif call.ended_at < call.started_at:
        yield problem("call", "ended_at", "The call ended before it began.")
    elif at < call.ended_at:
        yield problem("call", "submitted_at", "The form cannot be submitted before the call ended.")
    if not call.connected:
        yield problem("call", "connected", "Only a connected call is scored; this one ends as not connected.")
        return
    if not call.agent.strip() and not call.no_agent_reason.strip():
        yield problem("call", "agent", "Name the agent, or say why it is not known who answered.")
    if call.recording_seconds is None and not call.no_recording_reason.strip():
        yield problem("call", "recording", "Attach the recording, or say why there is none.")


def _of_unticked(form: Form, unticked: Mapping[str, str], failed: Collection[str]) -> Iterator[Problem]:
    for id_, reason in unticked.items():
        item = form.item(id_)
        if item is None or id_ not in failed:
            yield problem(id_, "unticked", "Only a failed item can be left out of a finding.")
        else:
            yield from problems.of(may_untick(item, reason), id_, "unticked")


def _of_findings(drafts: list[FindingDraft], said: Mapping[str, Said]) -> Iterator[Problem]:
    for draft in drafts:
        words = said.get(draft.key, Said("", ""))
        if not words.description.strip():
            yield problem(draft.key, "description", "Describe the finding.")
        if not words.recommendation.strip():
            yield problem(draft.key, "recommendation", "Every finding is handed over with a recommendation.")
        if max(len(words.description), len(words.recommendation)) > MAX_TEXT:
            yield problem(draft.key, "description", "This text is longer than %(most)s characters.", most=MAX_TEXT)
    raised = {draft.key for draft in drafts}
    for key in said:
        if key not in raised:
            yield problem(key, "finding", "There is no such finding any more.")


def _said(submission: Submission) -> dict[str, str]:
    texts = {key: f"{words.description} \n {words.recommendation}" for key, words in submission.said.items()}
    return texts | {f"{item}/unticked": reason for item, reason in submission.unticked.items()}
