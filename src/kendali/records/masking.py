"""Phone numbers inside technical names: a recording's file name carries the customer's number.

What is kept in rows (shortcomings, problems) names the record by its source id; the number is not needed there.
"""

from __future__ import annotations

import re

# Indonesian numbers as telephone systems write them: 0812…, 62812…, 812…, 021…; dates and call ids stay readable.
NUMBER = re.compile(r"(?<!\d)(?:\+?62|0)\d{7,12}(?!\d)|(?<![\d.])8\d{8,11}(?![\d.])")


def mask_numbers(text: str) -> str:
    """The last three digits stay, so that two files of one call can be told apart."""
    return NUMBER.sub(lambda found: "•" * (len(found[0]) - 3) + found[0][-3:], text)
