"""Which records of a client may be proposed, and why the others may not: one statement for preview and frozen list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class MonthOfChannel:
    """What would be proposed of one local month and one channel."""

    month: date
    channel: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One record that would be proposed."""

    record: int
    ref: str
    display: str
    channel: str
    source: str
    clock: datetime
    due_on: date
    size: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a proposal would hold. `left_out`: LeftOut.Reason → how many; `samples`: the oldest and the newest."""

    count: int
    size: int
    left_out: Mapping[str, int]
    months: Sequence[MonthOfChannel]
    oldest: datetime | None
    newest: datetime | None
    samples: Sequence[Sample]
