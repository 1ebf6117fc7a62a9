"""A temporary SQLite index over rows of a text file, so that a file of any size is listed by key in constant memory.

It lies in the host's temporary folder, never at the source, and nothing of it stays, even if the process is killed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any


class Lookup:
    """Tables of text columns; a query's values may be datetimes (compared as text, `YYYY-MM-DD HH:MM:SS[.ffffff]`)."""

    def __init__(self) -> None:
        # No name: SQLite's own temporary database, whose file has no entry in any folder and ends with the process.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.executescript("PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -16000;")

    def create(self, table: str, columns: Sequence[str]) -> None:
        self._database.execute(f"CREATE TABLE {_quoted(table)} ({', '.join(_quoted(column) for column in columns)})")

    def add(self, table: str, columns: int, rows: Iterable[Sequence[Any]]) -> None:
        marks = ", ".join("?" * columns)
        self._database.executemany(f"INSERT INTO {_quoted(table)} VALUES ({marks})", rows)  # noqa: S608

    def index(self, table: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._database.execute(f"CREATE INDEX {_quoted(f'{table} by {key}')} ON {_quoted(table)} ({_quoted(key)})")
        self._database.commit()

    def change(self, statement: str) -> None:
        """One statement on the index itself; its source is never written."""
        self._database.execute(statement)
        self._database.commit()

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        plain = [value.isoformat(sep=" ") if isinstance(value, datetime) else value for value in values]
        cursor = self._database.execute(query, plain)
        return [column[0] for column in cursor.description], cursor.fetchall()

    def close(self) -> None:
        self._database.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
