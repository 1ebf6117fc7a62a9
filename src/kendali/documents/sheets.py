"""A file of knowledge articles as rows of text: XLSX, or CSV with comma, semicolon or tab. Nothing is judged here."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError

from kendali import workbooks
from kendali.documents.import_rules import MOST_ROWS, columns, missing
from kendali.documents.rules import MOST_BODY
from kendali.verdict import Verdict, no

MOST_BYTES = 10_000_000
Rows = list[dict[str, str]]


class NotReadable(Exception):
    """`why` says what to do."""

    def __init__(self, why: Verdict) -> None:
        super().__init__(why.reason % dict(why.facts))
        self.why = why


def read(name: str, content: bytes) -> Rows:
    """The rows below the head, texts by the names of `import_rules.COLUMNS`. NotReadable."""
    if len(content) > MOST_BYTES:
        raise NotReadable(no("The file is larger than %(most)s MB.", most=MOST_BYTES // 1_000_000))
    lines = _workbook(content) if content[:2] == b"PK" or name.lower().endswith(".xlsx") else _text(content)
    while lines and not any(cell.strip() for cell in lines[0]):
        lines = lines[1:]
    if not lines:
        raise NotReadable(no("The file is empty."))
    places = columns(lines[0])
    for fault in missing(places):
        raise NotReadable(fault.why)
    return [{name: line[at] for name, at in places.items() if at < len(line)} for line in lines[1:]]


def _workbook(content: bytes) -> list[list[str]]:
    try:
        sheet = workbooks.opened(content).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 2)
    except workbooks.TooLarge:
        raise NotReadable(no("More than %(most)s rows: divide the file.", most=MOST_ROWS)) from None
    except (CalamineError, ValueError, OSError, IndexError):
        raise NotReadable(no("The file cannot be read as a workbook; save it as XLSX or CSV.")) from None
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell if cell is not None else "")


def _text(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    text = text.replace("\0", "")
    head = text.partition("\n")[0]
    separator = max((";", ",", "\t"), key=head.count)
    csv.field_size_limit(MOST_BODY * 4)
    lines: list[list[str]] = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            lines.append(line)
            if len(lines) > MOST_ROWS + 1:
                break
    except csv.Error:
        raise NotReadable(no("The file cannot be read as CSV; save it as XLSX or CSV.")) from None
    return lines
