"""Chance that can be repeated: the same seed gives the same numbers on every machine and every version of Python.

Block i is SHA-256 of "seed" LF "i" in decimal digits; each block gives four numbers of 64 bits, most significant byte
first. Whoever has seed and list can draw again by hand, with `sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

T = TypeVar("T")
_ALL = 1 << 64


class Draws:
    def __init__(self, seed: str) -> None:
        self._seed, self._block, self._ready = seed.encode(), 0, list[int]()

    def _word(self) -> int:
        if not self._ready:
            block = hashlib.sha256(self._seed + b"\n%d" % self._block).digest()
            self._block += 1
            self._ready = [int.from_bytes(block[at : at + 8], "big") for at in (24, 16, 8, 0)]
        return self._ready.pop()

    def below(self, end: int) -> int:
        """A whole number in [0, end), each as likely. ValueError below 1."""
        if not 0 < end <= _ALL:
            raise ValueError("nothing to draw from")
        fair = _ALL - _ALL % end
        while (word := self._word()) >= fair:
            pass
        return word % end

    def part(self) -> Fraction:
        """A fraction in [0, 1)."""
        return Fraction(self._word(), _ALL)

    def choice(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def shuffled(self, things: Iterable[T]) -> list[T]:
        """Fisher and Yates; put the things in a fixed order first."""
        mixed = list(things)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
