"""Dataclasses as JSON and back, exactly: `read(cls, write(value)) == value`.

Decimals are text ("0.10" stays "0.10"), so no binary fraction ever touches a weight. Reading is strict: a key that is
not known, a missing key or a value of another type is refused with its path. A field with a default may be missing.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
MAX_TEXT = 10_000  # characters of one text
MAX_DIGITS = 40  # characters of a number; a kept score has 22


class Unreadable(ValueError):
    """Not what it should be; `path` says where ("sections[2].items[0].weight")."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'the whole'}: {why}")
        self.path, self.why = path, why


def write(value: Any) -> Any:
    """What json.dumps takes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: write(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [write(one) for one in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value.value if isinstance(value, StrEnum) else value


def canonical(value: Any) -> bytes:
    """The same bytes for the same value, to be hashed: sorted keys, no blanks, UTF-8."""
    return json.dumps(write(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(kind: type[T], value: Any, path: str = "") -> T:
    """Unreadable: the value is not of this shape."""
    return typing.cast(T, _read(kind, value, path))


def _read(kind: Any, value: Any, path: str) -> Any:
    origin = typing.get_origin(kind)
    if origin is types.UnionType or origin is typing.Union:
        return None if value is None else _read(_without_none(kind), value, path)
    if origin is tuple:
        _be(value, list, path)
        (inner, _dots) = typing.get_args(kind)
        return tuple(_read(inner, one, f"{path}[{n}]") for n, one in enumerate(value))
    if dataclasses.is_dataclass(kind):
        return _object(kind, value, path)
    return _scalar(kind, value, path)


def _scalar(kind: Any, value: Any, path: str) -> Any:
    if kind in (bool, int):
        return _be(value, kind, path)
    _be(value, str, path)
    if kind is str:
        if len(value) > MAX_TEXT:
            raise Unreadable(path, "too long")
        return value
    try:
        found = date.fromisoformat(value) if kind is date else kind(value)
    except (InvalidOperation, ValueError):
        raise Unreadable(path, f"{value[:40]!r} is no {kind.__name__.lower()}") from None
    if isinstance(found, Decimal) and (not found.is_finite() or len(value) > MAX_DIGITS):
        raise Unreadable(path, f"{value[:40]!r} is no number of at most {MAX_DIGITS} digits")
    return found


def _object(kind: Any, value: Any, path: str) -> Any:
    _be(value, dict, path)
    known = _fields(kind)
    for key in value:
        if key not in known:
            raise Unreadable(f"{path}.{key}".lstrip("."), "not known here")
    given = {}
    for name, (inner, needed) in known.items():
        place = f"{path}.{name}".lstrip(".")
        if name in value:
            given[name] = _read(inner, value[name], place)
        elif needed:
            raise Unreadable(place, "is missing")
    return kind(**given)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    hints = typing.get_type_hints(kind)
    none = dataclasses.MISSING
    return {f.name: (hints[f.name], f.default is none and f.default_factory is none) for f in dataclasses.fields(kind)}


def _without_none(kind: Any) -> Any:
    (inner,) = (one for one in typing.get_args(kind) if one is not type(None))
    return inner


def _be(value: Any, kind: type, path: str) -> Any:
    if type(value) is not kind:
        raise Unreadable(path, f"should be {kind.__name__}")
    return value
