"""A look at a Chatwoot database: what it is, what the role may do there, and what would stand in the way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from kendali.connectors.base import Probe, Problem, SourceError
from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.schema import TABLES
from kendali.connectors.postgres import Server

ALLOWED_SKEW = timedelta(minutes=5)

_RIGHTS = """
    SELECT c.relname, has_table_privilege(c.oid, 'SELECT'),
           has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    FROM pg_class c WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(c.oid)
"""
_COUNTS = """
    SELECT (SELECT count(*) FROM conversations WHERE account_id = %(account)s),
           (SELECT count(*) FROM messages WHERE account_id = %(account)s),
           (SELECT count(*) FROM attachments WHERE account_id = %(account)s)
"""
_VERSION = "SELECT serialized_value::text FROM installation_configs WHERE name = 'INSTALLATION_VERSION'"


def look(server: Server, account: int, storage: Path | None, absent: Collection[str]) -> Probe:
    """Never raises for what a person can repair."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    rights: list[str] = []
    said, skew = "", None
    counts: dict[str, int] = {}
    if storage is not None and not storage.is_dir():
        problems.append(Problem("folder_missing", facts={"path": str(storage)}))
    try:
        skew = clock_skew(server)
        said = version(server)
        problems += Columns(server, absent).problems
        rights, unreadable, writable = _rights(server, absent)
        if unreadable:
            names = ", ".join(unreadable)
            command = f"GRANT SELECT ON {names} TO {server.place['user']}"
            problems.append(Problem("no_right_to_read", facts={"tables": names, "command": command}))
        if writable:
            warnings.append(Problem("may_write", facts={"rights": ", ".join(writable)}))
        if not problems:
            counts, missing = _counts(server, account)
            problems += missing
    except SourceError as error:
        problems.append(Problem(error.code, facts=error.facts))
    if skew is not None and abs(skew) > ALLOWED_SKEW:
        problems.append(Problem("clock_skew", facts={"seconds": round(skew.total_seconds())}))
    return Probe(said, rights, skew, counts, problems, warnings)


def clock_skew(server: Server) -> timedelta:
    """The source's clock minus this host's, to the middle of the question's way."""
    with server.errors():
        connection = server.rows()
        before = datetime.now(UTC)
        (there,) = _one(connection, "SELECT clock_timestamp()")
        after = datetime.now(UTC)
    return timedelta(seconds=(there - (before + (after - before) / 2)).total_seconds())


def _one(connection: psycopg.Connection[Any], query: str, values: Any = None) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return tuple(row)


def version(server: Server) -> str:
    """What the installation says of itself, and the newest migration, which is always there."""
    with server.errors():
        connection = server.rows()
        try:
            (migration,) = _one(connection, "SELECT max(version) FROM schema_migrations")
        except psycopg.Error:
            migration = None
        try:
            row = connection.execute(_VERSION).fetchone()
        except psycopg.Error:
            row = None
    said = "".join(letter for letter in (row[0] if row else "") if letter.isdigit() or letter == ".").strip(".")
    schema = f"schema {migration}" if migration else ""
    return " ".join(filter(None, ("Chatwoot", said, f"({schema})" if schema else "")))


def _rights(server: Server, absent: Collection[str]) -> tuple[list[str], list[str], list[str]]:
    """(rights in words, tables it may not read, tables it may write)."""
    names = [table.name for table in TABLES if table.name not in absent]
    with server.errors():
        connection = server.rows()
        (superuser,) = _one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        rows = connection.execute(_RIGHTS, [names]).fetchall()
    unreadable = sorted(name for name, reads, _ in rows if not reads)
    writable = ["superuser"] if superuser else sorted(name for name, _, writes in rows if writes)
    rights = [f"SELECT on {sum(reads for _, reads, _ in rows)} of {len(names)} tables"]
    if writable:
        rights.append("superuser" if superuser else f"write on {len(writable)} tables")
    return rights, unreadable, writable


def _counts(server: Server, account: int) -> tuple[dict[str, int], list[Problem]]:
    with server.errors():
        connection = server.rows()
        try:
            there = connection.execute("SELECT 1 FROM accounts WHERE id = %s", [account]).fetchone() is not None
        except psycopg.Error:
            there = True  # the table of accounts is not needed for anything else
        row = _one(connection, _COUNTS, {"account": account})
    counts = dict(zip(("conversations", "messages", "attachments"), row, strict=True))
    if not there and not counts["conversations"]:
        return counts, [Problem("account_missing", facts={"account": account})]
    return counts, []
