"""A process that has imported what parsing tables takes, and forks a child of its own for every package.

Started anew, a child would spend most of its life importing: a package of a month has some dozen kilobytes of tables.
The nursery itself reads no package, so nothing forged reaches it; a child parses one package, knows one key, and ends.

``python -m kendali.archive.nursery``: requests and answers on a Unix socket that is its stdin. It ends with its parent,
and when it was not needed for a while.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

IDLE: Final = 30.0  # seconds without a child, then it ends
CHILD: Final = b"+"  # with a socket: fork a child that talks on it; answered by its process id
END: Final = b"-"  # with a process id: whatever it is doing
_NUMBER: Final = 8  # bytes


@dataclass
class Child:
    """The other end of a child's socket."""

    pid: int
    connection: socket.socket
    reading: IO[bytes]
    writing: IO[bytes]

    def end(self) -> None:
        """Whatever it is doing. Only the nursery, whose child it is, knows its process id for certain."""
        with suppress(OSError):  # the nursery was killed: the child meets the end of its socket
            _nursery.ask(END + self.pid.to_bytes(_NUMBER, "big"))
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        for part in (self.reading, self.writing, self.connection):
            with suppress(OSError):  # something was still to be written
                part.close()


class _Nursery:
    """This process's own one, started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: bytes, *files: int) -> int:
        """Raises OSError where there is no answer."""
        with self._lock:
            return self._ask(request, *files)

    def child(self) -> Child:
        """A new one. Raises OSError where not even a new nursery answers."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if self._socket is None or self._owner != os.getpid():
                self._start()
            try:
                pid = self._ask(CHILD, theirs.fileno())
            except OSError:  # it had nothing to do and ended, or was killed
                self._start()
                pid = self._ask(CHILD, theirs.fileno())
        return Child(pid, ours, ours.makefile("rb"), ours.makefile("wb"))

    def _ask(self, request: bytes, *files: int) -> int:
        if self._socket is None or self._owner != os.getpid():
            raise ConnectionError("no nursery")
        socket.send_fds(self._socket, [request], files)
        answer = self._socket.recv(_NUMBER)
        if len(answer) < _NUMBER:
            raise ConnectionError("the nursery ended")
        return int.from_bytes(answer, "big")

    def _start(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "kendali.archive.nursery"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C is for its parent, with whom it ends
            )
        threading.Thread(target=self._process.wait, name="kendali-nursery", daemon=True).start()  # no defunct process
        self._socket, self._owner = ours, os.getpid()


_nursery = _Nursery()
child = _nursery.child


def serve(control: socket.socket, live: Callable[[IO[bytes], IO[bytes]], None]) -> None:
    """Until the parent is gone. `live`: what a child does on its socket."""
    children: set[int] = set()
    control.settimeout(IDLE)
    gc.freeze()  # what is imported stays shared with the children
    while True:
        try:
            request, files, _flags, _address = socket.recv_fds(control, 1 + _NUMBER, 1)
        except TimeoutError:
            if children:
                continue
            return
        if not request:
            break
        if request[:1] == CHILD:
            pid = os.fork()
            if pid == 0:
                control.close()
                _be_child(files[0], live)
            os.close(files[0])
            children.add(pid)
        else:
            pid = int.from_bytes(request[1:], "big")
            _end(pid)
            children.discard(pid)
        control.sendall(pid.to_bytes(_NUMBER, "big"))
    for pid in children:
        _end(pid)


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)  # ours until it was waited for: never another process of the same number
    os.waitpid(pid, 0)


def _be_child(number: int, live: Callable[[IO[bytes], IO[bytes]], None]) -> None:
    status = 1
    try:
        with socket.socket(fileno=number) as mine, mine.makefile("rb") as reading, mine.makefile("wb") as writing:
            live(reading, writing)
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        pass  # nobody wants its answer any more
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    # What they import late, when it is first needed: each child would import it anew.
    import cryptography.hazmat.backends.openssl.backend  # noqa: F401
    import pyarrow.acero  # noqa: F401

    from kendali.archive import verify_tables_process

    serve(socket.socket(fileno=0), verify_tables_process.main)
