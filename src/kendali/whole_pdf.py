"""A PDF by its bytes, whatever its name says: for letters and for scans of what was signed with ink."""

from __future__ import annotations

import re

HEAD = b"%PDF-"
END = re.compile(rb"startxref\s+(\d{1,10})\s*%%EOF")  # where the table of contents of a PDF begins (ISO 32000, 7.5.5)


def is_whole(data: bytes) -> bool:
    """With its head, and at its end the place of its table of contents, within the file."""
    places = END.findall(data[-2048:])
    return data.startswith(HEAD) and bool(places) and int(places[-1]) < len(data)
