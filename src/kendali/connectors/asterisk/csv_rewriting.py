"""Master.csv without some calls: a new file beside it, every other line byte for byte, then one rename.

The telephone system may append a line at any moment. What it appended until the rename is copied before it, and what it
appended to the old file in the very moment of the rename is carried over after it. A crash leaves the old file, or the
new one, and at most a temporary file that nobody reads.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kendali.connectors.asterisk.master_csv import MasterCsv, cells
from kendali.connectors.base import SourceError


class Rewriting:
    """`removed`: the rows that will not be in the new file, in their order, cells as MasterCsv reads them."""

    def __init__(self, source: MasterCsv, column: str, refs: set[str]) -> None:
        self._source, self._path = source, source.path
        self.columns, self._has_header = source.layout()
        self._call, self._refs = self.columns.index(column), refs
        self.removed: list[tuple[Any, ...]] = []
        self._new: Path | None = None
        self._old: BinaryIO | None = None
        try:
            self._old = _locked(self._path)
            self._write()
        except OSError as error:
            self.undo()
            raise _unwritable(self._path, error) from None

    def _write(self) -> None:
        self._new = self._path.with_name(f".{self._path.name}.kendali")  # one left by a crash is written over
        self._new.unlink(missing_ok=True)
        with os.fdopen(os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            assert self._old is not None
            stat = os.fstat(self._old.fileno())
            os.fchmod(new.fileno(), stat.st_mode & 0o7777)
            if (stat.st_uid, stat.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(new.fileno(), stat.st_uid, stat.st_gid)
            for raw, row in self._records():
                if row is not None and row[self._call] in self._refs:
                    self.removed.append(self._source.typed(row, self.columns))
                else:
                    new.write(raw)
            new.flush()
            os.fsync(new.fileno())

    def _records(self) -> Iterator[tuple[bytes, list[str] | None]]:
        """(its bytes, its cells): one record may be several lines. No cells: a header, or what cannot be read."""
        taken: list[str] = []
        assert self._old is not None
        text = io.TextIOWrapper(io.BufferedReader(_Kept(self._old)), "utf-8", "surrogateescape", newline="")

        def lines() -> Iterator[str]:
            for line in text:
                taken.append(line)
                yield line

        reader, first = csv.reader(lines()), self._has_header
        while True:
            taken.clear()
            try:
                row: list[str] | None = next(reader)
            except StopIteration:
                return
            except csv.Error:
                row = None
            raw = "".join(taken).encode("utf-8", "surrogateescape")
            readable = row is not None and len(row) == len(self.columns) and not first
            first = False
            yield raw, cells(row) if readable and row is not None else None

    def commit(self) -> None:
        """From here on the lines are gone."""
        assert self._new is not None
        try:
            with self._new.open("ab") as new:
                self._carry_over(new)
                os.fsync(new.fileno())
                self._new.replace(self._path)
                self._new = None
                self._carry_over(new)
                _flush_folder(self._path.parent)
                self._carry_over(new)
                os.fsync(new.fileno())
        except OSError as error:
            raise _unwritable(self._path, error) from None
        finally:
            self.undo()

    def _carry_over(self, new: BinaryIO) -> None:
        """What was appended to the old file since it was read."""
        assert self._old is not None
        while more := self._old.read(1 << 20):
            new.write(more)
        new.flush()

    def undo(self) -> None:
        if self._new is not None:
            self._new.unlink(missing_ok=True)
            self._new = None
        if self._old is not None:
            self._old.close()


def _locked(path: Path) -> BinaryIO:
    """The file that has this name now, locked against another worker of ours."""
    while True:
        file = path.open("rb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return file
        file.close()


def _flush_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Kept(io.RawIOBase):
    """The old file for a text reader, which would close it; its place afterwards is the end that was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return int(self._file.readinto(buffer))  # type: ignore[attr-defined]


def _unwritable(path: Path, error: OSError) -> SourceError:
    return SourceError("file_not_writable", path=str(path), reason=f"{error.strerror}.")
