"""Recomputes the fingerprints of archived conversations, some thousand at a time, and compares the keyed digests."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kendali import fingerprint
from kendali.archive.errors import ArchiveError
from kendali.archive.keyring import keyed_digest
from kendali.archive.package import IndexLine, WrittenRecord
from kendali.archive.reader import Package

AT_ONCE: Final = 2_000  # conversations


@dataclass(frozen=True, slots=True)
class Compared:
    """What one part of the records came to: how many fingerprints were compared, and of each table (by its file) how
    many rows belong to these records, and how many it has in all."""

    records: int
    rows: Mapping[str, tuple[int, int]]


class TableCursor:
    """Goes once through the rows of a table, or of those that lie between the first and the last of `refs`."""

    def __init__(self, file: pq.ParquetFile, refs: pa.Array | None) -> None:
        self._schema, self.total = file.schema_arrow, file.metadata.num_rows
        self.start, end = (0, self.total) if refs is None else _span(file, refs)
        self.taken = 0
        self._batches = _rows(file, self.start, end)
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


def _span(file: pq.ParquetFile, refs: pa.Array) -> tuple[int, int]:
    """Row numbers from the first to after the last row of these records."""
    column = pa.concat_arrays(file.read(columns=["_ref"])["_ref"].chunks or [pa.array([], pa.utf8())])
    found = pc.indices_nonzero(pc.is_in(column, value_set=refs.cast(column.type)))
    return (found[0].as_py(), found[-1].as_py() + 1) if len(found) else (0, 0)


def _rows(file: pq.ParquetFile, start: int, end: int) -> Iterator[pa.RecordBatch]:
    """Rows `start` … `end` - 1, in order; only their row groups are read."""
    first, groups = 0, []
    for number in range(file.num_row_groups):
        last = first + file.metadata.row_group(number).num_rows
        if first < end and last > start:
            groups.append((first, number))
        first = last
    at = groups[0][0] if groups else 0
    for batch in file.iter_batches(batch_size=32_768, row_groups=[number for _, number in groups]):
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
    records: Sequence[WrittenRecord],
    problem: Callable[..., None],
    tick: Callable[..., None],
    *,
    part: tuple[int, int] | None = None,
) -> Compared:
    """`part`: only the records of these numbers (first, after the last). Problems: a table that cannot be parsed, a
    fingerprint that differs. Ask `left_over` about the rows when all parts are through."""
    some = records if part is None else records[part[0] : part[1]]
    compared = 0
    try:
        refs = None if part is None else pa.array([record.ref for record in some], pa.utf8())
        cursors = {name: TableCursor(package.parquet(line), refs) for name, line in tables.items()}
        for start in range(0, len(some), AT_ONCE):
            group = some[start : start + AT_ONCE]
            compared += _compare(package, cursors, group, problem)
            with _not_ours():
                tick(records=len(group))
        return Compared(compared, {tables[name].file: (c.taken, c.total) for name, c in cursors.items()})
    except _StoppedError as stopped:
        raise stopped.error from None
    except (pa.ArrowException, ArchiveError, ValueError, TypeError, OSError) as error:
        problem("table_unreadable", error=type(error).__name__)
        return Compared(0, {})


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
    package: Package, cursors: Mapping[str, TableCursor], records: Sequence[WrittenRecord], problem: Callable[..., None]
) -> int:
    refs = [record.ref for record in records]
    wanted = pa.array(refs, pa.utf8())
    rows = {name: cursor.rows_of(wanted) for name, cursor in cursors.items()}
    prints = fingerprint.conversations(rows, refs)
    compared = 0
    for record in records:
        if record.keyed_digest is None:
            continue
        found = prints.get(record.ref)
        digest = keyed_digest(package.keyring.conversation_salt(record.ref), found) if found else b""
        if not hmac.compare_digest(digest, record.keyed_digest):
            problem("fingerprint", "", record.ref)
        compared += 1
    return compared
