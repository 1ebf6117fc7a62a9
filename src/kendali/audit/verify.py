"""Recomputes the chain without trusting the database's own function (canonical form: migration 0002)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

GENESIS = bytes(32)
COLUMNS = """id, (extract(epoch FROM at) * 1000000)::bigint, actor_id, actor_name, role, on_behalf_of, verb,
    object_type, object_id, object_label, client_id, facts::text"""


@dataclass(frozen=True, slots=True)
class Break:
    """`why`: "content" (the entry was changed), "gap" (entries are missing before it), "link" (does not follow
    the one before), "anchor" (the chain is not the one that was anchored)."""

    entry_id: int
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How many entries hold, the head's hash, and the first break if there is one."""

    entries: int
    head: bytes
    broken: Break | None


def entry_hash(prev_hash: bytes, fields: tuple[object, ...]) -> bytes:
    """SHA-256 over the predecessor's hash and the netstrings of the twelve fields, NULL as `~,`."""
    return hashlib.sha256(prev_hash + b"".join(_netstring(field) for field in fields)).digest()


def _netstring(value: object) -> bytes:
    if value is None:
        return b"~,"
    text = str(value).encode()
    return str(len(text)).encode() + b":" + text + b","


def verify() -> Checked:
    """Every entry in order, in constant memory; then each anchor against the chain."""
    head, count = GENESIS, 0
    anchors = _anchors()
    for number, fields, prev_hash, stored in _entries():
        why = _why(number, count, head, fields, prev_hash, stored)
        if not why and number in anchors and anchors[number] != stored:
            why = "anchor"
        if why:
            return Checked(count, head, Break(number, why))
        head, count = stored, count + 1
    missing = [entry_id for entry_id in sorted(anchors) if entry_id > count]
    if missing:
        return Checked(count, head, Break(missing[0], "gap"))
    return Checked(count, head, None)


def _why(number: int, count: int, head: bytes, fields: tuple[object, ...], prev_hash: bytes, stored: bytes) -> str:
    if number != count + 1:
        return "gap"
    if prev_hash != head:
        return "link"
    return "" if entry_hash(prev_hash, fields) == stored else "content"


def _anchors() -> dict[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id, hash FROM audit_anchor")
        return {entry_id: bytes(stored) for entry_id, stored in cursor.fetchall()}


def _entries() -> Iterator[tuple[int, tuple[object, ...], bytes, bytes]]:
    after = 0
    query = f"SELECT {COLUMNS}, prev_hash, hash FROM audit_entry WHERE id > %s ORDER BY id LIMIT 5000"  # noqa: S608
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [after])
            rows = cursor.fetchall()
        for row in rows:
            yield row[0], row[:12], bytes(row[12]), bytes(row[13])
        if not rows:
            return
        after = rows[-1][0]
