"""Both databases and the files of attachments as they were, so that every round begins alike. Embedded server only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo


class Snapshot:
    """`databases` by name, copied inside the server; `folder` by hard links: files are removed, never written to."""

    def __init__(self, folder: Path, saved: Path, databases: Sequence[str]) -> None:
        self.folder, self.saved = folder, saved
        self._server = make_conninfo(os.environ["KENDALI_SAMPLE_OWNER_URL"], user="postgres", dbname="postgres")
        for name in databases:
            self._copy(name, _saved(name))
        self._link(folder, saved)

    def restore(self, *databases: str) -> None:
        for name in databases:
            self._copy(_saved(name), name)
        self._link(self.saved, self.folder)
        with psycopg.connect(self._server, autocommit=True) as server:
            server.execute("CHECKPOINT")
        subprocess.run(["sync"], check=True)

    def drop(self, *databases: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as server:
            for name in databases:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_saved(name))))

    def _copy(self, name: str, into: str) -> None:
        connections.close_all()
        with psycopg.connect(self._server, autocommit=True) as server:
            row = server.execute(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name]
            ).fetchone()
            assert row is not None
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(into)))
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                    sql.Identifier(into), sql.Identifier(name), sql.Identifier(row[0])
                )
            )

    def _link(self, source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, copy_function=os.link)


def _saved(name: str) -> str:
    return f"bench_saved_{name}"
