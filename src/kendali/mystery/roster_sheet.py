"""The roster as a workbook: what is written can be read back and changes nothing. The rules are in `roster_import`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from python_calamine import CalamineError

from kendali import workbooks
from kendali.mystery.rules.form_workbook import cell_text
from kendali.mystery.rules.problems import Problem, problem
from kendali.mystery.rules.roster_import import COLUMNS, NEEDED
from kendali.mystery.rules.roster_rules import Membership

MOST_BYTES, MOST_ROWS = 5_000_000, 20_000
# Both languages are read, whatever the reader's own is: a sheet travels.
HEADS: Mapping[str, tuple[str, str]] = {
    "agent": ("NIK karyawan", "Employee number"),
    "name": ("Nama", "Name"),
    "team": ("Tim", "Team"),
    "area": ("Area", "Area"),
    "shift": ("Shift", "Shift"),
    "since": ("Berlaku dari", "Valid from"),
    "until": ("Berlaku sampai", "Valid to"),
    "login": ("Login", "Login"),
    "extension": ("Ekstensi", "Extension"),
}
LOWER = frozenset({"area", "shift"})  # codes: MDN and mdn are one area


@dataclass(frozen=True, slots=True)
class Sheet:
    rows: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def heads(language: str) -> list[str]:
    return [HEADS[column][1 if language.startswith("en") else 0] for column in COLUMNS]


def column_title(column: str, language: str) -> str:
    return HEADS[column][1 if language.startswith("en") else 0] if column in HEADS else column


def line(one: Membership) -> list[object]:
    return [getattr(one, column) for column in COLUMNS]


def read(content: bytes) -> Sheet:
    """The rows of the first sheet, as text by column name; problems name the row as in the sheet."""
    if len(content) > MOST_BYTES:
        return _unreadable("This file is larger than %(most)s MB.", most=MOST_BYTES // 1_000_000)
    try:
        rows = workbooks.opened(content).get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MOST_ROWS + 2)
    except workbooks.TooLarge:
        return _unreadable("This sheet has more than %(most)s rows.", most=MOST_ROWS)
    except (CalamineError, ValueError, OSError, IndexError):
        return _unreadable("This file cannot be read as a workbook.")
    if len(rows) > MOST_ROWS + 1:
        return _unreadable("This sheet has more than %(most)s rows.", most=MOST_ROWS)
    return _rows(rows)


def kept(text: str) -> Sheet:
    """Rows that a page carried from the dry run to the import, as JSON."""
    try:
        rows = json.loads(text)
    except ValueError:
        rows = None
    plain = isinstance(rows, list) and all(
        isinstance(row, dict) and all(isinstance(value, str) for value in row.values()) for row in rows
    )
    return Sheet(rows) if plain and len(rows) <= MOST_ROWS else _unreadable("Choose a workbook.")


def _rows(rows: Sequence[Sequence[object]]) -> Sheet:
    if not rows:
        return _unreadable("This sheet is empty.")
    places = {column: at for at, cell in enumerate(rows[0]) if (column := _column(cell_text(cell)))}
    missing = [column for column in NEEDED if column not in places]
    if missing:
        return Sheet(problems=[
            problem("row 1", column, "Column “%(column)s” is missing.", column=HEADS[column][0]) for column in missing
        ])  # fmt: skip
    return Sheet(
        [{column: _text(row[at], column) for column, at in places.items() if at < len(row)} for row in rows[1:]]
    )


def _column(head: str) -> str:
    wanted = head.strip().casefold()
    return next((one for one, titles in HEADS.items() if wanted in {one, *(t.casefold() for t in titles)}), "")


def _text(cell: object, column: str) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = cell_text(cell).strip()
    return text.lower() if column in LOWER else text


def _unreadable(reason: str, **facts: object) -> Sheet:
    return Sheet(problems=[problem("row 1", "", reason, **facts)])
