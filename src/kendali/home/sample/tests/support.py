"""A database of one's own on the development server, dropped afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings
from psycopg import sql

from kendali import environment


@contextmanager
def own_database() -> Iterator[str]:
    """The DSN of an empty database that belongs to the owner role."""
    name = f"sample_{uuid4().hex[:12]}"
    with psycopg.connect(_dsn("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _dsn(name)
        finally:
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _dsn(name: str) -> str:
    return environment.database_url(settings.DATABASE_OWNER | {"NAME": name})


def tree_digest(folder: Path) -> str:
    """One hash over names and bytes of all files below a folder."""
    whole = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(folder)} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
