"""PostgreSQL as a child process: the binaries of a wheel, our own launcher. No Django.

Reached through a socket in a folder that only its account (and root) can enter, so every local role is trusted there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from kendali.home import processes
from kendali.home.postgres_place import CannotStart, Place, make_folder

START_SECONDS = 300.0  # recovering a large database after a crash takes its time
LOG_BYTES = 10_000_000
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # only a part of the socket's name
    "unix_socket_permissions": "0777",  # who may enter its folder decides
    "max_connections": "200",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "kendali",
}
# No autovacuum: the owner of a test database may not end it, and so could not drop the database it works in.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
ROLES = ("kendali_owner", "kendali_app", "omnichannel_owner", "omnichannel_reader", "omnichannel_deleter")
# database, its owner, who else may connect: our own, and the sample's omni-channel application beside it
DATABASES = (
    ("kendali", "kendali_owner", ("kendali_app",)),
    ("omnichannel", "omnichannel_owner", ("omnichannel_reader", "omnichannel_deleter")),
)


class Server:
    """One embedded server. `start` it, or find it running; the one that started it stops it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.child: subprocess.Popen[bytes] | None = None
        self._use: IO[str] | None = None

    def start(self) -> bool:
        """True: we started it (and it dies with us). False: another process of this installation runs it."""
        self.place.root.mkdir(parents=True, exist_ok=True)
        with locked(self.place.root / "start.lock", fcntl.LOCK_EX):
            self._use = take(self.place.root / "use.lock", fcntl.LOCK_SH)
            if running(self.place) is not None:
                return False
            clear_away(self.place)
            initialise(self.place)
            make_folder(self.place.sockets, self.place.owner, 0o700)
            self.child = launch(self.place)
            wait_until_ready(self.place, self.child)
        prepare_databases(self.place)
        return True

    def take_over(self) -> None:
        """Wait until the command that runs it has finished, then start it ourselves."""
        while self.child is None:
            if self._use is not None:
                self._use.close()
                self._use = None
            time.sleep(0.2)
            self.start()

    def is_alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def stop(self, *, wait_for_others: bool = False) -> None:
        """Stop what we started; `wait_for_others` first lets commands finish that use it at the same time."""
        if self.child is not None:
            if wait_for_others and self._use is not None:
                fcntl.flock(self._use, fcntl.LOCK_EX)
            # SIGINT: fast shutdown with a checkpoint; SIGQUIT: immediate, recovers at the next start
            processes.stop(self.child, (signal.SIGINT, 60), (signal.SIGQUIT, 10))
            self.child = None
            if self.place.sockets.parent != self.place.root:
                shutil.rmtree(self.place.sockets, ignore_errors=True)
        if self._use is not None:
            self._use.close()
            self._use = None


def take(path: Path, kind: int) -> IO[str]:
    """A lock of the kernel's: gone with the process, however it ends."""
    handle = path.open("a")
    fcntl.flock(handle, kind)
    return handle


@contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    with take(path, kind):
        yield


@contextmanager
def serving(place: Place) -> Iterator[bool]:
    """Have the server while the block runs; True where we started it."""
    server = Server(place)
    try:
        yield server.start()
    finally:
        server.stop(wait_for_others=True)


def pid_file(place: Place) -> list[str]:
    try:
        return (place.data / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return []


def lives_in(pid: int, folder: Path) -> bool:
    """Every process of a PostgreSQL server works in its data directory: a pid is believed only with that."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:
        return False


def running(place: Place) -> int | None:
    """The pid of this data directory's own postmaster, or None: nobody else's process is ever taken for it."""
    lines = pid_file(place)
    if lines and lines[0].isdigit() and lives_in(int(lines[0]), place.data):
        return int(lines[0])
    return None


def clear_away(place: Place, seconds: float = 60) -> None:
    """After a crash: wait for the last backends, drop what names a pid that is now somebody else's or a zombie."""
    end = time.monotonic() + seconds
    while left := [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and lives_in(int(entry), place.data)]:
        if time.monotonic() > end:
            raise CannotStart(
                f"processes {left} of an earlier server still work in {place.data}; end them and try again"
            )
        time.sleep(0.05)
    lines = pid_file(place)
    if lines and lines[0].isdigit() and Path(f"/proc/{lines[0]}").exists():
        (place.data / "postmaster.pid").unlink()
    for left_over in place.sockets.glob(".s.PGSQL.*"):  # names the same pid, and is believed without a second look
        left_over.unlink()


def initialise(place: Place) -> None:
    """Make an empty cluster under a temporary name and rename it: an interrupted one never counts."""
    version = place.data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != str(place.major):
            raise CannotStart(
                f"{place.data} was made by PostgreSQL {found}, this is {place.major}. With the version that made it"
                " type ./kendali manage backup FOLDER, then with this one ./kendali manage restore FOLDER"
            )
        return
    unfinished = place.root / "data.unfinished"
    subprocess.run(["rm", "-rf", "--", str(unfinished)], check=True)
    make_folder(unfinished, place.owner, 0o700)
    locale = ["--locale-provider=builtin"] if place.major >= 17 else []
    command: list[str | Path] = [
        place.binaries / "bin" / "initdb",
        "-D",
        unfinished,
        "-U",
        "postgres",
        "--auth=trust",
        "--no-instructions",
    ]
    options = [*locale, "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"]
    with place.log.open("ab") as log:
        child = processes.start([*command, *options], account=place.account, output=log, cwd=place.root)
        if child.wait() != 0:
            raise CannotStart(f"initdb failed:\n{tail(place)}")
    unfinished.rename(place.data)


def launch(place: Place) -> subprocess.Popen[bytes]:
    if place.log.exists() and place.log.stat().st_size > LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    settings = SETTINGS | dict(place.settings) | {"unix_socket_directories": f'"{place.sockets}"'}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [place.binaries / "bin" / "postgres", "-D", place.data, *options]
    with place.log.open("ab") as log:
        return processes.start(
            command, account=place.account, output=log, cwd=place.data, on_parent_death=signal.SIGINT
        )


def wait_until_ready(place: Place, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        lines = pid_file(place)
        if len(lines) > 7 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
            return
        if child.poll() is not None:
            raise CannotStart(f"the server ended at once:\n{tail(place)}")
        if time.monotonic() > end:
            processes.stop(child, (signal.SIGINT, 60), (signal.SIGQUIT, 10))
            raise CannotStart(f"not ready after {START_SECONDS:.0f} s; its log is {place.log}")
        time.sleep(0.02)


def tail(place: Place) -> str:
    return "\n".join(place.log.read_text(errors="replace").splitlines()[-12:])


def prepare_databases(place: Place) -> None:
    """Roles without power, two databases, each closed to the other's roles. May be repeated."""
    with psycopg.connect(place.url("postgres", "postgres"), autocommit=True) as server:
        for role in ROLES:
            if not exists(server, "SELECT FROM pg_roles WHERE rolname = %s", role):
                server.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
        if place.settings == THROW_AWAY:  # tests make their own databases and drop them while they are in use
            server.execute("ALTER ROLE kendali_owner CREATEDB CREATEROLE")
            server.execute("GRANT kendali_app TO kendali_owner")
        for name, owner, others in DATABASES:
            if not exists(server, "SELECT FROM pg_database WHERE datname = %s", name):
                server.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(owner)))
            server.execute(SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(Identifier(name)))
            for other in others:
                statement = SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}")
                server.execute(statement.format(Identifier(name), Identifier(other)))
    with psycopg.connect(place.url("omnichannel_owner", "omnichannel"), autocommit=True) as sample:
        sample.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO omnichannel_reader")


def exists(connection: psycopg.Connection[Any], query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
