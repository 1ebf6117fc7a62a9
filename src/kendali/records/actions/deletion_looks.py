"""What was there and what is there: lists of parts, sealed for later looks, and read-backs counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kendali.connectors.base import Deleter, Part, PartState
from kendali.records import deletion_rules as rules
from kendali.records.secrets import PartsSeal

NAMES = {"row": "rows", "file": "files", "blob": "blobs"}


def seal(box: PartsSeal, item: int, parts: Sequence[Part]) -> bytes:
    return box.seal(item, [(part.kind, part.name) for part in parts])


def opened(box: PartsSeal, item: int, sealed: bytes | memoryview | None) -> list[Part]:
    pairs = box.open(item, bytes(sealed)) if sealed else []
    return [Part(kind, name) for kind, name in pairs]  # type: ignore[arg-type]


def read_back(deleter: Deleter, parts: Mapping[str, Sequence[Part]]) -> dict[str, tuple[rules.Look, dict[str, object]]]:
    """ref → the look, and the same as facts: {"rows": [seen before, there now], "files": …, "blobs": …}.

    A ref without an answer cannot be seen. Raises SourceError."""
    states = deleter.absent(parts)
    return {ref: _counted(listed, states.get(ref)) for ref, listed in parts.items()}


def _counted(listed: Sequence[Part], states: Sequence[PartState] | None) -> tuple[rules.Look, dict[str, object]]:
    seen = states if states is not None else [PartState(part, "cannot_see") for part in listed]
    there = [state.part for state in seen if state.state == "present" and not state.shared]
    hidden = sum(1 for state in seen if state.state == "cannot_see")
    look = rules.Look(seen=len(listed), gone=len(seen) - len(there) - hidden, present=len(there), cannot_see=hidden)
    facts: dict[str, object] = {
        NAMES[kind]: [before, _things(there, kind)] for kind in NAMES if (before := _things(listed, kind))
    }
    return look, {**facts, "cannot_see": hidden} if hidden else facts


def _things(parts: Iterable[Part], kind: str) -> int:
    """A part of kind row names several rows of one table."""
    return sum(part.name.count(",") + 1 if kind == "row" else 1 for part in parts if part.kind == kind)
