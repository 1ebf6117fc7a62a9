"""Of the processes of one test run, the first migrates its database; the others copy what it then has.

Between `begin` and `migrated` the others wait, instead of migrating at the same time on the same few cores.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from tests import pristine


class Copies:
    def __init__(self, server: psycopg.Connection[Any]) -> None:
        self._server = server
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID")  # a process alone has nobody to copy from
        self._original = f"kendali_migrated_{run}" if run else ""

    def begin(self, name: str) -> None:
        """Make this database: migrated, or empty. Then its maker is the first, and says `migrated` later."""
        self._wait()
        if self._exists(self._original):
            self._copy(self._original, name)
            self._go_on()
        else:
            self._server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))

    def migrated(self, name: str) -> None:
        """Nobody is connected to it at this moment."""
        if self._original and not self._exists(self._original):
            self._copy(name, self._original)
        self._go_on()

    def end(self) -> None:
        """Whoever starts even later migrates once more."""
        self._wait()
        if self._original:
            pristine.drop(self._server, self._original)
        self._go_on()

    def _exists(self, name: str) -> bool:
        return self._server.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None

    def _copy(self, source: str, name: str) -> None:
        self._server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(source)))

    def _wait(self) -> None:
        if self._original:
            self._server.execute("SELECT pg_advisory_lock(hashtext(%s))", (self._original,))

    def _go_on(self) -> None:
        self._server.execute("SELECT pg_advisory_unlock_all()")
