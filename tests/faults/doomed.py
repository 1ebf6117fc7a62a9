"""A worker that ends in the middle: `python -m tests.faults.doomed ORDER SIGNAL POINT`.

Every file operation and every database statement of the backup is a point; at point POINT the process sends SIGNAL to
itself. POINT 0: never; then the number of points is printed, so that a test can choose among them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
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


def main() -> None:
    order, number, last = int(sys.argv[1]), signal.Signals[sys.argv[2]], int(sys.argv[3])
    django.setup()
    from django.db import connection

    from kendali.records.actions import backup

    points = Points(last, number)
    sys.addaudithook(points.on_audit)
    with connection.execute_wrapper(points.on_statement):
        points.counting = True
        backup.run(order, worker=f"doomed-{os.getpid()}")
        points.counting = False
    print(points.count)


if __name__ == "__main__":
    main()
