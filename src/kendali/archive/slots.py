"""Slots: the declared places where an epoch master lives, never the database.

A slot is a folder. It is prepared once, when it is registered: from then on a mark in it tells the declared disk from
the empty mount point left behind when that disk is away; without its mark a slot is unreachable, nothing is written.
`keyfile` holds the master as it is; `offhost` holds it encrypted (age, X25519) to the recovery identity, so that
only the printed sheet opens it, and the program itself only checks that the bytes are the ones it wrote.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kendali.archive import age
from kendali.archive.age_read import decrypt_bytes
from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError

KEYFILE, OFFHOST = "keyfile", "offhost"
KINDS = (KEYFILE, OFFHOST)
MARK = "kendali-slot"
LARGEST = 64 * 1024  # bytes; no slot file is near it


class SlotError(ArchiveError):
    """The slot answered, and the answer is wrong: foreign, different, damaged. `facts["location"]` says which."""


class SlotUnreachableError(SlotError):
    """The slot did not answer: disk away, path gone, no right to read. It may still hold a master."""


class SlotAbsentError(SlotError):
    """The slot answered: it holds no master of this epoch."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of KENDALI_KEYS: ``[kind:]/path[=where it is, in words]``."""

    kind: str
    path: str
    declared: str = ""


def places(text: str) -> list[Place]:
    """The comma separated list of KENDALI_KEYS; SlotError names the entry that cannot be understood."""
    found = [_place(entry.strip()) for entry in text.split(",") if entry.strip()]
    paths = [os.path.realpath(place.path) for place in found]
    if len(set(paths)) != len(paths):
        raise SlotError("slot_twice", location=text)
    return found


def _place(entry: str) -> Place:
    address, _, declared = entry.partition("=")
    kind, colon, path = address.partition(":")
    if not colon:
        kind, path = KEYFILE, address
    if kind not in KINDS:
        raise SlotError("slot_kind", location=entry, kinds=", ".join(KINDS))
    if not os.path.isabs(path):
        raise SlotError("slot_path", location=entry)
    return Place(kind, os.path.normpath(path), declared.strip())


@dataclass(frozen=True, slots=True)
class Slot:
    """A prepared folder. `mark` is what its mark file says; `recipient` (age1…) is needed to write an offhost slot."""

    kind: str
    path: str
    mark: str
    recipient: str = ""

    def prepare(self) -> None:
        """Create the folder (0700) and its mark. A folder that another installation marked, or that already holds
        something, is refused and left as it is."""
        folder = Path(self.path)
        with _answers(self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark = folder / MARK
            if mark.exists():
                if mark.read_text() != self.mark + "\n":
                    raise SlotError("slot_foreign", location=self.path)
                return
            if any(folder.iterdir()):
                raise SlotError("slot_not_empty", location=self.path)
            _write(mark, (self.mark + "\n").encode())

    def write(self, master: Master) -> str:
        """Write, flush file and folder, read back. Returns the SHA-256 (hex) of the file, which proves an offhost
        slot later. Writing the same keyfile again is no error; another master under the same number is."""
        self._check_mark()
        path = self._file(master.number)
        with _answers(self.path):
            if self.kind == KEYFILE and path.exists():
                if self.read(master.number) != master:
                    raise SlotError("slot_differs", location=self.path, epoch=master.number)
                return self.digest(master.number)
            content = master.to_text()
            if self.kind == OFFHOST:
                content = age.encrypt_bytes(age.Recipient.parse(self.recipient), content)
            _write(path, content)
        if self._bytes(master.number) != content:
            raise SlotError("slot_differs", location=self.path, epoch=master.number)
        return sha256(content).hexdigest()

    def read(self, number: int, identity: age.Identity | None = None) -> Master:
        """The master of that epoch; an offhost slot opens only with the recovery identity of the sheet."""
        self._check_mark()
        content = self._bytes(number)
        if self.kind == OFFHOST:
            if identity is None:
                raise SlotError("slot_needs_sheet", location=self.path)
            master = open_offhost(content, identity)
        else:
            master = Master.from_text(content)
        if master.number != number:
            raise SlotError("slot_differs", location=self.path, epoch=number)
        return master

    def digest(self, number: int) -> str:
        self._check_mark()
        return sha256(self._bytes(number)).hexdigest()

    def delete(self, number: int) -> None:
        """Overwrite, flush and unlink every file of that epoch, half-written ones too. Overwriting is best effort:
        flash and copy-on-write disks may keep old blocks, which is why the claim is about the product's keys only."""
        self._check_mark()
        with _answers(self.path):
            for path in self._files(number):
                with path.open("r+b") as file:
                    file.write(bytes(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
            _flush_folder(Path(self.path))

    def holds(self, number: int) -> bool:
        """Look: is there any file of that epoch? A half-written one may hold the master, and counts."""
        self._check_mark()
        with _answers(self.path):
            return bool(self._files(number))

    def numbers(self) -> list[int]:
        """Epochs that have a complete file here, oldest first."""
        self._check_mark()
        with _answers(self.path):
            stems = (path.name for path in Path(self.path).glob(f"epoch-*.{self._suffix}"))
            return sorted(int(stem[6:12]) for stem in stems if stem[6:12].isdigit())

    def is_private(self) -> bool:
        """False when accounts other than the owner's may read what is in the folder."""
        with _answers(self.path):
            return (
                not any(
                    stat.S_IMODE(path.stat().st_mode) & 0o077
                    for path in Path(self.path).glob(f"epoch-*.{self._suffix}")
                )
                or not stat.S_IMODE(os.stat(self.path).st_mode) & 0o077
            )

    def disk(self) -> int:
        """The device number: two slots with the same one are lost together."""
        with _answers(self.path):
            return os.stat(self.path).st_dev

    @property
    def _suffix(self) -> str:
        return "age" if self.kind == OFFHOST else "key"

    def _file(self, number: int) -> Path:
        return Path(self.path) / f"epoch-{number:06d}.{self._suffix}"

    def _files(self, number: int) -> Sequence[Path]:
        return sorted(Path(self.path).glob(f"epoch-{number:06d}.*"))

    def _bytes(self, number: int) -> bytes:
        path = self._file(number)
        with _answers(self.path):
            if not path.exists():
                raise SlotAbsentError("slot_absent", location=self.path, epoch=number)
            with path.open("rb") as file:
                return file.read(LARGEST)

    def _check_mark(self) -> None:
        with _answers(self.path):
            mark = Path(self.path) / MARK
            if not mark.exists():
                raise SlotUnreachableError("slot_unmarked", location=self.path)
            if mark.read_text() != self.mark + "\n":
                raise SlotError("slot_foreign", location=self.path)


def open_offhost(content: bytes, identity: age.Identity) -> Master:
    """The master in the bytes of an offhost file (also one carried here by hand); AgeError when R does not open it."""
    return Master.from_text(decrypt_bytes(identity, content))


def _write(path: Path, content: bytes) -> None:
    """All or nothing and on the disk when it returns: temporary name, flush, rename, flush the folder. 0600."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    part.rename(path)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:  # some network file systems cannot flush a folder; the read-back still decides
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)


@contextmanager
def _answers(location: str) -> Iterator[None]:
    """Everything the operating system refuses is one thing for us: the slot did not answer."""
    try:
        yield
    except OSError as error:
        raise SlotUnreachableError("slot_unreachable", location=location, why=error.strerror or str(error)) from error
