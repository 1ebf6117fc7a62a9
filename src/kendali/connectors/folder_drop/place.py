"""Where a vendor's files lie: a folder, or one ZIP in it. Nothing is ever unpacked; members are read by name."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from kendali.connectors.base import Problem, SourceError, SourceFile
from kendali.connectors.files import inside, safe_name, size_or_problem


class Place(Protocol):
    def state(self) -> object:
        """Changes whenever the export was replaced or has grown. Raises SourceError `export_missing`."""

    def open(self, name: str) -> BinaryIO | None:
        """A file by its relative name; None if it is not there."""

    def file(self, name: str, ref: str) -> SourceFile | Problem: ...

    def close(self) -> None: ...


class Folder:
    def __init__(self, root: Path, records: str) -> None:
        self._root, self._records = root, records

    def state(self) -> object:
        messages = Path(self._records).with_name("messages.csv")
        return [_stat(self._root / self._records, required=True), _stat(self._root / messages, required=False)]

    def open(self, name: str) -> BinaryIO | None:
        path = inside(self._root, name)
        return path.open("rb") if path is not None and path.is_file() else None

    def file(self, name: str, ref: str) -> SourceFile | Problem:
        relative = name.replace("\\", "/")
        path = inside(self._root, relative)
        if path is None:
            return Problem("file_outside", ref, name)
        size = size_or_problem(path, ref, name)
        if isinstance(size, Problem):
            return size
        return SourceFile(safe_name(relative), size, lambda: path.open("rb"), path)

    def close(self) -> None:
        return


class Zip:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: zipfile.ZipFile | None = None
        self._opened: object = None

    def state(self) -> object:
        return _stat(self._path, required=True)

    def _zip(self) -> zipfile.ZipFile:
        state = self.state()
        if self._archive is None or self._opened != state:
            self.close()
            try:
                self._archive, self._opened = zipfile.ZipFile(self._path), state
            except (zipfile.BadZipFile, OSError) as error:
                raise SourceError("folder_unreadable", path=str(self._path), reason=f"{error}.") from None
        return self._archive

    def open(self, name: str) -> BinaryIO | None:
        archive = self._zip()
        try:
            return io.BufferedReader(_Member(archive.open(name)))
        except KeyError:
            return None
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise OSError(0, f"{error}.") from None

    def file(self, name: str, ref: str) -> SourceFile | Problem:
        relative = name.replace("\\", "/")
        try:
            member = self._zip().getinfo(relative)
        except KeyError:
            return Problem("file_missing", ref, name)
        if member.flag_bits & 1:
            return Problem("file_unreadable", ref, name, {"reason": "It is encrypted."})
        if member.file_size == 0:
            return Problem("file_empty", ref, name)
        return SourceFile(safe_name(relative), member.file_size, self._opener(relative))

    def _opener(self, name: str) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            stream = self.open(name)
            if stream is None:
                raise FileNotFoundError(name)
            return stream

        return opened

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None


class _Member(io.RawIOBase):
    """A member of a ZIP whose damage shows as OSError, like that of any other file."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            data = self._stream.read(len(view))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise OSError(0, f"{error}.") from None
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _stat(path: Path, *, required: bool) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        if required:
            raise SourceError("export_missing", file=str(path)) from None
        return None
    except OSError as error:
        raise SourceError("folder_unreadable", path=str(path), reason=f"{error.strerror}.") from None
    return found.st_size, found.st_mtime_ns
