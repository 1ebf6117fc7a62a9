"""Forms and answers for the tests: small ones by hand, random ones that form_rules accepts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from kendali.mystery.rules.filled import Answer, NaBy
from kendali.mystery.rules.form import (
    AutoFail,
    Cause,
    Choice,
    Condition,
    ErrorClass,
    Form,
    Item,
    Kind,
    NotApplicable,
    Operator,
    Range,
    Section,
    TouchPoint,
    Words,
)

L = Words("Butir", "Item")


def graded(id_: str, *, weight: int | str = 1, points: tuple[int, ...] = (0, 1, 2), **more: Any) -> Item:
    """Answers a, b, c …; one without points fails."""
    choices = tuple(
        Choice("abcdefgh"[n], Words(f"Tingkat {n}"), Decimal(worth), worth == 0) for n, worth in enumerate(points)
    )
    return Item(id_, L, Kind.GRADED, Decimal(weight), choices=choices, **more)


def seconds(id_: str, *, weight: int | str = 1, **more: Any) -> Item:
    """Below 10: 2 points, below 20: 1, then it fails."""
    ranges = (
        Range(Decimal(0), Decimal(10), Decimal(2)),
        Range(Decimal(10), Decimal(20), Decimal(1)),
        Range(Decimal(20), None, Decimal(0), True),
    )
    return Item(id_, L, Kind.NUMBER, Decimal(weight), ranges=ranges, unit="s", **more)


def text(id_: str, **more: Any) -> Item:
    return Item(id_, L, Kind.TEXT, Decimal(0), **more)


def section(id_: str, *items: Item, weight: int | str = 1) -> Section:
    return Section(id_, Words(f"Seksi {id_}", f"Section {id_}"), items, Decimal(weight))


def form(*sections: Section) -> Form:
    return Form("F-22", "02", 1, Words("Formulir", "Form"), sections)


def filled(**values: str) -> dict[str, Answer]:
    """item=value; the value "n/a" is a person's, "n/a system" the scenario's."""
    na = {"n/a": NaBy.HUMAN, "n/a system": NaBy.SYSTEM}
    return {
        id_: Answer(id_, na=na[value], na_reason="Tidak terjadi") if value in na else Answer(id_, value)
        for id_, value in values.items()
    }


# --- random ones

amounts = st.integers(0, 9999).map(lambda n: Decimal(n).scaleb(-2))
WORDS = (
    Words("Salam"),
    Words("Empati", "Empathy"),
    Words("=1+1", "01"),
    Words('a, b; "c"', "x"),
    Words("Ya\u2026 ☎", "Yes"),
)
words = st.sampled_from(WORDS)


@st.composite
def steps_worth(draw: st.DrawFn, size: int) -> list[tuple[Decimal, bool]]:
    """Points from worst to best, the worst ones fail, at least one does not."""
    points = sorted(draw(st.lists(amounts, min_size=size, max_size=size)))
    failing = draw(st.integers(0, size - 1))
    return [(worth, n < failing) for n, worth in enumerate(points)]


@st.composite
def items(draw: st.DrawFn, id_: str, before: list[Item], *, conditional: bool = True) -> Item:
    kind = draw(st.sampled_from(Kind))
    size = 2 if kind is Kind.YES_NO else draw(st.integers(2, 4))
    worth = draw(steps_worth(size))
    fields: dict[str, Any] = {}
    if kind is Kind.NUMBER:
        edges = sorted(draw(st.sets(st.integers(0, 300), min_size=size, max_size=size)))
        ends = [*map(Decimal, edges[1:]), draw(st.sampled_from([None, Decimal(301)]))]
        fields["ranges"] = tuple(
            Range(Decimal(low), high, *one) for low, high, one in zip(edges, ends, worth, strict=True)
        )
        fields["unit"] = "s"
    elif kind is not Kind.TEXT:
        codes = ["no", "yes"] if kind is Kind.YES_NO else list("abcd")[:size]
        fields["choices"] = tuple(Choice(code, draw(words), *one) for code, one in zip(codes, worth, strict=True))
    if kind is not Kind.TEXT and worth[0][1]:
        fields["error_class"] = draw(st.sampled_from([None, *ErrorClass]))
        fields["auto_fail"] = draw(st.sampled_from([AutoFail.NOTHING] * 4 + list(AutoFail)))
    if conditional and before and draw(st.booleans()):
        fields["when"] = (draw(conditions(draw(st.sampled_from(before)))),)
    weight = Decimal(0) if kind is Kind.TEXT else draw(amounts)
    na, cause = draw(st.sampled_from(NotApplicable)), draw(st.sampled_from(Cause))
    return Item(id_, draw(words), kind, weight, na=na, cause=cause, **fields)


@st.composite
def conditions(draw: st.DrawFn, other: Item) -> Condition:
    if other.kind is Kind.NUMBER:
        return Condition(other.id, draw(st.sampled_from(Operator)), str(draw(st.integers(0, 300))))
    operator = draw(st.sampled_from([Operator.IS, Operator.IS_NOT]))
    codes = [choice.code for choice in other.choices] or ["kata"]
    return Condition(other.id, operator, draw(st.sampled_from(codes)))


@st.composite
def forms(draw: st.DrawFn, *, conditional: bool = True) -> Form:
    """Valid by form_rules, except that there may be no item that gives points."""
    sections: list[Section] = []
    before: list[Item] = []
    for s in range(draw(st.integers(1, 3))):
        here = []
        for i in range(draw(st.integers(1, 4))):
            here.append(draw(items(f"i{s}_{i}", before, conditional=conditional)))
            before.append(here[-1])
        touch_point = draw(st.sampled_from([None, *TouchPoint]))
        sections.append(Section(f"s{s}", draw(words), tuple(here), draw(amounts), touch_point))
    return Form("F-22", "02", draw(st.integers(1, 9)), draw(words), tuple(sections))


@st.composite
def answers_to(draw: st.DrawFn, form: Form) -> dict[str, Answer]:
    """Some items are not answered, some N/A, some by the scenario."""
    answers = {}
    for item in form.items():
        what = draw(st.sampled_from(["value"] * 5 + ["none", "human", "system"]))
        if what == "value":
            answers[item.id] = Answer(item.id, draw(values_of(item)))
        elif what != "none":
            answers[item.id] = Answer(item.id, na=NaBy(what), na_reason="Tidak terjadi")
    return answers


def values_of(item: Item) -> st.SearchStrategy[str]:
    if item.kind is Kind.NUMBER:
        return st.integers(0, 320).map(str)
    return st.sampled_from([choice.code for choice in item.choices] or ["kata"])
