"""The rows of one conversation, a page of its messages at a time: what is not on the page is not loaded."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from kendali.archive.reader import MESSAGES, Package


def conversation_page(
    package: Package, ref: str, names: Iterable[str], start: int, count: int
) -> tuple[dict[str, pa.Table], int]:
    """The rows of the tables `names`, of `messages` only those numbered `start` … `start + count - 1`, and how many
    messages there are. A package never changes, so the number of a message is a key that stays."""
    there, numbers = package.tables(), package.listing.numbers([ref])
    spans = [package.listing.span(MESSAGES, number) for number in numbers]
    found = {
        name: package.rows(name, numbers, start, count) if name == MESSAGES else package.rows(name, numbers)
        for name in names
        if name in there
    }
    return found, sum(high - low for low, high in spans)
