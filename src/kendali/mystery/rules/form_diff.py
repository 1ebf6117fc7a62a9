"""What changed between two versions of a form, for its history and for the page that asks before activating."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kendali.mystery.rules import plain
from kendali.mystery.rules.form import Choice, Form, Item, Section
from kendali.mystery.rules.form_rules import place_of

SCORED_PARTS = frozenset({"kind", "weight", "choices", "ranges", "na", "when", "auto_fail", "error_class", "section"})


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` and `after` are JSON values. `scored`: results of the two versions are not the same measure."""

    change: Change
    place: str
    part: str
    before: Any = None
    after: Any = None

    @property
    def scored(self) -> bool:
        return self.part in SCORED_PARTS or self.change in (Change.ADDED, Change.REMOVED)


def differences(old: Form, new: Form) -> list[Difference]:
    """In the order of the new form, what was removed last. Number, revision and version are not compared."""
    return [
        *_edited("", old, new, {"number", "revision", "version", "sections"}),
        *_of_sections(old, new),
        *_of_items(old, new),
    ]


def same_measure(old: Form, new: Form) -> bool:
    """May scores of the two versions be compared?"""
    return not any(one.scored for one in differences(old, new))


def _of_sections(old: Form, new: Form) -> Iterator[Difference]:
    before = {section.id: section for section in old.sections}
    after = {section.id: section for section in new.sections}
    for id_, section in after.items():
        if id_ in before:
            yield from _edited(id_, before[id_], section, {"id", "items"})
        else:
            yield Difference(Change.ADDED, id_, "section", None, section.label.id)
    for id_, section in before.items():
        if id_ not in after:
            yield Difference(Change.REMOVED, id_, "section", section.label.id)
    yield from _order("", "sections", [id_ for id_ in before if id_ in after], [id_ for id_ in after if id_ in before])


def _of_items(old: Form, new: Form) -> Iterator[Difference]:
    before, after = _located(old), _located(new)
    for id_, (section, item) in after.items():
        place = place_of(section, item)
        if id_ not in before:
            yield Difference(Change.ADDED, place, "item", None, plain.write(item))
            continue
        old_section, old_item = before[id_]
        if old_section.id != section.id:
            yield Difference(Change.MOVED, place, "section", old_section.id, section.id)
        yield from _edited(place, old_item, item, {"id"})
    for id_, (section, item) in before.items():
        if id_ not in after:
            yield Difference(Change.REMOVED, place_of(section, item), "item", plain.write(item))
    old_sections = {section.id: section for section in old.sections}
    for section in new.sections:
        there = [item.id for item in old_sections[section.id].items] if section.id in old_sections else []
        here = [item.id for item in section.items]
        yield from _order(section.id, "items", [i for i in there if i in here], [i for i in here if i in there])


def _located(form: Form) -> dict[str, tuple[Section, Item]]:
    return {item.id: (section, item) for section in form.sections for item in section.items}


def _order(place: str, part: str, before: list[str], after: list[str]) -> Iterator[Difference]:
    if before != after:
        yield Difference(Change.MOVED, place, part, before, after)


def _edited(place: str, old: Any, new: Any, without: set[str]) -> Iterator[Difference]:
    for field in dataclasses.fields(old):
        if field.name not in without:
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before != after:
                part = "answer_labels" if field.name == "choices" and _worth(before) == _worth(after) else field.name
                yield Difference(Change.EDITED, place, part, plain.write(before), plain.write(after))


def _worth(choices: tuple[Choice, ...]) -> list[tuple[object, ...]]:
    """What of the answers counts: not their labels, not their order."""
    return sorted((choice.code, choice.points, choice.fails) for choice in choices)
