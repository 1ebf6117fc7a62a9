"""Pages of long lists by key: no OFFSET, no COUNT, the same time for the first page and the ten-thousandth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.http import QueryDict

M = TypeVar("M", bound=Model)
LIMIT = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """`newer` and `older` are addresses of the pages before and after, "" where there is none."""

    rows: list[M]
    newer: str = ""
    older: str = ""


def page(rows: QuerySet[M], order: Sequence[str], args: QueryDict, limit: int = LIMIT) -> Page[M]:
    """One page of `rows` in `order` (as order_by takes it, unique together, no nulls); the cursor is in `args`."""
    back = "before" in args
    cursor = _decoded(rows.model, order, args.get("before") if back else args.get("after"))
    wanted = [_turned(key) for key in order] if back else list(order)
    if cursor is not None:
        rows = rows.filter(_beyond(wanted, cursor))
    found = list(rows.order_by(*wanted)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if back:
        found.reverse()
    has_newer, has_older = (more, True) if back else (cursor is not None, more)
    return Page(
        found,
        newer=address(args, "before", order, found[0]) if found and has_newer else "",
        older=address(args, "after", order, found[-1]) if found and has_older else "",
    )


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(order: Sequence[str], cursor: Sequence[object]) -> Q:
    """Strictly after the cursor. The outer bound on the first key is what an index can use."""
    first, second = order[0], order[1] if len(order) > 1 else None
    name, than = first.lstrip("-"), "lt" if first.startswith("-") else "gt"
    if second is None:
        return Q(**{f"{name}__{than}": cursor[0]})
    other, other_than = second.lstrip("-"), "lt" if second.startswith("-") else "gt"
    later = Q(**{f"{name}__{than}": cursor[0]}) | Q(**{f"{other}__{other_than}": cursor[1]})
    return Q(**{f"{name}__{than}e": cursor[0]}) & later


def without_cursor(args: QueryDict) -> QueryDict:
    """What was asked for, wherever in the list the reader is: for another page of it, or the whole as a file."""
    args = args.copy()
    for old in ("after", "before"):
        args.pop(old, None)
    return args


def address(args: QueryDict, name: str, order: Sequence[str], row: Model) -> str:
    args = without_cursor(args)
    args[name] = "~".join(_text(getattr(row, key.lstrip("-"))) for key in order)
    return f"?{args.urlencode()}"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _decoded(model: type[Model], order: Sequence[str], text: str | None) -> list[object] | None:
    """A cursor that somebody typed wrong is no cursor."""
    parts = text.split("~") if text else []
    if len(parts) != len(order):
        return None
    try:
        values = [_field(model, key.lstrip("-")).to_python(part) for key, part in zip(order, parts, strict=True)]
    except (ValidationError, ValueError):
        return None
    aware = all(value.tzinfo is not None for value in values if isinstance(value, datetime))
    return values if aware and None not in values else None


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", model._meta.get_field(name))
