"""Uji restore: bring records of a package back as a person would get them, and compare with their fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from random import Random
from typing import Final

from kendali import fingerprint
from kendali.archive.errors import ArchiveError, StoreUnreachableError
from kendali.archive.keyring import keyed_digest
from kendali.archive.package import Progress, WrittenRecord
from kendali.archive.problems import opening_code
from kendali.archive.reader import OpenUnit, Package
from kendali.archive.stores import Store
from kendali.archive.verify import Digest
from kendali.connectors.base import Problem

_READ: Final = 1 << 20
_TOGETHER: Final = 1_000  # records of the package from which the conversations restored at once come


@dataclass
class Drill:
    """`restored` records of `records`, `size` bytes of files; verified only with no problem and at least one record."""

    records: int = 0
    restored: int = 0
    size: int = 0
    problems: list[Problem] = field(default_factory=list)


def drill(
    store: Store,
    path: str,
    package_key: bytes,
    *,
    sample: int | None = None,
    seed: int | None = None,
    destroyed: Set[int] = frozenset(),
    progress: Callable[[Progress], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> Drill:
    """Restore `sample` records (None: all that can be compared), chosen by `seed` where one is given. Records whose
    slots are `destroyed` on purpose are not among them; any other slot without a key is a problem."""
    result = Drill()
    try:
        package = Package(store, path, package_key)
        records = [r for r in package.records() if r.keyed_digest and destroyed.isdisjoint(r.parts.values())]
    except StoreUnreachableError:
        raise
    except ArchiveError as error:
        result.problems.append(Problem(opening_code(error), part=str(error.facts.get("key", "")), facts=error.facts))
        return result
    result.records = len(records)
    chosen: Sequence[int] = range(len(records))
    if sample is not None and sample < len(records):
        chosen = sorted(Random(seed).sample(chosen, sample))  # noqa: S311 - a sample, no secret
    # Conversations that lie near each other share their row groups: read once, not once for each.
    for _, numbers in groupby(chosen, lambda number: number // _TOGETHER):
        near = [records[number] for number in numbers]
        rows = _Rows(package, [record.ref for record in near if record.slot is None])
        for record in near:
            check()
            try:
                _restore(package, record, rows, result)
            except StoreUnreachableError:
                raise
            except (ArchiveError, ValueError, OSError) as error:
                code = error.code if isinstance(error, ArchiveError) else "unreadable"
                result.problems.append(Problem(code, record.ref))
            progress(Progress(result.restored, 0, result.size))
    if not result.restored and not result.problems:
        result.problems.append(Problem("nothing_verified"))
    return result


class _Rows:
    """The rows of some conversations: read when the first is asked for; one by one where that fails."""

    def __init__(self, package: Package, refs: Sequence[str]) -> None:
        self._package, self._refs = package, refs

    @cached_property
    def _prints(self) -> Mapping[str, bytes] | None:
        try:
            return fingerprint.conversations(self._package.conversations(self._refs), self._refs)
        except StoreUnreachableError:
            raise
        except (ArchiveError, ValueError, OSError):
            return None  # one of them is damaged: which?

    def fingerprint(self, ref: str) -> bytes | None:
        if self._prints is not None:
            return self._prints.get(ref)
        return fingerprint.conversations(self._package.conversation(ref), [ref]).get(ref)


def _restore(package: Package, record: WrittenRecord, rows: _Rows, result: Drill) -> None:
    good = True
    for part, slot in record.parts.items():
        found = unit_digest(package, slot, result)
        wanted = record.keyed_digest if slot == record.slot else bytes.fromhex(package.line(slot).digest)
        if found != wanted:
            result.problems.append(Problem("fingerprint", record.ref, part))
            good = False
    if record.slot is None:
        found = rows.fingerprint(record.ref) or b""
        salt = package.keyring.conversation_salt(record.ref)
        if not found or keyed_digest(salt, found) != record.keyed_digest:
            result.problems.append(Problem("fingerprint", record.ref))
            good = False
    result.restored += good


def unit_digest(package: Package, slot: int, result: Drill) -> bytes:
    """Keyed digest of a unit's fingerprint, its files read whole."""
    unit: OpenUnit = package.unit(slot)
    files = []
    for name, stream in unit.files:
        digest = sha256()
        while data := stream.read(_READ):
            digest.update(data)
        files.append(Digest(name, stream.size, digest.digest()))
        result.size += stream.size
    return keyed_digest(package.keyring.salt(slot), fingerprint.unit(unit.facts, files))
