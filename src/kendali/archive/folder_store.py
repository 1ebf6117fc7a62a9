"""A folder as a store: files 0600, folders 0700, everything flushed before it counts."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kendali.archive.age_read import Source
from kendali.archive.errors import (
    StoreExistsError,
    StoreFullError,
    StoreMissingError,
    StoreRefusedError,
    StoreUnreachableError,
)
from kendali.archive.stores import COMMIT_MARK, Entry, checked

DRAFTS: Final = ".drafts"
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def os_errors(what: object) -> Iterator[None]:
    """OSErrors as StoreErrors."""
    try:
        yield
    except FileExistsError as error:
        raise StoreExistsError("exists", key=str(what)) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreMissingError("missing", key=str(what)) from error
    except OSError as error:
        facts = {"key": str(what), "error": os.strerror(error.errno) if error.errno else str(error)}
        if error.errno in _FULL:
            raise StoreFullError("full", **facts) from error
        if error.errno in _REFUSED:
            raise StoreRefusedError("refused", **facts) from error
        if error.errno == errno.ENOTEMPTY:
            raise StoreExistsError("exists", key=str(what)) from error
        raise StoreUnreachableError("unreachable", **facts) from error


def flush(path: Path, *, forget: bool = False) -> None:
    """fsync a file or folder. `forget`: what is read of it next comes from the disk, not from memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        if forget and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def make_folder(path: Path, root: Path) -> None:
    """`path` below `root`, each new level 0700 and its parent flushed."""
    if path == root or path.is_dir():
        return
    make_folder(path.parent, root)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        flush(path.parent)


def create_file(path: Path) -> int:
    """A descriptor of a new file 0600."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def write_new(path: Path, data: bytes) -> None:
    """A new file with this content, flushed; on failure no file."""
    descriptor = create_file(path)
    try:
        view = memoryview(data)
        while len(view):
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


class FolderStore:
    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.url = str(self.root)
        self.options: Mapping[str, str] = {}
        with os_errors(self.root):
            if not self.root.is_dir():
                if self.root.exists():
                    raise StoreRefusedError("not_a_folder", key=self.url)
                self.root.mkdir(mode=0o700, parents=True)

    def local(self, key: str) -> Path:
        return self.root / checked(key)

    def put(self, key: str, data: bytes) -> None:
        path = self.local(key)
        with os_errors(key):
            make_folder(path.parent, self.root)
            drafts = self.root / DRAFTS
            make_folder(drafts, self.root)
            # Written aside and linked, so that a reader sees all of it or nothing, and a name is never taken twice.
            aside = drafts / f"put-{secrets.token_hex(8)}"
            write_new(aside, data)
            try:
                os.link(aside, path)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
                    raise
                write_new(path, data)  # no links here (FAT, some network disks)
            finally:
                aside.unlink(missing_ok=True)
            flush(path.parent)

    def read(self, key: str) -> bytes:
        with os_errors(key):
            return self.local(key).read_bytes()

    def read_range(self, key: str, start: int, length: int) -> bytes:
        with os_errors(key):
            descriptor = os.open(self.local(key), os.O_RDONLY)
            try:
                data = os.pread(descriptor, length, start)
            finally:
                os.close(descriptor)
        if len(data) != length:
            raise StoreMissingError("ends_before", key=key, start=start, length=length)
        return data

    @contextmanager
    def _stream(self, key: str) -> Iterator[Source]:
        with os_errors(key), self.local(key).open("rb", buffering=0) as file:
            yield file

    def stream(self, key: str) -> AbstractContextManager[Source]:
        return self._stream(key)

    def size(self, key: str) -> int:
        with os_errors(key):
            return self.local(key).stat().st_size

    def entries(self, prefix: str) -> Iterator[Entry]:
        base = self.local(prefix) if prefix else self.root
        with os_errors(prefix):
            for path in sorted(base.rglob("*")) if base.is_dir() else []:
                if path.is_file() and DRAFTS not in path.relative_to(self.root).parts[:1]:
                    status = path.stat()
                    modified = datetime.fromtimestamp(status.st_mtime, UTC)
                    yield Entry(path.relative_to(self.root).as_posix(), status.st_size, modified)

    def delete(self, key: str) -> None:
        path = self.local(key)
        with os_errors(key):
            path.unlink()
            flush(path.parent)

    def draft(self, path: str) -> FolderDraft:
        return FolderDraft(self, checked(path))

    def free(self) -> int:
        """Bytes left for us."""
        with os_errors(self.root):
            return shutil.disk_usage(self.root).free

    def remove_empty_drafts(self) -> None:
        """For folders that are handed out: leave no trace of how they were written."""
        with suppress(OSError):
            (self.root / DRAFTS).rmdir()

    def remove_package(self, path: str) -> None:
        place = self.local(path)
        gone = self.root / DRAFTS / f"gone-{place.name}"
        with os_errors(path):
            make_folder(self.root / DRAFTS, self.root)
            if not gone.is_dir():  # else an earlier attempt got as far as taking it away
                place.rename(gone)
                flush(place.parent)
            shutil.rmtree(gone)

    def clean(self, older_than: datetime) -> list[str]:
        drafts, gone = self.root / DRAFTS, []
        with os_errors(drafts):
            for path in sorted(drafts.iterdir()) if drafts.is_dir() else []:
                newest = max(p.lstat().st_mtime for p in [path, *path.rglob("*")])
                if newest < older_than.timestamp():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                    gone.append(path.name)
        return gone


class FolderDraft:
    """Written under ``.drafts/``, flushed, renamed once."""

    def __init__(self, store: FolderStore, path: str) -> None:
        self._final = store.local(path)
        self._key = path
        self._store = store
        if self._final.exists():
            raise StoreExistsError("exists", key=path)
        self._folder = store.root / DRAFTS / f"{path.rsplit('/', 1)[-1]}-{secrets.token_hex(4)}"
        with os_errors(path):
            make_folder(self._folder, store.root)

    def path(self, name: str) -> Path:
        path = self._folder / checked(name)
        with os_errors(name):
            make_folder(path.parent, self._store.root)
        return path

    def publish(self, name: str) -> None:
        with os_errors(name):
            flush(self._folder / name, forget=True)

    def commit(self, last: bytes) -> None:
        with os_errors(self._key):
            write_new(self.path(COMMIT_MARK), last)
            for folder, _, _ in os.walk(self._folder, topdown=False):
                flush(Path(folder))
            make_folder(self._final.parent, self._store.root)
            self._folder.rename(self._final)
            flush(self._final.parent)

    def abandon(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
