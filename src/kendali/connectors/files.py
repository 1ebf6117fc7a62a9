"""Files of a source: opened inside its folder only; missing, unreadable and cut off told apart; checked while read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kendali.connectors.base import Problem, SourceFile


def inside(root: Path, relative: str) -> Path | None:
    """`root`/`relative` if that stays in `root`, links followed; None if not."""
    if "\0" in relative:
        return None
    path = root / relative
    return path if path.resolve().is_relative_to(root.resolve()) else None


def size_or_problem(path: Path, ref: str, part: str) -> int | Problem:
    """The file's size in bytes, or why it cannot be copied. It is opened, since only that shows the right to read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
        if size == 0:
            return Problem("file_empty", ref, part)
        return size
    except FileNotFoundError:
        return Problem("file_missing", ref, part)
    except OSError as error:
        return Problem("file_unreadable", ref, part, {"reason": error.strerror or type(error).__name__})


def safe_name(name: str) -> str:
    """A file name that can stand in an archive member: no folder, no control character, not empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    cleaned = "".join(letter if letter.isprintable() else "_" for letter in last).strip()
    return cleaned if cleaned not in {"", ".", ".."} else "file"


class Checked(io.RawIOBase):
    """A file that is digested while somebody else reads it once from its start to its end.

    At the end `finished` is called with the digest (hex) and the number of bytes read.
    """

    def __init__(self, file: BinaryIO, algorithm: str, finished: Callable[[str, int], None]) -> None:
        self._file, self._finished = file, finished
        self._digest = hashlib.new(algorithm, usedforsecurity=False)
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        count = int(self._file.readinto(view))  # type: ignore[attr-defined]
        if count:
            self._digest.update(view[:count])
            self._size += count
        elif len(view):
            self._finished(self._digest.hexdigest(), self._size)
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def checked_file(name: str, path: Path, size: int, algorithm: str, finished: Callable[[str, int], None]) -> SourceFile:
    """A file to be copied through `open` only (no `path`), so that every byte passes the check."""

    def opened() -> BinaryIO:
        return Checked(path.open("rb", buffering=0), algorithm, finished)  # type: ignore[return-value]

    return SourceFile(name, size, opened)
