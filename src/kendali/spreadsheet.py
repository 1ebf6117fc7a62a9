"""Lists as XLSX: written row by row to a temporary file from a server-side cursor, whatever their length."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.http import FileResponse

MOST = 1_000_000  # rows in one sheet; Excel ends at 1 048 576
CHUNK = 5_000
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(name: str, head: Sequence[str], rows: Iterable[Sequence[object]], *, zone: str) -> FileResponse:
    """`rows` of text, numbers, dates and aware instants (shown in `zone`); what one sheet cannot hold goes on in the
    next."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    _write(file, head, rows, ZoneInfo(zone))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPE)


def _write(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[object]], zone: ZoneInfo) -> None:
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    formats = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    sheet: Any = None
    line = MOST
    for row in rows:
        if line >= MOST:
            sheet, line = _sheet(book, head, bold), 1
        for column, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    sheet.write_string(line, column, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(line, column, value.astimezone(zone).replace(tzinfo=None), formats[datetime])
            elif isinstance(value, date):
                sheet.write_datetime(line, column, value, formats[date])
            elif value is not None:
                sheet.write(line, column, value)
        line += 1
    if sheet is None:
        _sheet(book, head, bold)
    book.close()


def _sheet(book: xlsxwriter.Workbook, head: Sequence[str], bold: object) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(head) - 1, 0), 22)
    sheet.write_row(0, 0, head, bold)
    return sheet
