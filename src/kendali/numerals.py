"""Numbers that somebody typed into an address."""

from __future__ import annotations

import re

WHOLE = re.compile(r"[0-9]{1,18}")


def whole(text: str) -> int | None:
    """A whole number that a bigint holds, or None: "²" is a digit to `str.isdigit`, but no number to `int`."""
    return int(text) if WHOLE.fullmatch(text) else None
