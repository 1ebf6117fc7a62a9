"""RESULTS.md: a heading per part, the command that made it, and a line per figure with its goal."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HEAD = """# Benchmarks

Made by `./kendali bench` (options: `./kendali bench --help`), each part by the command under its heading. Ours and the
peer run in turns in the same minutes, every second round in reverse order; a ratio is the median of the rounds' ratios,
a time the median of the rounds. Times are those of whole processes, from start to end, with everything flushed to the
disk. Memory is the peak of all processes of the tree together, pages they share counted once. GB = 10⁹ bytes. A peer
that is not installed is named as such. Where a goal is not reached, the line says where the time goes.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """`reached` None: reported beside, no goal. `why`: where the time goes; shown when the goal is not reached."""

    what: str
    figure: str
    goal: str = ""
    reached: bool | None = None
    why: str = ""

    def row(self) -> str:
        answer = {None: "", True: "yes", False: f"**no.** {self.why}"}[self.reached]
        return f"| {self.what} | {self.goal or '–'} | {self.figure} | {answer} |"


def at_least(what: str, value: float, goal: float, figure: str, unit: str = "×", why: str = "") -> Line:
    return Line(what, figure, f"≥ {goal:g} {unit}", value >= goal, why)


def at_most(what: str, value: float, goal: float, figure: str, unit: str = "×", why: str = "") -> Line:
    return Line(what, figure, f"≤ {goal:g} {unit}", value <= goal, why)


def write(path: Path, title: str, command: str, intro: str, lines: Sequence[Line]) -> None:
    """Replace the part `title`; the others stay as they are."""
    text = path.read_text() if path.exists() else HEAD
    parts = re.split(r"(?m)^(?=## )", text)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}, load average at the end (1, 5, 15 minutes) {load}"
    rows = ["| What | Goal | Figure | Reached |", "|---|---|---|---|", *(line.row() for line in lines)]
    part = "\n".join([f"## {title}", "", f"`{command}` · {when}", "", intro, "", *rows, ""])
    kept = [piece.rstrip() + "\n" for piece in parts if not piece.startswith(f"## {title}\n")]
    kept[0] = HEAD
    path.write_text("\n".join([*kept, part]))


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
