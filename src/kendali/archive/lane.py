"""One lane of the writer: seals units into its own tar packs, hashing while it copies, with buffers it reuses.

Runs in a thread of the writer, or in a process (`lane_process`); so it imports little: a process starts fast and
stays small.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from kendali.archive.age import AgeWriter, Buffers, Recipient, sealed_size
from kendali.archive.folder_store import create_file, os_errors
from kendali.archive.unit_tar import END, header, layout, member_name, padding

PACK_SIZE: Final = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    name: str
    size: int
    path: str = ""  # else `open`
    open: Callable[[], BinaryIO] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    slot: int
    recipient: bytes  # X25519 public key; a lane never sees a secret one
    facts_name: str
    facts: bytes
    files: Sequence[File]


@dataclass(frozen=True, slots=True)
class Done:
    """Sealed at `offset` (of the age file) in `pack`; or not at all, and `problem` = (code, file name, facts)."""

    slot: int
    pack: str = ""
    offset: int = 0
    length: int = 0
    digests: Sequence[bytes] = ()
    problem: tuple[str, str, Mapping[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """A finished file of the package, not yet published."""

    name: str
    size: int
    sha256: bytes


@dataclass
class Answer:
    done: list[Done] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)


class _FileError(Exception):
    def __init__(self, code: str, name: str, **facts: object) -> None:
        super().__init__(code)
        self.problem = (code, name, facts)


class Lane:
    """`folder` is the draft's, `prefix` the packs' names up to their number; one lane, one prefix."""

    def __init__(
        self,
        folder: Path,
        prefix: str,
        pack_size: int = PACK_SIZE,
        unreadable: tuple[type[Exception], ...] = (OSError,),
    ) -> None:
        self._folder, self._prefix, self._pack_size = folder, prefix, pack_size
        self._unreadable = unreadable
        self._buffers = Buffers()
        self._number = 0
        self._descriptor = -1
        self._position = 0
        self._sha = sha256()
        self._packs: list[Pack] = []

    def run(self, jobs: Sequence[Job]) -> Answer:
        done = [self.seal(job) for job in jobs]
        packs, self._packs = self._packs, []
        return Answer(done, packs)

    def finish(self) -> Answer:
        if self._descriptor >= 0:
            self._end_pack()
        return self.run(())

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def seal(self, job: Job) -> Done:
        """One unit, whole or not at all: after a problem the pack is as before."""
        self._room_for_a_unit()
        plan = layout(job.facts_name, job.facts, [(file.name, file.size) for file in job.files])
        length = sealed_size(plan.size)
        before, state = self._position, self._sha.copy()
        digests = []
        try:
            self._out(memoryview(header(member_name(job.slot), length)))
            start = self._position
            age = AgeWriter(Recipient(job.recipient), self._out, self._buffers)
            for head, file in zip(plan.heads, job.files, strict=True):
                age.write(head)
                digests.append(self._copy(file, age))
            age.write(plan.tail)
            age.finish(plan.size)
        except _FileError as error:
            with os_errors(self._name):
                os.ftruncate(self._descriptor, before)
                os.lseek(self._descriptor, before, os.SEEK_SET)
            self._position, self._sha = before, state
            return Done(job.slot, problem=error.problem)
        self._out(memoryview(bytes(padding(length))))
        return Done(job.slot, self._name, start, length, digests)

    def _copy(self, file: File, age: AgeWriter) -> bytes:
        try:
            source = file.open() if file.open else open(file.path, "rb", buffering=0)  # noqa: SIM115
            with source:
                return _copy_exactly(file, source, age)
        except self._unreadable as error:
            raise _unreadable(file.name, error) from error

    @property
    def _name(self) -> str:
        return f"{self._prefix}{self._number:04d}.tar"

    def _room_for_a_unit(self) -> None:
        if self._descriptor >= 0 and self._position >= self._pack_size:
            self._end_pack()
        if self._descriptor < 0:
            self._number += 1
            self._position, self._sha = 0, sha256()
            with os_errors(self._name):
                self._descriptor = create_file(self._folder / self._name)

    def _end_pack(self) -> None:
        self._out(memoryview(END))
        self.close()
        self._packs.append(Pack(self._name, self._position, self._sha.digest()))

    def _out(self, view: memoryview) -> None:
        self._sha.update(view)
        self._position += len(view)
        with os_errors(self._name):
            while len(view):
                view = view[os.write(self._descriptor, view) :]


def _copy_exactly(file: File, source: BinaryIO, age: AgeWriter) -> bytes:
    """SHA-256 of the file; exactly `file.size` bytes, and then its end, or it is a problem."""
    read = _reader(source)
    digest, left = sha256(), file.size
    while left:
        room = age.space()[:left]
        count = read(room)
        if not count:
            raise _FileError("file_changed_while_copying", file.name, expected=file.size, actual=file.size - left)
        digest.update(room[:count])
        age.advance(count)
        left -= count
    if read(memoryview(bytearray(1))):
        raise _FileError("file_changed_while_copying", file.name, expected=file.size, actual=file.size + 1)
    return digest.digest()


def _reader(source: Any) -> Callable[[memoryview], int]:
    if hasattr(source, "readinto"):
        return lambda room: source.readinto(room) or 0

    def read(room: memoryview) -> int:
        data = source.read(len(room))
        room[: len(data)] = data
        return len(data)

    return read


def _unreadable(name: str, error: Exception) -> _FileError:
    if isinstance(error, FileNotFoundError):
        return _FileError("file_missing", name)
    code, facts = getattr(error, "code", None), getattr(error, "facts", None)
    if isinstance(code, str) and isinstance(facts, Mapping):  # a SourceError speaks for itself
        return _FileError(code, name, **{str(key): value for key, value in facts.items()})
    return _FileError("file_unreadable", name, reason=getattr(error, "strerror", None) or type(error).__name__)
