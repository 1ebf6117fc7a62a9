"""Recomputes the fingerprints of archived conversations, some thousand at a time, and compares the keyed digests."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kendali import fingerprint
from kendali.archive.errors import ArchiveError
from kendali.archive.keyring import keyed_digest
from kendali.archive.listing import RowCounts
from kendali.archive.package import RECORDS, IndexLine
from kendali.archive.reader import Package

AT_ONCE: Final = 2_000  # conversations


@dataclass(frozen=True, slots=True)
class Compared:
    """What one part of the records came to: how many fingerprints were compared, and of each table (by its file) how
    many rows belong to these records, and how many it has in all."""

    records: int
    rows: Mapping[str, tuple[int, int]]


@dataclass
class Checked:
    """What the records of a package came to: how many were compared, how many the list has (None: nobody could tell),
    and every sealed unit in it (ref, part, slot)."""

    compared: int = 0
    listed: int | None = None
    units: list[tuple[str, str, int]] = field(default_factory=list)


class TableCursor:
    """Goes once through the rows of a table, or of a part of them (the first row, the row after the last)."""

    def __init__(self, file: pq.ParquetFile, span: tuple[int, int] | None = None) -> None:
        self._schema, self.total = file.schema_arrow, file.metadata.num_rows
        start, end = (0, self.total) if span is None else span
        self.taken = 0
        self._batches = _rows(file, start, end)
        self._rest: pa.RecordBatch | None = None

    def rows_of(self, refs: pa.Array) -> pa.Table:
        """The next rows, as long as they belong to one of these conversations."""
        taken: list[pa.RecordBatch] = []
        while (batch := self._next()) is not None:
            column = batch.column(0)
            count = _leading(pc.is_in(column, value_set=refs.cast(column.type)))
            taken.append(batch.slice(0, count))
            self.taken += count
            if count < batch.num_rows:
                self._rest = batch.slice(count)
                break
        return pa.Table.from_batches(taken, self._schema)

    def _next(self) -> pa.RecordBatch | None:
        if self._rest is not None:
            batch, self._rest = self._rest, None
            return batch
        return next((batch for batch in self._batches if batch.num_rows), None)


def _rows(file: pq.ParquetFile, start: int, end: int) -> Iterator[pa.RecordBatch]:
    """Rows `start` … `end` - 1, in order; only their row groups are read."""
    first, groups = 0, []
    for number in range(file.num_row_groups):
        last = first + file.metadata.row_group(number).num_rows
        if first < end and last > start:
            groups.append((first, number))
        first = last
    at = groups[0][0] if groups else 0
    for batch in file.iter_batches(batch_size=8_192, row_groups=[number for _, number in groups], use_threads=False):
        low, high = max(start - at, 0), min(end - at, batch.num_rows)
        if low < high:
            yield batch.slice(low, high - low)
        at += batch.num_rows


def _leading(mask: pa.BooleanArray) -> int:
    """How many are true before the first that is not."""
    first = pc.index(mask, pa.scalar(value=False)).as_py()
    return len(mask) if first < 0 else int(first)


def check_conversations(
    package: Package,
    tables: Mapping[str, IndexLine],
    problem: Callable[..., None],
    tick: Callable[..., None],
    *,
    part: tuple[int, int] = (0, 1),
) -> Compared:
    """`part`: which of how many parts of the records. Problems: a list or a table that cannot be parsed or do not fit,
    a fingerprint that differs. Ask `left_over` about the rows when all parts are through."""
    number, of = part
    compared = 0
    try:
        listing = package.listing
        start, end = len(listing) * number // of, len(listing) * (number + 1) // of
        cursors = {}
        for name, line in tables.items():
            span = listing.rows_before(name, start), listing.rows_before(name, end)
            cursors[name] = TableCursor(package.parquet(line), None if of == 1 else span)
        for first in range(start, end, AT_ONCE):
            last = min(first + AT_ONCE, end)
            compared += _compare(package, cursors, first, last, problem)
            with _not_ours():
                tick(records=last - first)
        return Compared(compared, {tables[name].file: (c.taken, c.total) for name, c in cursors.items()})
    except _StoppedError as stopped:
        raise stopped.error from None
    except (pa.ArrowException, ArchiveError, ValueError, TypeError, OSError) as error:
        problem("table_unreadable", error=type(error).__name__)
    return Compared(0, {})


def check_here(
    package: Package, tables: Mapping[str, IndexLine], problem: Callable[..., None], tick: Callable[..., None]
) -> Checked:
    """All of it in this process."""
    listed, units = read_units(package, problem)
    return Checked(left_over([check_conversations(package, tables, problem, tick)], problem), listed, units)


def read_units(package: Package, problem: Callable[..., None]) -> tuple[int, list[tuple[str, str, int]]]:
    """How many records the list has, and their sealed units; problem ``record_line``: it is no list."""
    try:
        return len(package.listing), list(package.listing.units())
    except (pa.ArrowException, ArchiveError, ValueError, TypeError, OSError):
        problem("record_line", RECORDS)
        return 0, []


def left_over(parts: Sequence[Compared], problem: Callable[..., None]) -> int:
    """How many records were compared in all parts; a problem for each table that has rows of no record."""
    for file in sorted({file for part in parts for file in part.rows}):
        counts = [part.rows[file] for part in parts if file in part.rows]
        if len(counts) == len(parts) and sum(taken for taken, _ in counts) != counts[0][1]:
            problem("rows_without_record", file)
    return sum(part.records for part in parts)


class _StoppedError(Exception):
    """What the caller's callback raised; it is none of a table's errors."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@contextmanager
def _not_ours() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _StoppedError(error) from error


def _compare(
    package: Package, cursors: Mapping[str, TableCursor], first: int, last: int, problem: Callable[..., None]
) -> int:
    """The records of these numbers, the next ones of the cursors."""
    listing = package.listing
    wanted = listing.refs[first:last]
    refs, digests = wanted.to_pylist(), listing.column("digest")[first:last].to_pylist()
    rows = {name: cursor.rows_of(wanted) for name, cursor in cursors.items()}
    for name, found in rows.items():
        counts = RowCounts()
        for batch in found.to_batches():
            counts.add(batch)
        if not pc.fill_null(counts.of(wanted), 0).equals(listing.counts(name, first, last)):
            problem("record_rows", name)
    prints = fingerprint.conversations(rows, refs)
    compared = 0
    for ref, told in zip(refs, digests, strict=True):
        if told is None:
            continue
        print_ = prints.get(ref)
        digest = keyed_digest(package.keyring.conversation_salt(ref), print_) if print_ else b""
        if not hmac.compare_digest(digest, told):
            problem("fingerprint", "", ref)
        compared += 1
    return compared
