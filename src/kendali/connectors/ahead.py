"""One step of lookahead: while the consumer works on an item, the next one is made in another thread."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; an exception of `items` appears where it would have. At most one is waiting."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as worker:
        coming = worker.submit(next, items, _END)
        while True:
            item = coming.result()
            if item is _END:
                return
            coming = worker.submit(next, items, _END)
            yield item  # type: ignore[misc]
