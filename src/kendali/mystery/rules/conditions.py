"""Which items are asked: conditions are small data (item, operator, value), never evaluated as code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from kendali.mystery.rules.form import Condition, Form, Item, Kind, Operator

COMPARE: dict[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.IS: lambda a, b: a == b,
    Operator.IS_NOT: lambda a, b: a != b,
    Operator.LESS: lambda a, b: a < b,
    Operator.AT_MOST: lambda a, b: a <= b,
    Operator.MORE: lambda a, b: a > b,
    Operator.AT_LEAST: lambda a, b: a >= b,
}
MAX_DIGITS = 15  # of an answered number: seconds, counts


def number(text: str) -> Decimal | None:
    """The number a person wrote ("12", "3.5", "3,5"), or None. No exponents, no infinities."""
    plain = text.strip().replace(",", ".")
    if len(plain) > MAX_DIGITS or not set(plain) <= set("0123456789.-") or not plain.isascii():
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def visible(form: Form, answers: Mapping[str, str]) -> frozenset[str]:
    """The ids of the items that are asked. `answers`: item → value, without those that are N/A or empty.

    An item is added once everything it depends on is: so the order does not matter, and what (wrongly) depends on
    itself is never asked.
    """
    items = {item.id: item for item in form.items()}
    asked: set[str] = set()
    while new := {id_ for id_, item in items.items() if id_ not in asked and _is_asked(item, asked, items, answers)}:
        asked |= new
    return frozenset(asked)


def _is_asked(item: Item, asked: set[str], items: Mapping[str, Item], answers: Mapping[str, str]) -> bool:
    return all(
        condition.item in asked and holds(condition, items[condition.item], answers.get(condition.item, ""))
        for condition in item.when
    )


def holds(condition: Condition, other: Item, value: str) -> bool:
    if not value.strip():
        return False
    if other.kind is not Kind.NUMBER:
        same = value == condition.value
        return {Operator.IS: same, Operator.IS_NOT: not same}.get(condition.operator, False)
    left, right = number(value), number(condition.value)
    return left is not None and right is not None and COMPARE[condition.operator](left, right)


def cycles(items: Iterable[Item]) -> list[str]:
    """The ids of the items whose conditions lead back to themselves, in the order of the form."""
    needs = {item.id: [condition.item for condition in item.when] for item in items}
    return [start for start in needs if _reaches(start, needs)]


def _reaches(start: str, needs: Mapping[str, list[str]]) -> bool:
    waiting, seen = list(needs[start]), set()
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one in needs and one not in seen:
            seen.add(one)
            waiting.extend(needs[one])
    return False
