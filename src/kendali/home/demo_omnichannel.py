"""The sample's sources as their own administrator sees them, past Kendali: for the scenes of `kendali demo`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kendali.records.models import Record, Source

Opened = psycopg.Connection[tuple[Any, ...]]


def opened() -> Opened:
    return psycopg.connect(os.environ["KENDALI_SAMPLE_OWNER_URL"])


def rows(source: Opened, table: str, column: str, refs: Collection[str]) -> int:
    """How many rows of these records a table has; `table` may name its schema."""
    query = sql.SQL("SELECT count(*) FROM {} WHERE {}::text = ANY(%s)").format(_name(table), sql.Identifier(column))
    row = source.execute(query, [sorted(refs)]).fetchone()
    assert row is not None
    return int(row[0])


def files_of(calls: Source, refs: Collection[str]) -> dict[str, list[Path]]:
    """Call → its files in the tree, as the switch names them."""
    tree = {path.name: path for path in Path(str(calls.config["monitor"])).rglob("*") if path.is_file()}
    found: dict[str, list[Path]] = {ref: [] for ref in refs}
    table = _name(str(calls.config["table"]))
    query = sql.SQL("SELECT linkedid, recordingfile FROM {} WHERE linkedid = ANY(%s)").format(table)
    with opened() as source:
        for ref, name in source.execute(query, [sorted(refs)]):
            path = tree.get(Path(name).name)
            if path is not None and path not in found[ref]:
                found[ref].append(path)
    return found


@contextmanager
def lying(record: Record) -> Iterator[None]:
    """Chatwoot's own database lies: it takes the delete, says so, and has the messages again at the commit."""
    with opened() as source:
        source.execute(
            "CREATE FUNCTION kendali_demo_lie() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
            " $$BEGIN INSERT INTO messages SELECT (OLD).*; RETURN NULL; END$$"
        )
        trigger = sql.SQL(
            "CREATE CONSTRAINT TRIGGER kendali_demo_lie AFTER DELETE ON messages DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (OLD.conversation_id = {}) EXECUTE FUNCTION kendali_demo_lie()"
        )
        source.execute(trigger.format(sql.Literal(int(record.ref))))
    try:
        yield
    finally:
        with opened() as source:
            source.execute("DROP TRIGGER kendali_demo_lie ON messages")
            source.execute("DROP FUNCTION kendali_demo_lie()")


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
