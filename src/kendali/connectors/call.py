"""An archived recording's call as it was, whatever the source's call records look like. Plain values, no Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kendali.connectors.chat import Customer


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of the switch: who was connected with whom, for how long (seconds)."""

    at: datetime | None  # aware, UTC
    source: str
    target: str
    seconds: int | None
    answer: str = ""  # ANSWERED, NO ANSWER …, in the source's own words


@dataclass(frozen=True, slots=True)
class Call:
    customer: Customer
    agent: str = ""
    legs: Sequence[Leg] = ()
    facts: Mapping[str, str] = field(default_factory=dict)  # what else the source kept, by its own names


class CallModule(Protocol):
    """`call(facts, zone)`: of the facts sealed with a recording; `zone` of instants that name none."""

    call: Callable[[Mapping[str, Any], str], Call]
