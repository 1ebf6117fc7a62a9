"""Handing records out: re-sealed to the receiver's own age recipient, or (`extract`) as plain files in a folder.

An export is a bag like a package, but every age file in it opens with the receiver's one identity; the archive's keys
never leave. Nothing is ever put back into a source.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files as resources
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from kendali.archive.age import Recipient
from kendali.archive.bag import TAGMANIFEST, oxum, tag_files
from kendali.archive.errors import PackageError
from kendali.archive.folder_store import FolderDraft, FolderStore, os_errors, write_new
from kendali.archive.lane import File, Job, Lane, Pack
from kendali.archive.package import FORMAT, RECORDS, Progress, WrittenRecord
from kendali.archive.reader import OpenUnit, Package, Window, pieces, rows_of
from kendali.archive.stores import Store
from kendali.archive.tables import ROWS, SealedFile
from kendali.archive.unit_tar import FACTS_NAME, canonical_json, facts_json

README: Final = "data/README.txt"


@dataclass(frozen=True, slots=True)
class Exported:
    """`records` handed out whole; `left_out`: refs whose keys were destroyed or that were never completely here."""

    path: Path
    records: int
    units: int
    size: int
    tagmanifest_sha256: str
    left_out: tuple[str, ...]


def export_package(
    store: Store,
    path: str,
    package_key: bytes,
    *,
    recipient: str,
    into: Path,
    refs: Collection[str] | None = None,
    at: datetime | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> Exported:
    """A new folder `into` with all records of the package, or with `refs`. `recipient`: ``age1…`` of the receiver.

    AgeError: not a recipient. StoreExistsError: `into` is there. Nothing is left of an export that fails.
    """
    to = Recipient.parse(recipient)
    package = Package(store, path, package_key)
    place = FolderStore(into.absolute().parent)
    draft = place.draft(into.name)
    export = _Export(package, to, draft, refs, progress, check)
    try:
        marks = export.write(at or datetime.now(UTC))
    except BaseException:
        draft.abandon()
        raise
    finally:
        place.remove_empty_drafts()
    digest = sha256(marks).hexdigest()
    done = export.done
    return Exported(into, done.records, done.units, sum(export.sizes.values()), digest, tuple(export.left_out))


class _Export:
    def __init__(
        self,
        package: Package,
        to: Recipient,
        draft: FolderDraft,
        refs: Collection[str] | None,
        progress: Callable[[Progress], None],
        check: Callable[[], None],
    ) -> None:
        self._package, self._to, self._draft = package, to, draft
        self._refs = None if refs is None else set(refs)
        self._progress, self._check = progress, check
        self._recordings = package.info.get("Kendali-Record-Class") == "recording"
        self._sums: dict[str, bytes] = {}
        self.sizes: dict[str, int] = {}
        self.done = Progress(0, 0, 0)
        self.left_out: list[str] = []

    def write(self, at: datetime) -> bytes:
        kind = "recording" if self._recordings else "attachment"
        folder = self._draft.path(f"data/{kind}").parent.parent
        lane = Lane(folder, f"data/{kind}s-0-")
        try:
            lines = [self._record(record, lane, FACTS_NAME[kind]) for record in self._wanted()]
            self._packs(lane.finish().packs)
        finally:
            lane.close()
        if not any(line is not None for line in lines):
            raise PackageError("nothing_to_export", left_out=len(self.left_out))
        self._tables()
        self._sealed(RECORDS, (canonical_json(line) + b"\n" for line in lines if line is not None))
        self._plain(README, resources("kendali.archive").joinpath("export-readme.txt").read_bytes())
        tags = tag_files(self._sums, self._info(at))
        for name, content in tags.items():
            if name != TAGMANIFEST:
                self._file(name, content)
        self._check()
        self._draft.commit(tags[TAGMANIFEST])
        return tags[TAGMANIFEST]

    def _wanted(self) -> Iterator[WrittenRecord]:
        for record in self._package.records():
            if self._refs is None or record.ref in self._refs:
                self._check()
                yield record

    def _record(self, record: WrittenRecord, lane: Lane, facts_name: str) -> dict[str, Any] | None:
        """The record's line of the list, its units sealed into the packs; None: it is left out."""
        ring = self._package.keyring
        if record.keyed_digest is None or not all(ring.has(slot) for slot in record.parts.values()):
            self.left_out.append(record.ref)
            return None
        units = []
        for part, slot in record.parts.items():
            unit = self._package.unit(slot)
            answer = lane.run([_job(slot, self._to, facts_name, unit)])
            self._packs(answer.packs)
            (sealed,) = answer.done
            if sealed.problem:
                raise PackageError("unit_unreadable", slot=slot)
            files = [
                {"name": name, "size": stream.size, "sha256": digest.hex()}
                for (name, stream), digest in zip(unit.files, sealed.digests, strict=True)
            ]
            units.append({"part": part, "member": f"{slot:08d}.age", "pack": sealed.pack, "files": files})
            size = self.done.size + sum(stream.size for _, stream in unit.files)
            self.done = Progress(self.done.records, self.done.units + 1, size)
        self.done = Progress(self.done.records + 1, self.done.units, self.done.size)
        self._progress(self.done)
        return {"ref": record.ref, "units": units}

    def _tables(self) -> None:
        for name, line in self._package.tables().items():
            self._check()
            if self._refs is None:
                content = self._package.reader(line, ahead=16)
                self._sealed(f"data/tables/{name}.age", pieces(content))
            else:
                self._some_rows(name, self._package.parquet(line), self._refs)

    def _some_rows(self, name: str, source: pq.ParquetFile, refs: set[str]) -> None:
        file = SealedFile(self._draft.path(f"data/tables/{name}.age"), f"data/tables/{name}.age", self._to)
        try:
            with pq.ParquetWriter(pa.PythonFile(file, mode="w"), source.schema_arrow, compression="zstd") as writer:
                for batch in source.iter_batches(ROWS):
                    rows = rows_of(batch, refs)
                    if rows.num_rows:
                        writer.write_batch(rows)
            self._packs([file.finish()])
        finally:
            file.close()

    def _sealed(self, name: str, parts: Iterator[bytes]) -> None:
        file = SealedFile(self._draft.path(name), name, self._to)
        try:
            for part in parts:
                file.write(part)
            self._packs([file.finish()])
        finally:
            file.close()

    def _packs(self, packs: list[Pack]) -> None:
        for pack in packs:
            self._draft.publish(pack.name)
            self._sums[pack.name], self.sizes[pack.name] = pack.sha256, pack.size

    def _plain(self, name: str, content: bytes) -> None:
        self._file(name, content)
        self._sums[name], self.sizes[name] = sha256(content).digest(), len(content)

    def _file(self, name: str, content: bytes) -> None:
        with os_errors(name):
            write_new(self._draft.path(name), content)

    def _info(self, at: datetime) -> dict[str, str]:
        kept = ("Source-Organization", "Kendali-Client", "Kendali-Source", "Kendali-Record-Class", "Kendali-Month")
        return {
            "External-Identifier": self._package.package_id,
            "Bagging-Date": at.astimezone(UTC).date().isoformat(),
            "Bag-Software-Agent": "Kendali",
            "Payload-Oxum": oxum(self.sizes),
            "Kendali-Export-Format": FORMAT,
            "Kendali-Recipient": str(self._to),
            "Kendali-Records": str(self.done.records),
        } | {name: self._package.info.get(name, "") for name in kept}


def _job(slot: int, to: Recipient, facts_name: str, unit: OpenUnit) -> Job:
    facts = facts_json(unit.ref, unit.part, unit.facts, [name for name, _ in unit.files])
    files = [File(name, stream.size, open=_again(stream)) for name, stream in unit.files]
    return Job(slot, to.public, facts_name, facts, files)


def _again(stream: Window) -> Callable[[], Any]:
    return lambda: stream
