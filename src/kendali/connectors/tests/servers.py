"""Real database servers for tests: a database of one's own in PostgreSQL, and a MariaDB of one's own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import pymysql
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests import pristine

READER_PASSWORD = "baca-saja"


@dataclass
class Postgres:
    """`dsn`: as its owner; `config`, `secret`: as the read-only role."""

    dsn: str
    config: dict[str, object]
    secret: dict[str, str]
    roles: list[str] = field(default_factory=list)


def as_owner(database: str) -> str:
    """Where the owner of a database made here connects, by whatever way the tests were given."""
    return make_conninfo(os.environ["DATABASE_OWNER_URL"], dbname=database)


@contextmanager
def own_database() -> Iterator[Postgres]:
    owner = os.environ["DATABASE_OWNER_URL"]
    name = f"connectors_{uuid4().hex[:12]}"
    role = f"reader_{name}"
    with psycopg.connect(make_conninfo(owner, dbname="postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made = Postgres(make_conninfo(owner, dbname=name), {}, {"password": READER_PASSWORD}, [role])
        parts = conninfo_to_dict(owner)
        made.config = {"host": parts.get("host"), "port": parts.get("port"), "dbname": name, "user": role}
        try:
            yield made
        finally:
            for each in made.roles:  # ending a reader's session needs its role
                server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(each)))
            pristine.drop(server, name)
            for each in made.roles:
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(each)))


@dataclass
class MariaDb:
    """`config`, `secret`: as the read-only user; `root`: a connection that may do everything."""

    config: dict[str, object]
    secret: dict[str, str]
    socket: str

    def root(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(unix_socket=self.socket, user="root", database="asteriskcdrdb", autocommit=True)


@contextmanager
def own_mariadb() -> Iterator[MariaDb]:
    """A server in a temporary folder on a loopback port, run by an unprivileged user."""
    program, installer = _program("mariadbd"), _program("mariadb-install-db")
    if program is None or installer is None:
        pytest.skip("MariaDB is not installed here (apt-get install mariadb-server); CI installs it")
    with tempfile.TemporaryDirectory(prefix="kendali-mariadb-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        user = _unprivileged(Path(folder))
        common = ["--no-defaults", f"--datadir={data}", *([f"--user={user}"] if user else [])]
        _run([installer, *common, "--auth-root-authentication-method=normal", "--skip-test-db"])
        path, port = f"{folder}/s", _free_port()
        small = ["--innodb-buffer-pool-size=16M", "--skip-log-bin", "--character-set-server=utf8mb4"]
        command = [program, *common, f"--socket={path}", f"--port={port}", "--bind-address=127.0.0.1", *small]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                _prepare(path, process, Path(folder) / "log")
                config = {"host": "127.0.0.1", "port": port, "dbname": "asteriskcdrdb", "user": "kendali"}
                yield MariaDb(config, {"password": READER_PASSWORD}, path)
            finally:
                process.terminate()
                process.wait(120)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/libexec")


def _unprivileged(folder: Path) -> str | None:
    """MariaDB refuses to run as root: then the folder goes to the user that its package made."""
    if os.geteuid():
        return None
    owner = pwd.getpwnam("mysql")
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    return "mysql"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _prepare(path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            root = pymysql.connect(unix_socket=path, user="root", autocommit=True)
            break
        except pymysql.Error:
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.05)
    with root, root.cursor() as cursor:
        cursor.execute("CREATE DATABASE asteriskcdrdb CHARACTER SET utf8mb4")
        for host in ("localhost", "127.0.0.1"):
            cursor.execute(f"CREATE USER kendali@'{host}' IDENTIFIED BY '{READER_PASSWORD}'")
            cursor.execute(f"GRANT SELECT ON asteriskcdrdb.* TO kendali@'{host}'")
