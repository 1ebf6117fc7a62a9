"""The workbook of a form: `form_sheets` has the rows, this is only the file."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from kendali import workbooks
from kendali.mystery.rules.form import Form
from kendali.mystery.rules.form_sheets import HEADS, Rows, SheetProblem, to_sheets

MAX_BYTES, MAX_ROWS = 2_000_000, 5_000


def write_xlsx(form: Form) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        head = book.add_format({"bold": True})
        for name, rows in to_sheets(form).items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(rows[0]) - 1, 22)
            for y, row in enumerate(rows):
                for x, cell in enumerate(row):
                    sheet.write_string(y, x, cell, head if y == 0 else None)  # never a formula
    return buffer.getvalue()


def read_xlsx(content: bytes) -> tuple[dict[str, Rows], list[SheetProblem]]:
    """The rows of the sheets that belong to a form; others are left alone."""
    if len(content) > MAX_BYTES:
        return {}, [SheetProblem("", 0, "", "This file is larger than %(most)s bytes.", {"most": MAX_BYTES})]
    try:
        book = workbooks.opened(content)
        return {name: _rows(book, name) for name in book.sheet_names if name in HEADS}, []
    except workbooks.TooLarge:
        return {}, [SheetProblem("", 0, "", "This file is larger than %(most)s bytes.", {"most": workbooks.UNPACKED})]
    except (CalamineError, ValueError, OSError):
        return {}, [SheetProblem("", 0, "", "This file cannot be read as a workbook.", {})]


def _rows(book: CalamineWorkbook, name: str) -> Rows:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=MAX_ROWS)
    return [[cell_text(cell) for cell in row] for row in rows]


def cell_text(cell: Any) -> str:
    """What a person sees in the cell: 1 and not 1.0, yes and not True."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(Decimal(repr(cell)), "f")
    return str(cell)
