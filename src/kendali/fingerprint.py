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
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

VERSION = 1
VOLATILE = b"kendali.volatile"
REF = "_ref"

_ROWS = 32_768  # rows per slice: fits the cache, and bounds the memory
_FEW = 1_024  # rows of a small table: a process that compares one of them need not count the places of a large one
_BYTES = 16 << 20  # bytes of a table per slice, unless one record alone is larger
_HEAD = b"kendali conversation 1\0"
_SIZES = Struct("<QQ").pack
_WORD, _BYTES_OF = pa.int64(), pa.large_binary()
_NO_WORD, _EMPTY = pa.scalar(None, _WORD), pa.scalar(b"", _BYTES_OF)

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
    refs, ends = _runs(name, table)
    for first, last in _slices(table, ends):
        start = ends[first - 1] if first else 0
        offsets, data = _canonical_rows(table.slice(start, ends[last - 1] - start), columns)
        at = pa.array([end - start for end in (start, *ends[first:last])], _WORD)
        marks = offsets.take(at).to_pylist()
        row, low = start, marks[0]
        for ref, end, high in zip(refs[first:last], ends[first:last], marks[1:], strict=True):
            number = wanted.get(ref)
            if number is not None:
                sizes = _SIZES(end - row, high - low)
                running = hashes[number]
                if running is None:
                    hashes[number] = sha256(b"".join((_HEAD, _text(ref), head, sizes, data[low:high])))
                else:
                    running.update(b"".join((head, sizes, data[low:high])))
            row, low = end, high


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


def _runs(name: str, table: pa.Table) -> tuple[list[str], list[int]]:
    """The refs in the order of the table, and of each the row after its last."""
    column = table.column(0)
    if column.null_count:
        raise ValueError(f"table {name}: a row without {REF}")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = pc.run_end_encode(pa.concat_arrays(column.cast(pa.large_string()).chunks))
    refs = encoded.values.to_pylist()
    if len(set(refs)) != len(refs):
        raise ValueError(f"table {name}: the rows of one record are not contiguous")
    return refs, encoded.run_ends.to_pylist()


def _slices(table: pa.Table, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of whole runs that are small enough to be put into one buffer."""
    per_row = max(1, table.nbytes // table.num_rows)
    first = start = 0
    for last in range(1, len(ends) + 1):
        if last < len(ends):
            rows = ends[last] - start
            if rows <= _ROWS and rows * per_row <= _BYTES:
                continue
        yield first, last
        first, start = last, ends[last - 1]


def _canonical_rows(table: pa.Table, columns: Sequence[tuple[int, str, int]]) -> tuple[pa.Array, memoryview]:
    """The rows' canonical bytes in one buffer, and the offset of each row in it (one more than there are rows)."""
    rows = len(table)
    words, pieces = [pa.repeat(pa.scalar(0, _WORD), rows)], []  # at first the mark of a row
    for index, kind, number in columns:
        column = table.column(index)
        if column.null_count == rows:
            continue
        array = _one_array(column)
        if kind in "tb":
            values = array.cast(pa.large_string()).cast(_BYTES_OF) if kind == "t" else array.cast(_BYTES_OF)
            lengths = pc.binary_length(values).cast(_WORD)
            if pc.max(lengths).as_py() > 0xFFFFFFFF:
                raise ValueError(f"column {table.schema.field(index).name}: a value of more than 4 GiB")
            pieces += [_joined([*words, pc.add(lengths, pa.scalar(number << 32, _WORD))]), values]
            words = []
        else:
            head = pa.scalar(number << 32 | 8, _WORD)
            whole = pa.repeat(head, rows) if not array.null_count else pc.if_else(pc.is_valid(array), head, _NO_WORD)
            words += [whole, _eight_bytes(array, kind)]
    if words:
        pieces.append(_joined(words))
    if len(pieces) == 1:
        pieces.append(pa.repeat(_EMPTY, rows))
    # The last argument is the separator. A null cell is none of the words, and leaves nothing as text.
    made = pc.binary_join_element_wise(*pieces, _EMPTY, null_handling="replace", null_replacement="")
    _, offsets, data = made.buffers()
    return pa.Array.from_buffers(_WORD, rows + 1, [None, offsets], offset=made.offset), memoryview(data)


def _joined(words: Sequence[pa.Array]) -> pa.Array:
    """Words of eight bytes that lie side by side in each row, the nulls among them left out, as large_binary."""
    rows, width = len(words[0]), len(words)
    most = next((most for most in (_FEW, _ROWS) if rows < most), 1 << rows.bit_length())
    if width == 1:
        mixed = words[0]
    else:
        row, column = _places(width, most)
        at = pc.add(pc.multiply(column[: rows * width], pa.scalar(rows, _WORD)), row[: rows * width])
        mixed = pa.concat_arrays(words).take(at)
    if not mixed.null_count:
        offsets = pc.multiply(_places(1, most)[0][: rows + 1], pa.scalar(8 * width, _WORD))
    else:
        counts = pc.is_valid(words[0]).cast(_WORD)
        for word in words[1:]:
            counts = pc.add(counts, pc.is_valid(word).cast(_WORD))
        ends = pc.multiply(pc.cumulative_sum(counts), pa.scalar(8, _WORD))
        offsets = pa.concat_arrays([pa.array([0], _WORD), ends])
        mixed = mixed.drop_null()
    start = offsets.offset * 8
    return pa.Array.from_buffers(
        _BYTES_OF, rows, [None, offsets.buffers()[1].slice(start), mixed.buffers()[1].slice(mixed.offset * 8)]
    )


@lru_cache(64)
def _places(width: int, rows: int) -> tuple[pa.Array, pa.Array]:
    """Row and column of every cell of a table, row by row."""
    one = pa.scalar(1, _WORD)  # counted by Arrow: a list of Python's numbers takes fifteen times as long
    number = pc.subtract(pc.cumulative_sum(pa.repeat(one, rows * width + 1)), one)
    row = pc.divide(number, pa.scalar(width, _WORD))
    return row, pc.subtract(number, pc.multiply(row, pa.scalar(width, _WORD)))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    array = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _eight_bytes(array: pa.Array, kind: str) -> pa.Array:
    if kind == "f":
        return array.cast(pa.float64()).view(_WORD)
    if kind == "m":
        array = array.cast(pa.timestamp("us", array.type.tz))
    elif kind == "d":
        array = array.cast(pa.date32()).cast(pa.int32())
    elif kind == "o":
        array = array.cast(pa.int8())
    return array.cast(_WORD)  # raises for what does not fit
