"""MariaDB and MySQL as a source: a read-only connection (and one that deletes), errors in Kendali's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from kendali.connectors.base import SourceError

_CODES = {
    1044: "no_right_to_read",
    1045: "wrong_password",
    1049: "database_missing",
    1054: "columns_missing",
    1142: "no_right_to_read",
    1143: "no_right_to_read",
    1146: "tables_missing",
    1698: "wrong_password",
    1205: "busy",
    1213: "busy",
    1969: "too_slow",
    3024: "too_slow",
    2003: "host_unreachable",
    2002: "host_unreachable",
    2005: "host_unreachable",
    2006: "connection_lost",
    2013: "connection_lost",
    2055: "connection_lost",
    0: "connection_lost",
}


class MySql:
    """One connection, opened when first needed; autocommit, read only."""

    def __init__(self, config: Mapping[str, Any], secret: Mapping[str, Any], statement_seconds: int = 600) -> None:
        self.place: dict[str, Any] = {
            "host": str(config.get("host") or "localhost"),
            "database": str(config.get("dbname") or ""),
            "user": str(config.get("user") or ""),
            "seconds": statement_seconds,
        }
        self._options: dict[str, Any] = {
            "user": self.place["user"],
            "password": str(secret.get("password") or ""),
            "database": self.place["database"],
            "port": int(config.get("port") or 3306),
            "connect_timeout": 10,
            "read_timeout": statement_seconds,
            "charset": "utf8mb4",
            "autocommit": True,
            "program_name": "kendali",
        }
        host = str(self.place["host"])
        self._options |= {"unix_socket": host} if host.startswith("/") else {"host": host}
        self._connection: pymysql.Connection[Cursor] | None = None

    @contextmanager
    def errors(self) -> Iterator[None]:
        try:
            yield
        except pymysql.Error as error:
            number = error.args[0] if error.args and isinstance(error.args[0], int) else -1
            code = _CODES.get(number, "source_failed")
            if code in {"connection_lost", "too_slow"} or isinstance(error, pymysql.InterfaceError):
                self.close()
            raise SourceError(code, **self._facts(code, number, str(error.args[-1]) if error.args else "")) from None

    def _facts(self, code: str, number: int, message: str) -> dict[str, Any]:
        """The server's own message is looked at for the name it quotes, and not passed on."""
        quoted = re.findall(r"[`']([^`']*)[`']", message)
        named = (quoted[-1] if quoted else "").removeprefix(f"{self.place['database']}.")
        facts: dict[str, Any] = {"reason": f"MySQL error {number}", **self.place}
        if code == "tables_missing":
            facts["tables"] = named
        elif code == "no_right_to_read":
            command = f"GRANT SELECT ON {self.place['database']}.* TO '{self.place['user']}'"
            facts |= {"tables": named or self.place["database"], "command": command}
        elif code == "columns_missing":
            facts |= {"table": "", "columns": quoted[0] if quoted else ""}
        return facts

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """(column names, rows). Raises SourceError."""
        with self.errors():
            if self._connection is None:
                self._connection = pymysql.connect(**self._options)
                with self._connection.cursor() as cursor:
                    cursor.execute("SET SESSION TRANSACTION READ ONLY")
            with self._connection.cursor() as cursor:
                cursor.execute(query, tuple(values) or None)
                names = [str(column[0]) for column in cursor.description or ()]
                return names, list(cursor.fetchall())

    def writing(self) -> pymysql.Connection[Cursor]:
        """A connection of its own in which each transaction is committed or rolled back by the caller."""
        connection = pymysql.connect(**{**self._options, "autocommit": False})
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except pymysql.Error:
                return  # it is gone already, which is what close asks for
