"""A source table as Parquet inside one age file: zstd, row groups of whole conversations, every column as given.

Statistics are kept for `_ref` only: they lead a reader to the row groups of one conversation (and lie inside the
sealed file like everything else).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kendali.archive.age import AgeWriter, Recipient
from kendali.archive.errors import PackageError
from kendali.archive.folder_store import create_file, os_errors
from kendali.archive.lane import Pack

ROWS: Final = 5_000  # per row group, then up to the end of the conversation
CONVERSATIONS: Final = 1_000  # per row group at most: where each has one row, few rows are opened for one of them
MANY: Final = 10  # values that come back less often than this are written as they are
ROWS_LIMIT: Final = 50_000  # one conversation beyond this is spread over several row groups
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")


class SealedFile:
    """A file-like object that seals what is written into a new local age file, and hashes both sides of it."""

    def __init__(self, path: Path, name: str, recipient: Recipient) -> None:
        self._name = name
        self.content, self._sealed, self._size = sha256(), sha256(), 0
        self.closed = False
        with os_errors(name):
            self._descriptor = create_file(path)
        self._age = AgeWriter(recipient, self._out)

    def _out(self, view: memoryview) -> None:
        if self.closed:  # its descriptor may belong to another file by now
            raise ValueError("write to a closed file")
        self._sealed.update(view)
        self._size += len(view)
        with os_errors(self._name):
            while len(view):
                view = view[os.write(self._descriptor, view) :]

    def write(self, data: bytes) -> int:
        self.content.update(data)
        return self._age.write(data)

    def tell(self) -> int:
        return self._age.size

    def flush(self) -> None: ...

    def close(self) -> None:
        """Without `finish` before, the file opens nowhere."""
        if not self.closed:
            os.close(self._descriptor)
            self.closed = True

    def finish(self) -> Pack:
        self._age.finish(self._age.size)
        self.close()
        return Pack(self._name, self._size, self._sealed.digest())


class TableFile:
    """One table of a package, written batch by batch in the order of the conversations."""

    def __init__(self, name: str, schema: pa.Schema, file: SealedFile) -> None:
        if not _NAME.fullmatch(name):
            raise PackageError("table_name", name=name)
        if not schema.names or schema.names[0] != "_ref":
            raise PackageError("table_without_ref", name=name)
        self.name, self._schema, self._file = name, schema, file
        self._writer: pq.ParquetWriter | None = None  # made when the first rows show how they are best written
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        if not batch.schema.equals(self._schema, check_metadata=True):
            raise PackageError("table_schema", name=self.name)
        self._waiting.append(batch)
        self._rows += batch.num_rows
        if self._rows >= 2 * ROWS:
            self._write_groups(last=False)

    def finish(self) -> Pack:
        self._write_groups(last=True)
        self._parquet(self._schema.empty_table()).close()
        return self._file.finish()

    def close(self) -> None:
        """Give up: the file opens nowhere."""
        self._file.close()
        with suppress(ValueError, OSError):  # the footer it wants to write is refused by the closed file
            if self._writer is not None:
                self._writer.close()

    def _parquet(self, rows: pa.Table) -> pq.ParquetWriter:
        if self._writer is None:
            encodings = _encodings(rows)
            self._writer = pq.ParquetWriter(
                pa.PythonFile(self._file, mode="w"),
                self._schema,
                compression="zstd",
                compression_level=3,
                write_statistics=["_ref"],
                store_schema=True,
                use_dictionary=[name for name in self._schema.names if name not in encodings],
                column_encoding=encodings,
            )
        return self._writer

    def _write_groups(self, *, last: bool) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        start = 0
        for end in _cuts(table["_ref"], last=last):
            self._parquet(table).write_table(table.slice(start, end - start), row_group_size=ROWS_LIMIT)
            start = end
        rest = table.slice(start)
        self._waiting = rest.to_batches()
        self._rows = rest.num_rows


def _encodings(rows: pa.Table) -> dict[str, str]:
    """By column, where it is no dictionary (which is for values that come back): an eighth less of a whole table.

    Instants share their upper bytes, numbers of rows rise by little, and what hardly ever comes back is left to zstd.
    """
    types, found = pa.types, {}
    for field in rows.schema:
        kind, column = field.type, rows[field.name]
        if types.is_timestamp(kind):
            found[field.name] = "BYTE_STREAM_SPLIT"
        elif field.name == "id" and (types.is_int64(kind) or types.is_int32(kind)):
            found[field.name] = "DELTA_BINARY_PACKED"
        elif _may_be_text(kind) and pc.count_distinct(column).as_py() * MANY > len(column) - column.null_count:
            found[field.name] = "PLAIN"
    return found


def _may_be_text(kind: pa.DataType) -> bool:
    types = pa.types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind)  # type: ignore[no-any-return]


def _cuts(refs: pa.ChunkedArray, *, last: bool) -> list[int]:
    """Where row groups end: at the first end of a conversation after ROWS rows, or after so many conversations. The
    newest conversation may go on in the next batch, so it waits unless this is the last."""
    if not len(refs):
        return []
    ends: list[int] = pc.run_end_encode(pa.concat_arrays(refs.chunks)).run_ends.to_pylist()
    cuts, start, first = [], 0, 0
    for number, end in enumerate(ends[:-1], 1):
        if end - start >= ROWS or number - first >= CONVERSATIONS:
            cuts.append(end)
            start, first = end, number
    if last or (not cuts and len(refs) - start >= ROWS_LIMIT):
        cuts.append(len(refs))
    return cuts
