"""What `kendali run` starts while the sample is loaded imports everything, and waits here until it may begin.

A lock of the kernel's on a file that the environment names; without that name nothing waits.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "KENDALI_RUN_GATE"
OPEN: Final = "open"


def wait() -> None:
    """Until the gate is open. SIGTERM ends a process that waits here as any other. The kernel also gives the lock of a
    `run` that was killed: only what it wrote before says that it opened the gate."""
    if path := os.environ.get(NAME):
        with Path(path).open() as gate:
            fcntl.flock(gate, fcntl.LOCK_SH)
            if gate.read() != OPEN:
                raise SystemExit("kendali: nothing begins, the run that was to open the gate has ended")


@contextmanager
def closed(path: Path) -> Iterator[Callable[[], None]]:
    """What is started within waits until the answer is called. Where that never comes, it ends."""
    with path.open("a") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        gate.truncate(0)
        os.environ[NAME] = str(path)

        def open_gate() -> None:
            gate.write(OPEN)
            gate.flush()
            fcntl.flock(gate, fcntl.LOCK_UN)

        yield open_gate
