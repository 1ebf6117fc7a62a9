"""Reasons and other free text are evidence that lives for years: no national id, card or phone number in it.

The employee number (NIK karyawan) is another thing and much shorter than the national NIK (16 digits).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from kendali.verdict import YES, Verdict, no

Kind = Literal["card", "nik", "phone"]

# Runs of digits as people write them: 3174 0912 0385 0001, 4111-1111-1111-1111, 0812 3456 7890, +62 812-3456-7890;
# with an area code of its own: (021) 5551234, +62 (812) 3456-7890.
AREA = r"(?:\+?62[ -]?)?\(0?\d{2,3}\)[ -]?\d(?:[ .\u2013-]?\d){4,9}"
RUN = re.compile(rf"(?<![\w/.-])(?:{AREA}|\+?\d(?:(?: {{1,2}}|[.\u2013-])?\d){{7,18}})(?![\w/])")
# A day of the calendar that stands alone: 0812-34-56-7890 holds none.
DAY = re.compile(r"(?<!\d)(?<!\d[.-])(?:(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d[.-][01]?\d[.-](?:19|20)\d\d)(?![.-]?\d)")


def acceptable(*texts: str) -> Verdict:
    """May these be kept? The answer names the kind of number, never the number."""
    for text in texts:
        for kind, _digits in numbers(text):
            if kind == "card":
                return no("The text holds what looks like a card number: leave it out.")
            if kind == "nik":
                return no("The text holds what looks like a national identity number (NIK): leave it out.")
            return no("The text holds what looks like a phone number: leave it out.")
    return YES


def numbers(text: str) -> Iterator[tuple[Kind, str]]:
    """What in the text looks like a person's number, with its digits: for those who may write some of them."""
    for found in RUN.finditer(DAY.sub(" ", text)):
        digits = re.sub(r"\D", "", found[0])
        if _is_card(digits):
            yield "card", digits
        elif _is_nik(digits):
            yield "nik", digits
        elif _is_phone(found[0], digits):
            yield "phone", digits


def _is_nik(digits: str) -> bool:
    """Region (province 11 to 99), day (women: + 40), month, year, four more: 16 digits."""
    if len(digits) != 16:
        return False
    province, day, month = int(digits[:2]), int(digits[6:8]) % 40, int(digits[8:10])
    return province >= 11 and int(digits[6:8]) <= 71 and 1 <= day <= 31 and 1 <= month <= 12


def _is_card(digits: str) -> bool:
    """13 to 19 digits whose check digit (Luhn, ISO/IEC 7812) is right."""
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_phone(text: str, digits: str) -> bool:
    """Indonesian numbers as they are written: 08…, 021…, 62…, +62…, or 8… without anything before."""
    if text.startswith("+"):
        return 9 <= len(digits) <= 15
    if digits.startswith("62"):
        return 10 <= len(digits) <= 14
    if digits.startswith("0"):
        return digits[1] in "23456789" and 9 <= len(digits) <= 13
    return digits.startswith("8") and digits[1] in "123579" and 9 <= len(digits) <= 12
