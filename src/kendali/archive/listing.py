"""The list of records of a package of conversations: a Parquet table, one row per conversation, in the package's order.

Beside what `package.record_line` says of any record it has a column ``rows.<table>`` for each table: how many of the
table's rows belong to the conversation. So its rows are found without a search. (A list of recordings is lines of
JSON: it is short, and opening a recording does without Arrow.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kendali.archive.errors import PackageError
from kendali.archive.package import WrittenRecord
from kendali.archive.tables import SealedFile
from kendali.connectors.base import Problem
from kendali.fingerprint import REF

ROWS: Final = "rows."
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = pa.timestamp("us", "UTC")
_FIELDS: Final = (
    pa.field("ref", pa.utf8()),
    pa.field("digest", pa.binary(32)),
    pa.field("covered_until", _INSTANT),
    pa.field("modified_at", _INSTANT),
    pa.field("parts", pa.utf8()),
    pa.field("problems", pa.utf8()),
)
T = TypeVar("T")


class RowCounts:
    """How many rows of one table each record has; told batch by batch while the table is written."""

    def __init__(self) -> None:
        self._found: list[pa.Table] = []

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            runs = pc.run_end_encode(batch.column(0))
            ends = runs.run_ends.cast(pa.int64())
            starts = pa.concat_arrays([pa.array([0], pa.int64()), ends[:-1]])
            self._found.append(pa.table({REF: runs.values.cast(pa.utf8()), "n": pc.subtract(ends, starts)}))

    def of(self, refs: pa.Array) -> pa.Array:
        """One number for each of `refs`, null where there is no row."""
        if not self._found:
            return pa.nulls(len(refs), pa.int32())
        sums = pa.concat_tables(self._found).group_by(REF).aggregate([("n", "sum")])
        at = pc.index_in(refs, value_set=sums[REF].combine_chunks())
        return sums["n_sum"].combine_chunks().take(at).cast(pa.int32())


def write(file: SealedFile, records: Sequence[WrittenRecord], counts: Mapping[str, RowCounts]) -> None:
    refs = pa.array([record.ref for record in records], pa.utf8())
    columns = [
        refs,
        pa.array([record.keyed_digest for record in records], pa.binary(32)),
        pa.array([record.covered_until for record in records], _INSTANT),
        pa.array([record.modified_at for record in records], _INSTANT),
        pa.array([_json(dict(record.parts)) for record in records], pa.utf8()),
        pa.array([_json([[p.code, p.part] for p in record.problems]) for record in records], pa.utf8()),
        *(count.of(refs) for count in counts.values()),
    ]
    schema = pa.schema([*_FIELDS, *(pa.field(ROWS + name, pa.int32()) for name in counts)])
    compression = dict.fromkeys(schema.names, "zstd") | {"digest": "none"}
    encoding = {"ref": "DELTA_BYTE_ARRAY", "digest": "PLAIN"}
    encoding |= dict.fromkeys(("covered_until", "modified_at"), "BYTE_STREAM_SPLIT")
    with pq.ParquetWriter(
        pa.PythonFile(file, mode="w"), schema, compression=compression, write_statistics=False,
        use_dictionary=[name for name in schema.names if name not in encoding], column_encoding=encoding,
    ) as writer:  # fmt: skip
        writer.write_table(pa.table(columns, schema=schema))


def _json(value: dict[str, int] | list[list[str]]) -> str | None:
    return json.dumps(value, separators=(",", ":")) if value else None


class Listing:
    """The list, read whole (some 50 bytes a conversation in memory, and 4 more for each table asked for).
    PackageError ``record_line``: it is something else."""

    def __init__(self, file: pq.ParquetFile) -> None:
        wanted = [field.name for field in _FIELDS]
        names = file.schema_arrow.names
        if names[: len(wanted)] != wanted or any(file.schema_arrow.field(f.name).type != f.type for f in _FIELDS):
            raise PackageError("record_line")
        self._file = file
        self.tables = [name.removeprefix(ROWS) for name in names if name.startswith(ROWS)]
        self._columns: dict[str, pa.Array] = {}
        self._ends: dict[str, pa.Array] = {}

    def column(self, name: str) -> pa.Array:
        if name not in self._columns:
            self._columns[name] = self._file.read(columns=[name], use_threads=False).column(0).combine_chunks()
        return self._columns[name]

    @cached_property
    def refs(self) -> pa.Array:
        refs = self.column("ref")
        if refs.null_count:
            raise PackageError("record_line")
        return refs

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def counts(self, table: str, first: int, last: int) -> pa.Array:
        """How many rows of `table` belong to each of the records `first` … `last` - 1."""
        if table not in self.tables:
            return pa.repeat(pa.scalar(0, pa.int32()), last - first)
        return pc.fill_null(self.column(ROWS + table)[first:last].cast(pa.int32()), 0)

    def rows_before(self, table: str, number: int) -> int:
        """How many rows of `table` belong to the records before this one; so many it has of all for `len(self)`."""
        if not number or table not in self.tables:
            return 0
        if table not in self._ends:
            counts = pc.fill_null(self.column(ROWS + table), 0).cast(pa.int64())
            if len(counts) and pc.min(counts).as_py() < 0:
                raise PackageError("record_line")
            self._ends[table] = pc.cumulative_sum(counts)
        return int(self._ends[table][number - 1].as_py())

    def span(self, table: str, number: int) -> tuple[int, int]:
        """The rows of `table` that belong to the record `number`: the first, and the one after the last."""
        return self.rows_before(table, number), self.rows_before(table, number + 1)

    def numbers(self, refs: Collection[str]) -> list[int]:
        """The places of these records in the list."""
        if len(refs) == 1:
            (ref,) = refs
            at = pc.index(self.refs, pa.scalar(ref, pa.utf8())).as_py()
            return [at] if at >= 0 else []
        wanted = pc.is_in(self.refs, value_set=pa.array(sorted(refs), pa.utf8()))
        return pc.indices_nonzero(wanted).to_pylist()  # type: ignore[no-any-return]

    def records(self, only: Collection[str] | None = None) -> Iterator[WrittenRecord]:
        """As they were written; those of `only`, or all."""
        numbers = None if only is None else pa.array(self.numbers(only), pa.int64())
        columns = []
        for field in _FIELDS:
            column = self.column(field.name) if numbers is None else self.column(field.name).take(numbers)
            columns.append((column.cast(pa.int64()) if field.type == _INSTANT else column).to_pylist())
        for ref, digest, covered, modified, parts, problems in zip(*columns, strict=True):
            found = [Problem(code, ref, part) for code, part in _parsed(problems, _pairs)] if problems else ()
            slots = _parsed(parts, _slots) if parts else {}
            yield WrittenRecord(ref, None, digest, 0, slots, _instant(covered), _instant(modified), found)

    def units(self) -> Iterator[tuple[str, str, int]]:
        """Ref, part and slot of every sealed unit."""
        some = pc.indices_nonzero(pc.is_valid(self.column("parts")))
        found = zip(self.refs.take(some).to_pylist(), self.column("parts").take(some).to_pylist(), strict=True)
        for ref, parts in found:
            for part, slot in _parsed(parts, _slots).items():
                yield ref, part, slot


def _parsed(text: str, read: Callable[[object], T]) -> T:
    try:
        return read(json.loads(text))
    except ValueError as error:
        raise PackageError("record_line") from error


def _slots(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not all(isinstance(slot, int) for slot in value.values()):
        raise ValueError
    return value


def _pairs(value: object) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise ValueError
    return [(str(code), str(part)) for code, part in value]


def _instant(at: int | None) -> datetime | None:
    return None if at is None else _EPOCH + timedelta(microseconds=at)
