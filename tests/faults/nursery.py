"""Starts workers that end in the middle, and says what became of them: this end of `doomed`."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import connection

SECONDS = 120  # no worker of these tests is at work that long
GIVEN = ("KENDALI_STORE", "KENDALI_KEYS")


@dataclass(frozen=True, slots=True)
class Fate:
    """`code`: as of subprocess; None: it was stopped and sleeps. `points`: passed, where it came to its end."""

    pid: int
    code: int | None
    points: int = 0


@dataclass
class Nursery:
    environment: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    asleep: set[int] = field(init=False, default_factory=set)

    def run(self, act: Literal["backup", "deletion", "destruction"], order: int, number: str, point: int) -> Fate:
        """Returns when the worker was killed, sleeps, or came to its end; a worker that failed by itself fails here."""
        given = {name: getattr(settings, name) for name in GIVEN}
        found = self._asked({"act": act, "order": order, "signal": number, "point": point, "settings": given})
        assert found.code in (None, -signal.SIGKILL, 0), "the worker failed by itself"
        return found

    def wake(self, worker: Fate) -> Fate:
        """SIGCONT; returns when it ended, however."""
        return self._asked({"wake": worker.pid})

    def _asked(self, question: dict[str, Any]) -> Fate:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.doomed"], env=_with_tests(self.environment),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
        assert ready, "the worker neither ends nor stops"
        found = json.loads(self._process.stdout.readline())
        if found["stopped"]:
            self.asleep.add(found["pid"])
            return Fate(found["pid"], None)
        self.asleep.discard(found["pid"])
        return Fate(found["pid"], found["code"], found["points"])

    def end_sleepers(self) -> None:
        for pid in self.asleep:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.asleep.clear()

    def close(self) -> None:
        self.end_sleepers()
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=60)
            self._process = None


def end_other_sessions() -> None:
    """A sleeper may hold locks: the server ends what was put to sleep inside a transaction, here without waiting for
    it; and whoever looks after the machine ends the rest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
        )


def _with_tests(environment: dict[str, str]) -> dict[str, str]:
    paths = [environment["PYTHONPATH"], str(Path(__file__).parents[2])]
    return environment | {"PYTHONPATH": os.pathsep.join(paths), "KENDALI_HEARTBEAT_SECONDS": "3"}
