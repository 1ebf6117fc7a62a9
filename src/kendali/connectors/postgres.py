"""PostgreSQL as a source: connections that read (and, for a deleter, one that deletes), errors in Kendali's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import psycopg
import pyarrow as pa
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from kendali.connectors.base import UNDONE_AFTER, SourceError

CONNECT_SECONDS = 10
IDLE_SECONDS = 5  # a worker that stands still in a deletion keeps rows of the source from nobody for longer
UNDO_SLEEPERS = f"SET LOCAL idle_in_transaction_session_timeout = '{UNDONE_AFTER * 1000:.0f}ms'"
LOCK_MILLISECONDS = 300  # what another session of the source holds is left to a later attempt
_SQLSTATES = {
    "28P01": "wrong_password",
    "28000": "wrong_password",
    "3D000": "database_missing",
    "42501": "no_right_to_read",
    "42P01": "tables_missing",
    "42703": "columns_missing",
    "57014": "too_slow",
    "55P03": "busy",
    "40P01": "busy",
    "40001": "busy",
}
# The server's message is all libpq gives of a failed connection; it has no SQLSTATE there.
_PHRASES = (
    ("statement timeout", "too_slow"),
    ("password authentication failed", "wrong_password"),
    ("no password supplied", "wrong_password"),
    ('role "', "wrong_password"),
    ('database "', "database_missing"),
    ("could not translate host name", "host_unreachable"),
    ("Connection refused", "host_unreachable"),
    ("timeout expired", "host_unreachable"),
    ("No route to host", "host_unreachable"),
    ("Network is unreachable", "host_unreachable"),
    ("No such file or directory", "host_unreachable"),
    ("server closed the connection", "connection_lost"),
    ("terminating connection", "connection_lost"),
    ("connection not open", "connection_lost"),
    ("the connection is closed", "connection_lost"),
    ("connection is lost", "connection_lost"),
    ("could not receive data", "connection_lost"),
    ("no connection to the server", "connection_lost"),
    ("SSL SYSCALL error", "connection_lost"),
    ("SSL connection has been closed", "connection_lost"),
    ("Connection reset", "connection_lost"),
    ("Broken pipe", "connection_lost"),
)


class Server:
    """Where a PostgreSQL is and who asks. Connections are opened when first needed and closed together.

    `rows` answers small questions row by row (psycopg); `bulk` reads tables as Arrow (ADBC, which uses COPY).
    """

    def __init__(self, config: Mapping[str, Any], secret: Mapping[str, Any], statement_seconds: int = 600) -> None:
        self.place: dict[str, Any] = {
            "host": str(config.get("host") or "localhost"),
            "database": str(config.get("dbname") or ""),
            "user": str(config.get("user") or ""),
            "seconds": statement_seconds,
        }
        self._conninfo = make_conninfo(
            host=self.place["host"],
            port=int(config.get("port") or 5432),
            dbname=self.place["database"],
            user=self.place["user"],
            password=secret.get("password") or None,
            sslmode=config.get("sslmode") or "prefer",
            connect_timeout=CONNECT_SECONDS,
            application_name="kendali",
        )
        self._seconds = statement_seconds
        self._rows: psycopg.Connection[TupleRow] | None = None
        self._bulk: Any = None

    @contextmanager
    def errors(self, **facts: object) -> Iterator[None]:
        """Driver errors become SourceError with these facts, too; no text of a query or a row is passed on."""
        try:
            yield
        except (psycopg.Error, adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            # Arrow says OSError for what ends a result while it is read.
            translated = self._translated(error)
            translated.facts.update(facts)
            raise translated from None

    def _translated(self, error: Exception) -> SourceError:
        text = str(error)
        written = re.search(r"SQLSTATE: (\w{5})", text)
        state = getattr(error, "sqlstate", None) or (written[1] if written else None)
        code = _SQLSTATES.get(state or "")
        if code is None:
            code = next((code for phrase, code in _PHRASES if phrase in text), None)
        if code is None and self._rows is None and self._bulk is None:
            code = "connection_refused"
        if code in {"connection_lost", "too_slow"} or self._broken():
            self.close()
        if code is None:
            code = "connection_lost" if isinstance(error, psycopg.OperationalError) else "source_failed"
        first_line = text.strip().splitlines()[0] if text.strip() else type(error).__name__
        facts: dict[str, Any] = {"reason": first_line if state is None else f"SQLSTATE {state}", **self.place}
        named = _quoted(first_line)
        if code in {"no_right_to_read", "tables_missing"}:
            command = f"GRANT SELECT ON {named} TO {self.place['user']}"
            facts.update({"tables": named, "command": command} if code == "no_right_to_read" else {"tables": named})
        elif code == "columns_missing":
            facts.update({"table": "", "columns": named})
        return SourceError(code, **facts)

    def _broken(self) -> bool:
        return self._rows is not None and self._rows.broken

    def rows(self) -> psycopg.Connection[TupleRow]:
        """Autocommit, read only, UTC."""
        if self._rows is None or self._rows.closed:
            self._rows = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)
            self._rows.execute(
                f"SET default_transaction_read_only = on; SET TimeZone = 'UTC'; "
                f"SET statement_timeout = '{self._seconds}s'"
            )
        return self._rows

    def writing(self) -> psycopg.Connection[TupleRow]:
        """A connection of its own in which each transaction is committed or rolled back by the caller."""
        connection = psycopg.connect(self._conninfo, prepare_threshold=None)
        connection.execute(f"SET TimeZone = 'UTC'; SET statement_timeout = '{self._seconds:d}s'")
        connection.commit()
        return connection

    def bulk(self) -> Any:
        """An ADBC connection; each transaction must begin with `begin`."""
        if self._bulk is None:
            self._bulk = adbc_driver_postgresql.dbapi.connect(self._conninfo)
        return self._bulk

    def close(self) -> None:
        rows, self._rows = self._rows, None
        bulk, self._bulk = self._bulk, None
        for connection in (rows, bulk):
            if connection is not None:
                try:
                    connection.close()
                except (psycopg.Error, adbc_driver_manager.Error):
                    continue  # it is gone already, which is what close asks for


class TooLarge(Exception):
    """The rows of a bulk transaction take more memory than it was given."""


class BulkTransaction:
    """One repeatable-read, read-only transaction: what it reads is one instant of the source.

    `limit`: bytes of Arrow data in all its tables together; TooLarge beyond it. `writes`: read committed instead, and
    `execute` may change rows; they stay changed only after `commit`.
    """

    def __init__(self, server: Server, limit: int | None = None, *, writes: bool = False) -> None:
        self._server, self._limit, self._writes = server, limit, writes
        self.queries = 0
        self._bytes = 0

    def __enter__(self) -> BulkTransaction:
        self._connection = self._server.bulk()
        self._cursor = self._connection.cursor()
        mode = "READ COMMITTED, READ WRITE" if self._writes else "REPEATABLE READ, READ ONLY"
        self._cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {mode}")
        self._cursor.execute(f"SET LOCAL statement_timeout = '{self._server.place['seconds']}s'")
        if self._writes:
            self._cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")
            self._cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, TooLarge):
            self._server.close()  # a COPY is still running in it; what it changed is undone
            return
        try:
            self._cursor.close()
            self._connection.rollback()
        except adbc_driver_manager.Error:
            self._server.close()

    def execute(self, statement: str) -> None:
        self.queries += 1
        self._cursor.execute(statement)

    def commit(self, check: Callable[[], None] = lambda: None) -> None:
        """`check` is asked first. If this process is put to sleep after it, the server undoes everything."""
        self._cursor.execute(UNDO_SLEEPERS)
        check()
        self._connection.commit()

    def table(self, query: str) -> pa.Table:
        """The query's rows."""
        self.queries += 1
        self._cursor.execute(query)
        reader = self._cursor.fetch_record_batch()
        batches = []
        for batch in reader:
            batches.append(batch)
            self._bytes += batch.nbytes
            if self._limit is not None and self._bytes > self._limit:
                raise TooLarge
        return pa.Table.from_batches(batches, reader.schema)


def _quoted(text: str) -> str:
    """The names that a server's message puts into quotes or after 'for table'."""
    if '"' in text:
        return text.split('"')[1]
    return text.rsplit(" ", 1)[-1]
