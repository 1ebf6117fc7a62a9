"""A form as a workbook and back, in the manner of XLSForm: sheets survey, choices and settings. No database.

`survey`: a row per item between begin_group and end_group; `choices`: the answers and ranges, by list. Rows are plain
lists of texts here, `form_workbook` has the file. What is wrong is told with sheet, row and column, all at once; Excel
counts rows from 1, and so does this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from kendali.mystery.rules import conditions, form_rules
from kendali.mystery.rules.form import (
    AutoFail,
    Cause,
    Choice,
    Condition,
    ErrorClass,
    Form,
    Item,
    Kind,
    NotApplicable,
    Operator,
    Range,
    Section,
    TouchPoint,
    Words,
)
from kendali.mystery.rules.problems import Problem

Rows = list[list[str]]
Sheets = Mapping[str, Rows]
ID, EN = "Indonesia (id)", "English (en)"
SURVEY = (
    "type", "name", f"label::{ID}", f"label::{EN}", f"hint::{ID}", f"hint::{EN}", "weight", "required", "relevant",
    "na", "auto_fail", "error_class", "cause", "unit", "touch_point",
)  # fmt: skip
CHOICES = ("list_name", "name", "from", "below", f"label::{ID}", f"label::{EN}", "points", "fails")
SETTINGS = ("form_id", "revision", "version", f"form_title::{ID}", f"form_title::{EN}")
HEADS = {"survey": SURVEY, "choices": CHOICES, "settings": SETTINGS}
TYPES = {Kind.GRADED: "select_one", Kind.YES_NO: "yes_no", Kind.NUMBER: "decimal", Kind.TEXT: "text"}
KINDS = {word: kind for kind, word in TYPES.items()}
NEEDED = {
    "survey": ("type", "name", f"label::{ID}"),
    "choices": ("list_name", "name", "points"),
    "settings": ("form_id", f"form_title::{ID}"),
}
# The field of a form and the column it stands in, where they differ.
COLUMN_OF = {
    "id": "name", "label": f"label::{ID}", "hint": f"hint::{ID}", "when": "relevant", "kind": "type", "choices": "type",
    "ranges": "type", "fails": "type", "items": "type", "sections": "type", "title": f"form_title::{ID}",
    "number": "form_id",
}  # fmt: skip
YES, NO = frozenset({"yes", "ya", "true", "1"}), frozenset({"no", "tidak", "false", "0"})
CONDITION = re.compile(
    r"\$\{(?P<item>[^}]*)\}\s*(?P<operator><=|>=|!=|=|<|>)\s*(?:'(?P<text>[^']*)'|(?P<number>-?[\d.,]+))\s*"
    r"(?:and\s+(?=\$)|$)"
)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """`row` as Excel shows it, 0 = the whole sheet; `column`: its heading."""

    sheet: str
    row: int
    column: str
    reason: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row} {self.column}: {self.reason % dict(self.facts)}"


# --- a form as rows


def to_sheets(form: Form) -> dict[str, Rows]:
    lists: dict[tuple[Choice | Range, ...], str] = {}
    survey = [list(SURVEY)]
    for section in form.sections:
        survey.append(_row(SURVEY, _section_cells(section)))
        survey.extend(_row(SURVEY, _item_cells(item, lists)) for item in section.items)
        survey.append(_row(SURVEY, {"type": "end_group"}))
    choices = [_row(CHOICES, cells) for steps, name in lists.items() for cells in _step_cells(name, steps)]
    settings = {"form_id": form.number, "revision": form.revision, "version": str(form.version)}
    return {
        "survey": survey,
        "choices": [list(CHOICES), *choices],
        "settings": [list(SETTINGS), _row(SETTINGS, settings | _words("form_title", form.title))],
    }


def _row(head: tuple[str, ...], cells: Mapping[str, str]) -> list[str]:
    return [cells.get(column, "") for column in head]


def _words(column: str, words: Words) -> dict[str, str]:
    return {f"{column}::{ID}": words.id, f"{column}::{EN}": words.en}


def _section_cells(section: Section) -> dict[str, str]:
    touch_point = section.touch_point.value if section.touch_point else ""
    cells = {"type": "begin_group", "name": section.id, "weight": f"{section.weight:f}", "touch_point": touch_point}
    return cells | _words("label", section.label)


def _item_cells(item: Item, lists: dict[tuple[Choice | Range, ...], str]) -> dict[str, str]:
    """Items with the same answers share a list, named after the first of them."""
    name = lists.setdefault(item.steps, item.id) if item.steps else ""
    cells = {
        "type": f"{TYPES[item.kind]} {name}".strip(),
        "name": item.id,
        "weight": f"{item.weight:f}",
        "required": _yes(item.required),
        "relevant": relevant(item.when),
        "na": item.na.value,
        "auto_fail": "" if item.auto_fail is AutoFail.NOTHING else item.auto_fail.value,
        "error_class": item.error_class.value if item.error_class else "",
        "cause": item.cause.value,
        "unit": item.unit,
    }
    return cells | _words("label", item.label) | _words("hint", item.hint)


def _step_cells(name: str, steps: tuple[Choice | Range, ...]) -> Iterator[dict[str, str]]:
    for number, step in enumerate(steps, 1):
        cells = {"list_name": name, "points": f"{step.points:f}", "fails": _yes(step.fails)}
        if isinstance(step, Choice):
            yield cells | {"name": step.code} | _words("label", step.label)
        else:
            below = "" if step.high is None else f"{step.high:f}"
            yield cells | {"name": str(number), "from": f"{step.low:f}", "below": below}


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def relevant(when: Iterable[Condition]) -> str:
    """${busy} = 'yes' and ${queue_seconds} >= '20'"""
    return " and ".join(f"${{{one.item}}} {one.operator} '{one.value}'" for one in when)


# --- rows as a form


@dataclass(frozen=True, slots=True)
class Reading:
    """`form` is None where the workbook has faults of its own; with problems it must not be used."""

    form: Form | None
    problems: list[SheetProblem]


def from_sheets(sheets: Sheets, earlier: Iterable[Form] = ()) -> Reading:
    """`earlier`: the versions of this form so far, as `form_rules.problems` asks for them."""
    reader = _Reader([], {"": 2})
    tables = {name: reader.table(name, sheets.get(name)) for name in HEADS}
    lists = _lists(reader, tables["choices"])
    sections = _sections(reader, tables["survey"], lists)
    form = _form(reader, tables["settings"], sections)
    if form is None:
        return Reading(None, reader.problems)
    of_form = [reader.located(one) for one in form_rules.problems(form, earlier)]
    if not reader.problems:
        return Reading(form, of_form)
    return Reading(None, [*reader.problems, *_besides(of_form, reader.problems)])


# What the form's rules say of these columns is about the cell itself, whatever could not be read elsewhere.
OF_THE_CELL = frozenset({"name", f"label::{ID}", f"hint::{ID}", f"form_title::{ID}", "form_id"})
OF_OTHER_ROWS = frozenset({"type", "name"})  # other rows build on these


def _besides(of_form: list[SheetProblem], of_sheets: list[SheetProblem]) -> list[SheetProblem]:
    """Where a cell could not be read a default stands: what may be about that default alone is left out."""
    if any(one.row <= 1 for one in of_sheets):  # a sheet or a column is not there: all of it would be defaults
        return []
    told = {(one.sheet, one.row, one.column) for one in of_sheets}
    unread = {(one.sheet, one.row) for one in of_sheets}
    narrow = all(one.sheet == "survey" and one.column not in OF_OTHER_ROWS for one in of_sheets)
    return [
        one
        for one in of_form
        if (one.sheet, one.row, one.column) not in told
        and (one.column in OF_THE_CELL or (narrow and (one.sheet, one.row) not in unread))
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    sheet: str
    row: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """A label as it stands; everything else without blanks around it."""
        cell = self.cells.get(column, "")
        return cell if "::" in column else cell.strip()

    def words(self, column: str) -> Words:
        return Words(self.text(f"{column}::{ID}"), self.text(f"{column}::{EN}"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Collects what is wrong and goes on with a default. `rows`: place in the form → row of survey."""

    problems: list[SheetProblem]
    rows: dict[str, int]

    def wrong(self, line: _Line, column: str, reason: str, **facts: object) -> None:
        self.problems.append(SheetProblem(line.sheet, line.row, column, reason, facts))

    def table(self, sheet: str, rows: Rows | None) -> list[_Line]:
        """The rows with something in them."""
        whole = _Line(sheet, 0, {})
        if not rows:
            self.wrong(whole, "", "The sheet %(sheet)s is missing or empty.", sheet=sheet)
            return []
        head = [_column(cell) for cell in rows[0]]
        for given, column in zip(rows[0], head, strict=True):
            if column and (column not in HEADS[sheet] or head.count(column) > 1):
                self.wrong(_Line(sheet, 1, {}), given, "The sheet %(sheet)s has no such column, or has it twice.",
                           sheet=sheet)  # fmt: skip
        for column in NEEDED[sheet]:
            if column not in head:
                self.wrong(_Line(sheet, 1, {}), column, "This column is missing.")
        lines = [_Line(sheet, n, dict(zip(head, row, strict=False))) for n, row in enumerate(rows[1:], 2)]
        return [line for line in lines if any(cell.strip() for cell in line.cells.values())]

    def number(self, line: _Line, column: str, default: Decimal) -> Decimal:
        text = line.text(column)
        if not text:
            return default
        found = conditions.number(text)
        if found is None:
            self.wrong(line, column, "%(value)s is no number.", value=text[:40])
        return default if found is None else found

    def yes(self, line: _Line, column: str, default: bool) -> bool:
        text = line.text(column).lower()
        if text not in YES | NO | {""}:
            self.wrong(line, column, "%(value)s is neither yes nor no.", value=text[:40])
        return default if not text else text in YES

    def one_of(self, line: _Line, column: str, kinds: type[E]) -> E | None:
        text = line.text(column)
        if text and text not in [one.value for one in kinds]:
            self.wrong(line, column, "%(value)s is none of %(values)s.",
                       value=text[:40], values=", ".join(one.value for one in kinds))  # fmt: skip
            return None
        return kinds(text) if text else None

    def located(self, one: Problem) -> SheetProblem:
        """A problem of the form at its cell."""
        of_settings = one.part in ("title", "number") and not one.place
        return SheetProblem("settings" if of_settings else "survey", self.rows.get(one.place, 0),
                            COLUMN_OF.get(one.part, one.part), one.reason, one.facts)  # fmt: skip


def _column(cell: str) -> str:
    """The heading as we write it: "label::English (en)", "label::en" and "label" for the Indonesian one."""
    name, _colons, language = cell.strip().partition("::")
    name = name.strip()
    if name not in ("label", "hint", "form_title"):
        return cell.strip()
    code = re.sub(r".*\((\w+)\)$", r"\1", language.strip())
    return {"": f"{name}::{ID}", "id": f"{name}::{ID}", "en": f"{name}::{EN}"}.get(code, cell.strip())


def _lists(reader: _Reader, lines: list[_Line]) -> dict[str, list[Choice | Range]]:
    lists: dict[str, list[Choice | Range]] = {}
    for line in lines:
        name = line.text("list_name")
        if not name:
            reader.wrong(line, "list_name", "This answer belongs to no list.")
            continue
        points = reader.number(line, "points", Decimal(0))
        fails = reader.yes(line, "fails", points == 0)
        if line.text("from") or line.text("below"):
            high = reader.number(line, "below", Decimal(0)) if line.text("below") else None
            lists.setdefault(name, []).append(Range(reader.number(line, "from", Decimal(0)), high, points, fails))
            continue
        if not line.text("name"):
            reader.wrong(line, "name", "This answer has no name.")
        if not line.text(f"label::{ID}").strip():
            reader.wrong(line, f"label::{ID}", "The Indonesian text is missing.")
        lists.setdefault(name, []).append(Choice(line.text("name"), line.words("label"), points, fails))
    return lists


def _sections(reader: _Reader, lines: list[_Line], lists: Mapping[str, list[Choice | Range]]) -> list[Section]:
    sections: list[Section] = []
    begun: _Line | None = None
    items: list[Item] = []
    for line in lines:
        word = line.text("type")
        if word == "begin_group":
            if begun is not None:
                reader.wrong(begun, "type", "This section is not ended with end_group.")
            begun, items = line, []
            reader.rows[line.text("name")] = line.row
        elif word == "end_group":
            if begun is None:
                reader.wrong(line, "type", "No section was begun with begin_group.")
            else:
                sections.append(_section(reader, begun, items))
            begun = None
        elif begun is None:
            reader.wrong(line, "type", "This item is in no section: begin_group is missing before it.")
        else:
            reader.rows[f"{begun.text('name')}/{line.text('name')}"] = line.row
            items.append(_item(reader, line, lists))
    if begun is not None:
        reader.wrong(begun, "type", "This section is not ended with end_group.")
    return sections


def _section(reader: _Reader, line: _Line, items: list[Item]) -> Section:
    weight = reader.number(line, "weight", Decimal(1))
    touch_point = reader.one_of(line, "touch_point", TouchPoint)
    return Section(line.text("name"), line.words("label"), tuple(items), weight, touch_point)


def _item(reader: _Reader, line: _Line, lists: Mapping[str, list[Choice | Range]]) -> Item:
    word, _blank, name = line.text("type").partition(" ")
    kind = KINDS.get(word)
    if kind is None:
        reader.wrong(line, "type", "%(value)s is none of %(values)s.", value=word[:40] or "''", values=", ".join(KINDS))
        kind = Kind.TEXT
    steps = lists.get(name.strip(), [])
    if kind is not Kind.TEXT and not steps:
        reader.wrong(line, "type", "The sheet choices has no list %(list)s.", list=name.strip()[:40] or "''")
    ranged = kind is Kind.NUMBER
    if any(isinstance(step, Range) is not ranged for step in steps):
        reader.wrong(line, "type", "Ranges (from, below) belong to a decimal, named answers to the other types.")
    return Item(
        id=line.text("name"),
        label=line.words("label"),
        kind=kind,
        weight=reader.number(line, "weight", Decimal(0 if kind is Kind.TEXT else 1)),
        hint=line.words("hint"),
        choices=tuple(step for step in steps if isinstance(step, Choice)),
        ranges=tuple(step for step in steps if isinstance(step, Range)),
        unit=line.text("unit"),
        required=reader.yes(line, "required", True),
        na=reader.one_of(line, "na", NotApplicable) or NotApplicable.WITH_REASON,
        when=_when(reader, line),
        auto_fail=reader.one_of(line, "auto_fail", AutoFail) or AutoFail.NOTHING,
        error_class=reader.one_of(line, "error_class", ErrorClass),
        cause=reader.one_of(line, "cause", Cause) or Cause.AGENT,
    )


def _when(reader: _Reader, line: _Line) -> tuple[Condition, ...]:
    rest, found = line.text("relevant"), []
    while rest:
        one = CONDITION.match(rest)
        if one is None:
            reader.wrong(line, "relevant", "This is no condition like ${item} = 'answer' and ${item} >= '20'.")
            return ()
        found.append(Condition(one["item"], Operator(one["operator"]), one["text"] or one["number"] or ""))
        rest = rest[one.end() :]
    return tuple(found)


def _form(reader: _Reader, lines: list[_Line], sections: list[Section]) -> Form | None:
    if not lines:
        if not reader.problems:
            reader.wrong(_Line("settings", 2, {}), "form_id", "The form has no document number.")
        return None
    line = lines[0]
    version = reader.number(line, "version", Decimal(1))
    if version != version.to_integral_value() or version < 1:
        reader.wrong(line, "version", "%(value)s is no version: 1, 2, 3 …", value=version)
        version = Decimal(1)
    reader.rows[""] = line.row
    return Form(line.text("form_id"), line.text("revision"), int(version), line.words("form_title"), tuple(sections))
