"""Runs commands and measures them: wall time, processor time with all descendants, peak memory of the whole tree."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """`memory`: bytes, the largest sum over the tree seen at one instant, pages shared inside it counted once."""

    wall: float
    cpu: float
    memory: int
    output: str


class Failed(Exception):
    """A measured command failed: there is no figure."""


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Cost:
    began = time.monotonic()
    child = subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = _Watch(child.pid)
    said: list[str] = []
    assert child.stdout is not None
    assert child.stderr is not None
    errors = threading.Thread(target=lambda: said.append(child.stderr.read()))  # type: ignore[union-attr]
    errors.start()
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    errors.join()
    watch.end()
    if child.returncode:
        raise Failed(f"{' '.join(map(str, command))[:300]} ended with {child.returncode}: {said[0][-2000:]}")
    # Not ru_maxrss: what this process had in memory when it forked counts there, too.
    return Cost(wall, usage.ru_utime + usage.ru_stime, watch.peak, output)


class _Watch:
    def __init__(self, pid: int) -> None:
        self.peak, self._pid, self._over = 0, pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, _memory(_tree(self._pid)))

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def _tree(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def _memory(pids: Sequence[int]) -> int:
    private, shared = 0, 0
    for pid in pids:
        with suppress(OSError):
            sizes: dict[str, int] = {}
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, _, size = line.partition(":")
                sizes[name] = int(size.split()[0]) * 1024
            own = sizes["Private_Clean"] + sizes["Private_Dirty"]
            private += own
            shared = max(shared, sizes["Rss"] - own)
    return private + shared


def _nothing(_: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One side of a comparison; `command(round)` is measured, what is before and after it is not."""

    name: str
    command: Callable[[int], Sequence[str | Path]]
    before: Callable[[int], object] = _nothing
    after: Callable[[int], object] = _nothing
    environment: Mapping[str, str] = field(default_factory=dict)
    rounds: int = 1_000


def paired(tasks: Sequence[Task], rounds: int) -> dict[str, list[Cost]]:
    """All tasks in the same minutes, in turns, every second round backwards; costs by task and round."""
    costs: dict[str, list[Cost]] = {task.name: [] for task in tasks}
    for number in range(rounds):
        for task in tasks if number % 2 == 0 else tasks[::-1]:
            if number >= task.rounds:
                continue
            task.before(number)
            cost = run(task.command(number), task.environment)
            task.after(number)
            costs[task.name].append(cost)
            print(f"  {number + 1}/{rounds} {task.name}: {cost.wall:.2f} s", file=sys.stderr, flush=True)
    return costs


def ratio(ours: Sequence[Cost], peer: Sequence[Cost]) -> float:
    """Median over the rounds of: the peer's time in one of ours."""
    return median(other.wall / own.wall for own, other in zip(ours, peer, strict=False))


def wall(costs: Sequence[Cost]) -> float:
    return median(cost.wall for cost in costs)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
