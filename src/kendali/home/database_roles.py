"""The two roles of the database: the owner migrates, the program's role reads and writes and owns nothing.

Plain SQL, no Django: used by ``kendali manage prepare``, by the embedded server and by the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.sql import SQL, Identifier

# Only what is created from now on: a migration of an append-only table takes UPDATE and DELETE away again.
DEFAULT_PRIVILEGES: tuple[LiteralString, ...] = (
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    "GRANT USAGE ON SCHEMA public TO {app}",
)


def connect_arguments(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Django's DATABASES entry → arguments of psycopg.connect."""
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {key: entry[name] for key, name in names.items() if entry.get(name)} | dict(entry.get("OPTIONS") or {})


def grant_to_app(connection: Connection[Any], app: str) -> None:
    """Let `app` use every table that the connected owner makes from now on. May be repeated."""
    row = connection.execute("SELECT current_user").fetchone()
    assert row is not None
    for statement in DEFAULT_PRIVILEGES:
        connection.execute(SQL(statement).format(owner=Identifier(row[0]), app=Identifier(app)))
