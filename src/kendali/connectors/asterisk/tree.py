"""The recording tree: `monitor/YYYY/MM/DD/name`, by the local date of the call's start (not the file's own date)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path, PurePosixPath

from kendali.connectors.audio import FORMATS
from kendali.connectors.files import inside

_STAMP = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_SUFFIXES = (".wav", ".WAV", ".mp3", ".opus", ".ogg", ".gsm")


class Tree:
    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, named: str, days: Iterable[date]) -> Path | None:
        """The file of a recording name. None: not there. ValueError: the name points outside the tree.

        The name may be a base name, a path below the root, or a full path; a recording that was converted later keeps
        its stem with another suffix. A call over midnight lies in the folder of the day it began.
        """
        name = self._relative(named)
        folders = [""] if "/" in name else []
        seen = set()
        for day in [*_in_name(name), *days]:
            for near in (day, day - timedelta(days=1), day + timedelta(days=1)):
                if near not in seen:
                    seen.add(near)
                    folders.append(f"{near:%Y/%m/%d}")
        for candidate in _spellings(name):
            for folder in (*folders, ""):
                path = inside(self.root, str(PurePosixPath(folder) / candidate))
                if path is None:
                    raise ValueError(named)
                if path.is_file():
                    return path
        return None

    def _relative(self, named: str) -> str:
        name = named.removeprefix("audio:").strip()
        if not name.startswith("/"):
            return name
        for root in (str(self.root), str(self.root.resolve()), "/var/spool/asterisk/monitor"):
            if name.startswith(root + "/"):
                return name[len(root) + 1 :]
        raise ValueError(named)

    def days(self) -> Iterator[tuple[date, list[str]]]:
        """(day, names of its recordings), oldest day first; folders that are no day are left alone."""
        for year in _folders(self.root, r"\d{4}"):
            for month in _folders(self.root / year, r"\d{2}"):
                for day in _folders(self.root / year / month, r"\d{2}"):
                    try:
                        when = date(int(year), int(month), int(day))
                    except ValueError:
                        continue
                    with os.scandir(self.root / year / month / day) as entries:
                        names = [entry.name for entry in entries if entry.is_file()]
                    yield when, sorted(name for name in names if Path(name).suffix.lower() in FORMATS)

    def copies(self, path: Path) -> list[Path]:
        """A recording and what it was converted to beside it, links included."""
        bare = stem(path.name)
        beside = [path.with_name(f"{bare}{suffix}") for suffix in _SUFFIXES]
        return [path, *(other for other in beside if other != path and os.path.lexists(other))]

    def spellings(self, path: Path) -> list[str]:
        """Every name by which a call record may mean this file; see `find`."""
        relative = path.relative_to(self.root).with_name(stem(path.name)).as_posix()
        roots = ("", f"{self.root}/", f"{self.root.resolve()}/", "/var/spool/asterisk/monitor/")
        bare = dict.fromkeys([stem(path.name), *(f"{root}{relative}" for root in roots)])
        return [f"{name}{suffix}" for name in bare for suffix in ("", *_SUFFIXES)]


def stem(name: str) -> str:
    """What stays the same when a recording is converted: its base name without the format's suffix."""
    base = PurePosixPath(name.removeprefix("audio:").strip()).name
    suffix = PurePosixPath(base).suffix
    return base[: -len(suffix)] if suffix.lower() in FORMATS else base


def _folders(parent: Path, pattern: str) -> list[str]:
    with os.scandir(parent) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and re.fullmatch(pattern, entry.name))


def _in_name(name: str) -> Iterator[date]:
    """Days written in the name, as in `q-600-08123-20240229-101112-1709176272.1.wav`."""
    for year, month, day in _STAMP.findall(name):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def _spellings(name: str) -> Iterator[str]:
    yield name
    path = PurePosixPath(name)
    known = path.suffix.lower() in FORMATS
    bare = str(path.with_suffix("")) if known else name
    for suffix in _SUFFIXES:
        if f"{bare}{suffix}" != name:
            yield f"{bare}{suffix}"
