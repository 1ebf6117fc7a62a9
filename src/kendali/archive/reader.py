"""Opens single things of a package by range: a recording, an attachment, a conversation; nothing is loaded whole."""

from __future__ import annotations

import io
import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

from kendali.archive.age_read import SeekingReader
from kendali.archive.bag import INFO, parse_bag_info
from kendali.archive.errors import PackageError
from kendali.archive.keyring import RECORDS_SLOT
from kendali.archive.package import (
    FORMAT,
    INDEX,
    INDEX_LINE,
    RECORDS,
    IndexLine,
    WrittenRecord,
    load_keyring,
    package_id_of,
    record_of,
)
from kendali.archive.stores import Store
from kendali.archive.unit_tar import FACTS_LIMIT, Member, canonical_json, padding, walk
from kendali.seekable import Seekable

if TYPE_CHECKING:  # loaded where a table is opened: a recording is fetched in half the time
    import pyarrow as pa
    import pyarrow.parquet as pq

    from kendali.archive.listing import Listing

MESSAGES = "messages"
_WHOLE_FILE_AHEAD = 16  # chunks per fetch where a file is read through


class Window(Seekable):
    """A part of a seekable file as a file of its own."""

    def __init__(self, file: io.RawIOBase, offset: int, size: int) -> None:
        super().__init__()
        self._file, self._offset, self.size = file, offset, size

    def readinto(self, buffer: Any, /) -> int:
        room = memoryview(buffer).cast("B")[: max(0, self.size - self._position)]
        if not len(room):
            return 0
        self._file.seek(self._offset + self._position)
        count = cast(int, self._file.readinto(room))
        self._position += count
        return count


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """A recording or attachment. `facts` as the source gave them; `files`: name and a seekable stream each (one
    reader below them all: use one at a time)."""

    ref: str
    part: str
    facts: Mapping[str, Any]
    files: Sequence[tuple[str, Window]]


class Package:
    """A package with its keyring open. Cheap to make; keep it only as long as the work takes: it holds keys.

    Tables stay open in it, so a second conversation of the same package is found faster; one thread at a time.
    PackageError: another format or id; SealError: another key; StoreError.
    """

    def __init__(self, store: Store, path: str, package_key: bytes) -> None:
        self.store, self.path = store, path
        self._open: dict[int, pq.ParquetFile] = {}
        self._ends: dict[int, list[int]] = {}  # of their row groups: the number of the row after the last
        self.package_id = package_id_of(path)
        self.info = parse_bag_info(store.read(f"{path}/{INFO}"))
        if self.info.get("Kendali-Format") != FORMAT:
            raise PackageError("format", found=self.info.get("Kendali-Format", ""))
        if self.info.get("External-Identifier") != self.package_id:
            raise PackageError("identifier", found=self.info.get("External-Identifier", ""))
        self.keyring, self.generation = load_keyring(store, self.package_id, package_key)

    def line(self, slot: int) -> IndexLine:
        """PackageError ``no_slot``: never was; ``slot_empty``: its unit could not be read at the source."""
        key = f"{self.path}/{INDEX}"
        if slot < 0 or (slot + 1) * INDEX_LINE > self.store.size(key):
            raise PackageError("no_slot", slot=slot)
        line = IndexLine.parse(self.store.read_range(key, slot * INDEX_LINE, INDEX_LINE), slot)
        if not line.file:
            raise PackageError("slot_empty", slot=slot)
        return line

    def lines(self) -> list[IndexLine]:
        content = self.store.read(f"{self.path}/{INDEX}")
        if len(content) % INDEX_LINE:
            raise PackageError("index_cut")
        count = len(content) // INDEX_LINE
        return [IndexLine.parse(content[n * INDEX_LINE : (n + 1) * INDEX_LINE], n) for n in range(count)]

    @cached_property
    def _tables(self) -> dict[str, IndexLine]:
        slots = self.info.get("Kendali-Table-Slots", "").split()
        lines = [self.line(int(slot)) for slot in slots if slot.isdigit()]
        return {table_name(line): line for line in lines if line.kind == "table"}

    def tables(self) -> dict[str, IndexLine]:
        """By name; bag-info tells their slots."""
        return self._tables

    def reader(self, line: IndexLine, ahead: int = 4) -> SeekingReader:
        """The content of a sealed unit as a seekable file."""
        key, store = f"{self.path}/{line.file}", self.store

        def read_at(offset: int, length: int) -> bytes:
            # Not through self: the open tables hold this function where Python's collector cannot see it.
            return store.read_range(key, line.offset + offset, length)

        return SeekingReader(read_at, line.length, self.keyring.identity(line.slot), ahead=ahead)

    def unit(self, slot: int) -> OpenUnit:
        line = self.line(slot)
        if line.kind not in ("recording", "attachment"):
            raise PackageError("not_a_unit", slot=slot, kind=line.kind)
        return open_unit(self.reader(line))

    def parquet(self, line: IndexLine) -> pq.ParquetFile:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if line.slot not in self._open:
            reader = self.reader(line, _WHOLE_FILE_AHEAD)
            file = self._open[line.slot] = pq.ParquetFile(pa.PythonFile(reader, mode="r"))
            counts = (file.metadata.row_group(number).num_rows for number in range(file.num_row_groups))
            self._ends[line.slot] = list(accumulate(counts))
        return self._open[line.slot]

    @cached_property
    def listing(self) -> Listing:
        """The list of records of a package of conversations. PackageError ``record_line``: it is something else."""
        from kendali.archive.listing import Listing

        try:
            return Listing(self.parquet(self._list_line()))
        except ValueError as error:  # ArrowInvalid is one
            raise PackageError("record_line") from error

    def _list_line(self) -> IndexLine:
        return IndexLine(RECORDS_SLOT, "records", RECORDS, 0, self.store.size(f"{self.path}/{RECORDS}"))

    def records(self, only: Collection[str] | None = None) -> Iterator[WrittenRecord]:
        """Those of `only`, or all of the package, in the order in which they were written; opened with slot 0."""
        if self.info.get("Kendali-Record-Class") == "conversation":
            yield from self.listing.records(only)
            return
        few = only is not None and len(only) <= 20  # then most lines need not be parsed
        marks = [canonical_json({"ref": ref})[1:-1] for ref in only or ()] if few else None
        for text in io.BufferedReader(self.reader(self._list_line(), _WHOLE_FILE_AHEAD), 1 << 20):
            if marks is not None and not any(mark in text for mark in marks):
                continue
            try:
                fields = json.loads(text)
            except ValueError as error:
                raise PackageError("record_line") from error
            record = record_of(fields)
            if only is None or record.ref in only:
                yield record

    def conversation(self, ref: str) -> dict[str, pa.Table]:
        """The rows of one conversation, table by table; only its row groups are fetched. Absent: no rows anywhere."""
        return self.conversations([ref])

    def conversations(self, refs: Collection[str]) -> dict[str, pa.Table]:
        """The rows of several conversations, table by table, in the package's order. Those that lie side by side share
        their row groups, and so cost little more than one."""
        numbers = self.listing.numbers(set(refs))
        return {name: self.rows(name, numbers) for name in self.tables()}

    def rows(self, name: str, numbers: Sequence[int], start: int = 0, count: int | None = None) -> pa.Table:
        """The rows of a table that belong to the records of these numbers, in order; of those only `count` from
        `start`. PackageError ``record_rows``: the list says something else than the table."""
        import pyarrow as pa
        import pyarrow.compute as pc

        spans = [(low, high) for number in numbers for low, high in [self.listing.span(name, number)] if low < high]
        rows = self._take(self.tables()[name], _part_of(spans, start, count))
        wanted = self.listing.refs.take(pa.array(numbers, pa.int64()))
        if rows.num_rows and not pc.all(pc.is_in(rows["_ref"], value_set=wanted.cast(rows["_ref"].type))).as_py():
            raise PackageError("record_rows", part=name)
        return rows

    def _take(self, line: IndexLine, spans: Sequence[tuple[int, int]]) -> pa.Table:
        """Rows by their numbers, each span after the one before; only their row groups are read."""
        import pyarrow as pa

        file, pieces = self.parquet(line), []
        ends = self._ends[line.slot]
        if spans and spans[-1][1] > (ends[-1] if ends else 0):
            raise PackageError("record_rows", part=table_name(line))
        held, group = -1, file.schema_arrow.empty_table()
        for low, high in spans:
            at = low
            while at < high:
                number = bisect_right(ends, at)
                if number != held:
                    held, group = number, file.read_row_group(number, use_threads=False)
                end = min(high, ends[number])
                pieces.append(group.slice(at - (ends[number] - len(group)), end - at))
                at = end
        return pa.concat_tables(pieces) if pieces else file.schema_arrow.empty_table()


def _part_of(spans: Sequence[tuple[int, int]], start: int, count: int | None) -> list[tuple[int, int]]:
    """Of the rows in these spans, counted through, `count` from `start`."""
    found = []
    left = sum(high - low for low, high in spans) if count is None else count
    for low, high in spans:
        first, start = min(high, low + start), max(0, start - (high - low))
        if first < high and left > 0:
            found.append((first, min(high, first + left)))
            left -= high - first
    return found


def table_name(line: IndexLine) -> str:
    return line.file.removeprefix("data/tables/").removesuffix(".age")


def pieces(stream: io.RawIOBase) -> Iterator[bytes]:
    """The rest of a file, a MiB at a time."""
    while data := stream.read(1 << 20):
        yield data


def rows_of(batch: pa.RecordBatch, refs: Collection[str]) -> pa.RecordBatch:
    """The rows of these records."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column(0)
    return batch.filter(pc.is_in(column, value_set=pa.array(sorted(refs), pa.utf8()).cast(column.type)))


def open_unit(reader: SeekingReader) -> OpenUnit:
    """Walk the unit's tar by its headers; contents are not read."""
    content = io.BufferedReader(reader, 4096)
    members: list[Member] = []

    def exactly(count: int) -> bytes:
        data = content.read(count)
        if len(data) != count:
            raise PackageError("unit_truncated")
        return data

    def member(entry: Member) -> None:
        members.append(entry)
        content.seek(entry.offset + entry.size + padding(entry.size))

    walk(exactly, member)
    if not members or members[0].size > FACTS_LIMIT:
        raise PackageError("unit_facts")
    content.seek(members[0].offset)
    head = parse_facts(exactly(members[0].size))
    names = head["files"]
    if len(names) != len(members) - 1:
        raise PackageError("unit_files")
    content.detach()
    files = [(name, Window(reader, m.offset, m.size)) for name, m in zip(names, members[1:], strict=True)]
    return OpenUnit(head["ref"], head["part"], head["facts"], files)


def parse_facts(data: bytes) -> dict[str, Any]:
    """ref, part, facts, files (names) of a unit; PackageError when it is something else."""
    try:
        head = json.loads(data)
    except ValueError as error:
        raise PackageError("unit_facts") from error
    kinds = {"ref": str, "part": str, "facts": dict, "files": list}
    if not isinstance(head, dict) or any(not isinstance(head.get(name), kind) for name, kind in kinds.items()):
        raise PackageError("unit_facts")
    return head


def open_recording(store: Store, path: str, package_key: bytes, slot: int) -> OpenUnit:
    """Facts and seekable audio of one recording. Raises PackageError (``no_key``: destroyed), AgeError, StoreError."""
    return Package(store, path, package_key).unit(slot)


def read_attachment(store: Store, path: str, package_key: bytes, slot: int) -> OpenUnit:
    return Package(store, path, package_key).unit(slot)


def read_conversation(store: Store, path: str, package_key: bytes, ref: str) -> dict[str, pa.Table]:
    return Package(store, path, package_key).conversation(ref)


def scan_text(
    store: Store,
    path: str,
    package_key: bytes,
    text: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
    columns: Collection[str] = (),
) -> Iterator[str]:
    """Refs of conversations whose messages hold `text` (case ignored) in these columns, by default in any column of
    text, in the package's order. `progress(row groups done, of all)`. One row group in memory at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    package = Package(store, path, package_key)
    line = package.tables().get(MESSAGES)
    if line is None:
        return
    file = package.parquet(line)
    schema = file.schema_arrow
    texts = [f.name for f in schema if f.name != "_ref" and (pa.types.is_string(f.type) or _is_large(f.type))]
    columns = [name for name in texts if not columns or name in columns]
    newest = None
    for number in range(file.num_row_groups):
        rows = file.read_row_group(number, columns=["_ref", *columns])
        hits = None
        for name in columns:
            hit = pc.fill_null(pc.match_substring(rows[name], text, ignore_case=True), fill_value=False)
            hits = hit if hits is None else pc.or_(hits, hit)
        for ref in pc.unique(rows["_ref"].filter(hits)).to_pylist() if hits is not None else []:
            if ref != newest:
                newest = ref
                yield ref
        progress(number + 1, file.num_row_groups)


def _is_large(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_large_string(kind))
