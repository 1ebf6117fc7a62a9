"""`cdr-csv/Master.csv` as Asterisk's cdr_csv writes it: no header, the columns set by cdr_csv.conf. May be large."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kendali.connectors.base import Problem, SourceError
from kendali.connectors.lookup import Lookup

FIXED = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata"),
    *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
# What follows, by the number of columns in the file: loguniqueid, loguserfield and newcdrcolumns of cdr_csv.conf.
_EXTRA = {
    0: (),
    1: ("uniqueid",),
    2: ("uniqueid", "userfield"),
    3: ("peeraccount", "linkedid", "sequence"),
    4: ("uniqueid", "peeraccount", "linkedid", "sequence"),
    5: ("uniqueid", "userfield", "peeraccount", "linkedid", "sequence"),
}


class MasterCsv:
    """The file as a table `cdr`, indexed again whenever it has grown or was replaced."""

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        self.path = self._path = path
        self._columns = tuple(columns)
        self._lookup: Lookup | None = None
        self._state: tuple[int, int] | None = None
        self.problems: list[Problem] = []

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        names, rows = self._indexed().rows(query, values)
        dates = _dates(names)
        return names, [_with_dates(row, dates) for row in rows] if dates else rows

    def _indexed(self) -> Lookup:
        try:
            stat = self._path.stat()
            if self._lookup is None or self._state != (stat.st_size, stat.st_mtime_ns):
                self.close()
                self._state = (stat.st_size, stat.st_mtime_ns)
                self._lookup = self._build()
        except FileNotFoundError:
            raise SourceError("export_missing", file=str(self._path)) from None
        except OSError as error:
            raise SourceError("folder_unreadable", path=str(self._path), reason=str(error.strerror)) from None
        return self._lookup

    def _build(self) -> Lookup:
        lookup = Lookup()
        self.problems = []
        with self._path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            first = next(reader, [])
            columns, has_header = self._layout(first)
            rows = self._rows(reader, [] if has_header or not first else [first], len(columns))
            keys = [key for key in ("linkedid", "uniqueid", "start", "calldate") if key in columns]
            lookup.create("cdr", columns)
            lookup.add("cdr", len(columns), rows)
            lookup.index("cdr", keys)
        return lookup

    def _layout(self, first: Sequence[str]) -> tuple[tuple[str, ...], bool]:
        columns = self._columns or _columns(first)
        return columns, [name.strip().lower() for name in first] == list(columns)

    def layout(self) -> tuple[tuple[str, ...], bool]:
        """(its columns, whether its first line is a header). Raises SourceError."""
        try:
            with self._path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                return self._layout(next(csv.reader(file), []))
        except OSError as error:
            raise SourceError("folder_unreadable", path=str(self._path), reason=str(error.strerror)) from None

    def typed(self, row: Sequence[str], columns: Sequence[str]) -> tuple[Any, ...]:
        """A row as `rows` answers it."""
        return _with_dates(row, _dates(columns))

    def _rows(self, reader: Iterator[list[str]], first: list[list[str]], width: int) -> Iterator[list[str]]:
        yield from first
        line = len(first)
        while True:
            line += 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._note(line, str(error))
                continue
            if len(row) == width:
                yield cells(row)
            elif row:
                self._note(line, f"{len(row)} columns instead of {width}.")

    def _note(self, line: int, reason: str) -> None:
        if len(self.problems) < 100:
            facts = {"line": line, "file": self._path.name, "reason": reason}
            self.problems.append(Problem("row_unreadable", part=f"{self._path.name}:{line}", facts=facts))

    def close(self) -> None:
        if self._lookup is not None:
            self._lookup.close()
            self._lookup = None


def cells(row: Sequence[str]) -> list[str]:
    """What is no UTF-8 becomes a visible mark."""
    return [cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for cell in row]


def _dates(names: Sequence[str]) -> list[int]:
    return [at for at, name in enumerate(names) if name in {"start", "answer", "end", "calldate"}]


def _columns(first: Sequence[str]) -> tuple[str, ...]:
    """A header, where a file has one; else Asterisk's own order, by the number of columns."""
    lower = tuple(name.strip().lower() for name in first)
    if "src" in lower and "duration" in lower:
        return lower
    extra = _EXTRA.get(len(first) - len(FIXED)) if first else ()
    if extra is None:
        raise SourceError(
            "bad_configuration", field="csv_columns", reason=f"the file has {len(first)} columns; name them in order"
        )
    return (*FIXED, *extra)


def _with_dates(row: Sequence[Any], dates: Sequence[int]) -> tuple[Any, ...]:
    cells = list(row)
    for at in dates:
        try:
            cells[at] = datetime.fromisoformat(cells[at])
        except (TypeError, ValueError):
            cells[at] = None if not cells[at] else cells[at]
    return tuple(cells)
