"""The recovery identity R as a person reads and types it.

R is an age X25519 identity, ``AGE-SECRET-KEY-1`` and 58 Bech32 characters. The sheet prints those 58 as 14 numbered
groups, thirteen of four and one of six, each followed by one check character of ours, so that a slip is found and
its group named. Without this program: leave out the last character of every group, join, put ``AGE-SECRET-KEY-1``
before it, and ``age -d -i`` opens an off-host slot. The 14th group is Bech32's own checksum over all of them; typing it
back after printing proves that the sheet exists and can be read, and tells nothing about the other thirteen but 30
linear bits of a checksum.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kendali.archive.age import Identity
from kendali.archive.errors import AgeError, ArchiveError

ALPHABET = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"  # Bech32's, upper case: no B, I, O, 1
PREFIX = "AGE-SECRET-KEY-1"
SIZES = (4,) * 13 + (6,)
GROUPS = len(SIZES)
MISREAD = str.maketrans({"1": "L", "I": "L", "O": "0", "B": "8"})


class SheetError(ArchiveError):
    """What was typed is not what the sheet says; `facts["group"]` (from 1) is where, when that can be told."""


@dataclass(frozen=True, slots=True)
class RecoverySheet:
    """Everything the paper says. It exists in memory only; `identity` is never stored."""

    recipient: str
    identity: Identity = field(repr=False)

    @property
    def groups(self) -> list[str]:
        return to_groups(self.identity)

    @property
    def confirmation(self) -> str:
        """The last group, which is typed back."""
        return self.groups[-1]


def new_sheet() -> RecoverySheet:
    identity = Identity.generate()
    return RecoverySheet(str(identity.recipient()), identity)


def to_groups(identity: Identity) -> list[str]:
    rest = identity.secret_text().removeprefix(PREFIX)
    groups, start = [], 0
    for index, size in enumerate(SIZES):
        group = rest[start : start + size]
        groups.append(group + check_character(index, group))
        start += size
    return groups


def from_typed(text: str) -> Identity:
    """The identity, or SheetError. Case, spaces, line ends, dashes, dots and group numbers like ``3.`` do not matter;
    1 and I are read as L, O as 0, B as 8, which the alphabet does not have."""
    typed = split(text)
    for index, (group, size) in enumerate(zip(typed, SIZES, strict=False)):
        check_group(index, group, size)
    if len(typed) != GROUPS:
        raise SheetError("sheet_groups", found=len(typed), expected=GROUPS, group=min(len(typed), GROUPS - 1) + 1)
    try:
        return Identity.parse(PREFIX + "".join(group[:-1] for group in typed))
    except AgeError as error:
        raise SheetError("sheet_checksum") from error


def split(text: str) -> list[str]:
    """Groups as typed; a run of exactly all characters without any separator is cut where the groups are."""
    clean = re.sub(r"(?<![^\s])\d{1,2}[.):](?=\s|$|\w)", " ", text)
    typed = [part.upper().translate(MISREAD) for part in re.split(r"[\s\-·.,_]+", clean) if part]
    joined = "".join(typed)
    if len(typed) == 1 and len(joined) == sum(SIZES) + GROUPS:
        cuts = [sum(SIZES[:index]) + index for index in range(GROUPS + 1)]
        return [joined[start:end] for start, end in pairwise(cuts)]
    return typed


def check_group(index: int, group: str, size: int) -> None:
    """SheetError names the group: a wrong length, a character the sheet cannot have, or a slip."""
    if len(group) != size + 1:
        raise SheetError("sheet_group_length", group=index + 1, length=len(group), expected=size + 1)
    for character in group:
        if character not in ALPHABET:
            raise SheetError("sheet_group_character", group=index + 1, character=character)
    if check_character(index, group[:-1]) != group[-1]:
        raise SheetError("sheet_group_check", group=index + 1)


def check_character(index: int, group: str) -> str:
    """A weighted sum over GF(32): every single wrong character, every swap of two, and every group typed in the place
    of another is found."""
    values = [ALPHABET.index(character) for character in group]
    return ALPHABET[_sum([*values, index])]


def _sum(values: Sequence[int]) -> int:
    total, weight = 0, 1
    for value in values:
        weight = _times(weight, 2)
        total ^= _times(weight, value)
    return total


def _times(a: int, b: int) -> int:
    """Product in GF(32) modulo x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0b100101 if a & 16 else 0)
        b >>= 1
    return product
