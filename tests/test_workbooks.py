"""A workbook that would take the server's memory is refused before it is read, whoever sends it and wherever."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from kendali import workbooks
from kendali.documents import sheets
from kendali.mystery import roster_sheet
from kendali.mystery.rules import form_workbook

SHEET = "xl/worksheets/sheet1.xml"


def book(*lines: list[object], **parts: str) -> bytes:
    """As Excel writes it; `parts`: "sheet" or "texts" in place of what is written."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as made:
        page = made.add_worksheet("survey")
        for number, line in enumerate(lines):
            page.write_row(number, 0, line)
    changed = {SHEET: parts.get("sheet", ""), "xl/sharedStrings.xml": parts.get("texts", "")}
    out = io.BytesIO()
    with zipfile.ZipFile(buffer) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, changed.get(name) or before.read(name))
    return out.getvalue()


def sheet(rows: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def texts(text: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><sst xmlns="{space}"><si><t>{text}</t></si></sst>'


WORD = '<c r="{}" t="inlineStr"><is><t>x</t></is></c>'
SHARED = '<c r="{}" t="s"><v>0</v></c>'
FAR = sheet(f'<row r="1">{WORD.format("A1")}</row><row r="1048576">{WORD.format("XFD1048576")}</row>')
DEEP = sheet('<row r="1048576">' + '<c t="inlineStr"><is><t>x</t></is></c>' * 40 + "</row>")
MANY = sheet("".join(f'<row r="{n}">{SHARED.format(f"A{n}")}</row>' for n in range(1, 2_500)))
BOMBS = {
    "a cell in the far corner": book(["x"], sheet=FAR),
    "cells without a place in the last row": book(["x"], sheet=DEEP),
    "a long text that many cells show": book(["x"], sheet=MANY, texts=texts("a" * 30_000)),
    "more than is unpacked": book(["x"], texts=texts("a" * (workbooks.UNPACKED + 1))),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_a_workbook_that_would_fill_the_memory_is_refused_with_a_sentence(content: bytes) -> None:
    assert len(content) < 200_000
    with pytest.raises(workbooks.TooLarge):
        workbooks.opened(content)
    assert "rows" in roster_sheet.read(content).problems[0].reason
    assert form_workbook.read_xlsx(content)[1][0].reason
    with pytest.raises(sheets.NotReadable, match="rows"):
        sheets.read("a.xlsx", content)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 400, book(["x"])[:-40]])
def test_what_is_no_workbook_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="no "):
        workbooks.opened(content)
    assert "cannot be read" in roster_sheet.read(content).problems[0].reason


def test_what_excel_writes_is_read_and_far_cells_that_only_have_a_format_are_no_cells() -> None:
    lines: list[list[object]] = [["Kode", "Isi"], ["A-1", 12.5], ["B-2", "x" * 30_000]]
    assert workbooks.opened(book(*lines)).get_sheet_by_index(0).to_python() == lines
    styled = sheet(f'<row r="1">{WORD.format("A1")}</row><row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert workbooks.opened(book(["x"], sheet=styled)).get_sheet_by_index(0).to_python() == [["x"]]
