"""Keeps the processes of one machine running and stops them in order. No Django."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from kendali.home import processes

STOP_SECONDS = 10.0
QUICK_DEATH = 5.0  # a process that lived shorter than this did not really start
PATIENCE = 3  # such deaths in a row


def say(text: str) -> None:
    print(f"kendali: {text}", file=sys.stderr, flush=True)


@dataclass
class Watched:
    name: str
    command: Sequence[str]
    child: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        self.child = processes.start(self.command)
        self.born = time.monotonic()

    def end_leftovers(self) -> None:
        """Grandchildren share the session of the child that is gone."""
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)


@dataclass
class Supervisor:
    watched: list[Watched] = field(default_factory=list)
    stopping: bool = False

    def __enter__(self) -> Supervisor:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _stop(self, _sign: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, name: str, command: Sequence[str]) -> None:
        one = Watched(name, command)
        one.start()
        self.watched.append(one)

    def wait(self, until: Callable[[], bool] | None = None, seconds: float = float("inf")) -> bool:
        """Keep everything running until told to stop (False), `until` holds (True), or the time is over (False)."""
        end = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < end:
            for one in self.watched:
                self._look_after(one)
            if until is not None and until():
                return True
            time.sleep(0.2)
        return False

    def _look_after(self, one: Watched) -> None:
        if one.child is None or one.child.poll() is None:
            return
        lived = time.monotonic() - one.born
        one.end_leftovers()
        one.quick_deaths = one.quick_deaths + 1 if lived < QUICK_DEATH else 0
        if one.quick_deaths >= PATIENCE or (one.child.returncode == 1 and lived < QUICK_DEATH):
            say(f"{one.name} cannot run (exit status {one.child.returncode}); see its message above")
            raise SystemExit(1)
        say(f"{one.name} ended unexpectedly (exit status {one.child.returncode}); starting it again")
        one.start()

    def stop(self) -> None:
        running = [one for one in self.watched if one.child is not None and one.child.poll() is None]
        for one in running:
            assert one.child is not None
            one.child.terminate()
        for one in running:
            assert one.child is not None
            processes.stop(one.child, (signal.SIGTERM, STOP_SECONDS))
            one.end_leftovers()
        self.watched.clear()
