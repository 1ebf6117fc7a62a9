"""Writes one package: keys first, then the sealed bytes, the lists, the bag's tag files, and one commit.

Losing the process at any point leaves a complete package or nothing that counts (`stores.clean_temporary` takes the
rest). A repeated attempt is a new package with a new id and new keys.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import pyarrow as pa

from kendali import fingerprint
from kendali.archive.age import Recipient
from kendali.archive.bag import TAGMANIFEST, oxum, tag_files
from kendali.archive.errors import EmptyPackageError, PackageError
from kendali.archive.folder_store import os_errors, write_new
from kendali.archive.keyring import RECORDS_SLOT, Keyring, keyed_digest
from kendali.archive.lane import PACK_SIZE, Done, File, Job, Pack
from kendali.archive.lanes import Lanes
from kendali.archive.listing import RowCounts
from kendali.archive.listing import write as write_listing
from kendali.archive.package import (
    FORMAT,
    INDEX,
    RECORDS,
    UNIT_KIND,
    IndexLine,
    PackageInfo,
    Progress,
    Written,
    WrittenRecord,
    forget_keyrings,
    load_keyring,
    put_keyring,
    record_line,
)
from kendali.archive.stores import Store
from kendali.archive.tables import SealedFile, TableFile
from kendali.archive.unit_tar import FACTS_NAME, canonical_json, facts_json
from kendali.connectors.base import FileDigest, Problem, Sink, Snapshot, SourceError, SourceFile, Unit, UnitResult

FIRST_SLOTS: Final = 4096  # keys made at the start; doubled as often as needed, always durable before they are used
_LINES: Final = 500  # of the list of records, sealed at once
_ADDING: Final = 4  # table batches waiting to be written
_PUBLISHING: Final = 3  # finished files under way to the store at once


def _nothing(*_: object) -> None: ...


class PackageWriter:
    """The Sink of one package. Use `write_package`, which also ends it well or not at all."""

    def __init__(
        self,
        store: Store,
        *,
        package_id: str,
        info: PackageInfo,
        package_key: bytes,
        progress: Callable[[Progress], None] = _nothing,
        check: Callable[[], None] = _nothing,
        processes: int | None = None,
        pack_size: int = PACK_SIZE,
        slots: int = FIRST_SLOTS,
    ) -> None:
        self._store, self._id, self._info, self._key = store, package_id, info, package_key
        self._progress, self._check = progress, check
        self.path = info.path(package_id)
        self._kind = UNIT_KIND[info.record_class]
        self._generation = 1
        self._ring = Keyring.generate(max(1, slots))
        self._keyring_object = put_keyring(store, self._ring, package_key, package_id, 1)
        self._draft = store.draft(self.path)
        self._sums: dict[str, bytes] = {}
        self._sizes: dict[str, int] = {}
        self._index: dict[int, IndexLine] = {}
        self._used = RECORDS_SLOT + 1
        self._tables: dict[str, tuple[int, TableFile, SealedFile]] = {}
        self._counts: dict[str, RowCounts] = defaultdict(RowCounts)
        self._units_of: dict[str, dict[str, int]] = defaultdict(dict)
        self.records: list[WrittenRecord] = []
        self._done = Progress(0, 0, 0)
        self._adder = ThreadPoolExecutor(1, "kendali-tables")
        self._adding: deque[Future[None]] = deque()
        self._publisher = ThreadPoolExecutor(2, "kendali-publish")
        self._publishing: deque[Future[None]] = deque()
        name = f"data/{self._kind}s-"
        folder = self._draft.path(name + "0").parent.parent
        count = min(os.cpu_count() or 1, 8) if processes is None else processes
        self._lanes = Lanes(folder, name, self._finished, count if count > 1 else 0, pack_size, (OSError, SourceError))

    # --- Sink -------------------------------------------------------------------------------------------------

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        self._check()
        if name not in self._tables:
            slot = self._new_slot()
            file = SealedFile(self._draft.path(_table_file(name)), _table_file(name), self._recipient(slot))
            self._tables[name] = (slot, TableFile(name, batch.schema, file), file)
        # Compressing and sealing run beside the reading of the source; the order of the batches stays.
        self._adding.append(self._adder.submit(self._add, name, batch))
        self._wait_added(_ADDING)

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        waiting: deque[Unit] = deque()

        def jobs() -> Iterator[Job]:
            for unit in units:
                waiting.append(unit)
                yield self._job(unit)

        for done in self._lanes.run(jobs()):
            yield self._result(waiting.popleft(), done)

    # --- records ----------------------------------------------------------------------------------------------

    def record(self, snapshot: Snapshot) -> None:
        """What the connector says of one record, after its units and rows were given."""
        parts = self._units_of.pop(snapshot.ref, {})
        length = sum(self._index[slot].length for slot in parts.values())
        slot = next(iter(parts.values()), None) if self._info.record_class == "recording" else None
        digest = None
        if len(snapshot.fingerprint) == 32 and (slot is not None or self._info.record_class == "conversation"):
            salt = self._ring.conversation_salt(snapshot.ref) if slot is None else self._ring.salt(slot)
            digest = keyed_digest(salt, snapshot.fingerprint)
        self.records.append(
            WrittenRecord(
                snapshot.ref,
                slot,
                digest,
                length,
                parts,
                snapshot.covered_until,
                snapshot.modified_at,
                tuple(snapshot.problems),
            )
        )
        self._done = Progress(self._done.records + 1, self._done.units, self._done.size)
        self._progress(self._done)

    def finish(self, at: datetime) -> Written:
        if not any(record.keyed_digest for record in self.records):
            raise EmptyPackageError(self.records)
        self._wait_added(0)
        self._lanes.finish()
        for slot, table, file in self._tables.values():
            self._list_file(slot, "table", table.finish(), file)
        self._write_records()
        self._write_index()
        self._wait_published(0)
        tags = tag_files(self._sums, self._bag_info(at))
        for name, content in tags.items():
            if name != TAGMANIFEST:
                self._write_file(name, content)
        ring, generation = load_keyring(self._store, self._id, self._key)
        if ring != self._ring or generation != self._generation:
            raise PackageError("keyring_read_back", key=self._keyring_object)
        self._check()
        self._draft.commit(tags[TAGMANIFEST])
        self._adder.shutdown()
        self._publisher.shutdown()
        forget_keyrings(self._store, self._id, range(1, self._generation))
        size = sum(self._sizes.values()) + sum(map(len, tags.values()))
        digest = sha256(tags[TAGMANIFEST]).hexdigest()
        return Written(self.path, digest, size, self.records, self._keyring_object, self._generation)

    def abandon(self) -> None:
        """Nothing stays that counts; one step that fails does not keep the others from it."""
        with ExitStack() as steps:  # from the last to the first
            steps.callback(forget_keyrings, self._store, self._id, range(1, self._generation + 1))
            steps.callback(self._draft.abandon)
            for _, table, _ in self._tables.values():
                steps.callback(table.close)
            steps.callback(self._lanes.close)
            steps.callback(self._adder.shutdown, cancel_futures=True)
            steps.callback(self._publisher.shutdown, cancel_futures=True)

    # --- inside -----------------------------------------------------------------------------------------------

    def _add(self, name: str, batch: pa.RecordBatch) -> None:
        self._tables[name][1].add(batch)
        self._counts[name].add(batch)

    def _new_slot(self) -> int:
        if self._used == len(self._ring):
            grown = self._ring.grown(2 * len(self._ring))
            self._keyring_object = put_keyring(self._store, grown, self._key, self._id, self._generation + 1)
            self._ring, self._generation = grown, self._generation + 1
        self._used += 1
        return self._used - 1

    def _recipient(self, slot: int) -> Recipient:
        return self._ring.identity(slot).recipient()

    def _job(self, unit: Unit) -> Job:
        self._check()
        slot = self._new_slot()
        files = [_file(file) for file in unit.files]
        facts = facts_json(unit.ref, unit.part, unit.facts, [file.name for file in unit.files])
        return Job(slot, self._recipient(slot).public, FACTS_NAME[self._kind], facts, files)

    def _result(self, unit: Unit, done: Done) -> UnitResult:
        if done.problem:
            self._index[done.slot] = IndexLine(done.slot, self._kind, month=self._info.month)
            code, name, facts = done.problem
            return UnitResult(unit.ref, unit.part, (), (Problem(code, unit.ref, unit.part or name, facts),))
        files = [FileDigest(f.name, f.size, digest) for f, digest in zip(unit.files, done.digests, strict=True)]
        if unit.part in self._units_of[unit.ref]:
            raise PackageError("part_twice", ref=unit.ref, part=unit.part)
        self._units_of[unit.ref][unit.part] = done.slot
        digest = keyed_digest(self._ring.salt(done.slot), fingerprint.unit(unit.facts, files)).hex()
        self._index[done.slot] = IndexLine(
            done.slot, self._kind, done.pack, done.offset, done.length, digest, self._info.month
        )
        size = sum(file.size for file in files)
        self._done = Progress(self._done.records, self._done.units + 1, self._done.size + size)
        self._progress(self._done)
        return UnitResult(unit.ref, unit.part, files)

    def _finished(self, pack: Pack) -> None:
        """A local file is complete: its sum is known, and it goes to the store beside the work."""
        self._sums[pack.name], self._sizes[pack.name] = pack.sha256, pack.size
        self._publishing.append(self._publisher.submit(self._draft.publish, pack.name))
        self._wait_published(_PUBLISHING)

    def _wait_published(self, left: int) -> None:
        while self._publishing and (len(self._publishing) > left or self._publishing[0].done()):
            self._publishing.popleft().result()

    def _wait_added(self, left: int) -> None:
        while len(self._adding) > left:
            self._adding.popleft().result()

    def _list_file(self, slot: int, kind: str, pack: Pack, file: SealedFile) -> None:
        digest = keyed_digest(self._ring.salt(slot), file.content.digest()).hex()
        self._index[slot] = IndexLine(slot, kind, pack.name, 0, pack.size, digest, self._info.month)
        self._finished(pack)

    def _write_records(self) -> None:
        file = SealedFile(self._draft.path(RECORDS), RECORDS, self._recipient(RECORDS_SLOT))
        try:
            if self._info.record_class == "conversation":
                write_listing(file, self.records, self._counts)
            else:
                for start in range(0, len(self.records), _LINES):
                    part = self.records[start : start + _LINES]
                    file.write(b"".join(canonical_json(record_line(record)) + b"\n" for record in part))
            self._list_file(RECORDS_SLOT, "records", file.finish(), file)
        finally:
            file.close()

    def _write_index(self) -> None:
        lines = b"".join(
            (self._index.get(slot) or IndexLine(slot, self._kind, month=self._info.month)).line()
            for slot in range(self._used)
        )
        self._write_file(INDEX, lines)
        self._sums[INDEX], self._sizes[INDEX] = sha256(lines).digest(), len(lines)

    def _write_file(self, name: str, content: bytes) -> None:
        with os_errors(name):
            write_new(self._draft.path(name), content)
        self._draft.publish(name)

    def _bag_info(self, at: datetime) -> dict[str, str]:
        return {
            "Source-Organization": self._info.organisation,
            "External-Identifier": self._id,
            "Bagging-Date": at.astimezone(UTC).date().isoformat(),
            "Bag-Software-Agent": "Kendali",
            "Payload-Oxum": oxum(self._sizes),
            "Kendali-Format": FORMAT,
            "Kendali-Client": self._info.client,
            "Kendali-Source": self._info.source,
            "Kendali-Record-Class": self._info.record_class,
            "Kendali-Month": self._info.month,
            "Kendali-Records": str(len(self.records)),
            "Kendali-Slots": str(self._used),
            "Kendali-Table-Slots": " ".join(str(slot) for slot, _, _ in self._tables.values()),
        }


def _table_file(name: str) -> str:
    return f"data/tables/{name}.age"


def _file(file: SourceFile) -> File:
    if file.path is not None:
        return File(file.name, file.size, os.fspath(file.path))
    return File(file.name, file.size, open=file.open)


def write_package(
    store: Store,
    *,
    package_id: str,
    info: PackageInfo,
    package_key: bytes,
    fill: Callable[[Sink], Iterable[Snapshot]],
    progress: Callable[[Progress], None] = _nothing,
    check: Callable[[], None] = _nothing,
    at: datetime | None = None,
    processes: int | None = None,
    pack_size: int = PACK_SIZE,
) -> Written:
    """Let `fill` copy records into a new package; its Snapshots, in the order of the tables, become the records.

    `package_key` (32 bytes) must be durable before this is called. `check` is called often and stops the work by
    raising (fencing, pause). `processes`: lanes for local files, None = one per processor, 0 = threads only.
    Raises StoreError, PackageError, EmptyPackageError, and whatever `fill` and `check` raise; then nothing is left.
    """
    writer = PackageWriter(
        store,
        package_id=package_id,
        info=info,
        package_key=package_key,
        progress=progress,
        check=check,
        processes=processes,
        pack_size=pack_size,
    )
    try:
        for snapshot in fill(writer):
            writer.record(snapshot)
        return writer.finish(at or datetime.now(UTC))
    except BaseException:
        writer.abandon()
        raise
