"""A filled form: what keeps it from being submitted, and which findings follow from it. No database."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules.answers import (
    Call,
    Said,
    Submission,
    failed_lines,
    findings,
    is_critical,
    may_untick,
    problems_of,
    submission_problems,
)
from kendali.mystery.rules.filled import Answer, NaBy, Span, by_item, fails, span, visible, without_hidden
from kendali.mystery.rules.form import AutoFail, Cause, Condition, ErrorClass, Form, Item, NotApplicable, Operator
from kendali.mystery.rules.tests.forms import answers_to, filled, form, forms, graded, seconds, section, text

BEGAN = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(minutes=4)
CALL = Call(BEGAN, ENDED, connected=True, agent="K-101", recording_seconds=230, preset_na=frozenset({"q2"}),
            test_numbers=frozenset({"081200001111"}))  # fmt: skip
FORM = form(
    section("one", graded("q1"), seconds("q2", na=NotApplicable.PRESET),
            graded("q3", na=NotApplicable.NEVER, when=(Condition("q1", Operator.IS, "c"),))),
    section("two", graded("crit", error_class=ErrorClass.CUSTOMER), text("t1", required=False)),
)  # fmt: skip
GOOD = filled(q1="c", q2="5", q3="b", crit="c", t1="Jelas")


def with_(*answers: Answer) -> list[Answer]:
    return list((GOOD | by_item(answers)).values())


def test_a_complete_form_has_no_problems() -> None:
    assert problems_of(FORM, GOOD.values(), CALL) == []


@pytest.mark.parametrize(
    ("answer", "part", "says"),
    [
        (Answer("q9", "a"), "item", "not in this version"),
        (Answer("q1"), "value", "not answered yet"),
        (Answer("q1", "  "), "value", "not answered yet"),
        (Answer("q1", "z"), "value", "none of the answers"),
        (Answer("q1", "C"), "value", "none of the answers"),
        (Answer("q2", "cepat"), "value", "cepat is no number"),
        (Answer("q2", "-1"), "value", "-1 is outside the ranges"),
        (Answer("q1", na=NaBy.HUMAN), "na_reason", "N/A needs a reason"),
        (Answer("q1", na=NaBy.HUMAN, na_reason=" "), "na_reason", "N/A needs a reason"),
        (Answer("q1", "c", NaBy.HUMAN, "Tidak terjadi"), "value", "exclude each other"),
        (Answer("q2", na=NaBy.HUMAN, na_reason="Tidak terjadi"), "na", "cannot be set to N/A"),
        (Answer("q3", na=NaBy.HUMAN, na_reason="Tidak terjadi"), "na", "cannot be set to N/A"),
        (Answer("q1", na=NaBy.SYSTEM), "na", "does not preset"),
        (Answer("q1", "a"), "value", "no longer asked"),  # then q3 is hidden, and answered
        (Answer("crit", "a"), "spans", "needs its place in the recording"),
        (Answer("q1", "c", spans=(Span(10, 10),)), "spans", "00:10-00:10 ends before it begins"),
        (Answer("q1", "c", spans=(Span(-5, 10),)), "spans", "ends before it begins"),
        (Answer("q1", "c", spans=(Span(220, 231),)), "spans", "longer than the recording (03:50)"),
        (Answer("q1", "c", note="NIK 3174091203850001"), "text", "(NIK)"),
        (Answer("t1", "OTP 884210"), "text", "OTP"),
        (Answer("q1", na=NaBy.HUMAN, na_reason="HP 081398765432"), "text", "phone"),
        (Answer("q1", "c", note="x" * 4001), "note", "longer than 4000"),
    ],
)
def test_an_answer_is_refused_where_and_why(answer: Answer, part: str, says: str) -> None:
    told = [str(one) for one in problems_of(FORM, with_(answer), CALL) if one.part == part]
    assert any(says in one for one in told), problems_of(FORM, with_(answer), CALL)


@pytest.mark.parametrize(
    "answer",
    [
        Answer("q2", na=NaBy.SYSTEM),
        Answer("crit", "a", spans=(Span(0, 230),)),
        Answer("crit", na=NaBy.HUMAN, na_reason="Tidak ada pertanyaan"),
        Answer("t1"),
        Answer("q1", "c", note="Menelepon dari 0812-0000-1111"),
        Answer("q2", "7,5"),
    ],
)
def test_an_answer_is_taken(answer: Answer) -> None:
    assert problems_of(FORM, with_(answer), CALL) == []


def test_an_item_is_not_answered_twice() -> None:
    assert "answered twice" in str(problems_of(FORM, [*GOOD.values(), Answer("q1", "c")], CALL))


def test_without_a_recording_a_critical_failure_has_no_place_in_it() -> None:
    without = dataclasses.replace(CALL, recording_seconds=None, no_recording_reason="Perekam mati")
    assert problems_of(FORM, with_(Answer("crit", "a")), without) == []
    assert "no recording" in str(problems_of(FORM, with_(Answer("crit", "a", spans=(Span(1, 2),))), without))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("01:05-01:20", Span(65, 80)), (" 1:05 - 1:20 ", Span(65, 80)), ("75:00\u201375:10", Span(4500, 4510)),
     ("01:60-02:00", None), ("1-2", None), ("", None), ("01:05", None), ("1000:00-1000:01", None)],
)  # fmt: skip
def test_a_range_as_a_person_writes_it(text: str, expected: Span | None) -> None:
    assert span(text) == expected


@given(st.integers(0, 59_000), st.integers(0, 900))
def test_a_range_is_read_as_it_is_printed(start: int, length: int) -> None:
    assert span(str(Span(start, start + length))) == Span(start, start + length)


@given(st.data())
def test_what_a_condition_hides_can_be_dropped(data: st.DataObject) -> None:
    one = data.draw(forms())
    kept = without_hidden(one, data.draw(answers_to(one)))
    assert kept.keys() <= visible(one, kept)
    assert not [found for found in problems_of(one, kept.values(), CALL) if "no longer asked" in found.reason]


# --- findings


def owner_of(cause: Cause) -> str:
    return {Cause.AGENT: "spv", Cause.ACCESS: "ops", Cause.SYSTEM: "it"}.get(cause, "km")


FINDABLE = form(
    section("access", seconds("queue", cause=Cause.ACCESS)),
    section("people", graded("greeting"), graded("accuracy", error_class=ErrorClass.CUSTOMER),
            graded("consent", error_class=ErrorClass.COMPLIANCE), graded("secret", error_class=ErrorClass.COMPLIANCE)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "unticked", "expected"),
    [
        pytest.param(filled(queue="5", greeting="c", accuracy="b"), (), [], id="nothing failed"),
        pytest.param(filled(queue="60", greeting="a", accuracy="a"), (),
                     [("ops", False, ["queue"]), ("spv", False, ["greeting", "accuracy"])], id="one per owner"),
        pytest.param(filled(greeting="a", consent="a", secret="a"), (),
                     [("spv", True, ["consent"]), ("spv", True, ["secret"]), ("spv", False, ["greeting"])],
                     id="each compliance line is its own"),
        pytest.param(filled(greeting="a", accuracy="a"), ("greeting",), [("spv", False, ["accuracy"])],
                     id="a minor one is left out"),
        pytest.param(filled(greeting="a"), ("greeting",), [], id="nothing is left"),
        pytest.param(filled(accuracy="a", consent="a"), ("accuracy", "consent"),
                     [("spv", True, ["consent"]), ("spv", False, ["accuracy"])], id="a critical one stays in"),
        pytest.param({"accuracy": Answer("accuracy", "a", cause=Cause.KNOWLEDGE_BASE)}, (),
                     [("km", False, ["accuracy"])], id="the cause decides who owns it"),
        pytest.param(filled(greeting="n/a", accuracy="n/a system"), (), [], id="N/A is no failure"),
    ],
)  # fmt: skip
def test_findings_that_follow(
    answers: dict[str, Answer], unticked: tuple[str, ...], expected: list[tuple[str, bool, list[str]]]
) -> None:
    got = findings(FINDABLE, answers, owner_of, unticked)
    assert [(one.owner, one.critical_compliance, [line.item for line in one.lines]) for one in got] == expected
    assert len({one.key for one in got}) == len(got)


@given(st.data())
def test_every_failure_is_in_exactly_one_finding_unless_a_minor_one_was_left_out(data: st.DataObject) -> None:
    one: Form = data.draw(forms())
    answers = data.draw(answers_to(one))
    unticked = data.draw(st.sets(st.sampled_from([item.id for item in one.items()])))
    got = findings(one, answers, owner_of, unticked)
    asked = visible(one, answers)
    failed = {item.id for item in one.items() if item.id in asked and fails(item, answers.get(item.id))}
    left_out = {item.id for item in one.items() if item.id in unticked and not is_critical(item)}
    lines = [line.item for finding in got for line in finding.lines]
    assert sorted(lines) == sorted(failed - left_out)
    shared = [finding.owner for finding in got if not finding.critical_compliance]
    assert len(shared) == len(set(shared))
    for finding in got:
        classes = {line.error_class for line in finding.lines}
        assert finding.critical_compliance is (ErrorClass.COMPLIANCE in classes)
        assert len(finding.lines) == 1 or not finding.critical_compliance


@pytest.mark.parametrize(
    ("item", "reason", "allowed"),
    [
        (graded("q"), "Sudah dicoaching", True),
        (graded("q"), " ", False),
        (graded("q", error_class=ErrorClass.BUSINESS), "Sudah dicoaching", False),
        (graded("q", auto_fail=AutoFail.SECTION), "Sudah dicoaching", False),
    ],
)
def test_only_a_minor_failure_is_left_out_and_only_with_a_reason(item: Item, reason: str, allowed: bool) -> None:
    assert bool(may_untick(item, reason)) is allowed


def test_a_line_carries_what_the_finding_needs() -> None:
    (line,) = failed_lines(FORM, by_item(with_(Answer("crit", "a", note="Salah biaya", spans=(Span(60, 70),)))))
    assert (line.section, line.error_class, line.answer.note, str(line.answer.spans[0])) == (
        "two", ErrorClass.CUSTOMER, "Salah biaya", "01:00-01:10")  # fmt: skip


# --- the submission

FAILED = Answer("crit", "a", spans=(Span(60, 70),))
SAID = {"spv": Said("Biaya salah disebut", "Coaching biaya transfer")}


def submission(*answers: Answer, **fields: Any) -> Submission:
    complete = Submission(tuple(with_(*answers)), {}, {}, ENDED + timedelta(hours=1))
    return dataclasses.replace(complete, **fields)


@pytest.mark.parametrize(
    ("sent", "call", "says"),
    [
        (submission(), CALL, None),
        (submission(FAILED, said=SAID), CALL, None),
        (submission(Answer("q3", "a"), unticked={"q3": "Sudah dicoaching"}), CALL, None),
        (submission(), dataclasses.replace(CALL, agent="", no_agent_reason="Nama tidak disebut"), None),
        (submission(FAILED), CALL, "spv.description: Describe the finding."),
        (submission(FAILED, said={"spv": Said("Biaya salah", " ")}), CALL, "handed over with a recommendation"),
        (submission(FAILED, said={"spv": Said("x" * 4001, "y")}), CALL, "longer than 4000"),
        (submission(said=SAID), CALL, "no such finding any more"),
        (submission(FAILED, said={"spv": Said("NIK 3174091203850001", "Coaching")}), CALL, "(NIK)"),
        (submission(Answer("q3", "a"), unticked={"q3": ""}), CALL, "Give a reason"),
        (submission(Answer("q3", "a"), unticked={"q3": "HP 081398765432"}), CALL, "phone"),
        (submission(unticked={"q1": "Bagus"}), CALL, "Only a failed item"),
        (submission(FAILED, said=SAID, unticked={"crit": "Bagus"}), CALL, "critical failure always"),
        (submission(), dataclasses.replace(CALL, ended_at=None), "has not ended"),
        (submission(), dataclasses.replace(CALL, ended_at=BEGAN - timedelta(seconds=1)), "ended before it began"),
        (submission(at=BEGAN), CALL, "before the call ended"),
        (submission(), dataclasses.replace(CALL, connected=False), "Only a connected call is scored"),
        (submission(), dataclasses.replace(CALL, agent=" "), "Name the agent"),
        (submission(), dataclasses.replace(CALL, recording_seconds=None), "Attach the recording"),
    ],
)
def test_a_submission_is_complete_or_says_what_is_missing(sent: Submission, call: Call, says: str | None) -> None:
    told = [str(one) for one in submission_problems(FORM, sent, call, owner_of)]
    if says is None:
        assert told == []
    else:
        assert any(says in one for one in told), told
