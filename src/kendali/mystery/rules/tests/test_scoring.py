"""The score of a filled form: the worked cases, the promised properties, and a slow oracle in exact fractions."""

from __future__ import annotations

import dataclasses
import json
import random
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kendali.mystery.rules import filled as filled_forms
from kendali.mystery.rules import plain
from kendali.mystery.rules.filled import Answer, Answers, NaBy
from kendali.mystery.rules.form import AutoFail, Condition, ErrorClass, Form, Item, Kind, Operator, TouchPoint
from kendali.mystery.rules.scoring import (
    Accuracy,
    Counted,
    NaCount,
    Score,
    accuracy,
    by_touch_point,
    na_counts,
    score,
    shown,
)
from kendali.mystery.rules.tests.forms import answers_to, filled, form, forms, graded, seconds, section, text, values_of

T = TypeVar("T")
ZERO = Decimal(0)
TWO_SECTIONS = form(
    section("one", graded("q1", weight=3), graded("q2"), weight=2),
    section("two", seconds("q3"), text("q4"), weight=3),
)
FORM_GATE = graded("gate", weight=0, auto_fail=AutoFail.FORM, error_class=ErrorClass.COMPLIANCE)
SECTION_GATE = graded("gate", auto_fail=AutoFail.SECTION)


@pytest.mark.parametrize(
    ("answers", "raw"),
    [
        pytest.param(filled(q1="c", q2="c", q3="5", q4="ya"), "1", id="all right is 1"),
        pytest.param(filled(q1="a", q2="a", q3="90"), "0", id="all wrong is 0, not no score"),
        pytest.param(filled(q1="b", q2="c", q3="15"), "0.55", id="weights of items and sections"),
        pytest.param(filled(q1="b", q2="n/a", q3="15"), "0.5", id="an N/A item leaves the mean"),
        pytest.param(filled(q1="n/a", q2="n/a", q3="15"), "0.5", id="an empty section drops out"),
        pytest.param(filled(q1="b", q2="n/a system", q3="15"), "0.5", id="N/A by the scenario counts the same"),
        pytest.param(filled(q1="b"), "0.5", id="what is not answered yet does not count"),
        pytest.param(filled(q1="b", q3="seratus"), "0.5", id="what is no number does not count"),
        pytest.param(filled(q1="n/a", q2="n/a", q3="n/a", q4="ya"), None, id="all N/A is no score, a text is none"),
        pytest.param({}, None, id="nothing answered is no score"),
    ],
)
def test_the_raw_score_of(answers: dict[str, Answer], raw: str | None) -> None:
    got = score(TWO_SECTIONS, answers)
    assert got.raw == (None if raw is None else Decimal(raw))
    assert got.final == got.raw


@pytest.mark.parametrize(
    ("gate", "answers", "raw", "final"),
    [
        (FORM_GATE, filled(gate="a", q="c", r="c"), "1", "0"),
        (FORM_GATE, filled(gate="b", q="c", r="c"), "1", "1"),
        (FORM_GATE, filled(gate="n/a", q="c", r="c"), "1", "1"),
        (FORM_GATE, filled(gate="a", q="n/a", r="n/a"), None, "0"),
        (SECTION_GATE, filled(gate="a", q="c", r="c"), "0.75", "0.5"),
        (SECTION_GATE, filled(gate="c", q="c", r="c"), "1", "1"),
        (SECTION_GATE, filled(gate="n/a", q="n/a", r="c"), "1", "1"),
    ],
)
def test_auto_fail_pulls_the_form_or_a_section_to_zero_and_the_raw_score_is_kept(
    gate: Item, answers: dict[str, Answer], raw: str | None, final: str
) -> None:
    got = score(form(section("one", gate, graded("q")), section("two", graded("r"))), answers)
    assert (got.raw, got.final) == (None if raw is None else Decimal(raw), Decimal(final))
    assert got.auto_failed == (("gate",) if answers["gate"].value == "a" else ())


def test_a_section_that_weighs_nothing_has_its_own_score_and_changes_no_other() -> None:
    got = score(form(section("one", graded("q1")), section("two", graded("q2"), weight=0)), filled(q1="b", q2="c"))
    assert (got.raw, got.sections[1].raw, got.sections[1].applied) == (Decimal("0.5"), Decimal(1), ZERO)
    alone = score(form(section("two", graded("q2"), weight=0)), filled(q2="c"))
    assert (alone.raw, alone.final) == (None, None)


def test_a_gate_that_is_not_asked_does_not_fail() -> None:
    hidden = dataclasses.replace(FORM_GATE, when=(Condition("q", Operator.IS, "a"),))
    got = score(form(section("one", graded("q"), hidden)), filled(q="c", gate="a"))
    assert (got.final, got.auto_failed, got.classes[2].applicable) == (Decimal(1), (), 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.8425", "84.3"), ("0.84249999999999999999", "84.2"), ("0.9995", "100.0"), ("0.99949", "99.9"), ("0", "0.0"),
     ("0.0005", "0.1"), ("1", "100.0"), ("0.00049", "0.0")],
)  # fmt: skip
def test_the_display_rounds_half_up_to_one_digit(value: str, text: str) -> None:
    assert str(shown(Decimal(value))) == text


def test_a_tie_that_comes_from_thirds_is_a_tie() -> None:
    """1/3 + 1/3 + 1/3 of three sections is exactly 1, and 2005/4000 is exactly 50.125 %."""
    thirds = form(*(section(f"s{n}", graded(f"q{n}", points=(0, 1, 3)), weight="0.3333") for n in range(3)))
    assert score(thirds, filled(q0="b", q1="b", q2="b")).raw == Decimal("0.33333333333333333333")
    tie = form(section("s", graded("q1", weight=2005), graded("q2", weight=1995)))
    assert shown(score(tie, filled(q1="c", q2="a")).raw or Decimal()) == Decimal("50.1")


# --- properties


def oracle(form: Form, answers: Answers) -> tuple[Fraction | None, Fraction | None]:
    """Raw and final by the text of the procedure, in exact fractions."""
    asked = filled_forms.visible(form, answers)

    def points(item: Item) -> tuple[Fraction, bool] | None:
        answer = answers.get(item.id)
        if item.id not in asked or answer is None or answer.na or item.kind is Kind.TEXT:
            return None
        for choice in item.choices:
            if choice.code == answer.value:
                return Fraction(choice.points), choice.fails
        for one in item.ranges:
            if one.low <= int(answer.value) and (one.high is None or int(answer.value) < one.high):
                return Fraction(one.points), one.fails
        return None

    parts, whole = [], False
    for one in form.sections:
        above = below = Fraction()
        zero = False
        for item in one.items:
            found = points(item)
            if found is None:
                continue
            zero |= found[1] and item.auto_fail is AutoFail.SECTION
            whole |= found[1] and item.auto_fail is AutoFail.FORM
            most = max(Fraction(step.points) for step in item.steps)
            if most:
                above += Fraction(item.weight) * found[0] / most
                below += Fraction(item.weight)
        if below and one.weight:
            parts.append((Fraction(one.weight), above / below, Fraction() if zero else above / below))
    total = sum((weight for weight, _, _ in parts), Fraction())
    if not total:
        return None, Fraction() if whole else None
    raw = sum((weight * value for weight, value, _ in parts), Fraction()) / total
    final = sum((weight * value for weight, _, value in parts), Fraction()) / total
    return raw, Fraction() if whole else final


@st.composite
def filled_forms_of(draw: st.DrawFn, *, conditional: bool = True) -> tuple[Form, dict[str, Answer]]:
    form = draw(forms(conditional=conditional))
    return form, draw(answers_to(form))


def near(value: Decimal | None, exact: Fraction | None) -> bool:
    if value is None or exact is None:
        return value is None and exact is None
    return abs(Fraction(value) - exact) <= Fraction(1, 2 * 10**20)


@given(filled_forms_of())
def test_the_score_is_the_one_of_exact_fractions(case: tuple[Form, dict[str, Answer]]) -> None:
    got, (raw, final) = score(*case), oracle(*case)
    assert near(got.raw, raw)
    assert near(got.final, final)
    if got.raw is not None and got.final is not None:
        assert 0 <= got.final <= got.raw <= 1


@given(filled_forms_of(), st.sampled_from(["0.01", "0.5", "3", "7"]), st.booleans())
def test_scaling_all_weights_changes_nothing(
    case: tuple[Form, dict[str, Answer]], factor: str, of_sections: bool
) -> None:
    form, answers = case
    by = Decimal(factor)
    scaled = dataclasses.replace(form, sections=tuple(
        dataclasses.replace(one, weight=one.weight * by) if of_sections else
        dataclasses.replace(one, items=tuple(dataclasses.replace(i, weight=i.weight * by) for i in one.items))
        for one in form.sections
    ))  # fmt: skip
    before, after = score(form, answers), score(scaled, answers)
    assert (before.raw, before.final) == (after.raw, after.final)
    assert applied(before) == applied(after)


@given(filled_forms_of(conditional=False), st.randoms(use_true_random=False))
def test_order_does_not_matter(case: tuple[Form, dict[str, Answer]], chance: random.Random) -> None:
    form, answers = case

    def mixed(things: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(chance.sample(things, len(things)))

    other = dataclasses.replace(
        form, sections=mixed(tuple(dataclasses.replace(one, items=mixed(one.items)) for one in form.sections))
    )
    before, after = score(form, answers), score(other, dict(mixed(tuple(answers.items()))))
    assert (before.raw, before.final) == (after.raw, after.final)
    assert applied(before) == applied(after)


@given(filled_forms_of(conditional=False), st.data())
def test_a_better_answer_never_lowers_the_score(case: tuple[Form, dict[str, Answer]], data: st.DataObject) -> None:
    form, answers = case
    item = data.draw(st.sampled_from(list(form.items())))
    one, other = (
        dict(answers, **{item.id: Answer(item.id, data.draw(values_of(item)))}) for _ in range(2)
    )  # fmt: skip
    low, high = filled_forms.step(item, one[item.id]), filled_forms.step(item, other[item.id])
    assume(low is not None and high is not None)
    assert low is not None
    assert high is not None
    if (low.points, not low.fails) > (high.points, not high.fails):
        one, other = other, one
    worse, better = score(form, one), score(form, other)
    assert worse.raw is None or (better.raw is not None and worse.raw <= better.raw)
    if better.final is None:  # nothing is scored; a gate that failed alone made the worse one 0
        assert worse.raw is None
        assert worse.final in (None, ZERO)
    else:
        assert worse.final is None or worse.final <= better.final


@given(filled_forms_of(conditional=False), st.data(), st.sampled_from(NaBy))
def test_n_a_of_one_item_keeps_the_proportions_of_the_others(
    case: tuple[Form, dict[str, Answer]], data: st.DataObject, by: NaBy
) -> None:
    form, answers = case
    one = data.draw(st.sampled_from(form.sections))
    item = data.draw(st.sampled_from(one.items))
    before = applied(score(form, answers))
    after = applied(score(form, dict(answers, **{item.id: Answer(item.id, na=by, na_reason="Tidak terjadi")})))
    others = [i.id for i in one.items if i.id != item.id and before[i.id] and after[i.id]]
    for a in others:
        for b in others:
            assert abs(before[a] * after[b] - before[b] * after[a]) < Decimal("1e-18")


@given(filled_forms_of())
def test_the_applied_weights_sum_to_one_and_give_the_raw_score(case: tuple[Form, dict[str, Answer]]) -> None:
    got = score(*case)
    total = sum((item.applied for item in got.items), ZERO)
    if got.raw is None:
        assert total == 0
        return
    assert abs(total - 1) < Decimal("1e-18")
    assert abs(sum(i.applied * (i.share or ZERO) for i in got.items) - got.raw) < Decimal("1e-18")
    assert abs(sum(s.applied * (s.raw or ZERO) for s in got.sections) - got.raw) < Decimal("1e-18")


@given(filled_forms_of())
def test_n_a_by_a_person_and_by_the_scenario_weigh_the_same_and_are_told_apart(
    case: tuple[Form, dict[str, Answer]],
) -> None:
    form, answers = case
    other = {NaBy.HUMAN: NaBy.SYSTEM, NaBy.SYSTEM: NaBy.HUMAN, None: None}
    swapped = {id_: dataclasses.replace(answer, na=other[answer.na]) for id_, answer in answers.items()}
    before, after = score(form, answers), score(form, swapped)
    assert (before.raw, before.final, applied(before)) == (after.raw, after.final, applied(after))
    tallies = [na_counts([one]) for one in (before, after)]
    assert all(tallies[1][id_] == NaCount(n.asked, n.system, n.human) for id_, n in tallies[0].items())


def applied(got: Score) -> dict[str, Decimal]:
    return {item.item: item.applied for item in got.items}


@given(filled_forms_of())
def test_a_kept_score_is_read_again_exactly(case: tuple[Form, dict[str, Answer]]) -> None:
    got = score(*case)
    assert plain.read(Score, json.loads(json.dumps(plain.write(got)))) == got


def test_touch_points_are_means_of_their_sections() -> None:
    access, people = TouchPoint.ACCESS, TouchPoint.PEOPLE
    parts = [section("a", graded("q1"), weight=3), section("b", graded("q2")), section("c", graded("q3"), SECTION_GATE)]
    points = (access, access, people)
    whole = form(*(dataclasses.replace(one, touch_point=point) for one, point in zip(parts, points, strict=True)))
    got = by_touch_point(whole, score(whole, filled(q1="c", q2="a", q3="c", gate="a")))
    assert got == {access: Decimal("0.75"), TouchPoint.SYSTEM: None, people: Decimal(0)}


# --- accuracy per class


def test_accuracy_is_told_per_class_over_samples_that_could_be_judged() -> None:
    critical = form(section("s",
        graded("c1", error_class=ErrorClass.CUSTOMER), graded("c2", error_class=ErrorClass.CUSTOMER),
        graded("k", error_class=ErrorClass.COMPLIANCE), graded("minor")))  # fmt: skip
    samples = [
        score(critical, filled(c1="a", c2="a", k="c", minor="a")),
        score(critical, filled(c1="c", c2="n/a", k="n/a", minor="c")),
        score(critical, filled(c1="n/a", c2="n/a", k="b")),
    ]
    assert accuracy(samples) == {
        ErrorClass.CUSTOMER: Accuracy(samples=2, accurate=1, opportunities=3, errors=2),
        ErrorClass.BUSINESS: Accuracy(0, 0, 0, 0),
        ErrorClass.COMPLIANCE: Accuracy(2, 2, 2, 0),
    }
    assert na_counts(samples)["c2"] == NaCount(asked=3, human=2, system=0)


def test_every_item_says_what_became_of_it() -> None:
    whole = form(section("s", graded("a1"), graded("a2"), graded("a3"), text("a4"), graded("a5"),
                         graded("a6", when=(Condition("a1", Operator.IS, "a"),))))  # fmt: skip
    got = score(whole, filled(a1="c", a2="n/a", a3="n/a system", a4="catatan", a6="b"))
    assert [item.counted for item in got.items] == [
        Counted.SCORED, Counted.NA_HUMAN, Counted.NA_SYSTEM, Counted.NOT_SCORED, Counted.UNANSWERED, Counted.HIDDEN,
    ]  # fmt: skip
