"""Where one record stands between its backup and its end. No database, no clock of its own.

Source: records-control, "States of one record": aktif … diusulkan → disetujui klien → masa tunggu → dihapus di sumber →
terverifikasi → salinan backup musnah; beside them ditangguhkan, ditolak, gagal, berubah, muncul kembali.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LifeState = Literal[
    "reappeared",
    "destroyed",
    "verified",
    "deleted",
    "failed",
    "differs",
    "held",
    "waiting_period",
    "approved",
    "proposed",
    "refused",
]
# As a person would ask for them: along the life first, then what lies beside it.
STATES: tuple[LifeState, ...] = (
    "held",
    "proposed",
    "approved",
    "waiting_period",
    "deleted",
    "verified",
    "destroyed",
    "refused",
    "failed",
    "differs",
    "reappeared",
)
OPEN_ORDER = frozenset({"raised", "accepted", "armed", "running", "paused", "stopped", "settling"})


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """What the rows say of one record's disposal; every state is computed from it.

    `proposal`: status of the newest proposal it is in, "" for none. `order`: status of the newest order it is in.
    `outcome`: of its line in that order. `checked_again`: a re-check after the deletion missed it, too."""

    incident: bool = False
    deleted_at: datetime | None = None
    destroyed_at: datetime | None = None
    checked_again: bool = False
    held: bool = False
    proposal: str = ""
    taken_out: bool = False
    order: str = ""
    outcome: str = ""
    waiting_until: datetime | None = None


def life(facts: LifeFacts, at: datetime) -> LifeState | None:
    """The one state that matters most, worst news first; None: nothing of a disposal touches this record yet."""
    if facts.incident:
        return "reappeared"
    if facts.destroyed_at:
        return "destroyed"
    if facts.deleted_at:
        return "verified" if facts.checked_again else "deleted"
    if facts.held:
        return "held"
    if facts.outcome in ("failed", "unknown"):
        return "failed"
    if facts.outcome == "changed":
        return "differs"
    return _paper(facts, at)


def _paper(facts: LifeFacts, at: datetime) -> LifeState | None:
    if facts.taken_out or facts.proposal == "refused":
        return "refused"
    if facts.proposal == "asked":
        return "proposed"
    if facts.proposal == "approved":
        waits = facts.order in OPEN_ORDER and facts.waiting_until is not None and at < facts.waiting_until
        return "waiting_period" if waits else "approved"
    return None


GONE = frozenset({"reappeared", "destroyed", "verified", "deleted"})
BACKUP_FIRST = frozenset({"overdue", "due"})  # what is not backed up in time matters more than any paper


def stronger(backup: str, later: LifeState | None) -> str:
    """The one state that a list shows: of its backup (records.rules.state) or of its disposal."""
    if later is None or (later not in GONE and backup in BACKUP_FIRST):
        return backup
    return later
