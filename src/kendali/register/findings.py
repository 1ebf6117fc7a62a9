"""What a check of the stand-alone verifier found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` None: could not be looked at with what was given; not a failure."""

    ok: bool | None
    what: str
    text: str
