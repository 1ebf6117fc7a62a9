"""What must hold of slots and epochs, from plain values (no Django)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kendali.archive.slots import KEYFILE
from kendali.verdict import YES, Verdict, no

ENOUGH = 2  # slots; a master in one place only is lost with it


@dataclass(frozen=True, slots=True)
class SlotFact:
    id: int
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class EndedEpoch:
    id: int
    ended_at: datetime


def enough_slots(kinds: Sequence[str]) -> Verdict:
    """Two slots, one of which the program can open by itself. The reason is a code of errors.SENTENCES."""
    if len(kinds) < ENOUGH:
        return Verdict(False, "slots_too_few", {"count": len(kinds)})
    if KEYFILE not in kinds:
        return Verdict(False, "slots_no_keyfile")
    return YES


def leftovers(
    slots: Iterable[SlotFact], ended: Iterable[EndedEpoch], looked: Mapping[tuple[int, int], str]
) -> list[tuple[int, int]]:
    """(slot, epoch) where a master of an ended epoch may still be: the slot was there before the epoch ended, and the
    last look, if any, did not find it absent. `looked`: (slot, epoch) → last answer. Unknown means: may be there."""
    slots = list(slots)
    return [
        (slot.id, epoch.id)
        for epoch in ended
        for slot in slots
        if slot.registered_at <= epoch.ended_at and looked.get((slot.id, epoch.id)) != "absent"
    ]


def destruction_effective(destroyed: bool, epochs_open: Sequence[int], left_over: Sequence[str]) -> Verdict:
    """Is a destroyed key beyond everything the product knows? `epochs_open`: numbers of epochs that wrapped it and have
    not ended; `left_over`: slots where a master that wrapped it may still be."""
    if not destroyed:
        return no("The key was not destroyed.")
    if epochs_open:
        return no("Its epoch %(epochs)s has not ended yet.", epochs=", ".join(map(str, epochs_open)))
    if left_over:
        return no("Pending: an old master may still be in %(slots)s.", slots=", ".join(left_over))
    return YES
