"""Where a row of the register stands, from its dates and quantities. No database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

EntryState = Literal["in_force", "expired", "partly_deleted", "not_wholly_destroyed", "destroyed"]
ENTRY_STATES: Final = ("in_force", "expired", "partly_deleted", "not_wholly_destroyed", "destroyed")


@dataclass(frozen=True, slots=True)
class Gone:
    """How much of a row is gone: act (a) at the source, act (b) of the backup copies."""

    quantity: int
    deleted: int
    destroyed: int


def entry_state(gone: Gone, *, expires_on: date | None, today: date) -> EntryState:
    """Worst first for whoever believes that it is all over: "musnah" is said only when both acts are done for all
    (records-control, decision 6)."""
    if gone.quantity and gone.deleted >= gone.quantity:
        return "destroyed" if gone.destroyed >= gone.quantity else "not_wholly_destroyed"
    if gone.deleted or gone.destroyed:
        return "partly_deleted"
    if expires_on is not None and today > expires_on:
        return "expired"
    return "in_force"
