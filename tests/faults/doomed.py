"""Workers that end in the middle. `python -m tests.faults.doomed` is a nursery: it starts once, and every line on its
standard input forks a worker in some ten milliseconds; see `nursery.py`, its other end.

Every file operation and every database statement of the act is a point; at point `last` the worker sends the signal
to itself. 0: never.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import django

FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.link", "os.truncate", "os.chmod", "os.rmdir"}


class Points:
    def __init__(self, last: int, number: signal.Signals) -> None:
        self.count, self.last, self.signal, self.counting = 0, last, number, False
        self.owner = os.getpid()

    def pass_one(self) -> None:
        if not self.counting or os.getpid() != self.owner:
            return
        self.count += 1
        if self.count == self.last:
            os.kill(self.owner, self.signal)

    def on_audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        writes = event != "open" or (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if event in FILE_EVENTS and writes:
            self.pass_one()

    def on_statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.pass_one()
        answer = execute(*arguments)
        self.pass_one()
        return answer

    def around(self, owner: type, name: str) -> None:
        """A point before and after each call of a method: statements that do not go through Django."""
        method = getattr(owner, name)

        def called(*arguments: Any, **named: Any) -> Any:
            return self.on_statement(lambda: method(*arguments, **named))

        setattr(owner, name, called)


def act(name: str) -> Callable[..., None]:
    from kendali.records.actions import backup, deletion, destruction

    return {"backup": backup.run, "deletion": deletion.run, "destruction": destruction.run}[name]


def work(order: dict[str, Any], answer: int) -> None:
    """In the fork. `answer`: where the number of points goes when it comes to its end."""
    from django.conf import settings
    from django.db import connection

    from kendali.connectors.postgres import BulkTransaction

    for name, value in order["settings"].items():
        setattr(settings, name, value)
    points = Points(order["point"], signal.Signals[order["signal"]])
    sys.addaudithook(points.on_audit)
    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(points.on_statement))
        if order["act"] == "deletion":
            for method in ("execute", "table", "commit"):
                points.around(BulkTransaction, method)
        points.counting = True
        act(order["act"])(order["order"], worker=f"doomed-{os.getpid()}")
        points.counting = False
    os.write(answer, str(points.count).encode())


def begin(order: dict[str, Any]) -> tuple[int, int]:
    """Fork; its process id, and where its number of points will be read."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    status = 1
    try:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        work(order, writing)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def fate(pid: int, reading: int) -> dict[str, Any]:
    """Waits until the worker stops or ends."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return {"pid": pid, "stopped": True}
    points = os.read(reading, 20)
    os.close(reading)
    return {"pid": pid, "stopped": False, "code": os.waitstatus_to_exitcode(status), "points": int(points or 0)}


def main() -> None:
    django.setup()
    act("backup")  # everything that a worker imports is imported before the first fork
    from kendali.connectors import registry as registry

    pipes: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "wake" in order:
            pid = int(order["wake"])
            os.kill(pid, signal.SIGCONT)
        else:
            pid, reading = begin(order)
            pipes[pid] = reading
        found = fate(pid, pipes[pid])
        if not found["stopped"]:
            del pipes[pid]
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
