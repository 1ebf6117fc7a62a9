"""All of the sample's sources with one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .calls import SWITCHES, Wish
from .chatwoot_seed import Progress, Seeded, seed_chatwoot
from .recordings import seed_asterisk
from .tree import Recorded

CONVERSATIONS, RECORDINGS, SEED = 3_000, 400, 1


@dataclass(frozen=True)
class Sample:
    chatwoot: Seeded
    switches: dict[str, Recorded]  # by the switch's code, which is also the schema of its cdr table


def make_sample(
    chatwoot_dsn: str,
    cdr_dsn: str,
    *,
    storage: Path,
    monitor: Path,
    today: date,
    conversations: int = CONVERSATIONS,
    recordings: int = RECORDINGS,
    seed: int = SEED,
    reader_role: str | None = None,
    reader_password: str | None = None,
    deleter_role: str | None = None,
    deleter_password: str | None = None,
    wish: Wish | None = None,
    processes: int = 2,
    progress: Progress | None = None,
) -> Sample:
    """Fills an empty database with the omni-channel application and its files under `storage`, and for each switch a
    schema with its cdr table and a tree under `monitor`/CODE. `recordings` are shared by the switches. Both DSNs may
    name one database. Raises ValueError or psycopg.errors.DuplicateTable where a sample is already.
    `progress(what, done, of)` is called now and then, from other threads too."""
    roles: dict[str, Any] = {
        "reader_role": reader_role, "reader_password": reader_password, "deleter_role": deleter_role,
        "deleter_password": deleter_password,
    }  # fmt: skip
    chatwoot = seed_chatwoot(
        chatwoot_dsn, conversations=conversations, seed=seed, today=today, storage=storage, processes=processes,
        progress=progress, **roles,
    )  # fmt: skip
    switches: dict[str, Recorded] = {}
    for n, switch in enumerate(SWITCHES):
        share = recordings // len(SWITCHES) + (n < recordings % len(SWITCHES))
        switches[switch.code] = seed_asterisk(
            cdr_dsn,
            recordings=share,
            seed=seed,
            today=today,
            monitor=monitor / switch.code,
            switch=switch,
            wish=wish,
            progress=progress,
            **roles,
        )
    return Sample(chatwoot, switches)
