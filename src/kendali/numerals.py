"""Numbers that somebody typed into an address."""

from __future__ import annotations

import re

WHOLE = re.compile(r"[0-9]{1,18}")


def whole(text: str) -> int | None:
    """A whole number that a bigint holds, or None: "²" is a digit to `str.isdigit`, but no number to `int`."""
    return int(text) if WHOLE.fullmatch(text) else None


UNITS = "nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas".split()
SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"))


def in_words(value: int) -> str:
    """Terbilang: 2026 → "dua ribu dua puluh enam". ValueError below zero and from 10^15 on."""
    if not 0 <= value < 10**15:
        raise ValueError(value)
    return " ".join(_words(value)) or UNITS[0]


def _words(value: int) -> list[str]:
    if value == 0:
        return []
    if value < 12:
        return [UNITS[value]]
    if value < 20:
        return [UNITS[value - 10], "belas"]
    if value < 100:
        return [UNITS[value // 10], "puluh", *_words(value % 10)]
    size, name = next(scale for scale in SCALES if value >= scale[0])
    many, rest = divmod(value, size)
    head = [f"se{name}"] if many == 1 and size in (100, 1000) else [*_words(many), name]
    return [*head, *_words(rest)]


ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def roman_month(month: int) -> str:
    """As letters are numbered: 11 → "XI"."""
    return ROMAN[month - 1]
