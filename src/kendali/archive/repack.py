"""Single conversations out of a month's package: a new package without them, under new keys, streamed and compared.

The tables of a month lie under one key each, so a conversation dies by writing the others anew and destroying the old
package whole. Every conversation that stays is compared with its old keyed digest as it passes, and gets a new one:
its salt comes from the key of the package it lies in. What does not compare stops the work; nothing is left then.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from kendali import fingerprint
from kendali.archive.errors import PackageError
from kendali.archive.keyring import keyed_digest
from kendali.archive.package import PackageInfo, Progress, Written, WrittenRecord, package_id_of
from kendali.archive.reader import Package, Window
from kendali.archive.stores import Store
from kendali.archive.verify_chat import TableCursor
from kendali.archive.writer import write_package
from kendali.connectors.base import Problem, RecordClass, Sink, Snapshot, SourceFile, Unit
from kendali.fingerprint import REF

AT_ONCE: Final = 500  # conversations in memory


@dataclass(frozen=True, slots=True)
class Repacked:
    """`written`: the new package. `moved`: ref → (old keyed digest, new one), of what was there completely or not."""

    written: Written
    moved: Mapping[str, tuple[bytes, bytes]]


def repack_without(
    store: Store,
    path: str,
    package_key: bytes,
    refs: Collection[str],
    *,
    new_path: str,
    new_key: bytes,
    progress: Callable[[Progress], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
    at: datetime | None = None,
) -> Repacked:
    """Write the package `new_path` (its last segment is the new id) as the one at `path` minus exactly `refs`.

    `new_key` must be durable before. PackageError: ``repack_refs`` one of them is not in it, ``repack_differs`` what
    stays is not what was verified (the old package is damaged), ``repack_nothing`` nothing would stay.
    """
    old = Package(store, path, package_key)
    if old.info.get("Kendali-Record-Class") != "conversation":
        raise PackageError("repack_class")
    records = list(old.records())
    gone = set(refs)
    if lost := gone - {record.ref for record in records}:
        raise PackageError("repack_refs", count=len(lost))
    if not any(record.keyed_digest for record in records if record.ref not in gone):
        raise PackageError("repack_nothing")
    info = _info(old)
    if info.path(package_id_of(new_path)) != new_path:
        raise PackageError("repack_place", path=new_path)

    def fill(sink: Sink) -> Iterator[Snapshot]:
        cursors = {name: TableCursor(old.parquet(line), None) for name, line in old.tables().items()}
        for start in range(0, len(records), AT_ONCE):
            yield from _some(old, sink, cursors, records[start : start + AT_ONCE], gone)
        for cursor in cursors.values():
            if cursor.taken != cursor.total:
                raise PackageError("repack_differs", rows=cursor.total - cursor.taken)

    written = write_package(
        store, package_id=package_id_of(new_path), info=info, package_key=new_key, fill=fill,
        progress=progress, check=check, at=at,
    )  # fmt: skip
    return Repacked(written, _moved(records, written.records, gone))


def _info(old: Package) -> PackageInfo:
    info = old.info
    return PackageInfo(
        client=info.get("Kendali-Client", ""),
        source=info.get("Kendali-Source", ""),
        record_class=cast(RecordClass, info.get("Kendali-Record-Class", "")),
        month=info.get("Kendali-Month", ""),
        organisation=info.get("Source-Organization", ""),
    )


def _some(
    old: Package,
    sink: Sink,
    cursors: Mapping[str, TableCursor],
    records: Sequence[WrittenRecord],
    gone: Collection[str],
) -> Iterator[Snapshot]:
    """Some conversations: their rows, their files, and what they are, each compared with what was verified."""
    stay = [record for record in records if record.ref not in gone]
    refs = [record.ref for record in stay]
    everything, wanted = pa.array([record.ref for record in records], pa.utf8()), pa.array(refs, pa.utf8())
    rows = {name: _only(cursor.rows_of(everything), wanted) for name, cursor in cursors.items()}
    prints = fingerprint.conversations(rows, refs)
    for record in stay:
        _same(old.keyring.conversation_salt(record.ref), prints.get(record.ref), record.keyed_digest)
    for name, table in rows.items():
        for batch in table.to_batches() or [_empty(table.schema)]:
            sink.table(name, batch)
    _copy_units(old, sink, stay)
    for record in stay:
        whole = record.keyed_digest is not None
        yield Snapshot(
            record.ref,
            prints[record.ref] if whole else b"",
            record.covered_until,
            record.modified_at,
            [Problem(problem.code, record.ref, problem.part, problem.facts) for problem in record.problems],
        )


def _only(rows: pa.Table, wanted: pa.Array) -> pa.Table:
    column = rows[REF]
    return rows.filter(pc.is_in(column, value_set=wanted.cast(column.type)))


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _copy_units(old: Package, sink: Sink, records: Sequence[WrittenRecord]) -> None:
    slots = [slot for record in records for slot in record.parts.values()]

    def units() -> Iterator[Unit]:
        for slot in slots:
            found = old.unit(slot)
            yield Unit(found.ref, found.part, [_file(name, window) for name, window in found.files], found.facts)

    facts: dict[tuple[str, str], Mapping[str, object]] = {}

    def watched() -> Iterator[Unit]:
        for unit in units():
            facts[unit.ref, unit.part] = unit.facts
            yield unit

    for slot, result in zip(slots, sink.units(watched()), strict=True):
        if result.problems:
            raise PackageError("repack_differs", slot=slot)
        found = fingerprint.unit(facts.pop((result.ref, result.part)), result.files)
        _same(old.keyring.salt(slot), found, bytes.fromhex(old.line(slot).digest))


def _file(name: str, window: Window) -> SourceFile:
    return SourceFile(name, window.size, lambda: cast(BinaryIO, window))


def _same(salt: bytes, found: bytes | None, wanted: bytes | None) -> None:
    if wanted is not None and not hmac.compare_digest(keyed_digest(salt, found or b""), wanted):
        raise PackageError("repack_differs")


def _moved(
    before: Sequence[WrittenRecord], after: Sequence[WrittenRecord], gone: Collection[str]
) -> dict[str, tuple[bytes, bytes]]:
    old = {record.ref: record.keyed_digest for record in before if record.ref not in gone}
    new = {record.ref: record.keyed_digest for record in after}
    if old.keys() != new.keys():
        raise PackageError("repack_differs", count=len(old.keys() ^ new.keys()))
    return {ref: (digest, new[ref] or b"") for ref, digest in old.items() if digest is not None}
