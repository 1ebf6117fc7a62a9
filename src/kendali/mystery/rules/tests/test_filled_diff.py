"""What changed between two revisions of a filled form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, NaBy, Span
from kendali.mystery.rules.filled_diff import Changed, Filled, changes
from kendali.mystery.rules.tests import forms

FORM = forms.form(forms.section("s", forms.graded("first"), forms.graded("second"), forms.text("last")))


def filled(**values: str) -> Filled:
    return Filled(forms.filled(**values), {}, {})


def test_nothing_changed() -> None:
    assert changes(FORM, filled(first="a"), filled(first="a")) == []


def test_an_answer_changed_and_one_came_in_the_order_of_the_form() -> None:
    found = changes(FORM, filled(last="x", first="a"), filled(second="b", last="x", first="b"))
    assert found == [Changed("first", "value", "a", "b"), Changed("second", "value", "", "b")]


def test_an_answer_became_not_applicable() -> None:
    assert changes(FORM, filled(first="a"), filled(first="n/a")) == [
        Changed("first", "value", "a", ""),
        Changed("first", "na", None, NaBy.HUMAN),
        Changed("first", "na_reason", "", "Tidak terjadi"),
    ]


def test_ranges_and_notes_are_told_apart() -> None:
    before = Filled({"first": Answer("first", "a", note="x")}, {}, {})
    after = Filled({"first": Answer("first", "a", spans=(Span(1, 2),))}, {}, {})
    assert changes(FORM, before, after) == [
        Changed("first", "note", "x", ""),
        Changed("first", "spans", (), (Span(1, 2),)),
    ]


def test_what_was_said_to_a_finding_and_what_was_left_out_of_it() -> None:
    before = Filled({}, {"supervisor": Said("Uraian", "Coaching")}, {"first": "ringan"})
    after = Filled({}, {"supervisor": Said("Uraian", "Pelatihan"), "department": Said("Menu", "Ubah")}, {})
    assert changes(FORM, before, after) == [
        Changed("supervisor", "recommendation", "Coaching", "Pelatihan"),
        Changed("department", "description", "", "Menu"),
        Changed("department", "recommendation", "", "Ubah"),
        Changed("first", "unticked", "ringan", ""),
    ]


@given(st.data())
def test_every_difference_is_told_and_the_way_back_is_its_mirror(data: st.DataObject) -> None:
    form = data.draw(forms.forms())
    old, new = (Filled(data.draw(forms.answers_to(form)), {}, {}) for _ in range(2))
    found = changes(form, old, new)
    assert [(one.place, one.part, one.after, one.before) for one in changes(form, new, old)] == [
        (one.place, one.part, one.before, one.after) for one in found
    ]
    again = dict(old.answers)
    for one in found:
        change: dict[str, Any] = {one.part: one.after}
        again[one.place] = replace(again.get(one.place, Answer(one.place)), **change)
    nothing = {id_: answer for id_, answer in again.items() if answer != Answer(id_)}
    assert nothing == {id_: answer for id_, answer in new.answers.items() if answer != Answer(id_)}
