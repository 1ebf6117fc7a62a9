"""Recomputes the fingerprints of archived conversations, some thousand at a time, and compares the keyed digests."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from kendali import fingerprint
from kendali.archive.errors import ArchiveError
from kendali.archive.keyring import keyed_digest
from kendali.archive.package import IndexLine, WrittenRecord
from kendali.archive.reader import Package

AT_ONCE: Final = 2_000  # conversations


class TableCursor:
    """Goes once through a table that lies in the order of the records."""

    def __init__(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        self._batches, self._schema = batches, schema
        self._rest: pa.RecordBatch | None = None

    def rows_of(self, refs: pa.Array) -> pa.Table:
        """The next rows, as long as they belong to one of these conversations."""
        taken: list[pa.RecordBatch] = []
        while (batch := self._next()) is not None:
            column = batch.column(0)
            count = _leading(pc.is_in(column, value_set=refs.cast(column.type)))
            taken.append(batch.slice(0, count))
            if count < batch.num_rows:
                self._rest = batch.slice(count)
                break
        return pa.Table.from_batches(taken, self._schema)

    def _next(self) -> pa.RecordBatch | None:
        if self._rest is not None:
            batch, self._rest = self._rest, None
            return batch
        return next((batch for batch in self._batches if batch.num_rows), None)

    def left(self) -> bool:
        return self._next() is not None


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
) -> int:
    """How many were compared. Problems: a table that cannot be parsed, a fingerprint that differs, rows left over."""
    compared = 0
    done = _compared(package, tables, records, problem)
    while True:
        try:
            part = next(done, None)
        except (pa.ArrowException, ArchiveError, ValueError, TypeError, OSError) as error:
            problem("table_unreadable", error=type(error).__name__)
            return 0
        if part is None:
            return compared
        compared += part[1]
        tick(records=part[0])


def _compared(
    package: Package,
    tables: Mapping[str, IndexLine],
    records: Sequence[WrittenRecord],
    problem: Callable[..., None],
) -> Iterator[tuple[int, int]]:
    """(records gone through, compared), part by part."""
    cursors: dict[str, TableCursor] = {}
    for name, line in tables.items():
        file = package.parquet(line)
        cursors[name] = TableCursor(file.iter_batches(batch_size=32_768), file.schema_arrow)
    for start in range(0, len(records), AT_ONCE):
        part = records[start : start + AT_ONCE]
        yield len(part), _compare(package, cursors, part, problem)
    for name, cursor in cursors.items():
        if cursor.left():
            problem("rows_without_record", tables[name].file)


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
