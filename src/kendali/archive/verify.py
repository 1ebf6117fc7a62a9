"""Reads a package back from its store, every byte, and says what is wrong with it. An empty list = verified.

Order: the bag's own lists, then each file whole (its sum, and what it seals), then the fingerprints, recomputed from
the content and compared with the keyed digests. Parquet is parsed only after its sum and keyed digest were right.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from kendali import fingerprint
from kendali.archive import bag, verify_files
from kendali.archive.errors import ArchiveError, PackageError, SealError, StoreError, StoreMissingError
from kendali.archive.keyring import RECORDS_SLOT, keyed_digest
from kendali.archive.pack_check import Found, PackCheck, Place
from kendali.archive.package import INDEX, INDEX_LINE, RECORDS, IndexLine, Progress, WrittenRecord
from kendali.archive.problems import opening_code
from kendali.archive.reader import Package, parse_facts
from kendali.archive.stores import Store
from kendali.archive.verify_chat import Checked, check_here
from kendali.archive.verify_tables_process import TablesApart
from kendali.connectors.base import Problem

REQUIRED: Final = frozenset({bag.DECLARATION, bag.INFO, bag.MANIFEST})


class Digest(NamedTuple):
    name: str
    size: int
    sha256: bytes


def _nothing(*_: object) -> None: ...


@dataclass
class _Run:
    """One verification: what was found so far."""

    store: Store
    path: str
    key: bytes
    processes: int  # 0: everything in this one
    progress: Callable[[Progress], None]
    check: Callable[[], None]
    problems: list[Problem] = field(default_factory=list)
    done: Progress = field(default_factory=lambda: Progress(0, 0, 0))

    def problem(self, code: str, part: str = "", ref: str = "", /, **facts: object) -> None:
        self.problems.append(Problem(code, ref, part, facts))

    def tick(self, *, records: int = 0, units: int = 0, size: int = 0) -> None:
        self.done = Progress(self.done.records + records, self.done.units + units, self.done.size + size)
        self.progress(self.done)
        self.check()


def verify_package(
    store: Store,
    path: str,
    package_key: bytes,
    *,
    progress: Callable[[Progress], None] = _nothing,
    check: Callable[[], None] = _nothing,
    expected: str | None = None,
    destroyed: Set[int] = frozenset(),
    processes: int | None = None,
) -> list[Problem]:
    """`expected`: the tagmanifest's SHA-256 (hex) as the package row has it. `destroyed`: slots whose keys were
    destroyed on purpose; any other slot without a key is a problem, and so is one of these with a key.
    `processes`: how many read packs, None = one per processor; 0 = everything in this process, the tables, too.

    Raises StoreUnreachableError where nothing can be said, and what `check` raises; damage is always in the answer.
    """
    count = min(os.cpu_count() or 1, 8) if processes is None else processes
    run = _Run(store, path, package_key, count, progress, check)
    sums = _check_bag(run, expected)
    if sums is None:
        return run.problems
    try:
        package = Package(store, path, package_key)
        lines = package.lines()
    except (SealError, StoreMissingError, PackageError) as error:
        run.problem(opening_code(error), str(error.facts.get("key", "")), **error.facts)
        return run.problems
    usable = _check_keys(run, package, lines, sums, destroyed)
    if package.info.get("Kendali-Record-Class") == "recording":
        _check_recordings(run, package, _check_files(run, package, usable, sums), destroyed)
        return run.problems
    apart = TablesApart(package, package_key, count) if count else None
    try:
        _check_conversations(run, package, apart, _check_files(run, package, usable, sums), destroyed)
    finally:
        if apart is not None:
            apart.close()
    return run.problems


def _check_bag(run: _Run, expected: str | None) -> dict[str, bytes] | None:
    """The payload's sums, or None when there is no telling what the package should hold."""
    try:
        marks = run.store.read(f"{run.path}/{bag.TAGMANIFEST}")
    except StoreMissingError:
        run.problem("package_missing")
        return None
    if expected is not None and sha256(marks).hexdigest() != expected.lower():
        run.problem("tagmanifest_changed", bag.TAGMANIFEST, expected=expected)
    try:
        tags = bag.parse_manifest(marks, bag.TAGMANIFEST)
        for name in sorted(REQUIRED - tags.keys()):
            run.problem("tag_file_unlisted", name)
        for name, wanted in sorted(tags.items()):
            if sha256(_tag_file(run, name)).digest() != wanted:
                run.problem("checksum", name)
        if _tag_file(run, bag.DECLARATION) != bag.DECLARATION_TEXT:
            run.problem("bag_declaration", bag.DECLARATION)
        sums = bag.parse_manifest(_tag_file(run, bag.MANIFEST), bag.MANIFEST)
    except PackageError as error:
        run.problem(error.code, str(error.facts.get("file", "")), **error.facts)
        return None
    _check_complete(run, sums, tags)
    return sums


def _tag_file(run: _Run, name: str) -> bytes:
    try:
        return run.store.read(f"{run.path}/{name}")
    except StoreMissingError:
        run.problem("bag_file_missing", name)
        return b""


def _check_complete(run: _Run, sums: Mapping[str, bytes], tags: Mapping[str, bytes]) -> None:
    """Every file listed is there, and nothing else; nothing is fetched from elsewhere."""
    there = {entry.key.removeprefix(run.path + "/") for entry in run.store.entries(run.path)}
    if "fetch.txt" in there | sums.keys() | tags.keys():
        run.problem("bag_fetch", "fetch.txt")
    for name in sorted(sums):
        if not name.startswith("data/"):
            run.problem("manifest_path", bag.MANIFEST, path=name)
        elif name not in there:
            run.problem("bag_file_missing", name)
    for name in sorted(there - sums.keys() - tags.keys() - {bag.TAGMANIFEST}):
        run.problem("bag_file_unlisted", name)
    for name in sorted({INDEX, RECORDS} - sums.keys()):
        run.problem("bag_file_missing", name)


def _check_keys(
    run: _Run, package: Package, lines: Sequence[IndexLine], sums: Mapping[str, bytes], destroyed: Set[int]
) -> list[IndexLine]:
    """The lines that say where sealed bytes lie."""
    filled = [line for line in lines if line.file]
    for line in filled:
        if line.file not in sums:
            run.problem("index_file", line.file, slot=line.slot)
        has = package.keyring.has(line.slot)
        if not has and line.slot not in destroyed:
            run.problem("key_missing", line.file, slot=line.slot)
        if has and line.slot in destroyed:
            run.problem("key_not_destroyed", line.file, slot=line.slot)
    index = package.store.read(f"{run.path}/{INDEX}")
    if sums.get(INDEX) not in (None, sha256(index).digest()):
        run.problem("checksum", INDEX)
    if len(index) % INDEX_LINE:
        run.problem("index_cut", INDEX)
    run.tick(size=len(index))
    return filled


def _check_files(
    run: _Run, package: Package, lines: Sequence[IndexLine], sums: Mapping[str, bytes]
) -> dict[int, bytes]:
    """Read every payload file whole; slot → keyed digest of what the slot really holds, where that is right."""
    by_file: dict[str, list[IndexLine]] = {}
    for line in lines:
        by_file.setdefault(line.file, []).append(line)
    good: dict[int, bytes] = {}
    packs = {}
    for name, wanted in sorted(sums.items()):
        held = by_file.get(name, [])
        if name == INDEX:
            continue
        if name.endswith(".tar"):
            packs[name] = {line.slot: _place(package, line) for line in held}
        else:
            good |= _check_single(run, package, name, held, wanted)
    kinds = {line.slot: line for line in lines}
    for name, answer in verify_files.check_packs(run.store, run.path, packs, kinds, run.processes, run.tick):
        if isinstance(answer, ArchiveError):
            run.problem("bag_file_missing" if isinstance(answer, StoreMissingError) else "bag_file_unreadable", name)
        else:
            good |= _judge_pack(run, package, name, answer, sums[name], kinds)
    return good


def _place(package: Package, line: IndexLine) -> Place:
    key = package.keyring.unit_key(line.slot) if package.keyring.has(line.slot) else None
    return Place(line.offset, line.length, key)


def _check_single(run: _Run, package: Package, name: str, held: Sequence[IndexLine], wanted: bytes) -> dict[int, bytes]:
    """A file that is one age file: a table, or the list of records."""
    if len(held) != 1 or held[0].kind not in ("table", "records") or held[0].offset:
        run.problem("index_file", name)
        return {}
    line = held[0]
    key = package.keyring.unit_key(line.slot) if package.keyring.has(line.slot) else None
    try:
        content, found, size = verify_files.digest_file(run.store, f"{run.path}/{name}", key)
    except StoreMissingError:
        return {}  # told already
    except StoreError as error:
        run.problem("bag_file_unreadable", name, error=error.code)
        return {}
    if found != wanted or size != line.length:
        run.problem("checksum", name)
    run.tick(size=size)
    if key is None:
        return {}
    if not content:
        run.problem("age", name, slot=line.slot)
        return {}
    digest = keyed_digest(package.keyring.salt(line.slot), content)
    if digest.hex() != line.digest:
        run.problem("digest", name, slot=line.slot)
        return {}
    return {line.slot: digest}


def _judge_pack(
    run: _Run, package: Package, name: str, answer: PackCheck, wanted: bytes, lines: Mapping[int, IndexLine]
) -> dict[int, bytes]:
    if answer.sha256 != wanted:
        run.problem("checksum", name)
    if answer.code:
        run.problem(answer.code, name, **answer.facts)
    good = {}
    for found in answer.found:
        digest, code = _unit_digest(package, found)
        if code:
            run.problem(code, name, slot=found.slot)
        elif digest.hex() != lines[found.slot].digest:
            run.problem("digest", name, slot=found.slot)
        else:
            good[found.slot] = digest
    return good


def _unit_digest(package: Package, found: Found) -> tuple[bytes, str]:
    """(keyed digest, problem code): the fingerprint of the unit as it lies there."""
    if found.code:
        return b"", "unit"
    try:
        head = parse_facts(found.facts)
    except PackageError as error:
        return b"", error.code
    if len(head["files"]) != len(found.files):
        return b"", "unit_files"
    files = [Digest(name, size, sha) for name, (size, sha) in zip(head["files"], found.files, strict=True)]
    return keyed_digest(package.keyring.salt(found.slot), fingerprint.unit(head["facts"], files)), ""


def _check_recordings(run: _Run, package: Package, digests: Mapping[int, bytes], gone: Set[int]) -> None:
    """Each record is held whole by its units, as the connector's fingerprint said when it was copied."""
    listed, compared, units = 0, 0, []
    for record in _read_records(run, package, RECORDS_SLOT in digests):
        listed += 1
        units += [(record.ref, part, slot) for part, slot in record.parts.items()]
        if record.keyed_digest is None or record.slot is None:
            continue
        compared += 1
        if record.slot in digests and digests[record.slot] != record.keyed_digest:
            run.problem("fingerprint", "", record.ref, slot=record.slot)
        run.tick(records=1)
    _check_list(run, package, Checked(compared, listed, units), digests, gone)


def _read_records(run: _Run, package: Package, readable: bool) -> Iterator[WrittenRecord]:
    if not readable:
        return
    try:
        yield from package.records()
    except ArchiveError as error:
        run.problem(error.code, RECORDS, **error.facts)


def _check_conversations(
    run: _Run, package: Package, apart: TablesApart | None, digests: Mapping[int, bytes], gone: Set[int]
) -> None:
    """Each record is held whole by its rows and units. No table is parsed without the list that says whose rows."""
    tables = {name: line for name, line in package.tables().items() if line.slot in digests}
    found = Checked()
    if RECORDS_SLOT in digests:
        if apart is not None:
            found = apart.check(list(tables.values()), run.problem, run.tick)
        else:
            found = check_here(package, tables, run.problem, run.tick)
    _check_list(run, package, found, digests, gone)


def _check_list(run: _Run, package: Package, found: Checked, digests: Mapping[int, bytes], gone: Set[int]) -> None:
    """Nothing of the package is without a record, and no record without what it names."""
    if not found.compared:
        run.problem("nothing_verified")
    if found.listed is None:
        return  # told already, and why
    for ref, part, slot in found.units:
        if slot not in digests and slot not in gone:
            run.problem("record_part", part, ref, slot=slot)
    units = {slot for _, _, slot in found.units}
    lost = sum(1 for slot in digests if slot not in units and package.line(slot).kind in ("recording", "attachment"))
    if lost:
        run.problem("units_without_record", count=lost)
    told = package.info.get("Kendali-Records", "")
    if told != str(found.listed):
        run.problem("record_count", bag.INFO, told=told, found=found.listed)
