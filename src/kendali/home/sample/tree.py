"""The tree of recordings on disk, and the register of awkward calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from .audio import MAKERS
from .calls import Call

COPIED_LATER = timedelta(days=200)


@dataclass
class Recorded:
    """What was made. `cases`: name of an awkward case → linkedids of its calls ('' for a file without a call)."""

    calls: int = 0
    files: int = 0
    bytes: int = 0
    legs: int = 0
    cases: dict[str, list[str]] = field(default_factory=dict)


class Tree:
    """Writes audio files below `monitor` and counts them."""

    def __init__(self, monitor: Path, seed: int) -> None:
        self.monitor, self.seed, self.made = monitor, seed, Recorded()

    def path(self, one: Call) -> Path:
        return self.monitor / one.folder / one.file

    def write(self, one: Call, number: int, *, length: int | None = None, mtime: datetime | None = None) -> Path:
        """The call's audio, cut after `length` bytes; modified when the call ended, every twentieth copied later."""
        rnd = Random(self.seed * 1_000_003 + number)  # noqa: S311
        content = MAKERS[one.kind][1](rnd, one.seconds)[:length]
        path = self.path(one)
        try:
            path.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        ended = one.start + timedelta(seconds=one.seconds + 9)
        if number % 20 == 7:
            ended += COPIED_LATER
        when = (mtime or ended).timestamp()
        os.utime(path, (when, when))
        self.made.files += 1
        self.made.bytes += len(content)
        return path


AWKWARD: dict[str, Callable[[Tree, Call, int], Call | None]] = {}


def awkward_case(maker: Callable[[Tree, Call, int], Call | None]) -> Callable[[Tree, Call, int], Call | None]:
    AWKWARD[maker.__name__] = maker
    return maker


def moved(one: Call, start: datetime) -> Call:
    """The same call at another local time, its name, folder and ids with it."""
    zone = one.start.tzinfo
    start = start.replace(tzinfo=zone)
    old, new = one.start.strftime("%Y%m%d-%H%M%S"), start.strftime("%Y%m%d-%H%M%S")
    seconds = str(int(one.start.timestamp())), str(int(start.timestamp()))
    file = one.file.replace(old, new).replace(*seconds)
    shift = start.replace(tzinfo=None) - one.start.replace(tzinfo=None)
    legs = tuple(
        leg._replace(
            calldate=leg.calldate + shift,
            uniqueid=leg.uniqueid.replace(*seconds),
            linkedid=leg.linkedid.replace(*seconds),
            recordingfile=file if leg.recordingfile else "",
        )
        for leg in one.legs
    )
    return replace(one, start=start, folder=start.strftime("%Y/%m/%d"), file=file, legs=legs)
