"""Put a test's committed rows back to a remembered moment, in some milliseconds.

Truncating a hundred tables costs more than an example of the model. What was written since is known by its xmin:
those rows go, and the remembered ones that are missing then come back. Triggers of the guarded tables are off
meanwhile, which only the owner may do. Sequences run on; the numbers of papers are rows.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from tests.pristine import COLUMNS, GUARDED, tables

SAVED = "remembered"
FIRST = ("procrastinate_jobs",)  # its foreign keys are not deferrable


class Rewind:
    def __init__(self, owner: psycopg.Connection[Any], name: str = SAVED) -> None:
        self.owner, self.name = owner, name
        self.names = sorted(tables(owner, "public"), key=lambda name: (name not in FIRST, name))
        self.guarded = {row[0] for row in owner.execute(GUARDED)}
        self.columns: dict[str, Composed] = {}
        for name in self.names:
            found = [row[0] for row in owner.execute(COLUMNS, (f'public."{name}"',))]
            self.columns[name] = SQL(", ").join(map(Identifier, found))
        self._drop()
        with owner.transaction():
            owner.execute(SQL("CREATE SCHEMA {}").format(Identifier(self.name)))
            for name in self.names:
                kept = Identifier(self.name, name)
                owner.execute(SQL("CREATE UNLOGGED TABLE {} AS TABLE public.{}").format(kept, Identifier(name)))
            self.since = self._now()
        probes = [SQL("(SELECT count(*) FROM {})").format(Identifier(self.name, name)) for name in self.names]
        row = owner.execute(SQL("SELECT {}").format(SQL(", ").join(probes))).fetchone()
        self.counts = dict(zip(self.names, row or (), strict=True))

    def _drop(self) -> None:
        self.owner.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(self.name)))

    def _now(self) -> int:
        row = self.owner.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        return int(row[0])

    def written(self) -> list[str]:
        """Tables that are not as they were."""
        probe = SQL("(SELECT (count(*) FILTER (WHERE xmin::text::bigint > {}), count(*))::text FROM public.{})")
        probes = SQL(", ").join(probe.format(self.since, Identifier(name)) for name in self.names)
        row = self.owner.execute(SQL("SELECT {}").format(probes)).fetchone() or ()
        as_it_was = {name: f"(0,{count})" for name, count in self.counts.items()}
        return [name for name, now in zip(self.names, row, strict=True) if now != as_it_was[name]]

    def back(self) -> None:
        found = self.written()
        guarded = [Identifier(name) for name in found if name in self.guarded]
        with self.owner.transaction():
            self.owner.execute("SET LOCAL lock_timeout = '30s'")
            steps: list[Composed | SQL] = [SQL("SET CONSTRAINTS ALL DEFERRED")]
            steps += [SQL("ALTER TABLE public.{} DISABLE TRIGGER USER").format(name) for name in guarded]
            steps += [
                SQL("DELETE FROM public.{} WHERE xmin::text::bigint > {}").format(Identifier(name), self.since)
                for name in reversed(found)
            ]
            steps += [self._refill(name) for name in found if self.counts[name]]
            steps += [SQL("SET CONSTRAINTS ALL IMMEDIATE")]
            steps += [SQL("ALTER TABLE public.{} ENABLE TRIGGER USER").format(name) for name in guarded]
            self.owner.execute(SQL("; ").join(steps))
            self.since = self._now()

    def _refill(self, name: str) -> Composed:
        return SQL(
            "INSERT INTO public.{0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM {2} ON CONFLICT DO NOTHING"
        ).format(Identifier(name), self.columns[name], Identifier(self.name, name))

    def forget(self) -> None:
        self._drop()
