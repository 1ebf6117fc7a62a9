"""A workbook that somebody uploads, opened so that it cannot take the server with it: only XLSX, and no more of it than
memory holds. The reader lays out every cell up to the last one, also the empty ones, so one cell in the far corner of a
file of a kilobyte would ask for half a terabyte and end the process.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO

from python_calamine import CalamineWorkbook

UNPACKED = 60_000_000  # bytes of all parts together
CELLS = 2_000_000  # rows times columns up to the last cell of a sheet
TEXT = 60_000_000  # bytes of shared texts, each as often as a cell shows it
PARTS = 1_000
PIECE = 1 << 20

ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\br\s*=\s*["']([0-9]{1,9})["']""")
CELL = re.compile(rb"<(?:\w+:)?c\b([^<>]*[^/<>]|)>")  # one that is not empty
PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,9})["']""")
IS_SHARED = re.compile(rb"""\bt\s*=\s*["']s["']""")
NUMBER = re.compile(rb"\s*<(?:\w+:)?v\b[^<>]*>\s*([0-9]{1,9})")
TEXTS = re.compile(rb"<(?:\w+:)?si\b")


class TooLarge(ValueError):
    """More than is read; a sheet is as large as its last cell is far away."""


def opened(content: bytes) -> CalamineWorkbook:
    """Raises ValueError where it is no workbook, TooLarge, CalamineError."""
    parts = _unpacked(content)
    if "xl/workbook.xml" not in parts:
        raise ValueError("no XLSX")
    _check(parts)
    return CalamineWorkbook.from_filelike(io.BytesIO(_packed(parts)))


def _unpacked(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.infolist()
            if len(names) > PARTS:
                raise TooLarge
            for one in names:
                with archive.open(one) as part:
                    found[one.filename] = _read(part, left)
                left -= len(found[one.filename])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise ValueError("no workbook") from error
    return found


def _read(part: IO[bytes], most: int) -> bytes:
    data = bytearray()
    while piece := part.read(PIECE):
        data += piece
        if len(data) > most:
            raise TooLarge
    return bytes(data)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """What was looked at, and nothing else, is what the reader gets."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _check(parts: Mapping[str, bytes]) -> None:
    texts = [len(one) for name, data in parts.items() if name.lower().endswith("sharedstrings.xml")
             for one in TEXTS.split(data)[1:]]  # fmt: skip
    shown = 0
    for data in parts.values():
        area, numbers = _cells(data)
        shown += sum(texts[one] for one in numbers if one < len(texts))
        if area > CELLS or shown > TEXT:
            raise TooLarge


def _cells(data: bytes) -> tuple[int, list[int]]:
    """Rows times columns up to the last cell (one that does not say where it is stands beside the one before), and
    the shared texts that are shown."""
    rows = max((int(one) for one in ROW.findall(data)), default=0)
    columns = lost = 0
    numbers: list[int] = []
    for cell in CELL.finditer(data):
        place = PLACE.search(cell[1])
        if place is None:
            lost += 1
        else:
            rows, columns = max(rows, int(place[2])), max(columns, _column(place[1]))
        if IS_SHARED.search(cell[1]) and (number := NUMBER.match(data, cell.end())):
            numbers.append(int(number[1]))
    return max(rows, 1) * (columns + min(lost, 1 << 14)), numbers


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
