"""Editing a form one step at a time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules import form_edit
from kendali.mystery.rules.form import Form, Kind, Section, Words
from kendali.mystery.rules.form_edit import Direction
from kendali.mystery.rules.form_rules import ID, problems
from kendali.mystery.rules.tests.forms import form, forms, graded, section

UP, DOWN = Direction.UP, Direction.DOWN
ONE = form(section("s1", graded("a"), graded("b")), section("s2", graded("c")))


def order(of: Form) -> str:
    return " | ".join(f"{one.id}: " + " ".join(item.id for item in one.items) for one in of.sections)


@pytest.mark.parametrize(
    ("id_", "to", "then"),
    [
        ("a", DOWN, "s1: b a | s2: c"),
        ("b", UP, "s1: b a | s2: c"),
        ("b", DOWN, "s1: a | s2: b c"),
        ("c", UP, "s1: a b c | s2: "),
        ("a", UP, "s1: a b | s2: c"),
        ("c", DOWN, "s1: a b | s2: c"),
    ],
)
def test_an_item_moves_one_place_also_into_the_section_beside_it(id_: str, to: Direction, then: str) -> None:
    assert order(form_edit.move_item(ONE, id_, to)) == then


def test_a_section_moves_with_its_items_and_stops_at_the_ends() -> None:
    assert order(form_edit.move_section(ONE, "s2", UP)) == "s2: c | s1: a b"
    assert form_edit.move_section(ONE, "s1", UP) == ONE


def test_an_item_changes_and_keeps_its_id_and_place() -> None:
    changed = form_edit.with_item(ONE, "a", replace(graded("a"), id="other", weight=Decimal(5)))
    assert order(changed) == order(ONE)
    assert form_edit.item(changed, "a").weight == 5


def test_an_item_goes_to_the_end_of_another_section() -> None:
    assert order(form_edit.with_item(ONE, "a", graded("a"), "s2")) == "s1: b | s2: c a"


def test_a_section_changes_and_keeps_its_items() -> None:
    changed = form_edit.with_section(ONE, "s1", Section("other", Words("Baru"), (), Decimal(9)))
    assert order(changed) == order(ONE)
    assert changed.sections[0].weight == 9


def test_things_are_added_at_the_end_and_taken_away() -> None:
    more = form_edit.add_item(form_edit.add_section(ONE, section("s3")), "s3", graded("d"))
    assert order(more) == "s1: a b | s2: c | s3: d"
    assert form_edit.remove_section(more, "s3") == ONE
    assert order(form_edit.remove_item(ONE, "a")) == "s1: b | s2: c"


def test_what_is_not_there_is_a_key_error() -> None:
    for act in (form_edit.item, form_edit.section, form_edit.remove_item, form_edit.remove_section):
        with pytest.raises(KeyError):
            act(ONE, "nowhere")


@pytest.mark.parametrize("kind", Kind)
def test_a_new_item_is_valid_as_it_stands(kind: Kind) -> None:
    new = form_edit.blank(kind, "new", Words("Baru"))
    assert problems(form_edit.add_item(ONE, "s1", new)) == []


@given(st.text(max_size=80), st.sets(st.sampled_from(["salam", "salam_2", "butir"])))
def test_a_new_id_is_one_and_never_taken(label: str, taken: set[str]) -> None:
    id_ = form_edit.new_id(label, taken)
    assert ID.fullmatch(id_)
    assert id_ not in taken


def test_an_id_reads_like_its_text() -> None:
    assert form_edit.new_id("Salam pembuka!", {"salam_pembuka"}) == "salam_pembuka_2"


@given(forms(), st.data())
def test_there_and_back_again_is_the_same_form(one: Form, data: st.DataObject) -> None:
    """Except at an end, where the first step goes nowhere or into the next section."""
    home = data.draw(st.sampled_from(one.sections))
    inner = home.items[1:]
    if inner:
        id_ = data.draw(st.sampled_from(inner)).id
        assert form_edit.move_item(form_edit.move_item(one, id_, UP), id_, DOWN) == one
