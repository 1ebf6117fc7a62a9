"""The score of a filled form. No database, no rounding before the display.

    s_q     = points / most points, in [0, 1]
    section = Σ w·s / Σ w over the applicable items: answered, not N/A, not hidden, weight above 0
    raw     = Σ W·S / Σ W over the sections that have one and weigh; there is none: no score (not 0, not 100)
    final   = raw, but a failed auto-fail item pulls its section, or the whole form, to 0

An empty section drops out, also when a gate in it (weight 0) failed; a failed gate of the whole form makes 0 even
where nothing else could be scored. Decimals of 60 digits, kept with 20 places; one digit, half up, at display only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from kendali.mystery.rules.filled import Answer, Answers, NaBy, fails, step, visible
from kendali.mystery.rules.form import AutoFail, ErrorClass, Form, Item, Section, TouchPoint

EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
KEPT = Decimal(1).scaleb(-20)
ZERO = Decimal(0)


class Counted(StrEnum):
    """What became of an item."""

    SCORED = "scored"
    NA_HUMAN = "na_human"
    NA_SYSTEM = "na_system"
    HIDDEN = "hidden"
    UNANSWERED = "unanswered"
    NOT_SCORED = "not_scored"  # answered, but a text or weight 0


@dataclass(frozen=True, slots=True)
class ItemScore:
    """`share`: s_q. `weight`: as in the form. `applied`: its part of the whole raw score; all of them sum to 1."""

    item: str
    section: str
    counted: Counted
    failed: bool
    share: Decimal | None
    weight: Decimal
    applied: Decimal


@dataclass(frozen=True, slots=True)
class SectionScore:
    """`raw` and `final` in [0, 1], None = empty. `applied`: its part of the whole."""

    section: str
    raw: Decimal | None
    final: Decimal | None
    weight: Decimal
    applied: Decimal


@dataclass(frozen=True, slots=True)
class ClassResult:
    """Critical items of one error class in one sample. `applicable`: answered, not N/A, not hidden."""

    error_class: ErrorClass
    applicable: int
    failed: int


@dataclass(frozen=True, slots=True)
class Score:
    raw: Decimal | None
    final: Decimal | None
    sections: tuple[SectionScore, ...]
    items: tuple[ItemScore, ...]
    auto_failed: tuple[str, ...]  # the items that did it
    classes: tuple[ClassResult, ...]


def score(form: Form, answers: Answers) -> Score:
    asked = visible(form, answers)
    weighed = [_section(section, answers, asked) for section in form.sections]
    total = sum((section.weight for section, raw, _ in weighed if raw is not None), ZERO)
    gates = _auto_failed(form, answers, asked)
    whole = any(auto_fail is AutoFail.FORM for _, auto_fail in gates.values())
    zeroed = {section for section, auto_fail in gates.values() if auto_fail is AutoFail.SECTION}
    finals = [(section, None if raw is None else ZERO if section.id in zeroed else raw) for section, raw, _ in weighed]
    raw = _mean([(section.weight, one) for section, one, _ in weighed])
    final = ZERO if whole else _mean([(section.weight, one) for section, one in finals])
    return Score(
        raw=_kept(raw),
        final=_kept(final),
        sections=tuple(
            SectionScore(section.id, _kept(one), _kept(last), section.weight, _exact(_part(section, one, total)))
            for (section, one, _), (_, last) in zip(weighed, finals, strict=True)
        ),
        items=tuple(
            _item_score(item, section, answers.get(item.id), item.id in asked, counted, _part(section, one, total))
            for section, one, counted in weighed
            for item in section.items
        ),
        auto_failed=tuple(gates),
        classes=_classes(form, answers, asked),
    )


def shown(value: Decimal) -> Decimal:
    """0.84250 → 84.3: per cent with one digit, half up. For display only: never computed with."""
    return EXACT.multiply(value, Decimal(100)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def by_touch_point(form: Form, got: Score) -> dict[TouchPoint, Decimal | None]:
    """The final scores of Access, System & Procedure and People: of each the mean of its sections, by their weights."""
    finals = {one.section: one.final for one in got.sections}
    return {
        point: _kept(_mean((one.weight, finals[one.id]) for one in form.sections if one.touch_point is point))
        for point in TouchPoint
    }


def counted(item: Item, answer: Answer | None, *, asked: bool) -> Counted:
    if not asked:
        return Counted.HIDDEN
    if answer is not None and answer.na is not None:
        return Counted.NA_SYSTEM if answer.na is NaBy.SYSTEM else Counted.NA_HUMAN
    if answer is None or not answer.given:
        return Counted.UNANSWERED
    if not item.scored:
        return Counted.NOT_SCORED
    return Counted.UNANSWERED if step(item, answer) is None else Counted.SCORED


def _share(item: Item, answer: Answer | None) -> Decimal:
    found = step(item, answer)
    assert found is not None
    return EXACT.divide(found.points, item.maximum)


def _section(section: Section, answers: Answers, asked: frozenset[str]) -> tuple[Section, Decimal | None, Decimal]:
    """With its raw score (None: drops out; a section that weighs nothing has one too) and the sum of its weights."""
    scored = [item for item in section.items if _is_scored(item, answers, asked)]
    raw = _mean([(item.weight, _share(item, answers.get(item.id))) for item in scored])
    return section, raw, sum((item.weight for item in scored), ZERO)


def _is_scored(item: Item, answers: Answers, asked: frozenset[str]) -> bool:
    return counted(item, answers.get(item.id), asked=item.id in asked) is Counted.SCORED


def _mean(weighed: Iterable[tuple[Decimal, Decimal | None]]) -> Decimal | None:
    """Σ w·x / Σ w over those that have an x, or None."""
    above, below = ZERO, ZERO
    for weight, value in weighed:
        if value is not None:
            above = EXACT.add(above, EXACT.multiply(weight, value))
            below = EXACT.add(below, weight)
    return EXACT.divide(above, below) if below else None


def _part(section: Section, raw: Decimal | None, total: Decimal) -> Decimal:
    return EXACT.divide(section.weight, total) if raw is not None and total else ZERO


def _item_score(
    item: Item, section: Section, answer: Answer | None, asked: bool, weights: Decimal, part: Decimal
) -> ItemScore:
    state = counted(item, answer, asked=asked)
    scored = state is Counted.SCORED
    return ItemScore(
        item=item.id,
        section=section.id,
        counted=state,
        failed=asked and fails(item, answer),
        share=_kept(_share(item, answer)) if scored else None,
        weight=item.weight,
        applied=_exact(EXACT.multiply(part, EXACT.divide(item.weight, weights))) if scored else ZERO,
    )


def _auto_failed(form: Form, answers: Answers, asked: frozenset[str]) -> dict[str, tuple[str, AutoFail]]:
    """Failed item → its section and what it pulls down."""
    return {
        item.id: (section.id, item.auto_fail)
        for section in form.sections
        for item in section.items
        if item.auto_fail is not AutoFail.NOTHING and item.id in asked and fails(item, answers.get(item.id))
    }


def _classes(form: Form, answers: Answers, asked: frozenset[str]) -> tuple[ClassResult, ...]:
    results = []
    for error_class in ErrorClass:
        items = [item for item in form.items() if item.error_class is error_class and item.id in asked]
        answered = [item for item in items if step(item, answers.get(item.id)) is not None]
        failed = sum(fails(item, answers.get(item.id)) for item in answered)
        results.append(ClassResult(error_class, len(answered), failed))
    return tuple(results)


def _kept(value: Decimal | None) -> Decimal | None:
    return None if value is None else _exact(value)


def _exact(value: Decimal) -> Decimal:
    return value.quantize(KEPT, ROUND_HALF_EVEN, EXACT)


# --- many samples


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of one error class over many samples: never blended with another class. What the interval is computed from."""

    samples: int  # in which the class could be judged
    accurate: int  # of these without any error of the class
    opportunities: int
    errors: int


def accuracy(samples: Iterable[Score]) -> dict[ErrorClass, Accuracy]:
    totals = {error_class: [0, 0, 0, 0] for error_class in ErrorClass}
    for sample in samples:
        for result in sample.classes:
            if result.applicable:
                added = (1, int(result.failed == 0), result.applicable, result.failed)
                totals[result.error_class] = [a + b for a, b in zip(totals[result.error_class], added, strict=True)]
    return {error_class: Accuracy(*counts) for error_class, counts in totals.items()}


@dataclass(frozen=True, slots=True)
class NaCount:
    """Of one item over many samples, for the quality of measurement."""

    asked: int
    human: int
    system: int


def na_counts(samples: Iterable[Score]) -> dict[str, NaCount]:
    counts: dict[str, list[int]] = {}
    for sample in samples:
        for item in sample.items:
            if item.counted is not Counted.HIDDEN:
                now = counts.setdefault(item.item, [0, 0, 0])
                now[0] += 1
                now[1] += item.counted is Counted.NA_HUMAN
                now[2] += item.counted is Counted.NA_SYSTEM
    return {item: NaCount(*one) for item, one in counts.items()}
