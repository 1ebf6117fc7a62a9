"""One line of "Menunggu saya"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of "Menunggu saya". Sentences are English message ids with facts. `zone`: of the desk whose day ends
    with `due`, "" = the reader's."""

    due: datetime | None
    sentence: str
    detail: str
    action: str
    url: str
    facts: dict[str, object] = field(default_factory=dict)
    number: str = ""
    primary: bool = False
    zone: str = ""
