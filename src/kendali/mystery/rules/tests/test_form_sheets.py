"""A form as a workbook and back; errors name sheet, row and column. No database."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings

from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.form import Condition, Form, Operator, Words
from kendali.mystery.rules.form_rules import problems
from kendali.mystery.rules.form_sheets import CHOICES, SETTINGS, SURVEY, from_sheets, relevant, to_sheets
from kendali.mystery.rules.form_workbook import cell_text, read_xlsx, write_xlsx
from kendali.mystery.rules.tests.forms import form, forms, graded, seconds, section, text

WHEN = (Condition("q2", Operator.LESS, "20"), Condition("q1", Operator.IS, "b"))
SMALL = form(section("one", graded("q1"), seconds("q2")), section("two", graded("q3", when=WHEN), text("q4")))
# Rows of SMALL in survey: 2 begin one, 3 q1, 4 q2, 5 end, 6 begin two, 7 q3, 8 q4, 9 end.


def test_the_default_form_comes_back_from_its_workbook() -> None:
    sheets, wrong = read_xlsx(write_xlsx(default_form()))
    assert wrong == []
    assert sheets == to_sheets(default_form())
    reading = from_sheets(sheets)
    assert (reading.form, reading.problems) == (default_form(), [])


@given(forms())
def test_rows_give_back_exactly_the_form(one: Form) -> None:
    reading = from_sheets(to_sheets(one))
    assert reading.form == one
    assert len(reading.problems) == len(problems(one))


@settings(max_examples=10)
@given(forms())
def test_a_workbook_gives_back_exactly_its_rows(one: Form) -> None:
    assert read_xlsx(write_xlsx(one)) == (to_sheets(one), [])


def test_no_cell_becomes_a_formula() -> None:
    nasty = dataclasses.replace(SMALL, title=Words('=HYPERLINK("http://x")', "+1"))
    sheets, _ = read_xlsx(write_xlsx(nasty))
    assert sheets["settings"][1][3:] == ['=HYPERLINK("http://x")', "+1"]


def spoil(sheet: str, row: int, column: str, cell: str) -> dict[str, list[list[str]]]:
    """The rows of SMALL with one cell changed; rows as Excel counts them."""
    sheets = to_sheets(SMALL)
    heads: dict[str, tuple[str, ...]] = {"survey": SURVEY, "choices": CHOICES, "settings": SETTINGS}
    sheets[sheet][row - 1][heads[sheet].index(column)] = cell
    return sheets


LABEL = "label::Indonesia (id)"


@pytest.mark.parametrize(
    ("sheet", "row", "column", "cell", "says"),
    [
        ("survey", 3, "type", "select_many q1", "select_many is none of select_one, yes_no, decimal, text"),
        ("survey", 3, "type", "select_one q9", "choices has no list q9"),
        ("survey", 3, "type", "select_one q2", "Ranges (from, below) belong to a decimal"),
        ("survey", 4, "type", "decimal q1", "Ranges (from, below) belong to a decimal"),
        ("survey", 3, "name", "Q 1", "starts with a small letter"),
        ("survey", 8, "name", "q1", "q1 is there twice"),
        ("survey", 3, LABEL, "", "Indonesian text is missing"),
        ("survey", 3, "weight", "berat", "berat is no number"),
        ("survey", 3, "weight", "1e3", "1e3 is no number"),
        ("survey", 3, "weight", "1001", "from 0 to 1000"),
        ("survey", 3, "required", "maybe", "neither yes nor no"),
        ("survey", 7, "relevant", "q1 = 'b'", "no condition like"),
        ("survey", 7, "relevant", "${q1} = 'b' or ${q1} = 'c'", "no condition like"),
        ("survey", 7, "relevant", "${q1} = __import__('os')", "no condition like"),
        ("survey", 7, "relevant", "${q9} = 'b'", "q9, which is not in this form"),
        ("survey", 7, "relevant", "${q3} = 'b'", "lead back to itself"),
        ("survey", 3, "na", "perhaps", "perhaps is none of never, preset, with_reason"),
        ("survey", 3, "auto_fail", "all", "all is none of nothing, section, form"),
        ("survey", 3, "error_class", "grave", "none of customer, business, compliance"),
        ("survey", 3, "cause", "luck", "none of agent, access"),
        ("survey", 2, "touch_point", "phone", "none of access, system, people"),
        ("survey", 2, "type", "", "in no section: begin_group is missing"),
        ("survey", 5, "type", "begin_group", "not ended with end_group"),
        ("choices", 2, "list_name", "", "belongs to no list"),
        ("choices", 2, "name", "", "has no name"),
        ("choices", 2, LABEL, "", "Indonesian text is missing"),
        ("choices", 2, "points", "banyak", "banyak is no number"),
        ("choices", 2, "fails", "hmm", "neither yes nor no"),
        ("choices", 5, "below", "x", "x is no number"),
        ("settings", 2, "form_id", "", "no document number"),
        ("settings", 2, "version", "1.5", "1.5 is no version"),
        ("settings", 2, "form_title::Indonesia (id)", "", "Indonesian text is missing"),
    ],
)
def test_what_is_wrong_is_told_with_sheet_row_and_column(
    sheet: str, row: int, column: str, cell: str, says: str
) -> None:
    reading = from_sheets(spoil(sheet, row, column, cell))
    told = [one for one in reading.problems if says in str(one)]
    assert told, [str(one) for one in reading.problems]
    place = (told[0].sheet, told[0].row, told[0].column)
    if "begin_group" in cell:  # the section before is what is not ended
        assert place == (sheet, 2, column)
    else:
        assert place == (sheet, row, column)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda sheets: sheets.pop("choices"), "choices 0 : The sheet choices is missing"),
        (lambda sheets: sheets.update(survey=[]), "survey 0 : The sheet survey is missing"),
        (lambda sheets: sheets["survey"][0].__setitem__(0, "tipe"), "survey 1 tipe: The sheet survey has no such"),
        (lambda sheets: sheets["survey"][0].__setitem__(0, "tipe"), "survey 1 type: This column is missing"),
        (lambda sheets: sheets["survey"][0].__setitem__(4, "label"), "has no such column, or has it twice"),
        (lambda sheets: sheets["survey"].pop(), "survey 6 type: This section is not ended"),
        (lambda sheets: sheets["survey"].pop(1), "survey 2 type: This item is in no section"),
        (lambda sheets: sheets["survey"].append(["end_group"]), "survey 10 type: No section was begun"),
        (lambda sheets: sheets["settings"].pop(), "settings 2 form_id: The form has no document number"),
    ],
)  # fmt: skip
def test_a_workbook_of_another_shape_is_refused(change: Any, says: str) -> None:
    sheets = to_sheets(SMALL)
    change(sheets)
    reading = from_sheets(sheets)
    assert any(says in str(one) for one in reading.problems), [str(one) for one in reading.problems]
    assert reading.form is None


def test_faults_of_cells_and_of_the_form_are_told_at_once() -> None:
    sheets = spoil("survey", 3, "weight", "berat")  # a cell that cannot be read
    sheets["survey"][7][SURVEY.index("name")] = "Q 4"  # and what only the rules of a form find
    sheets["settings"][1][SETTINGS.index("form_title::Indonesia (id)")] = ""
    reading = from_sheets(sheets)
    assert reading.form is None
    assert [(one.sheet, one.row, one.column) for one in reading.problems] == [
        ("survey", 3, "weight"), ("settings", 2, LABEL.replace("label", "form_title")), ("survey", 8, "name"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "row", "column", "cell"),
    [
        ("survey", 3, "type", "select_many q1"),  # q3 asks for an answer of q1
        ("survey", 2, "touch_point", "phone"),
        ("survey", 8, "type", "select_one q9"),
        ("survey", 7, "relevant", "q1 = 'b'"),
        ("settings", 2, "version", "1.5"),
        ("choices", 2, "points", "banyak"),
        ("choices", 2, "list_name", ""),
        ("choices", 5, "below", "x"),
    ],
)
def test_a_cell_that_cannot_be_read_makes_nothing_else_wrong(sheet: str, row: int, column: str, cell: str) -> None:
    told = {(one.sheet, one.row) for one in from_sheets(spoil(sheet, row, column, cell)).problems}
    assert len(told) == 1, told


def test_short_headings_blank_rows_and_short_rows_are_understood() -> None:
    sheets = {
        "survey": [["name", "type", "label", "label::en"], [], ["s1", "begin_group", "Seksi"],
                   ["q1", "yes_no ya", "Ramah", "Friendly"], ["", " "], ["", "end_group"]],
        "choices": [["list_name", "name", "label", "points"], ["ya", "yes", "Ya", "1"], ["ya", "no", "Tidak", "0"]],
        "settings": [["form_id", "form_title"], ["F-22", "Formulir"]],
    }  # fmt: skip
    reading = from_sheets(sheets)
    assert reading.problems == []
    assert reading.form is not None
    item = reading.form.sections[0].items[0]
    assert (item.label, item.choices[0].fails, item.choices[1].fails) == (Words("Ramah", "Friendly"), False, True)


def test_an_item_that_had_another_kind_is_refused_at_its_row() -> None:
    earlier = form(section("one", text("q1")))
    told = from_sheets(to_sheets(SMALL), [earlier]).problems
    assert [(one.sheet, one.row, one.column) for one in told] == [("survey", 3, "type")]


def test_conditions_are_written_as_in_xlsform() -> None:
    assert relevant(WHEN) == "${q2} < '20' and ${q1} = 'b'"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"<html>", b"a,b\n1,2\n", b"x" * 2_000_001])
def test_a_file_that_is_no_workbook_is_told(content: bytes) -> None:
    sheets, wrong = read_xlsx(content)
    assert sheets == {}
    assert len(wrong) == 1


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (1.0, "1"), (0.1, "0.1"), (1e-5, "0.00001"), (True, "yes"), (False, "no"), (" a ", " a "), (3, "3")],
)
def test_a_cell_reads_as_a_person_sees_it(cell: object, text: str) -> None:
    assert cell_text(cell) == text
