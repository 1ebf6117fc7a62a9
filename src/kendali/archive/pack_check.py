"""Reads one file of a package from its first byte to its last: its SHA-256, and what its sealed units really hold.

Hostile input: a pack may hold only plain members ``^\\d{8}\\.age$``, each once, exactly where the index has them;
a unit only its facts and the files that these name. Imports little, so that it also runs in processes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from kendali.archive.age_read import ReadBuffers, Source, read_age
from kendali.archive.errors import ArchiveError, PackageError
from kendali.archive.keyring import identity_of
from kendali.archive.unit_tar import FACTS_LIMIT, MEMBER, Member, padding, walk


@dataclass(frozen=True, slots=True)
class Place:
    """Where the index says that a slot's age file lies, and its key (None: destroyed, its bytes are only hashed)."""

    offset: int
    length: int
    unit_key: bytes | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a slot held: facts as stored, and size and SHA-256 of each file; or the code of its problem."""

    slot: int
    facts: bytes = b""
    files: tuple[tuple[int, bytes], ...] = ()
    code: str = ""


@dataclass
class PackCheck:
    sha256: bytes
    size: int
    found: list[Found] = field(default_factory=list)
    code: str = ""  # the pack itself is not what it must be
    facts: Mapping[str, object] = field(default_factory=dict)


class Hashed:
    """A source that is hashed and counted as it is read, and can be read through a window."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.sha, self.position = sha256(), 0
        self._end: int | None = None
        self._scratch = memoryview(bytearray(256 * 1024))

    def readinto(self, buffer: memoryview, /) -> int:
        if self._end is not None:
            buffer = buffer[: self._end - self.position]
        count = self._source.readinto(buffer) or 0 if len(buffer) else 0
        self.sha.update(buffer[:count])
        self.position += count
        return count

    def window(self, length: int) -> None:
        """The next `length` bytes look like the whole."""
        self._end = self.position + length

    def leave(self) -> None:
        """Read on to the end of the window, and open the view again."""
        while self.readinto(self._scratch):
            pass
        if self._end is not None and self.position < self._end:
            raise PackageError("tar_truncated", offset=self.position)
        self._end = None

    def leave_all(self) -> None:
        """Read on to the very end, for the sum of the file."""
        self._end = None
        while self.readinto(self._scratch):
            pass

    def exactly(self, count: int) -> bytes:
        data = bytearray(count)
        view, done = memoryview(data), 0
        while done < count:
            got = self.readinto(view[done:])
            if not got:
                raise PackageError("tar_truncated", offset=self.position)
            done += got
        return bytes(data)


def check_pack(
    source: Source,
    places: Mapping[int, Place],
    facts_name: str,
    tick: Callable[[int], None] = lambda _: None,
) -> PackCheck:
    """`tick(bytes)` after each member. Never raises for content; a damaged unit does not hide the next ones."""
    hashed, buffers = Hashed(source), ReadBuffers()
    result = PackCheck(b"", 0)
    seen: set[int] = set()

    def member(entry: Member) -> None:
        if not MEMBER.fullmatch(entry.name):
            raise PackageError("member_name", offset=entry.offset)
        slot = int(entry.name[:8])
        place = places.get(slot)
        if slot in seen or place is None or (place.offset, place.length) != (entry.offset, entry.size):
            raise PackageError("member_unexpected", slot=slot)
        seen.add(slot)
        hashed.window(entry.size)
        if place.unit_key is not None:
            result.found.append(_check_unit(hashed, slot, place.unit_key, facts_name, buffers))
        hashed.leave()
        hashed.exactly(padding(entry.size))
        tick(entry.size)

    try:
        walk(hashed.exactly, member)
        missing = sorted(places.keys() - seen)
        if missing:
            raise PackageError("member_missing", slot=missing[0], count=len(missing))
        if hashed.readinto(memoryview(bytearray(1))):
            raise PackageError("tar_end", offset=hashed.position)
    except PackageError as error:
        result.code, result.facts = error.code, error.facts
        hashed.leave_all()
    result.sha256, result.size = hashed.sha.digest(), hashed.position
    return result


def _check_unit(source: Source, slot: int, key: bytes, facts_name: str, buffers: ReadBuffers) -> Found:
    try:
        facts, files = read_unit(read_age(source, identity_of(key), buffers), facts_name)
    except ArchiveError as error:
        return Found(slot, code=error.code)
    return Found(slot, facts, files)


class _Content:
    """The plaintext of a unit as a sequence of exact reads."""

    def __init__(self, chunks: Iterator[memoryview]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def some(self, limit: int) -> memoryview:
        if not len(self._rest):
            self._rest = next(self._chunks, memoryview(b""))
            if not len(self._rest):
                raise PackageError("unit_truncated")
        part, self._rest = self._rest[:limit], self._rest[limit:]
        return part

    def exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            data += self.some(count - len(data))
        return bytes(data)

    def digest(self, count: int) -> bytes:
        sha = sha256()
        while count:
            part = self.some(count)
            sha.update(part)
            count -= len(part)
        return sha.digest()

    def end(self) -> None:
        """The last chunk must have been seen and authenticated: only then was any of it true."""
        if len(self._rest) or any(len(chunk) for chunk in self._chunks):
            raise PackageError("unit_end")


def read_unit(chunks: Iterator[memoryview], facts_name: str) -> tuple[bytes, tuple[tuple[int, bytes], ...]]:
    """(facts as stored, (size, SHA-256) of each file in order). Raises PackageError, AgeError."""
    content = _Content(chunks)
    facts: list[bytes] = []
    files: list[tuple[int, bytes]] = []

    def member(entry: Member) -> None:
        if not facts:
            if entry.name != facts_name or entry.size > FACTS_LIMIT:
                raise PackageError("unit_facts")
            facts.append(content.exactly(entry.size))
        else:
            files.append((entry.size, content.digest(entry.size)))
        content.exactly(padding(entry.size))

    walk(content.exactly, member)
    content.end()
    if not facts:
        raise PackageError("unit_facts")
    return facts[0], tuple(files)


def content_digest(source: Source, unit_key: bytes) -> tuple[bytes, bytes, int]:
    """Of a file that is one age file: (SHA-256 of its content, SHA-256 of the file, bytes). Raises AgeError."""
    hashed, content = Hashed(source), sha256()
    for chunk in read_age(hashed, identity_of(unit_key)):
        content.update(chunk)
    return content.digest(), hashed.sha.digest(), hashed.position


def plain_digest(source: Source) -> tuple[bytes, int]:
    """(SHA-256, bytes) of a whole file."""
    hashed = Hashed(source)
    hashed.leave_all()
    return hashed.sha.digest(), hashed.position
