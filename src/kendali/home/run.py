"""`kendali run`: everything on this machine, until Ctrl-C. No Django in this process."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from kendali.home import gate, installation, processes
from kendali.home.embedded_postgres import Server
from kendali.home.supervisor import Supervisor, say

READY_SECONDS = 180.0
MODULE = [sys.executable, "-m"]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="kendali run", description="Runs everything on this machine; Ctrl-C stops it."
    )
    parser.add_argument("--empty", action="store_true", help="a real installation: no sample organisation")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    try:
        with only_one(), ExitStack() as stack:
            insist_on_free_port(options.host, options.port)
            server = start_database(stack)
            address = f"http://{visible(options.host)}:{options.port}"
            os.environ.setdefault("KENDALI_URL", address)
            open_gate = stack.enter_context(gate.closed(installation.make_home() / "run.gate"))
            supervisor = Supervisor()
            stack.callback(supervisor.stop)  # should loading fail: before the gate opens by itself
            start = partial(start_programs, supervisor, options.host, options.port)
            prepare(start, sample=not options.empty, own_database=server is not None)
            open_gate()
            with supervisor:
                if supervisor.wait(lambda: is_ready(address), READY_SECONDS):
                    welcome(supervisor, address, time.monotonic() - began)
                elif not supervisor.stopping:
                    say(f"not ready after {READY_SECONDS:.0f} s; {address}/health/ready says why. Going on.")
                supervisor.wait(lambda: server is not None and not server.is_alive())
                if not supervisor.stopping:
                    say("the database ended unexpectedly; type ./kendali run again, nothing committed is lost")
                    return 1
                say("stopping")
        say("stopped; ./kendali run starts again with everything as it was")
    except KeyboardInterrupt:
        say("stopped")
        return 130
    return 0


@contextmanager
def only_one() -> Iterator[None]:
    """The lock is the kernel's: a killed run leaves none behind."""
    path = installation.make_home() / "run.lock"
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise SystemExit(f"kendali: already running here: process {handle.read().strip()}; stop it first") from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


def visible(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104


def insist_on_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise SystemExit(
                f"kendali: cannot listen on {host}:{port} ({problem.strerror}); type: ./kendali run --port {port + 1}"
            ) from None


def start_database(stack: ExitStack) -> Server | None:
    if not installation.is_embedded():
        installation.set_up(None)
        return None
    place = installation.place()
    say(f"starting PostgreSQL {place.major} in {place.root}")
    server = Server(place)
    stack.callback(server.stop)
    if not server.start():
        say("another command of this installation started it; waiting until that has finished")
        server.take_over()
    installation.set_up(place)
    return server


def prepare(start: Callable[[], None], *, sample: bool, own_database: bool) -> None:
    """The tables; then, on a first start, the sample. `start` begins what needs the tables: it waits at the gate."""
    preparing = processes.start([*MODULE, "django", "prepare"])
    if not sample or not own_database:  # another's may refuse its address or a right: then nothing is loaded
        insist_on_end(preparing)
    with loading() if sample else nullcontext() as load:
        insist_on_end(preparing)
        start()
        if load is not None and load.stdin is not None:
            load.stdin.close()
            insist_on_end(load)


@contextmanager
def loading() -> Iterator[subprocess.Popen[bytes]]:
    """What needs no tables is made at once, the rest when its input is closed."""
    load = processes.start([*MODULE, "kendali.home.first_start"], stdin=subprocess.PIPE)
    try:
        yield load
    finally:
        processes.stop(load, (signal.SIGTERM, 5))


def start_programs(supervisor: Supervisor, host: str, port: int) -> None:
    supervisor.start("web", [*MODULE, "kendali.home.web", f"--host={host}", f"--port={port}"])
    supervisor.start("worker", [*MODULE, "kendali.home.worker"])


def insist_on_end(child: subprocess.Popen[bytes]) -> None:
    if status := child.wait():
        raise SystemExit(status)


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def welcome(supervisor: Supervisor, address: str, seconds: float) -> None:
    say(f"ready after {seconds:.0f} s: {address}")
    print(who_can_log_in(supervisor), end="", flush=True)
    if not supervisor.stopping:
        say(f"data in {Path(os.environ['KENDALI_HOME'])}; Ctrl-C stops")


def who_can_log_in(supervisor: Supervisor) -> str:
    """The table of sample users, where this installation has them; the first-run page, where it has no users. "" when
    told to stop meanwhile: nobody waits for it then."""
    with tempfile.TemporaryFile() as answer:
        child = processes.start([*MODULE, "kendali.home.first_start", "--people"], output=answer)
        try:
            if not supervisor.wait(lambda: child.poll() is not None):
                return ""
        finally:
            processes.stop(child, (signal.SIGTERM, 1))
        answer.seek(0)
        return answer.read().decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
