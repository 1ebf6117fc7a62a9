"""What a form must fulfil, conditions, locking, what changed between two versions, JSON. No database."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules import conditions, plain
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.form import (
    AutoFail,
    Choice,
    Condition,
    ErrorClass,
    Form,
    FormStatus,
    Item,
    Kind,
    Operator,
    Range,
    TouchPoint,
    Words,
)
from kendali.mystery.rules.form_diff import Change, differences, same_measure
from kendali.mystery.rules.form_rules import has_new_label, may_activate, may_edit, problems
from kendali.mystery.rules.scoring import score
from kendali.mystery.rules.tests.forms import answers_to, filled, form, forms, graded, seconds, section, text

GOOD = form(
    section("one", graded("q1"), seconds("q2"), weight=2),
    section("two", graded("q3", when=(Condition("q1", Operator.IS, "c"),)), text("q4")),
)


def change(id_: str, **fields: Any) -> Form:
    """The good form with one item changed."""
    return dataclasses.replace(GOOD, sections=tuple(
        dataclasses.replace(one, items=tuple(
            dataclasses.replace(item, **fields) if item.id == id_ else item for item in one.items
        )) for one in GOOD.sections
    ))  # fmt: skip


def when(id_: str, item: str, operator: Operator, value: str) -> Form:
    return change(id_, when=(Condition(item, operator, value),))


def steps(*points: tuple[int, bool]) -> tuple[Choice, ...]:
    return tuple(Choice("abcd"[n], Words("Tingkat"), Decimal(worth), fails) for n, (worth, fails) in enumerate(points))


def ranges(*bounds: tuple[int, int | None]) -> tuple[Range, ...]:
    return tuple(Range(Decimal(a), None if b is None else Decimal(b), Decimal(1)) for a, b in bounds)


FINE = (Range(Decimal(0), Decimal("0.00001"), Decimal(1)), Range(Decimal("0.00001"), None, Decimal(0)))


Q1_STEPS = GOOD.sections[0].items[0].choices


def only(*items: Item) -> Form:
    return form(section("one", *items))


def test_a_good_form_and_the_default_form_have_no_problems() -> None:
    assert problems(GOOD) == []
    assert problems(default_form()) == []


@pytest.mark.parametrize(
    ("bad", "place", "part", "says"),
    [
        (dataclasses.replace(GOOD, number=" "), "", "number", "no document number"),
        (dataclasses.replace(GOOD, title=Words("", "Form")), "", "title", "Indonesian text is missing"),
        (dataclasses.replace(GOOD, sections=()), "", "sections", "1 to 20 sections"),
        (form(section("one", *(graded(f"q{n}") for n in range(201)))), "", "sections", "at most 200 items"),
        (only(graded("q1", weight=0), text("q2")), "", "sections", "No item of this form gives points"),
        (form(section("one", graded("q1")), section("two")), "two", "items", "has no items"),
        (form(section("one", graded("q1")), section("one", graded("q2"))), "one", "id", "there twice"),
        (form(section("One", graded("q1"))), "One", "id", "starts with a small letter"),
        (form(section("one", graded("q1"), graded("q1"))), "one/q1", "id", "there twice"),
        (only(graded("q-1")), "one/q-1", "id", "starts with a small letter"),
        (change("q1", label=Words("")), "one/q1", "label", "Indonesian text is missing"),
        (change("q1", label=Words("x" * 501)), "one/q1", "label", "longer than 500"),
        (change("q1", hint=Words("", "Hint")), "one/q1", "hint", "Indonesian text is missing"),
        (change("q1", weight=Decimal("-1")), "one/q1", "weight", "from 0 to 1000"),
        (change("q1", weight=Decimal("0.00001")), "one/q1", "weight", "at most 4 decimals"),
        (change("q1", weight=Decimal(1001)), "one/q1", "weight", "from 0 to 1000"),
        (change("q1", choices=()), "one/q1", "choices", "2 to 20 possible answers"),
        (change("q1", choices=steps((1, False))), "one/q1", "choices", "2 to 20 possible answers"),
        (change("q1", choices=(*steps((0, True)), *steps((1, False)))), "one/q1", "choices", "a is there twice"),
        (change("q1", choices=steps((0, True), (-1, False))), "one/q1", "choices", "Points are numbers"),
        (change("q1", kind=Kind.YES_NO), "one/q1", "choices", "exactly the answers yes and no"),
        (change("q1", ranges=ranges((0, 1))), "one/q1", "ranges", "Only a number has ranges"),
        (change("q2", choices=steps((0, True), (1, False))), "one/q2", "choices", "ranges instead"),
        (change("q2", ranges=ranges((0, 10), (20, None))), "one/q2", "ranges", "where the one before it ends"),
        (change("q2", ranges=ranges((0, 20), (10, None))), "one/q2", "ranges", "where the one before it ends"),
        (change("q2", ranges=ranges((0, None), (10, None))), "one/q2", "ranges", "where the one before it ends"),
        (change("q2", ranges=ranges((0, 0), (0, None))), "one/q2", "ranges", "ends before it begins"),
        (change("q2", ranges=FINE), "one/q2", "ranges", "at most 4 decimals"),
        (when("q3", "q1", Operator.IS, "o'clock"), "two/q3", "when", "no quotation mark"),
        (when("q3", "q4", Operator.IS, ""), "two/q3", "when", "1 to 100 characters"),
        (change("q4", weight=Decimal(1)), "two/q4", "weight", "never scored"),
        (change("q4", error_class=ErrorClass.BUSINESS), "two/q4", "auto_fail", "cannot fail"),
        (change("q1", choices=steps((0, True), (1, True))), "one/q1", "fails", "Every answer fails"),
        (change("q1", choices=steps((0, False), (1, True))), "one/q1", "fails", "more points than one that does not"),
        (change("q1", choices=steps((0, False), (1, False)), auto_fail=AutoFail.FORM), "one/q1", "fails", "critical"),
        (change("q1", choices=steps((0, False), (1, False)), error_class=ErrorClass.CUSTOMER), "one/q1", "fails",
         "critical"),
        (change("q1", auto_fail=AutoFail.FORM, required=False), "one/q1", "required", "has to be answered"),
        (when("q3", "q9", Operator.IS, "a"), "two/q3", "when", "q9, which is not in this form"),
        (when("q3", "q1", Operator.IS, "z"), "two/q3", "when", "q1 has no answer z"),
        (when("q3", "q1", Operator.LESS, "a"), "two/q3", "when", "Only a number can be compared with <"),
        (when("q3", "q2", Operator.LESS, "ten"), "two/q3", "when", "ten is no number"),
        (when("q3", "q3", Operator.IS, "a"), "two/q3", "when", "lead back to itself"),
        (when("q1", "q3", Operator.IS, "a"), "one/q1", "when", "lead back to itself"),
    ],
)  # fmt: skip
def test_a_form_is_refused_where_and_why(bad: Form, place: str, part: str, says: str) -> None:
    found = [one for one in problems(bad) if one.part == part and one.place == place]
    assert any(says in one.reason % dict(one.facts) for one in found), [str(one) for one in problems(bad)]


def test_a_failing_answer_may_have_as_many_points_as_the_worst_that_does_not() -> None:
    assert problems(change("q1", choices=steps((0, True), (0, False), (1, False)))) == []


def test_an_id_keeps_its_kind_through_all_versions() -> None:
    without = dataclasses.replace(GOOD, version=2, sections=(GOOD.sections[0],))
    again = dataclasses.replace(
        GOOD, version=3, sections=(*without.sections, section("three", graded("q4")), GOOD.sections[1])
    )
    again = dataclasses.replace(again, sections=again.sections[:2])
    assert [str(one) for one in problems(again, [GOOD, without])] == [
        "three/q4.kind: q4 was another kind of item before: give it a new id."
    ]
    assert problems(again, [without]) == []


@given(forms())
def test_random_forms_are_good_but_for_points(one: Form) -> None:
    assert {found.part for found in problems(one)} <= {"sections"}


# --- locking


@pytest.mark.parametrize(("status", "editable"), list(zip(FormStatus, (True, False, False), strict=True)))
def test_only_a_draft_is_edited_and_put_into_force(status: FormStatus, editable: bool) -> None:
    assert bool(may_edit(status)) is editable
    assert bool(may_activate(GOOD, status, [])) is editable


@pytest.mark.parametrize(
    ("one", "earlier", "says"),
    [
        (GOOD, [dataclasses.replace(GOOD, version=1)], "newer version"),
        (GOOD, [dataclasses.replace(GOOD, version=7)], "newer version"),
        (dataclasses.replace(GOOD, number=""), [], "has 1 problems"),
    ],
)
def test_a_form_is_not_put_into_force(one: Form, earlier: list[Form], says: str) -> None:
    verdict = may_activate(one, FormStatus.DRAFT, earlier)
    assert says in verdict.reason % dict(verdict.facts)


@pytest.mark.parametrize(("label", "says"), [("", "Give this version"), ("02", "was in force"), ("03", "")])
def test_a_version_has_a_revision_number_of_its_own(label: str, says: str) -> None:
    earlier = dataclasses.replace(GOOD, version=0, revision="02")
    assert says in has_new_label(dataclasses.replace(GOOD, revision=label), [earlier]).reason
    assert bool(has_new_label(dataclasses.replace(GOOD, revision=label), [earlier])) is not bool(says)


# --- conditions

CHAIN = only(
    seconds("a1"),
    graded("a2", when=(Condition("a1", Operator.AT_LEAST, "10"),)),
    graded("a3", when=(Condition("a2", Operator.IS_NOT, "a"),)),
    graded("a4", when=(Condition("a1", Operator.MORE, "5"), Condition("a3", Operator.IS, "b"))),
)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, "a1"),
        ({"a1": "9"}, "a1"),
        ({"a1": "10"}, "a1 a2"),
        ({"a1": "10", "a2": "a"}, "a1 a2"),
        ({"a1": "10", "a2": "b"}, "a1 a2 a3"),
        ({"a1": "10", "a2": "b", "a3": "b"}, "a1 a2 a3 a4"),
        ({"a1": "9", "a2": "b", "a3": "b"}, "a1"),  # what is hidden opens nothing
        ({"a1": "banyak", "a2": "b"}, "a1"),
    ],
)
def test_which_items_are_asked(answers: dict[str, str], asked: str) -> None:
    assert conditions.visible(CHAIN, answers) == set(asked.split())
    turned = dataclasses.replace(CHAIN.sections[0], items=CHAIN.sections[0].items[::-1])
    assert conditions.visible(dataclasses.replace(CHAIN, sections=(turned,)), answers) == set(asked.split())


def test_what_depends_on_itself_is_never_asked_and_is_named() -> None:
    loop = only(
        graded("q0"),
        graded("q1", when=(Condition("q2", Operator.IS, "a"),)),
        graded("q2", when=(Condition("q1", Operator.IS, "a"),)),
        graded("q3", when=(Condition("q1", Operator.IS, "a"),)),
    )
    assert conditions.visible(loop, {f"q{n}": "a" for n in range(4)}) == {"q0"}
    assert conditions.cycles(loop.items()) == ["q1", "q2"]


@pytest.mark.parametrize(
    ("operator", "true_for"),
    [("=", (5,)), ("!=", (4, 6)), ("<", (4,)), ("<=", (4, 5)), (">", (6,)), (">=", (5, 6))],
)
def test_operators_on_numbers(operator: str, true_for: tuple[int, ...]) -> None:
    condition = Condition("q", Operator(operator), "5")
    assert [n for n in (4, 5, 6) if conditions.holds(condition, seconds("q"), str(n))] == list(true_for)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", "12"), (" 3,5 ", "3.5"), ("-1", "-1"), ("", None), ("1e9", None), ("NaN", None), ("1 000", None),
     ("١٢", None), ("1.2.3", None), ("9" * 16, None), ("--1", None)],
)  # fmt: skip
def test_a_number_as_a_person_writes_it(text: str, number: str | None) -> None:
    assert conditions.number(text) == (None if number is None else Decimal(number))


# --- versions


@pytest.mark.parametrize(
    ("edit", "change_", "place", "part", "scored"),
    [
        (lambda: change("q1", weight=Decimal(2)), Change.EDITED, "one/q1", "weight", True),
        (lambda: change("q1", label=Words("Lain")), Change.EDITED, "one/q1", "label", False),
        (lambda: change("q1", choices=steps((0, True), (1, False), (2, False))), Change.EDITED, "one/q1",
         "answer_labels", False),
        (lambda: change("q1", choices=steps((0, True), (2, False))), Change.EDITED, "one/q1", "choices", True),
        (lambda: change("q1", choices=tuple(dataclasses.replace(c, fails=False) for c in Q1_STEPS)), Change.EDITED,
         "one/q1", "choices", True),
        (lambda: change("q3", when=()), Change.EDITED, "two/q3", "when", True),
        (lambda: dataclasses.replace(GOOD, sections=GOOD.sections[:1]), Change.REMOVED, "two", "section", True),
        (lambda: dataclasses.replace(GOOD, sections=GOOD.sections[::-1]), Change.MOVED, "", "sections", False),
        (lambda: dataclasses.replace(GOOD, title=Words("Lain")), Change.EDITED, "", "title", False),
    ],
)  # fmt: skip
def test_a_difference_is_named_with_its_place(
    edit: Callable[[], Form], change_: Change, place: str, part: str, scored: bool
) -> None:
    first = differences(GOOD, edit())[0]
    assert (first.change, first.place, first.part) == (change_, place, part)
    assert same_measure(GOOD, edit()) is not scored


def test_an_item_that_moved_or_left_is_told() -> None:
    one, two = GOOD.sections
    moved = form(
        dataclasses.replace(one, items=one.items[:1]), dataclasses.replace(two, items=two.items + one.items[1:])
    )
    assert [(d.change, d.place, d.before, d.after) for d in differences(GOOD, moved)] == [
        (Change.MOVED, "two/q2", "one", "two")
    ]
    gone = form(dataclasses.replace(one, items=one.items[::-1]), dataclasses.replace(two, items=two.items[:1]))
    told = [(d.change, d.place) for d in differences(GOOD, gone)]
    assert told == [(Change.REMOVED, "two/q4"), (Change.MOVED, "one")]


@given(forms(), forms())
def test_no_difference_means_the_same_form(one: Form, other: Form) -> None:
    assert differences(one, one) == []
    same = dataclasses.replace(other, version=one.version)
    assert (differences(one, other) == []) is (one == same)


# --- JSON


@given(forms())
def test_json_gives_back_exactly_the_form(one: Form) -> None:
    again = plain.read(Form, json.loads(json.dumps(plain.write(one))))
    assert again == one
    assert plain.canonical(again) == plain.canonical(one)


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda data: data.pop("title"), "title"),
        (lambda data: data.update(colour="red"), "colour"),
        (lambda data: data.update(version="1"), "version"),
        (lambda data: data.update(version=True), "version"),
        (lambda data: data["sections"][0].update(weight=0.1), "sections[0].weight"),
        (lambda data: data["sections"][0].update(weight="NaN"), "sections[0].weight"),
        (lambda data: data["sections"][0].update(weight="1" * 41), "sections[0].weight"),
        (lambda data: data["sections"][0]["items"][1].update(kind="eval"), "sections[0].items[1].kind"),
        (lambda data: data["sections"][0].update(items={}), "sections[0].items"),
        (lambda data: data["title"].update(id="x" * 10_001), "title.id"),
        (lambda data: data["title"].update(id=None), "title.id"),
    ],
)
def test_json_that_is_no_form_is_refused_with_its_path(spoil: Callable[[Any], Any], path: str) -> None:
    data = plain.write(GOOD)
    spoil(data)
    with pytest.raises(plain.Unreadable) as refused:
        plain.read(Form, data)
    assert refused.value.path == path


# --- the default form


def test_the_default_form_speaks_both_languages_and_has_the_three_touch_points() -> None:
    one = default_form()
    assert [part.touch_point for part in one.sections] == list(TouchPoint)
    assert sum(part.weight for part in one.sections) == 100
    texts = [one.title, *(part.label for part in one.sections), *(item.label for item in one.items())]
    texts += [choice.label for item in one.items() for choice in item.choices]
    assert all(text.id and text.en for text in texts)


def test_the_default_form_asks_about_the_agent_only_when_one_was_reached() -> None:
    one = default_form()
    people = {item.id for item in one.sections[2].items}
    assert not conditions.visible(one, {"connected": "no"}) & (people - {"remarks"})
    assert people <= conditions.visible(one, {"connected": "yes"})
    assert "hold" in conditions.visible(one, {"connected": "yes", "held": "yes"})
    assert "hold" not in conditions.visible(one, {"connected": "yes", "held": "no"})


def test_an_agent_who_asks_for_an_otp_fails_the_default_form() -> None:
    best = {i.id: "full" for i in default_form().items() if i.kind is Kind.GRADED}
    asked = score(default_form(), filled(connected="yes", secret_asked="yes", **best))
    assert (asked.raw, asked.final, asked.auto_failed) == (Decimal(1), Decimal(0), ("secret_asked",))
    assert not same_measure(default_form(), GOOD)


@given(st.data())
def test_no_answer_of_the_default_form_makes_the_rules_fall(data: st.DataObject) -> None:
    got = score(default_form(), data.draw(answers_to(default_form())))
    assert got.final is None or 0 <= got.final <= 1
