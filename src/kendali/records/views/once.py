"""A form that was sent twice makes one thing: a second click, a page that is loaded again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Model

M = TypeVar("M", bound=Model)
MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Made(Generic[M]):
    """`again`: the same person made the very same a moment ago; `row` is that one, and nothing new was written."""

    row: M
    again: bool


class _Twice(Exception):
    """Ends the transaction in which the second one was made."""


def once(make: Callable[[], M], *, same: Sequence[str], when: str, alike: Callable[[M, M], bool]) -> Made[M]:
    """`same`: the columns that make two rows one, `when`: the instant of making; `alike` looks at what hangs on them.

    Compared after the row is made, under whatever lock its making takes, so that two clicks at once are one, too."""
    first: M | None = None
    try:
        with transaction.atomic():
            row = make()
            first = _earlier(row, same, when, alike)
            if first is not None:
                raise _Twice
            return Made(row, again=False)
    except _Twice:
        assert first is not None
        return Made(first, again=True)


def _earlier(row: M, same: Sequence[str], when: str, alike: Callable[[M, M], bool]) -> M | None:
    at = getattr(row, when)
    asked = {name: getattr(row, name) for name in same} | {f"{when}__gte": at - MOMENT, f"{when}__lte": at}
    rows = type(row)._default_manager.filter(**asked).exclude(pk=row.pk).order_by("pk")
    return next((other for other in rows if alike(other, row)), None)
