"""Files taken away inside one folder only: every step of a path is looked at, and no link is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

from kendali.connectors.base import SourceError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
Seen = Literal["gone", "present", "cannot_see"]


class Outside(Exception):
    """The path is not a plain file below its folder: a link, another kind of file, `..`, an absolute path."""


def remove(root: Path, relative: str) -> bool:
    """Unlink one regular file. False: it was not there. Raises Outside, OSError, and SourceError for a lost folder."""
    with _parent(root, relative) as (folder, name, _):
        if folder is None:
            return False
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(mode):
            raise Outside(relative)
        os.unlink(name, dir_fd=folder)
        return True


def look(root: Path, relative: str) -> Seen:
    """Whether the file is there. An empty root, or more than the file's own folder missing, proves nothing: the disk
    may not be mounted."""
    try:
        with _parent(root, relative) as (folder, name, depth):
            if folder is None:
                return "gone" if depth and depth == len(PurePosixPath(relative).parts) - 2 else "cannot_see"
            if not depth and not os.listdir(folder):
                return "cannot_see"
            os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return "gone"
    except (Outside, OSError, SourceError):
        return "cannot_see"
    return "present"


def plain(root: Path, relative: str) -> bool:
    """There, a regular file, reached without a link: what `remove` would take. Raises SourceError for a lost folder."""
    try:
        with _parent(root, relative) as (folder, name, _):
            return folder is not None and stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except (Outside, OSError):
        return False


def may_remove(root: Path, relative: str) -> bool:
    """Whether this user may take files out of the folder that holds the file."""
    return os.access((root / relative).parent, os.W_OK | os.X_OK)


@contextmanager
def _parent(root: Path, relative: str) -> Iterator[tuple[int | None, str, int]]:
    """(the file's folder, opened; its base name; how many folders below the root are there). No folder: None."""
    steps = PurePosixPath(relative).parts
    if not steps or relative.startswith("/") or any(step in {"..", "."} or "\0" in step for step in steps):
        raise Outside(relative)
    try:
        folder = os.open(root, _FOLDER)
    except OSError as error:
        raise SourceError("folder_missing", path=str(root), reason=str(error.strerror)) from None
    try:
        for depth, step in enumerate(steps[:-1]):
            try:
                below = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            except FileNotFoundError:
                yield None, steps[-1], depth
                return
            except NotADirectoryError:  # a link, or a file
                raise Outside(relative) from None
            os.close(folder)
            folder = below
        yield folder, steps[-1], len(steps) - 1
    finally:
        os.close(folder)
