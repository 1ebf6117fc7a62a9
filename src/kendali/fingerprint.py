"""The fingerprint of a record: one function for the source, the backup and the verification.

A fingerprint is 32 bytes of SHA-256 over a canonical form that starts with the version of this form.

Canonical form of a conversation (all integers little-endian)::

    "kendali conversation 1" 0x00
    ref:   length u32, UTF-8
    then for each table that has rows of this record, in order of the table's name:
      0x01 | name: length u32, UTF-8 | rows u64 | length of the rows' bytes u64
      for each row, in the order the source gave them:
        eight zero bytes
        for each cell that is not null, in order of the column's name: length u32 | column u32 | bytes

``column`` is the first four bytes of SHA-256(table 0x00 column 0x00 kind), highest bit cleared, never 0; two columns
of a table that share it are refused. ``kind`` and the bytes of a cell: t text (UTF-8) · b binary · i integer (i64) ·
o boolean (i64) · m instant (i64, µs since 1970-01-01 UTC) · d day (i64, since 1970-01-01) · f float (IEEE 754, f64).

Canonical form of a unit: "kendali unit 1" 0x00 | length u64 | facts as JSON (sorted keys, no blanks, ASCII) | then per
file, by name: length of the name u32 | name | size u64 | SHA-256 (32 bytes).

What follows from this form:

- A null is not there at all, so it differs from an empty text, and a source that gains a column without content
  (an upgrade of the vendor) changes no fingerprint.
- A table without rows, a column marked ``kendali.volatile``, the order of the columns, the chunks, dictionary encoding,
  the width of integers and of text offsets do not matter. The order of the rows within a record does.
- Every value is preceded by its column and its length and every row by a mark: no text can move between cells or rows
  unnoticed.

The work is done in Arrow (little-endian machines only, as its wheels): one buffer with the canonical rows per slice of
a table, of which each record is one contiguous piece. No Python object per value or row, only per record and table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from struct import Struct
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

VERSION = 1
VOLATILE = b"kendali.volatile"
REF = "_ref"

_ROWS = 32_768  # rows per slice: fits the cache, and bounds the memory
_BYTES = 16 << 20  # bytes of a table per slice, unless one record alone is larger
_HEAD = b"kendali conversation 1\0"
_SIZES = Struct("<QQ").pack
_EMPTY = pa.scalar(b"", pa.large_binary())
_ROW_MARK = pa.scalar(b"\0" * 8, pa.large_binary())

_Hash = Any  # hashlib's own type has no public name


class Digest(Protocol):
    """What a fingerprint needs to know of a file; `kendali.connectors.base.FileDigest` is one."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> bytes: ...


def conversations(tables: Mapping[str, pa.Table], refs: Sequence[str]) -> dict[str, bytes]:
    """Fingerprints of the records `refs`; a ref without a row in any table is missing in the answer.

    Each table: first column ``_ref`` (text, not null), the rows of one record contiguous. Columns whose metadata has
    ``kendali.volatile`` = 1 are left out. ValueError: rows of a record not contiguous, no ``_ref``; TypeError: a column
    of a type that has no canonical form (nested types: hand them over as text).
    """
    wanted = {ref: number for number, ref in enumerate(refs)}
    hashes: list[_Hash | None] = [None] * len(refs)
    for name in sorted(tables):
        _add_table(name, tables[name], wanted, hashes)
    return {ref: found.digest() for ref, number in wanted.items() if (found := hashes[number]) is not None}


def unit(facts: Mapping[str, object], files: Sequence[Digest]) -> bytes:
    """Fingerprint of a recording: its facts (JSON values) and its files by name, size in bytes and SHA-256."""
    head = b"kendali unit 1\0"
    body = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
    parts = [head, len(body).to_bytes(8, "little"), body]
    for file in sorted(files, key=lambda file: (file.name, file.size, file.sha256)):
        if len(file.sha256) != 32:
            raise ValueError(f"SHA-256 of {file.name!r} has {len(file.sha256)} bytes")
        parts += [_text(file.name), file.size.to_bytes(8, "little"), file.sha256]
    return sha256(b"".join(parts)).digest()


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(4, "little") + data


def _add_table(name: str, table: pa.Table, wanted: Mapping[str, int], hashes: list[_Hash | None]) -> None:
    if not table.num_columns or table.schema.names[0] != REF:
        raise ValueError(f"table {name}: the first column must be {REF}")
    columns = _columns(name, table.schema)
    if not columns or not table.num_rows:
        return
    head = b"\x01" + _text(name)
    runs = _runs(name, table)
    for first, last in _slices(table, runs):
        start, stop = runs[first][1], runs[last - 1][2]
        offsets, data = _canonical_rows(table.slice(start, stop - start), columns)
        for ref, row, end in runs[first:last]:
            number = wanted.get(ref)
            if number is None:
                continue
            low, high = offsets[row - start], offsets[end - start]
            sizes = _SIZES(end - row, high - low)
            running = hashes[number]
            if running is None:
                hashes[number] = sha256(b"".join((_HEAD, _text(ref), head, sizes, data[low:high])))
            else:
                running.update(b"".join((head, sizes, data[low:high])))


def _columns(name: str, schema: pa.Schema) -> list[tuple[int, str, int]]:
    """(index, kind, column number) of every column that counts, by name."""
    found: list[tuple[int, str, int]] = []
    seen: dict[int, str] = {}
    for index in sorted(range(1, len(schema)), key=lambda index: schema.field(index).name):
        field = schema.field(index)
        if (field.metadata or {}).get(VOLATILE) == b"1" or pa.types.is_null(field.type):
            continue
        kind = _kind(name, field)
        digest = sha256(b"\0".join((name.encode(), field.name.encode(), kind.encode()))).digest()
        number = (int.from_bytes(digest[:4], "little") & 0x7FFFFFFF) or 1
        if number in seen:
            raise ValueError(f"table {name}: columns {seen[number]} and {field.name} cannot be told apart")
        seen[number] = field.name
        found.append((index, kind, number))
    return found


def _kind(table: str, field: pa.Field) -> str:
    kind, types = field.type, pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    for letter, tests in (
        ("t", (types.is_string, types.is_large_string, types.is_string_view, types.is_decimal)),
        ("b", (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary)),
        ("i", (types.is_integer,)),
        ("o", (types.is_boolean,)),
        ("m", (types.is_timestamp,)),
        ("d", (types.is_date,)),
        ("f", (types.is_floating,)),
    ):
        if any(test(kind) for test in tests):
            return letter
    raise TypeError(f"table {table}: column {field.name} of type {field.type} has no canonical form")


def _runs(name: str, table: pa.Table) -> list[tuple[str, int, int]]:
    """(ref, first row, row after the last) in the order of the table."""
    column = table.column(0)
    if column.null_count:
        raise ValueError(f"table {name}: a row without {REF}")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = pc.run_end_encode(pa.concat_arrays(column.cast(pa.large_string()).chunks))
    runs: list[tuple[str, int, int]] = []
    start = 0
    for ref, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
        runs.append((ref, start, end))
        start = end
    if len({run[0] for run in runs}) != len(runs):
        raise ValueError(f"table {name}: the rows of one record are not contiguous")
    return runs


def _slices(table: pa.Table, runs: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges of whole runs that are small enough to be put into one buffer."""
    per_row = max(1, table.nbytes // table.num_rows)
    first = 0
    for last in range(1, len(runs) + 1):
        if last < len(runs):
            rows = runs[last][2] - runs[first][1]
            if rows <= _ROWS and rows * per_row <= _BYTES:
                continue
        yield first, last
        first = last


def _canonical_rows(table: pa.Table, columns: Sequence[tuple[int, str, int]]) -> tuple[Sequence[int], memoryview]:
    """The rows' canonical bytes in one buffer, and the offset of each row in it (one more than there are rows)."""
    pieces: list[Any] = [_ROW_MARK]
    for index, kind, number in columns:
        column = table.column(index)
        if column.null_count < len(column):
            pieces += _cells(table.schema.field(index).name, column, kind, number)
    if len(pieces) == 1:
        pieces.append(pa.repeat(_EMPTY, len(table)))
    # The last argument is the separator; a null cell is null in its prefix, too, and so leaves nothing.
    rows = pc.binary_join_element_wise(*pieces, _EMPTY, null_handling="replace", null_replacement="")
    _, offsets, data = rows.buffers()
    return memoryview(offsets).cast("q")[rows.offset :], memoryview(data)


def _cells(name: str, column: pa.ChunkedArray, kind: str, number: int) -> list[pa.Array]:
    """The cells' prefixes (column, length) and their bytes, as large_binary."""
    array = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if kind == "t":
        values = array.cast(pa.large_string()).cast(pa.large_binary())
    elif kind == "b":
        values = array.cast(pa.large_binary())
    else:
        values = _eight_bytes(array, kind)
    lengths = pc.binary_length(values).cast(pa.int64())
    if (pc.max(lengths).as_py() or 0) > 0xFFFFFFFF:
        raise ValueError(f"column {name}: a value of more than 4 GiB")
    return [_raw(pc.add(lengths, pa.scalar(number << 32, pa.int64()))), values]


def _eight_bytes(array: pa.Array, kind: str) -> pa.Array:
    if kind == "f":
        return _raw(array.cast(pa.float64()).view(pa.int64()))
    if kind == "m":
        array = array.cast(pa.timestamp("us", array.type.tz))
    elif kind == "d":
        array = array.cast(pa.date32()).cast(pa.int32())
    elif kind == "o":
        array = array.cast(pa.int8())
    elif array.type == pa.uint64():
        array = array.cast(pa.int64())  # raises for what does not fit
    return _raw(array.cast(pa.int64()))


def _raw(array: pa.Array) -> pa.Array:
    return array.view(pa.binary(8)).cast(pa.large_binary())
