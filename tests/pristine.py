"""A test database that can be put back to what the migrations left, append-only tables included.

The program's role may not empty an append-only table, so the owner does it, in one transaction: the triggers of what
holds rows off, its rows deleted, its counters wound back, the rows that migrations made put back, triggers on. Deleting
a few rows costs a tenth of truncating, which makes new files for each table and all that refer to it.
"""

from __future__ import annotations

import time
from graphlib import TopologicalSorter
from typing import Any

import psycopg
import psycopg.errors
from psycopg.sql import SQL, Identifier

TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> 'django_migrations'
            ORDER BY 1"""
GUARDED = """SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE NOT t.tgisinternal AND n.nspname = 'public' AND NOT c.relispartition"""
AT_ONCE = """SELECT child.relname, parent.relname FROM pg_constraint
             JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
             WHERE contype = 'f' AND NOT condeferrable AND conrelid <> confrelid"""
WIND_BACK = """SELECT setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_depend ON objid = seqrelid
               JOIN pg_class ON pg_class.oid = refobjid WHERE deptype IN ('a', 'i') AND relname = ANY(%s)"""
COLUMNS = """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
             AND attgenerated = ''"""


def drop(server: psycopg.Connection[Any], name: str) -> None:
    """With whoever is in it. An autovacuum may be at work there, which only a superuser may end: it is over soon."""
    end = time.monotonic() + 30
    while True:
        try:
            server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
            return
        except psycopg.errors.InsufficientPrivilege:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def tables(owner: psycopg.Connection[Any], schema: str) -> list[str]:
    return [row[0] for row in owner.execute(TABLES, (schema,))]


def with_rows(owner: psycopg.Connection[Any]) -> list[str]:
    names = tables(owner, "public")
    if not names:
        return []
    probes = SQL(", ").join(SQL("EXISTS (SELECT FROM public.{})").format(Identifier(name)) for name in names)
    row = owner.execute(SQL("SELECT {}").format(probes)).fetchone()
    return [name for name, filled in zip(names, row or (), strict=True) if filled]


def remember(owner: psycopg.Connection[Any]) -> None:
    """Keep a copy of every row the migrations made."""
    owner.execute("DROP SCHEMA IF EXISTS pristine CASCADE")
    owner.execute("CREATE SCHEMA pristine")
    for name in with_rows(owner):
        owner.execute(SQL("CREATE TABLE pristine.{0} AS TABLE public.{0}").format(Identifier(name)))


def put_back(owner: psycopg.Connection[Any]) -> None:
    """Empty every table and restore the remembered rows. A test that left a connection in a transaction fails here."""
    with owner.transaction():
        owner.execute("SET LOCAL lock_timeout = '30s'")
        owner.execute("SET CONSTRAINTS ALL DEFERRED")
        filled = with_rows(owner)
        guarded = {row[0] for row in owner.execute(GUARDED)}.intersection(filled)
        for name in guarded:
            owner.execute(SQL("ALTER TABLE public.{} DISABLE TRIGGER USER").format(Identifier(name)))
        for name in children_first(owner, filled):
            owner.execute(SQL("DELETE FROM public.{}").format(Identifier(name)))
        owner.execute(WIND_BACK, (filled,))
        for name in tables(owner, "pristine"):
            refill(owner, name)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in guarded:
            owner.execute(SQL("ALTER TABLE public.{} ENABLE TRIGGER USER").format(Identifier(name)))


def children_first(owner: psycopg.Connection[Any], names: list[str]) -> list[str]:
    """Most references are looked at in the end; before the others, nothing may refer to what is deleted."""
    order = TopologicalSorter[str](dict.fromkeys(names, ()))
    for child, parent in owner.execute(AT_ONCE):
        if child in names and parent in names:
            order.add(parent, child)
    return list(order.static_order())


def refill(owner: psycopg.Connection[Any], name: str) -> None:
    path = f'public."{name}"'
    columns = [row[0] for row in owner.execute(COLUMNS, (path,))]
    listed = SQL(", ").join(map(Identifier, columns))
    owner.execute(
        SQL("INSERT INTO public.{0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM pristine.{0}").format(
            Identifier(name), listed
        )
    )
    for column in columns:
        wind_counter(owner, path, name, column)


def wind_counter(owner: psycopg.Connection[Any], path: str, name: str, column: str) -> None:
    row = owner.execute("SELECT pg_get_serial_sequence(%s, %s)", (path, column)).fetchone()
    if row and row[0]:
        highest = SQL("SELECT setval(%s, max({})) FROM public.{}").format(Identifier(column), Identifier(name))
        owner.execute(highest, (row[0],))
