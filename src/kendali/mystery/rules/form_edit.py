"""One step of editing a form: a form and what is wanted in, a new form out. No database.

Places are ids; KeyError: what is named there is not in this form. Whether the result is good is `form_rules`' to say: a
draft may have problems while it is worked on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from kendali.mystery.rules.form import Choice, Form, Item, Kind, NotApplicable, Range, Section, Words

T = TypeVar("T")
STEPS = (
    Choice("full", Words("Terpenuhi", "Met"), Decimal(2)),
    Choice("partly", Words("Terpenuhi sebagian", "Partly met"), Decimal(1)),
    Choice("not_met", Words("Tidak terpenuhi", "Not met"), Decimal(0), fails=True),
)
YES_NO = (
    Choice("yes", Words("Ya", "Yes"), Decimal(1)),
    Choice("no", Words("Tidak", "No"), Decimal(0), fails=True),
)
RANGES = (Range(Decimal(0), Decimal(21), Decimal(1)), Range(Decimal(21), None, Decimal(0), fails=True))


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


# --- places


def section(form: Form, id_: str) -> Section:
    for one in form.sections:
        if one.id == id_:
            return one
    raise KeyError(id_)


def section_of(form: Form, item_id: str) -> Section:
    for one in form.sections:
        if any(item.id == item_id for item in one.items):
            return one
    raise KeyError(item_id)


def item(form: Form, id_: str) -> Item:
    found = form.item(id_)
    if found is None:
        raise KeyError(id_)
    return found


def new_id(label: str, taken: Collection[str]) -> str:
    """From the Indonesian text: "Salam pembuka" → salam_pembuka, salam_pembuka_2 … `taken`: ids of this version and of
    every one before it, so that an id never means two things."""
    ascii_only = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")[:32].strip("_")
    base = plain if plain[:1].isalpha() else f"butir_{plain}".strip("_")
    return next(id_ for id_ in (base, *(f"{base}_{n}" for n in range(2, 1000))) if id_ not in taken)


# --- sections


def with_section(form: Form, id_: str, changed: Section) -> Form:
    """The section under this id as `changed` says, which keeps the id and the items."""
    old = section(form, id_)
    return _sections(form, [replace(changed, id=id_, items=old.items) if one is old else one for one in form.sections])


def add_section(form: Form, new: Section) -> Form:
    return _sections(form, [*form.sections, new])


def remove_section(form: Form, id_: str) -> Form:
    gone = section(form, id_)
    return _sections(form, [one for one in form.sections if one is not gone])


def move_section(form: Form, id_: str, to: Direction) -> Form:
    return _sections(form, _moved(form.sections, section(form, id_), to))


def _sections(form: Form, sections: list[Section]) -> Form:
    return replace(form, sections=tuple(sections))


# --- items


def blank(kind: Kind, id_: str, label: Words) -> Item:
    """A new item that is valid as it stands: answers, ranges and weight of its kind."""
    if kind is Kind.TEXT:
        return Item(id_, label, kind, Decimal(0), required=False)
    if kind is Kind.NUMBER:
        return Item(id_, label, kind, ranges=RANGES, unit="s")
    return Item(id_, label, kind, choices=YES_NO if kind is Kind.YES_NO else STEPS, na=NotApplicable.WITH_REASON)


def with_item(form: Form, id_: str, changed: Item, to_section: str = "") -> Form:
    """The item under this id as `changed` says, which keeps the id; at the end of another section if one is named."""
    old, home = item(form, id_), section_of(form, id_)
    kept = replace(changed, id=id_)
    if to_section in ("", home.id):
        items = tuple(kept if one is old else one for one in home.items)
        return _items(form, home, items)
    return add_item(remove_item(form, id_), to_section, kept)


def add_item(form: Form, to_section: str, new: Item) -> Form:
    home = section(form, to_section)
    return _items(form, home, (*home.items, new))


def remove_item(form: Form, id_: str) -> Form:
    home = section_of(form, id_)
    return _items(form, home, tuple(one for one in home.items if one.id != id_))


def move_item(form: Form, id_: str, to: Direction) -> Form:
    """One place up or down; past the end of its section into the one beside it."""
    home, one = section_of(form, id_), item(form, id_)
    edge = home.items[0 if to is Direction.UP else -1] is one
    place = form.sections.index(home) + (-1 if to is Direction.UP else 1)
    if not edge:
        return _items(form, home, tuple(_moved(home.items, one, to)))
    if not 0 <= place < len(form.sections):
        return form
    beside = form.sections[place]
    there = (*beside.items, one) if to is Direction.UP else (one, *beside.items)
    return _items(remove_item(form, id_), section(form, beside.id), there)


def _items(form: Form, home: Section, items: tuple[Item, ...]) -> Form:
    return _sections(form, [replace(one, items=items) if one.id == home.id else one for one in form.sections])


def _moved(things: tuple[T, ...], one: T, to: Direction) -> list[T]:
    place = things.index(one)
    other = place + (-1 if to is Direction.UP else 1)
    moved = list(things)
    if 0 <= other < len(moved):
        moved[place], moved[other] = moved[other], moved[place]
    return moved
