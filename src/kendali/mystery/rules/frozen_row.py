"""The row of one sample in the register F-22 as bytes, and its SHA-256; and that of an Access finding, which belongs to
an area and a day. No database, no clock.

Source: mystery-calling "Form F-22" (hash of the frozen row), "One cycle". The bytes are JSON with sorted keys, no
blanks, UTF-8 (`plain.canonical`) of a `FrozenRow`: whoever has these values gets the same number with ordinary tools.
In it is only what the rows of the cycle themselves say; of people, places and material the id or code, so that a new
name somewhere changes nothing. Instants are UTC with microseconds, scores have 20 places. Hand-overs count as they
stood when the cycle was frozen: a finding that is closed afterwards changes no row.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kendali.mystery.rules import plain

LAYOUT = 1  # goes up when a field is added, so that an old digest can still be computed
# Of the register, kept with every frozen cycle. 1: its samples; 2: its Access findings too.
REGISTER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Seconds; None = not measured. `by`: id of the person."""

    number: int
    at: datetime
    ended_at: datetime | None
    outcome: str
    ivr: int | None
    queue: int | None
    ring: int | None
    talk: int | None
    hold: int | None
    note: str
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`of`: id of the record in the voice recording system, or the SHA-256 of an uploaded file."""

    of: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """`form`: digest of the form version. `answers`, `said`, `unticked`: JSON as it was submitted."""

    revision: int
    form: str
    answers: Any
    said: Any
    unticked: Any
    by: int
    submitted_at: datetime | None
    late: bool
    raw: Decimal | None
    final: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """`in_time` None: not known when the cycle was frozen, or not needed."""

    step: str
    at: datetime | None
    in_time: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    item: str
    cause: str
    error_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`ended`: closed, invalid or merged; "" = open when the cycle was frozen."""

    number: str
    key: str
    found_at: datetime
    critical_compliance: bool
    description: str
    recommendation: str
    root_cause: str
    lines: tuple[Line, ...]
    hand_overs: tuple[HandOver, ...]
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenRow:
    """Everything the register says of one sample. `area`, `destination`, `persona`, `scenario`: codes; `agent`: the
    employee number."""

    layout: int = LAYOUT
    number: str
    month: date
    slot: int
    replaces: str
    kind: str
    scenario: str
    scenario_version: int | None
    area: str
    shift: str
    week: str
    destination: str
    opens: datetime
    closes: datetime
    zone: str
    executor: int | None
    persona: str
    attempts: tuple[Attempt, ...]
    called_at: datetime | None
    ended_at: datetime | None
    agent: str
    agent_said: str
    agent_team: str
    agent_site: str
    no_agent_reason: str
    ticket: str
    recording: Recording | None
    no_recording_reason: str
    evaluation: Evaluation | None
    findings: tuple[Finding, ...]
    verified_by: int | None
    verified_at: datetime | None
    void_reason: str
    void_note: str
    voided_by: int | None
    voided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """An Access finding; its lines name the samples. What who called wrote is in it once QA had forwarded it or it had
    ended: until then it may be returned and written again."""

    layout: int = LAYOUT
    month: date
    area: str
    day: date
    finding: Finding


def canonical(row: FrozenRow | AccessRow) -> bytes:
    return plain.canonical(as_json(row))


def digest(row: FrozenRow | AccessRow) -> str:
    return hashlib.sha256(canonical(row)).hexdigest()


def register_digest(rows: Mapping[str, str]) -> str:
    """Of a whole register, number of the sample or Access finding → digest: SHA-256 over the lines
    "<digest>  <number>" in the order of the numbers, each with a line feed: what `sha256sum` makes of such a list."""
    return hashlib.sha256("".join(f"{rows[number]}  {number}\n" for number in sorted(rows)).encode()).hexdigest()


def as_json(value: Any) -> Any:
    """The row as JSON values, as they are hashed."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return f"{value:.20f}"
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return plain.write(value)
