"""The tree over the lines of a certificate: its root is printed, a record's path proves it without showing others.

The shape is that of RFC 6962, section 2.1: leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖ right), an odd
node is promoted. The data of a leaf is the canonical line ‖ 32 random bytes (the blind), so that a line cannot be
guessed from its leaf; the blind is shown only in that record's proof. Number of leaves and root are signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

BLIND: Final = 32
SIZE: Final = 32
EMPTY: Final = hashlib.sha256().digest()  # the root of no leaf at all (RFC 6962)


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no white space, UTF-8: the same value is always the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def instant(value: datetime | None) -> str | None:
    """UTC in microseconds: "2026-11-21T08:40:00.000000Z"."""
    return None if value is None else f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def line_data(
    *,
    certificate: str,
    source: str,
    ref: str,
    clock: datetime | None,
    due_on: date | None,
    ended_at: datetime | None,
    verdict: str,
    keyed_digest: bytes,
) -> bytes:
    """The canonical line; `certificate` is its number, BA-YYYY-nnnn."""
    return canonical(
        {
            "certificate": certificate,
            "source": source,
            "ref": ref,
            "clock": instant(clock),
            "due_on": None if due_on is None else due_on.isoformat(),
            "ended_at": instant(ended_at),
            "verdict": verdict,
            "keyed_digest": keyed_digest.hex(),
        }
    )


def leaf(data: bytes, blind: bytes) -> bytes:
    if len(blind) != BLIND:
        raise ValueError(f"a blind has {BLIND} bytes, not {len(blind)}")
    return hashlib.sha256(b"\x00" + data + blind).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Root:
    """The root of a stream of leaves in O(log n) memory: one finished subtree for each bit of the count."""

    def __init__(self) -> None:
        self.count = 0
        self._finished: list[bytes] = []

    def add(self, one: bytes) -> None:
        size = self.count
        while size & 1:
            one = node(self._finished.pop(), one)
            size >>= 1
        self._finished.append(one)
        self.count += 1

    def digest(self) -> bytes:
        if not self._finished:
            return EMPTY
        rest = list(self._finished)
        top = rest.pop()
        while rest:
            top = node(rest.pop(), top)
        return top


def root(leaves: Iterable[bytes]) -> bytes:
    tree = Root()
    for one in leaves:
        tree.add(one)
    return tree.digest()


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The nodes beside the way from leaf `index` (from 0) up to the root, lowest first. IndexError: no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level, beside = list(leaves), []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            beside.append(level[sibling])
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [node(left, right) for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level, index = above, index // 2
    return beside


def included(one: bytes, index: int, count: int, beside: Sequence[bytes], top: bytes) -> bool:
    """Whether leaf `one` is at `index` of a tree with `count` leaves and root `top` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < count or any(len(item) != SIZE for item in (one, top, *beside)):
        return False
    last, current, rest = count - 1, one, list(beside)
    while last:
        if index % 2 or index < last:  # it has a neighbour on this level
            if not rest:
                return False
            neighbour = rest.pop(0)
            current = node(neighbour, current) if index % 2 else node(current, neighbour)
        index, last = index // 2, last // 2
    return not rest and current == top


def told_line(data: bytes) -> Mapping[str, object]:
    """A canonical line as its values; ValueError when it is none."""
    value = json.loads(data)
    if not isinstance(value, dict) or canonical(value) != data:
        raise ValueError("not a canonical line")
    return value
