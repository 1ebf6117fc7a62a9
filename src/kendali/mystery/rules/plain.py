"""Dataclasses as JSON and back, exactly: `read(cls, write(value)) == value`.

Decimals are text ("0.10" stays "0.10"), so no binary fraction ever touches a weight. Reading is strict: a key that is
not known, a missing key or a value of another type is refused with its path. A field with a default may be missing.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[Any], Any]
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
    try:
        return typing.cast(T, _reader(typing.cast(Any, kind))(value))
    except Unreadable as error:
        raise Unreadable(_under(path, error.path), error.why) from None


# What reads a type is made once for it; where in the whole it stands is told only by what goes wrong, on its way up.


@cache
def _reader(kind: Any) -> Reader:
    origin = typing.get_origin(kind)
    if origin is types.UnionType or origin is typing.Union:
        inner = _reader(_without_none(kind))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        (one, _dots) = typing.get_args(kind)
        return partial(_tuple, _reader(one))
    if dataclasses.is_dataclass(kind):
        return partial(_object, kind)  # its fields when it is first met: they may hold the same type
    if kind is str:
        return _text
    if kind in (bool, int):
        return partial(_be, kind)
    return partial(_scalar, kind, date.fromisoformat if kind is date else kind)


def _tuple(inner: Reader, value: Any) -> Any:
    found = []
    for n, one in enumerate(_be(list, value)):
        try:
            found.append(inner(one))
        except Unreadable as error:
            raise Unreadable(_under(f"[{n}]", error.path), error.why) from None
    return tuple(found)


def _object(kind: Any, value: Any) -> Any:
    known = _fields(kind)
    if not _be(dict, value).keys() <= known.keys():
        raise Unreadable(next(key for key in value if key not in known), "not known here")
    given = {}
    for name, (inner, needed) in known.items():
        if name in value:
            try:
                given[name] = inner(value[name])
            except Unreadable as error:
                raise Unreadable(_under(name, error.path), error.why) from None
        elif needed:
            raise Unreadable(name, "is missing")
    return kind(**given)


def _text(value: Any) -> Any:
    if len(_be(str, value)) > MAX_TEXT:
        raise Unreadable("", "too long")
    return value


def _scalar(kind: Any, made: Reader, value: Any) -> Any:
    _be(str, value)
    try:
        found = made(value)
    except (InvalidOperation, ValueError):
        raise Unreadable("", f"{value[:40]!r} is no {kind.__name__.lower()}") from None
    if kind is Decimal and (not found.is_finite() or len(value) > MAX_DIGITS):
        raise Unreadable("", f"{value[:40]!r} is no number of at most {MAX_DIGITS} digits")
    return found


def _be(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise Unreadable("", f"should be {kind.__name__}")
    return value


@cache
def _fields(kind: Any) -> dict[str, tuple[Reader, bool]]:
    hints = typing.get_type_hints(kind)
    none = dataclasses.MISSING
    return {
        one.name: (_reader(hints[one.name]), one.default is none and one.default_factory is none)
        for one in dataclasses.fields(kind)
    }


def _without_none(kind: Any) -> Any:
    (inner,) = (one for one in typing.get_args(kind) if one is not type(None))
    return inner


def _under(place: str, path: str) -> str:
    return f"{place}.{path}" if place and path and not path.startswith("[") else f"{place}{path}"
