"""Call detail records, wherever Asterisk writes them: MariaDB/MySQL, PostgreSQL, or cdr-csv/Master.csv.

The unit is the *linkedid*: all legs of one call. Pages go by the linkedid in the source's own order (text; the numbers
in it are not in order of time, but no call ever changes its place). Only calls that name a recording are records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from kendali.connectors.base import Problem, SourceError
from kendali.connectors.mysql import MySql
from kendali.connectors.postgres import Server

Leg = Mapping[str, Any]
AUDIO = "audio:"


class Rows(Protocol):
    """A database that answers one query: (column names, rows). Raises SourceError."""

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]: ...
    def close(self) -> None: ...


class Postgres:
    """The rows of a PostgreSQL server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def rows(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self.server.errors():
            cursor = self.server.rows().execute(query.encode(), list(values))
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def close(self) -> None:
        self.server.close()


class Cdr:
    """The table of call records in any of the databases. `mark`: how a value is written into a query."""

    def __init__(self, source: Rows, table: str, mark: str, names: Mapping[str, Any]) -> None:
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", table):
            raise SourceError("bad_configuration", field="table", reason="it must be the name of a table")
        self._source, self._table, self._mark, self._names = source, table, mark, names
        self._known: dict[str, str] = {}
        self.queries = 0

    def _query(self, query: str, values: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        self.queries += 1
        return self._source.rows(query.replace("%s", self._mark), values)

    def column(self, role: str) -> str:
        """The table's column for `call`, `date`, `file`, `seconds`. Raises SourceError if it has none."""
        if not self._known:
            names, _ = self._query(f"SELECT * FROM {self._table} LIMIT 0")  # noqa: S608
            self._known = self._choose(names)
        return self._known[role]

    def _choose(self, names: Sequence[str]) -> dict[str, str]:
        wanted = {
            "call": ("linkedid", "uniqueid"),
            "date": ("calldate", "start"),
            "file": ("recordingfile", "userfield"),
            "seconds": ("duration",),
        }
        by_lower = {name.lower(): name for name in names}
        chosen: dict[str, str] = {}
        for role, usual in wanted.items():
            said = str(self._names.get(f"{role}_column") or "")
            found = next(
                (by_lower[name.lower()] for name in ((said,) if said else usual) if name.lower() in by_lower), None
            )
            if found is None:
                raise SourceError("columns_missing", table=self._table, columns=said or usual[0])
            chosen[role] = found
        return chosen

    def _names_a_file(self) -> str:
        """`userfield` names a recording only as `audio:NAME`; it may hold anything else."""
        file = self.column("file")
        return f"substr({file}, 1, 6) = '{AUDIO}'" if file.lower() == "userfield" else f"{file} <> ''"

    def calls(self, after: str, limit: int, before: datetime | None) -> list[str]:
        """linkedids with a recording, after `after`; `before`: a leg began before it (local time of the server)."""
        call, started = self.column("call"), self.column("date")
        having = f"max(CASE WHEN {self._names_a_file()} THEN 1 ELSE 0 END) = 1" + (
            f" AND min({started}) < %s" if before else ""
        )
        values = [after, *([before] if before else []), limit]
        _, rows = self._query(
            f"SELECT {call} FROM {self._table} WHERE {call} > %s GROUP BY {call} HAVING {having} "  # noqa: S608
            f"ORDER BY {call} LIMIT %s",
            values,
        )
        return [str(row[0]) for row in rows]

    def legs(self, refs: Sequence[str], *, lock: bool = False) -> dict[str, list[Leg]]:
        """ref → its legs, in order of date and the rest of the row; one query."""
        if not refs:
            return {}
        call, marks = self.column("call"), ", ".join(["%s"] * len(refs))
        query = f"SELECT * FROM {self._table} WHERE {call} IN ({marks})"  # noqa: S608
        return self.grouped(*self._query(f"{query} FOR UPDATE" if lock else query, refs))

    def grouped(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Leg]]:
        """The same of rows that were read in another way."""
        call, started = self.column("call"), self.column("date")
        found: dict[str, list[Leg]] = {}
        at = names.index(call)
        for row in rows:
            found.setdefault(str(row[at]), []).append(dict(zip(names, row, strict=True)))
        for legs in found.values():
            legs.sort(key=lambda leg: (str(leg[started]), str(leg.get("sequence")), str(sorted(leg.items(), key=str))))
        return found

    def naming(self, recordings: Sequence[str]) -> list[str]:
        """The calls that name one of these recordings, spelled exactly so."""
        if not recordings:
            return []
        call, file, marks = self.column("call"), self.column("file"), ", ".join(["%s"] * len(recordings))
        prefix = AUDIO if file.lower() == "userfield" else ""
        query = f"SELECT DISTINCT {call} FROM {self._table} WHERE {file} IN ({marks})"  # noqa: S608
        _, rows = self._query(query, [f"{prefix}{name}" for name in recordings])
        return [str(row[0]) for row in rows]

    def existing(self, refs: Sequence[str]) -> set[str]:
        if not refs:
            return set()
        call, marks = self.column("call"), ", ".join(["%s"] * len(refs))
        _, rows = self._query(f"SELECT DISTINCT {call} FROM {self._table} WHERE {call} IN ({marks})", refs)  # noqa: S608
        return {str(row[0]) for row in rows}

    def files_between(self, first: date, last: date) -> set[str]:
        """What the calls of these days (local, both included) name as their recordings."""
        started, file = self.column("date"), self.column("file")
        begin = datetime.combine(first, datetime.min.time())
        within = f"{started} >= %s AND {started} < %s AND {self._names_a_file()}"
        _, rows = self._query(
            f"SELECT DISTINCT {file} FROM {self._table} WHERE {within}",  # noqa: S608
            [begin, begin + timedelta(days=(last - first).days + 1)],
        )
        return {str(row[0]) for row in rows}

    def counts(self) -> dict[str, int]:
        call, named = self.column("call"), self._names_a_file()
        nameless = f"sum(CASE WHEN coalesce({call}, '') = '' THEN 1 ELSE 0 END)"
        select = f"SELECT count(*), count(DISTINCT {call}), {nameless} FROM {self._table} WHERE {named}"  # noqa: S608
        _, ((legs, calls, without_id),) = self._query(select)
        return {"legs": int(legs), "calls": int(calls), "without_id": int(without_id or 0)}

    def close(self) -> None:
        self._source.close()


class Look(Protocol):
    """What `probe` asks of the database beside the call records themselves."""

    def version(self) -> str: ...
    def now(self) -> datetime: ...
    def rights(self) -> tuple[list[str], list[str]]:
        """(rights in words, those that write)."""

    def has_index(self, table: str, column: str) -> bool: ...


class MySqlLook:
    def __init__(self, source: MySql) -> None:
        self._source = source

    def _value(self, query: str, values: Sequence[Any] = ()) -> Any:
        _, rows = self._source.rows(query, values)
        return rows[0][0] if rows else None

    def version(self) -> str:
        version = str(self._value("SELECT version()"))
        return version if "MariaDB" in version else f"MySQL {version}"

    def now(self) -> datetime:
        value = self._value("SELECT UTC_TIMESTAMP(6)")
        assert isinstance(value, datetime)
        return value

    def rights(self) -> tuple[list[str], list[str]]:
        _, rows = self._source.rows("SHOW GRANTS")
        grants = [re.sub(r"\s+IDENTIFIED BY.*", "", str(row[0])).removeprefix("GRANT ") for row in rows]
        pattern = re.compile(r"\b(INSERT|UPDATE|DELETE|DROP|ALTER|ALL PRIVILEGES|CREATE)\b")
        return grants, sorted({word for grant in grants for word in pattern.findall(grant.split(" ON ")[0])})

    def has_index(self, table: str, column: str) -> bool:
        names, rows = self._source.rows(f"SHOW INDEX FROM {table}")
        lower = [name.lower() for name in names]
        first, named = lower.index("seq_in_index"), lower.index("column_name")
        return any(row[first] == 1 and str(row[named]).lower() == column.lower() for row in rows)


class PostgresLook:
    def __init__(self, source: Postgres, table: str) -> None:
        self._source, self._table = source, table

    def _row(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        return self._source.rows(query, values)[1][0]

    def version(self) -> str:
        return f"PostgreSQL {self._row('SHOW server_version')[0]}"

    def now(self) -> datetime:
        value = self._row("SELECT clock_timestamp() AT TIME ZONE 'UTC'")[0]
        assert isinstance(value, datetime)
        return value

    def rights(self) -> tuple[list[str], list[str]]:
        reads, writes, superuser = self._row(
            "SELECT has_table_privilege(%s, 'SELECT'), has_table_privilege(%s, 'INSERT, UPDATE, DELETE, TRUNCATE'), "
            "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)",
            [self._table, self._table],
        )
        write = ["superuser"] if superuser else ["write"] if writes else []
        return [f"{right} on {self._table}" for right in (["SELECT"] if reads else []) + write], write

    def has_index(self, table: str, column: str) -> bool:
        query = (
            "SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
            "WHERE i.indrelid = to_regclass(%s) AND a.attname = %s"
        )
        return bool(self._row(query, [table, column])[0])


def missing_dates(legs: Mapping[str, list[Leg]], column: str) -> Iterator[Problem]:
    for ref, rows in legs.items():
        if not any(isinstance(leg[column], datetime) for leg in rows):
            yield Problem("date_unreadable", ref, facts={"value": str(rows[0][column]), "file": "cdr"})
