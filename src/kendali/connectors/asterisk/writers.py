"""Call records while some of them are taken away: a transaction in a database, or a file rewritten beside itself.

`records` sees them inside the transaction. `remove` takes exactly the legs it is given, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
import pymysql
from psycopg.rows import TupleRow

from kendali.connectors.asterisk.cdr import Cdr, Leg
from kendali.connectors.asterisk.csv_rewriting import Rewriting
from kendali.connectors.asterisk.master_csv import MasterCsv
from kendali.connectors.base import SourceError
from kendali.connectors.mysql import MySql
from kendali.connectors.postgres import LOCK_MILLISECONDS, UNDO_SLEEPERS, Server

Legs = Mapping[str, Sequence[Leg]]
READING_SECONDS = 60  # recordings are read while calls are locked; a worker that stands still keeps them no longer


class Writer(Protocol):
    records: Cdr
    batch: int  # calls per transaction

    def legs(self, refs: Sequence[str]) -> dict[str, list[Leg]]:
        """Of these calls, locked where the database can."""

    def remove(self, legs: Legs) -> bool:
        """False: other rows are there now, and nothing was changed."""

    def commit(self, check: Callable[[], None]) -> None:
        """`check` is asked at the last moment; what it raises leaves everything as it was."""

    def undo(self) -> None: ...
    def close(self) -> None: ...


class PostgresWriter:
    batch = 50  # their recordings are read while it is open

    def __init__(self, server: Server, table: str, names: Mapping[str, Any]) -> None:
        self.server, self._table = server, table
        self._connection: psycopg.Connection[TupleRow] | None = None
        self.records = Cdr(self, table, "%s", names)

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self.server.errors():
            cursor = self._open().execute(query.encode(), list(values))
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def _open(self) -> psycopg.Connection[TupleRow]:
        if self._connection is None or self._connection.closed:
            self._connection = self.server.writing()
        if self._connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self._connection.execute(
                f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS:d}ms';"
                f"SET LOCAL idle_in_transaction_session_timeout = '{READING_SECONDS:d}s'"
            )
        return self._connection

    def legs(self, refs: Sequence[str]) -> dict[str, list[Leg]]:
        return self.records.legs(refs)

    def remove(self, legs: Legs) -> bool:
        """What the deletion returns is compared with what was checked."""
        marks = ", ".join(["%s"] * len(legs))
        query = f"DELETE FROM {self._table} WHERE {self.records.column('call')} IN ({marks}) RETURNING *"  # noqa: S608
        if self.records.grouped(*self.rows(query, list(legs))) == dict(legs):
            return True
        self.undo()
        return False

    def commit(self, check: Callable[[], None]) -> None:
        with self.server.errors():
            connection = self._open()
            connection.execute(UNDO_SLEEPERS.encode())
            check()
            connection.commit()

    def undo(self) -> None:
        connection = self._connection
        if connection is not None and not connection.closed:
            try:
                connection.rollback()
            except psycopg.Error:
                connection.close()

    def close(self) -> None:
        self.undo()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.server.close()


class MySqlWriter:
    """InnoDB. A MyISAM table knows no transaction: there each deletion counts at once, after the same check."""

    batch = 50

    def __init__(self, server: MySql, table: str, names: Mapping[str, Any]) -> None:
        self.server, self._table = server, table
        self._connection: pymysql.Connection[Any] | None = None
        self.records = Cdr(self, table, "%s", names)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with self.server.errors():
            if self._connection is None or not self._connection.open:
                self._connection = self.server.writing()
            with self._connection.cursor() as cursor:
                yield cursor

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self._cursor() as cursor:
            cursor.execute(query, tuple(values) or None)
            return [str(column[0]) for column in cursor.description or ()], list(cursor.fetchall())

    def legs(self, refs: Sequence[str]) -> dict[str, list[Leg]]:
        return self.records.legs(refs, lock=True)

    def remove(self, legs: Legs) -> bool:
        marks = ", ".join(["%s"] * len(legs))
        query = f"DELETE FROM {self._table} WHERE {self.records.column('call')} IN ({marks})"  # noqa: S608
        with self._cursor() as cursor:
            if cursor.execute(query, tuple(legs)) == sum(map(len, legs.values())):
                return True
        self.undo()
        return False

    def commit(self, check: Callable[[], None]) -> None:
        with self.server.errors():
            if self._connection is not None:
                check()
                self._connection.commit()

    def undo(self) -> None:
        if self._connection is not None and self._connection.open:
            try:
                self._connection.rollback()
            except pymysql.Error:
                self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection.close()

    def close(self) -> None:
        self.undo()
        self._drop()
        self.server.close()


class CsvWriter:
    batch = 1_000  # the whole file is written anew each time

    def __init__(self, source: MasterCsv, names: Mapping[str, Any]) -> None:
        self._source = source
        self.records = Cdr(source, "cdr", "?", names)
        self._rewriting: Rewriting | None = None

    def legs(self, refs: Sequence[str]) -> dict[str, list[Leg]]:
        return self.records.legs(refs)

    def remove(self, legs: Legs) -> bool:
        rewriting = Rewriting(self._source, self.records.column("call"), set(legs))
        if self.records.grouped(rewriting.columns, rewriting.removed) != dict(legs):
            rewriting.undo()
            return False
        self._rewriting = rewriting
        return True

    def commit(self, check: Callable[[], None]) -> None:
        check()
        rewriting, self._rewriting = self._rewriting, None
        if rewriting is not None:
            rewriting.commit()

    def undo(self) -> None:
        rewriting, self._rewriting = self._rewriting, None
        if rewriting is not None:
            rewriting.undo()

    def close(self) -> None:
        self.undo()
        self._source.close()


def safe_table(table: str) -> str:
    """A name that can stand in a statement. Raises SourceError."""
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", table):
        raise SourceError("bad_configuration", field="table", reason="it must be the name of a table")
    return table
