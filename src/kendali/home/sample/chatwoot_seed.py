"""Fills an empty PostgreSQL database with an omni-channel application of any size. Plain Python over psycopg."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import psycopg
from psycopg import sql

from kendali.connectors.chatwoot import deleting_probe

from .chatwoot_awkward import tell_all
from .chatwoot_base import COLUMNS, write_base
from .chatwoot_bulk import BLOCK, Plan, make_block, three_years_before
from .chatwoot_story import Book
from .copying import Ledger

Progress = Callable[[str, int, int], None]  # what, done, of how many
QUICK = (
    "SET synchronous_commit = off",
    "SET client_min_messages = warning",
    "SET maintenance_work_mem = '192MB'",
    "SET max_parallel_maintenance_workers = 0",
)
PARALLEL_FROM = 8  # blocks; below that a second process costs more than it saves


@dataclass(frozen=True)
class Seeded:
    """What was made. `rows`: table → number of rows."""

    rows: dict[str, int]
    conversations: int
    messages: int


def schema_parts() -> tuple[str, str]:
    """Tables; then indexes, keys and triggers."""
    text = files(__package__).joinpath("chatwoot_schema.sql").read_text("utf-8")
    first, second = text.split("-- part: indexes\n")
    return first, second


def apply_schema(connection: psycopg.Connection[Any]) -> None:
    """The application's empty tables, complete; for tests that bring their own rows."""
    for part in schema_parts():
        connection.execute(part.encode())


def seed_chatwoot(
    dsn: str,
    *,
    conversations: int,
    seed: int,
    today: date,
    storage: Path,
    reader_role: str | None = None,
    reader_password: str | None = None,
    deleter_role: str | None = None,
    deleter_password: str | None = None,
    processes: int = 2,
    progress: Progress | None = None,
) -> Seeded:
    """`conversations` in all, the awkward ones included (at least those are made); about ten messages each.

    The same seed and day give the same rows and files, however many processes work. Raises ValueError when the
    database already holds the application."""
    storage.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda what, done, of: None)
    with _connect(dsn) as connection:
        if connection.execute("SELECT to_regclass('conversations')").fetchone() != (None,):
            raise ValueError("the database already holds the tables of the application; give an empty one")
        connection.execute(schema_parts()[0].encode())
        rows, plan = _beginning(connection, conversations, seed, today, storage)
    for done, made in enumerate(_blocks(dsn, plan, processes), 1):
        for table, count in made.items():
            rows[table] = rows.get(table, 0) + count
        tell("conversations", plan.first_conversation - 1 + min(done * BLOCK, plan.conversations), conversations)
    _finish(dsn, processes, tell)
    if reader_role:
        with _connect(dsn) as connection:
            grant_reader(connection, reader_role, reader_password)
    if deleter_role:
        with _connect(dsn) as connection:
            grant_deleter(connection, deleter_role, deleter_password)
    return Seeded(rows, rows["conversations"], rows["messages"])


def _connect(dsn: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(dsn, autocommit=True)
    for statement in QUICK:
        connection.execute(statement.encode())
    return connection


def _beginning(
    connection: psycopg.Connection[Any], conversations: int, seed: int, today: date, storage: Path
) -> tuple[dict[str, int], Plan]:
    """Base rows and awkward cases; what is left for the bulk."""
    ledger = Ledger(COLUMNS)
    installed = datetime.combine(three_years_before(today), datetime.min.time(), UTC) - timedelta(days=30)
    write_base(ledger, installed.replace(tzinfo=None))
    book = Book(ledger, today, storage, Random(seed))  # noqa: S311
    tell_all(book)
    plan = Plan(
        conversations=max(0, conversations - book.conversation_id),
        seed=seed,
        today=today,
        storage=storage,
        first_conversation=book.conversation_id + 1,
        first_message=book.message_id + 1,
        first_display=(book.display[1] + 1, book.display[2] + 1),
    )
    return ledger.flush(connection), plan


def _work(dsn: str, plan: Plan, numbers: Iterable[int]) -> list[dict[str, int]]:
    done = []
    with _connect(dsn) as connection:
        for number in numbers:
            ledger = Ledger(COLUMNS)
            make_block(plan, number, ledger)
            done.append(ledger.flush(connection))
    return done


def _blocks(dsn: str, plan: Plan, processes: int) -> Iterator[dict[str, int]]:
    if processes < 2 or plan.blocks < PARALLEL_FROM:
        yield from _work_singly(dsn, plan)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_work, dsn, plan, range(n, min(n + 4, plan.blocks))) for n in range(0, plan.blocks, 4)]
        for finished in as_completed(waiting):
            yield from finished.result()


def _work_singly(dsn: str, plan: Plan) -> Iterator[dict[str, int]]:
    for number in range(plan.blocks):
        yield from _work(dsn, plan, [number])


def _finish(dsn: str, processes: int, tell: Progress) -> None:
    """Indexes on two connections at once, then keys, triggers and the counters' positions."""
    statements = [part.strip() for part in schema_parts()[1].split(";\n") if part.strip()]
    indexes = [s for s in statements if s.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX"))]
    indexes.sort(key=lambda s: " ON messages " not in s)  # the large table first
    queue, failed, done = iter(indexes), [], [0]

    def build() -> None:
        try:
            with _connect(dsn) as connection:
                for statement in queue:
                    connection.execute(statement.encode())
                    done[0] += 1
                    tell("indexes", done[0], len(indexes))
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=build) for _ in range(max(1, processes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    with _connect(dsn) as connection:
        second = schema_parts()[1]
        connection.execute(second[second.index("ALTER TABLE active_storage_attachments") :].encode())
        _set_counters(connection)
        connection.execute("ANALYZE")


def _set_counters(connection: psycopg.Connection[Any]) -> None:
    """Every id counter stands behind the highest id; each account's conversation numbers likewise."""
    for table, columns in COLUMNS.items():
        if columns[0] == "id":
            connection.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({}, 'id'), coalesce(max(id), 0) + 1, false) FROM {}"
                ).format(sql.Literal(table), sql.Identifier(table))
            )
    for account, highest in connection.execute(
        "SELECT a.id, coalesce(max(c.display_id), 0) FROM accounts a"
        " LEFT JOIN conversations c ON c.account_id = a.id GROUP BY 1"
    ).fetchall():
        name = sql.Identifier(f"conv_dpid_seq_{account}")
        connection.execute(sql.SQL("CREATE SEQUENCE {} START {}").format(name, sql.Literal(highest + 1)))
    connection.execute(
        "UPDATE tags SET taggings_count = n FROM (SELECT tag_id, count(*) n FROM taggings GROUP BY 1) t"
        " WHERE t.tag_id = tags.id"
    )


def grant_reader(connection: psycopg.Connection[Any], role: str, password: str | None) -> None:
    """A role that may log in and read the application's tables, nothing else."""
    name = _role(connection, role, password)
    connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(name))


def grant_deleter(connection: psycopg.Connection[Any], role: str, password: str | None) -> None:
    """A role that may log in, read the tables of a conversation and delete from them. Locking a row takes the right to
    update a column of its table: one that holds nothing."""
    name = _role(connection, role, password)
    names = sql.SQL(", ").join(map(sql.Identifier, deleting_probe.tables(frozenset())))
    connection.execute(sql.SQL("GRANT SELECT, DELETE ON {} TO {}").format(names, name))
    for table, column in deleting_probe.LOCKED.items():
        statement = sql.SQL("GRANT UPDATE ({}) ON {} TO {}")
        connection.execute(statement.format(sql.Identifier(column), sql.Identifier(table), name))
    for table in ("schema_migrations", "installation_configs"):  # they tell the version
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), name))


def grant_deleter_of_calls(
    connection: psycopg.Connection[Any], role: str, password: str | None, schema: str = "public"
) -> None:
    """A role that may log in, read the call records of one switch and delete them."""
    name = _role(connection, role, password)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), name))
    connection.execute(sql.SQL("GRANT SELECT, DELETE ON {} TO {}").format(sql.Identifier(schema, "cdr"), name))


def _role(connection: psycopg.Connection[Any], role: str, password: str | None) -> sql.Identifier:
    """Made if it is not there; may connect to this database and name what is in it."""
    name = sql.Identifier(role)
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(name))
    if password is not None:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    database = connection.info.dbname
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), name))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    return name
