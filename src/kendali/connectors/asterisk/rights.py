"""Whether call records may really be deleted, wherever they are. Nothing is."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kendali.connectors.asterisk.cdr import MySqlLook, Postgres, PostgresLook
from kendali.connectors.base import Problem, SourceError
from kendali.connectors.mysql import MySql
from kendali.connectors.postgres import Server


@dataclass(frozen=True, slots=True)
class Held:
    """`there`: the source's clock (UTC)."""

    version: str
    rights: Sequence[str] = ()
    there: datetime | None = None
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()


Rights = Callable[[], Held]


def postgres_rights(server: Server, table: str) -> Held:
    look = PostgresLook(Postgres(server), table)
    with server.errors():
        if server.rows().execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
            raise SourceError("tables_missing", tables=table)
        row = (
            server.rows()
            .execute(
                "SELECT has_table_privilege(%(t)s, 'SELECT') AND has_table_privilege(%(t)s, 'DELETE'), "
                "has_table_privilege(%(t)s, 'INSERT, UPDATE, TRUNCATE')",
                {"t": table},
            )
            .fetchone()
        )
    assert row is not None
    version, there = f"Asterisk ({look.version()})", look.now().replace(tzinfo=UTC)
    more = [Problem("may_do_more", facts={"rights": f"write on {table}"})] if row[1] else []
    if not row[0]:
        facts = {"tables": table, "command": f"GRANT SELECT, DELETE ON {table} TO {server.place['user']}"}
        return Held(version, (), there, [Problem("no_right_to_delete", facts=facts)], more)
    return Held(version, [f"DELETE on {table}"], there, (), more)


def mysql_rights(server: MySql, table: str) -> Held:
    look = MySqlLook(server)
    version, there = f"Asterisk ({look.version()})", look.now().replace(tzinfo=UTC)
    grants, writing = look.rights()
    server.rows(f"SELECT 1 FROM {table} LIMIT 0")  # noqa: S608 (a name that was checked)
    more = sorted(set(writing) - {"DELETE"})
    warnings = [Problem("may_do_more", facts={"rights": ", ".join(more)})] if more else []
    if not _may_delete(server, table):
        command = f"GRANT SELECT, DELETE ON {server.place['database']}.{table} TO '{server.place['user']}'"
        problem = Problem("no_right_to_delete", facts={"tables": table, "command": command})
        return Held(version, grants, there, [problem], warnings)
    return Held(version, [f"DELETE on {table}"], there, (), warnings)


def csv_rights(path: Path) -> Held:
    """A new file beside it takes its place: that needs the folder, not the file. Its clock is this machine's."""
    if not path.is_file():
        raise SourceError("export_missing", file=str(path))
    if not os.access(path.parent, os.W_OK | os.X_OK) or not os.access(path, os.R_OK):
        return Held("Asterisk", problems=[Problem("folder_not_writable", facts={"path": str(path.parent)})])
    if path.stat().st_uid != os.geteuid() and os.geteuid() != 0:
        facts = {"path": str(path), "reason": "its owner is another user."}
        return Held("Asterisk", problems=[Problem("file_not_writable", facts=facts)])
    return Held("Asterisk", [f"write {path.name} anew"])


def _may_delete(server: MySql, table: str) -> bool:
    """Asked how it would delete nothing, the server checks the right."""
    try:
        with server.errors():
            connection = server.writing()
            with connection, connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN DELETE FROM {table} WHERE 1 = 0")  # noqa: S608 (a name that was checked)
    except SourceError as error:
        if error.code != "no_right_to_read":
            raise
        return False
    return True
