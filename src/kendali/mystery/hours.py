"""Service hours as people write them: "07.00-22.00", "08.00-12.00, 13.00-17.00", empty = closed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time

from django.utils.translation import get_language

PIECE = re.compile(r"\s*(\d{1,2})[.:](\d\d)\s*[-–]\s*(\d{1,2})[.:](\d\d)\s*")
DAY = 24 * 60


def parsed(text: str) -> list[list[int]]:
    """[first, last] in minutes; what ends before it begins runs into the next day. ValueError where it cannot be
    read."""
    return [_piece(piece) for piece in text.split(",")] if text.strip() else []


def _piece(text: str) -> list[int]:
    found = PIECE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hour, minute, end_hour, end_minute = map(int, found.groups())
    if hour > 23 or end_hour > 24 or minute > 59 or end_minute > 59 or (end_hour == 24 and end_minute):
        raise ValueError(text)
    return span(hour * 60 + minute, end_hour * 60 + end_minute)


def span(first: int, last: int) -> list[int]:
    return [first, last if last > first else last + DAY]


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def at(minute: int) -> time:
    return time(*divmod(minute % DAY, 60))


def clock(first: int, last: int) -> str:
    """07.00-15.00; midnight at the end is 24.00."""
    end = last if last <= DAY else last - DAY
    return "-".join(f"{minute // 60:02}.{minute % 60:02}" for minute in (first, end))


def shown(text: str) -> str:
    """As its reader writes hours: "07.00–15.00", in English "07:00–15:00"."""
    plain = text.replace("-", "–")
    return plain.replace(".", ":") if get_language() == "en" else plain


def written(day: Sequence[Sequence[int]]) -> str:
    return ", ".join(clock(first, last) for first, last in day)
