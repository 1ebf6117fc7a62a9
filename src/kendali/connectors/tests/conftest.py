"""The real sources that the connectors are tested on; each is made once per test run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kendali.connectors.base import Connector
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests.servers import MariaDb, Postgres, own_database, own_mariadb
from kendali.home.sample import cdr
from kendali.home.sample.calls import BANK_SWITCH, Wish
from kendali.home.sample.chatwoot_seed import apply_schema, grant_reader, seed_chatwoot
from kendali.home.sample.recordings import seed_recordings
from kendali.home.sample.tree import Recorded

TODAY = date(2026, 11, 20)


@dataclass
class Chatwoot:
    server: Postgres
    storage: Path
    cases: dict[str, list[str]]  # name of an awkward case → ids of its conversations in account 1

    def config(self, **changes: Any) -> dict[str, Any]:
        return {**self.server.config, "account": 1, "storage": str(self.storage), **changes}

    def open(self, password: str | None = None, **changes: Any) -> Connector:
        secret = self.server.secret if password is None else {"password": password}
        return open_connector("chatwoot", "conversation", self.config(**changes), secret)

    def owner(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.dsn, autocommit=True)


@pytest.fixture(scope="session")
def chatwoot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chatwoot]:
    storage = tmp_path_factory.mktemp("storage")
    with own_database() as server:
        role = str(server.config["user"])
        password = server.secret["password"]
        seed_chatwoot(server.dsn, conversations=160, seed=7, today=TODAY, storage=storage, processes=1)
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            grant_reader(connection, role, password)
            rows = connection.execute(
                "SELECT custom_attributes->>'sample_case', id::text FROM conversations "
                "WHERE account_id = 1 AND custom_attributes ? 'sample_case' ORDER BY id"
            ).fetchall()
        cases: dict[str, list[str]] = {}
        for case, ref in rows:
            cases.setdefault(case, []).append(ref)
        yield Chatwoot(server, storage, cases)


@pytest.fixture
def empty() -> Iterator[Postgres]:
    """The application's tables without a row, and a role that reads them."""
    with own_database() as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        apply_schema(connection)
        grant_reader(connection, str(server.config["user"]), server.secret["password"])
        yield server


@dataclass
class Calls:
    """A recording tree and its legs; the databases are filled from the legs."""

    monitor: Path
    legs: list[cdr.Leg]
    made: Recorded


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    monitor = tmp_path_factory.mktemp("monitor")
    rows = list(
        seed_recordings(BANK_SWITCH, recordings=60, seed=7, today=TODAY, monitor=monitor, wish=Wish(seconds=(1, 3)))
    )
    made = rows.pop()
    assert isinstance(made, Recorded)
    return Calls(monitor, [row for row in rows if isinstance(row, cdr.Leg)], made)


@pytest.fixture(scope="session")
def cdr_postgresql(calls: Calls) -> Iterator[Postgres]:
    with own_database() as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(cdr.postgresql_tables().encode())
        cdr.copy_postgresql(connection, calls.legs)
        grant_reader(connection, str(server.config["user"]), server.secret["password"])
        yield server


@pytest.fixture(scope="session")
def cdr_mariadb(calls: Calls) -> Iterator[MariaDb]:
    with own_mariadb() as server:
        with server.root() as connection:
            with connection.cursor() as cursor:
                cursor.execute(cdr.mariadb_tables())
            cdr.insert_mariadb(connection, calls.legs)
        yield server


@pytest.fixture(scope="session")
def deletable_mariadb() -> Iterator[MariaDb]:
    """A server whose call records may be spoilt, and a user that may read and delete them."""
    with own_mariadb() as server:
        with server.root() as connection, connection.cursor() as cursor:
            cursor.execute(cdr.mariadb_tables())
            for host in ("localhost", "127.0.0.1"):
                cursor.execute(f"CREATE USER penghapus@'{host}' IDENTIFIED BY 'hapus-saja-1'")
                cursor.execute(f"GRANT SELECT, DELETE ON asteriskcdrdb.cdr TO penghapus@'{host}'")
        yield server


@pytest.fixture(scope="session")
def cdr_csv(calls: Calls, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The old way: a file. A leg's `userfield` names the recording, so a call's own remarks are lost."""
    path = tmp_path_factory.mktemp("cdr") / "Master.csv"
    cdr.append_master_csv(path, [replace_userfield(leg) for leg in calls.legs])
    return path


def replace_userfield(leg: cdr.Leg) -> cdr.Leg:
    return leg if leg.recordingfile else leg._replace(userfield="a remark")


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vendor's export of 30 conversations in the default layout, with files."""
    folder = tmp_path_factory.mktemp("export")
    begin = datetime(2024, 1, 1, 8)  # noqa: DTZ001
    records = ["id,started_at,ended_at,channel,agent,customer_name,customer_phone,file,note"]
    messages = ["record_id,sent_at,sender,text,file"]
    for number in range(30):
        at = begin + timedelta(days=number, hours=number)
        file = f"files/{number}.txt" if number % 3 == 0 else ""
        records.append(
            f"C-{number:03d},{at},{at + timedelta(hours=1)},WhatsApp,Agus,Pelanggan {number},+6281{number},{file},"
        )
        for line in range(1 + number % 4):
            picture = f"files/{number}-{line}.jpg" if line == 2 else ""
            messages.append(
                f'C-{number:03d},{at + timedelta(minutes=line)},customer,"Halo, {number} kata{number}x",{picture}'
            )
            if picture:
                _write(folder / picture, bytes([number]) * 300)
        if file:
            _write(folder / file, f"isi {number}".encode())
    (folder / "files" / "3.txt").unlink()
    (folder / "files" / "6.txt").write_bytes(b"")
    (folder / "records.csv").write_text("\n".join(records) + "\n", "utf-8")
    (folder / "messages.csv").write_text("\n".join(messages) + "\n", "utf-8")
    return folder


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
