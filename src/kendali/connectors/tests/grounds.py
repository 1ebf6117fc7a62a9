"""Real sources that may be spoilt, one for each promise of the deleters: databases, trees, an application's API."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from kendali.connectors.base import Connector, Deleter, Part
from kendali.connectors.fake import FakeDeleter, FakeSource, conversations, recordings
from kendali.connectors.registry import open as open_connector
from kendali.connectors.registry import open_deleter
from kendali.connectors.tests.conftest import TODAY, Calls, replace_userfield
from kendali.connectors.tests.deleting_contract import Ground, Picture
from kendali.connectors.tests.servers import MariaDb, Postgres, own_database
from kendali.home.sample import cdr
from kendali.home.sample.chatwoot_api import ChatwootApi
from kendali.home.sample.chatwoot_seed import grant_deleter, grant_deleter_of_calls, grant_reader, seed_chatwoot

PASSWORD, TOKEN = "hapus-saja-1", "kunci-admin-7"


def files_below(folder: Path) -> Picture:
    return Counter((str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def rows_of(connection: psycopg.Connection[Any], schema: str = "public") -> Picture:
    """Every row of every table, as text."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    found: Picture = Counter()
    for (table,) in tables:
        rows = connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))).fetchall()
        found.update((table, row.encode()) for (row,) in rows)
    return found


# --- Chatwoot


@dataclass
class ChatwootGround:
    """`owner`: a connection that may do everything. `config`: of the reading role, with `delete_user`."""

    server: Postgres
    storage: Path
    config: dict[str, Any]

    def owner(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.dsn, autocommit=True)

    def reader(self) -> Connector:
        return open_connector("chatwoot", "conversation", self.config, self.server.secret)

    def deleter(self, **changes: Any) -> Deleter:
        config = {**self.config, "delete_by": "sql", **changes}
        secrets = {"delete_password": PASSWORD, "delete_token": TOKEN}
        return open_deleter("chatwoot", "conversation", config, reading=self.server.secret, deleting=secrets)

    def picture(self) -> Picture:
        with self.owner() as connection:
            return rows_of(connection) + files_below(self.storage)

    def change(self, ref: str) -> None:
        """By SQL, so that no date moves."""
        with self.owner() as connection:
            query = "UPDATE messages SET content = content || '.' WHERE id = (SELECT max(id) FROM messages WHERE "
            done = connection.execute(query.encode() + b"conversation_id = %s)", [ref])
            assert done.rowcount == 1

    def put_back(self, part: Part) -> None:
        if part.kind == "blob":
            key = part.name.partition(":")[2]
            (self.storage / key[:2] / key[2:4] / key).write_bytes(b"x")
            return
        table, _, ids = part.name.partition(":")
        assert table == "conversations"
        with self.owner() as connection:
            connection.execute(
                "INSERT INTO conversations (id, account_id, inbox_id, created_at, updated_at, display_id) "
                "VALUES (%s, 1, 1, now(), now(), 1)",
                [ids],
            )

    def api(self) -> ChatwootApi:
        return ChatwootApi(self.server.dsn, self.storage, TOKEN)


@contextmanager
def chatwoot_ground(folder: Path, conversations: int = 60, today: date = TODAY) -> Iterator[ChatwootGround]:
    with own_database() as server:
        role = str(server.config["user"])
        deleter = role.replace("reader", "deleter")
        server.roles.append(deleter)
        seed_chatwoot(
            server.dsn,
            conversations=conversations,
            seed=5,
            today=today,
            storage=folder,
            processes=1,
        )
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            grant_reader(connection, role, server.secret["password"])
            grant_deleter(connection, deleter, PASSWORD)
        config = {**server.config, "account": 1, "storage": str(folder), "delete_user": deleter}
        yield ChatwootGround(server, folder, config)


@contextmanager
def chatwoot_sql(_request: pytest.FixtureRequest, folder: Path) -> Iterator[Ground]:
    with chatwoot_ground(folder) as made:
        yield Ground(
            "chatwoot_sql",
            made.reader,
            made.deleter,
            made.picture,
            made.change,
            lambda _refs: None,
            "deleted",
            made.put_back,
            finishes=True,
            secrets=(PASSWORD, made.server.secret["password"]),
        )


@contextmanager
def chatwoot_api(_request: pytest.FixtureRequest, folder: Path) -> Iterator[Ground]:
    with chatwoot_ground(folder) as made, made.api() as api:
        yield Ground(
            "chatwoot_api",
            made.reader,
            lambda: made.deleter(delete_by="api", delete_url=api.url),
            made.picture,
            made.change,
            lambda _refs: api.drain(),
            "queued",
            made.put_back,
            secrets=(TOKEN,),
        )


# --- Asterisk


@dataclass
class Tree:
    """A recording tree of one's own, and where its call records are."""

    monitor: Path
    legs: list[cdr.Leg]
    config: dict[str, Any]
    secret: dict[str, str]
    insert: Callable[[Sequence[cdr.Leg]], object]

    def reader(self) -> Connector:
        return open_connector("asterisk", "recording", self.config, self.secret)

    def deleter(self) -> Deleter:
        secrets = {"delete_password": PASSWORD}
        return open_deleter("asterisk", "recording", self.config, reading=self.secret, deleting=secrets)

    def put_back(self, part: Part) -> None:
        if part.kind == "file":
            (self.monitor / part.name).write_bytes(b"RIFF")
            return
        ref = part.name.removeprefix("cdr:")
        self.insert([next(leg for leg in self.legs if leg.linkedid == ref)])


def _tree(request: pytest.FixtureRequest, folder: Path) -> tuple[Calls, Path]:
    calls: Calls = request.getfixturevalue("calls")
    shutil.copytree(calls.monitor, folder / "monitor", symlinks=True)
    return calls, folder / "monitor"


def _asterisk(name: str, tree: Tree, rows: Callable[[], Picture], change: Callable[[str], None]) -> Ground:
    return Ground(
        name,
        tree.reader,
        tree.deleter,
        lambda: files_below(tree.monitor) + rows(),
        change,
        lambda _refs: None,
        "deleted",
        tree.put_back,
        finishes=True,
        secrets=(PASSWORD,),
    )


@contextmanager
def asterisk_postgresql(request: pytest.FixtureRequest, folder: Path) -> Iterator[Ground]:
    calls, monitor = _tree(request, folder)
    with own_database() as server, psycopg.connect(server.dsn, autocommit=True) as owner:
        role = str(server.config["user"])
        deleter = role.replace("reader", "deleter")
        server.roles.append(deleter)
        owner.execute(cdr.postgresql_tables().encode())
        cdr.copy_postgresql(owner, calls.legs)
        grant_reader(owner, role, server.secret["password"])
        grant_deleter_of_calls(owner, deleter, PASSWORD)
        settings = {"monitor": str(monitor), "database": "postgresql", "delete_by": "files", "delete_user": deleter}
        config = {**server.config, **settings}
        tree = Tree(monitor, calls.legs, config, server.secret, lambda legs: cdr.copy_postgresql(owner, legs))

        def change(ref: str) -> None:
            owner.execute("UPDATE cdr SET billsec = billsec + 1 WHERE linkedid = %s", [ref])

        yield _asterisk("asterisk_postgresql", tree, lambda: rows_of(owner), change)


@contextmanager
def asterisk_mariadb(request: pytest.FixtureRequest, folder: Path) -> Iterator[Ground]:
    calls, monitor = _tree(request, folder)
    server: MariaDb = request.getfixturevalue("deletable_mariadb")
    with server.root() as owner, owner.cursor() as cursor:
        cursor.execute("TRUNCATE cdr")
        cdr.insert_mariadb(owner, calls.legs)
        settings = {"monitor": str(monitor), "database": "mysql", "delete_by": "files", "delete_user": "penghapus"}
        config = {**server.config, **settings}
        tree = Tree(monitor, calls.legs, config, server.secret, lambda legs: cdr.insert_mariadb(owner, legs))

        def rows() -> Picture:
            cursor.execute("SELECT * FROM cdr")
            return Counter(("cdr", repr(row).encode()) for row in cursor.fetchall())

        def change(ref: str) -> None:
            cursor.execute("UPDATE cdr SET billsec = billsec + 1 WHERE linkedid = %s", [ref])

        yield _asterisk("asterisk_mariadb", tree, rows, change)


@contextmanager
def asterisk_csv(request: pytest.FixtureRequest, folder: Path) -> Iterator[Ground]:
    calls, monitor = _tree(request, folder)
    path = folder / "cdr-csv" / "Master.csv"
    legs = [replace_userfield(leg) for leg in calls.legs]
    cdr.append_master_csv(path, legs)
    settings = {"monitor": str(monitor), "database": "csv", "csv": str(path), "delete_by": "files"}
    tree = Tree(monitor, legs, settings, {}, lambda more: cdr.append_master_csv(path, more))

    def change(ref: str) -> None:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if next(csv.reader([line]))[19] == ref)
        lines[at] = lines[at].replace('"DOCUMENTATION"', '"BILLING"')
        path.write_text("".join(lines), "utf-8")

    def rows() -> Picture:
        assert [each.name for each in path.parent.iterdir()] == [path.name]
        return Counter(("csv", line) for line in path.read_bytes().splitlines(keepends=True))

    yield _asterisk("asterisk_csv", tree, rows, change)


# --- a vendor's export; the fake


@contextmanager
def folder_drop(request: pytest.FixtureRequest, folder: Path) -> Iterator[Ground]:
    export: Path = request.getfixturevalue("export")
    shutil.copytree(export, folder, dirs_exist_ok=True)
    config = {"folder": str(folder), "zone": "Asia/Jakarta", "delete_by": "by_hand"}

    def without(name: str, refs: Sequence[str]) -> None:
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(line for line in lines if line.partition(",")[0] not in refs), "utf-8")

    def by_hand(refs: Sequence[str]) -> None:
        """What the vendor's people do, and what comes with their letter: a newer export without the records."""
        if not refs:
            return
        deleter = opened()
        for ref, parts in deleter.parts(refs).items():
            for part in parts:
                if part.kind == "file":
                    (folder / part.name).unlink()
            assert ref in refs
        deleter.close()
        without("records.csv", refs)
        without("messages.csv", refs)

    def change(ref: str) -> None:
        text = (folder / "records.csv").read_text("utf-8")
        (folder / "records.csv").write_text(text.replace(f"{ref},2024", f"{ref},2023"), "utf-8")

    def picture() -> Picture:
        """Its files, and the lines of its tables."""
        found: Picture = Counter()
        for (name, content), count in files_below(folder).items():
            lines = content.splitlines() if name.endswith(".csv") else [content]
            found.update({(name, line): count for line in lines})
        return found

    def opened() -> Deleter:
        return open_deleter("folder_drop", "conversation", config, reading={}, deleting={})

    yield Ground(
        "folder_drop",
        lambda: open_connector("folder_drop", "conversation", config, {}),
        opened,
        picture,
        change,
        by_hand,
        "queued",
    )


def fake(record_class: str) -> Callable[[pytest.FixtureRequest, Path], AbstractContextManager[Ground]]:
    @contextmanager
    def made(_request: pytest.FixtureRequest, _folder: Path) -> Iterator[Ground]:
        records = conversations(30) if record_class == "conversation" else recordings(30)
        source = FakeSource(records, record_class)  # type: ignore[arg-type]

        def picture() -> Picture:
            there = Counter((ref, repr(record).encode()) for ref, record in source.records_there.items())
            return there + Counter((ref, name.encode()) for ref in source.records_there for name in ("row", "index"))

        def put_back(part: Part) -> None:
            ref = part.name.partition(":" if part.kind == "row" else "/")[2 if part.kind == "row" else 0]
            if ref not in source.records_there:
                source.bring_back(ref)

        yield Ground(
            "fake",
            lambda: source,
            lambda: FakeDeleter(source),
            picture,
            lambda ref: source.change(ref, agent="Bukan Agus", customer_name="Lain"),
            lambda _refs: None,
            "deleted",
            put_back,
        )

    return made


GROUNDS: dict[str, Callable[[pytest.FixtureRequest, Path], AbstractContextManager[Ground]]] = {
    "chatwoot_sql": chatwoot_sql,
    "chatwoot_api": chatwoot_api,
    "asterisk_postgresql": asterisk_postgresql,
    "asterisk_mariadb": asterisk_mariadb,
    "asterisk_csv": asterisk_csv,
    "folder_drop": folder_drop,
    "fake_conversations": fake("conversation"),
    "fake_recordings": fake("recording"),
}
