"""The form as its page shows it: sections and items with what is answered, findings with what is written to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from kendali.mystery.queries import causes
from kendali.mystery.queries.filling import Standing
from kendali.mystery.rules import answers, filled
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, NaBy
from kendali.mystery.rules.form import Cause, ErrorClass, Form, Item, Kind, NotApplicable
from kendali.mystery.rules.problems import Problem

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MISSING = frozenset({
    "This item is not answered yet.", "Describe the finding.", "Every finding is handed over with a recommendation.",
    "Name the agent, or say why it is not known who answered.", "Attach the recording, or say why there is none.",
})  # fmt: skip
CAUSES: dict[Cause, StrPromise] = {
    Cause.AGENT: _("Agent"),
    Cause.ACCESS: _("Access"),
    Cause.KNOWLEDGE_BASE: _("Knowledge base"),
    Cause.SYSTEM: _("System"),
    Cause.PROCEDURE: _("Procedure"),
}
CLASSES: dict[ErrorClass, StrPromise] = {
    ErrorClass.CUSTOMER: _("critical for the customer"),
    ErrorClass.BUSINESS: _("critical for the business"),
    ErrorClass.COMPLIANCE: _("critical for compliance"),
}
OWNERS: dict[str, StrPromise] = {
    causes.SUPERVISOR: _("Finding for the Supervisor"),
    causes.DEPARTMENT: _("Finding for the department"),
    causes.ACCESS: _("Finding for the department of Access"),
}


@dataclass(frozen=True, slots=True)
class ShownItem:
    item: Item
    label: str
    hint: str
    choices: Sequence[tuple[str, str]]
    answer: Answer
    asked: bool
    failed: bool
    critical: bool
    error_class: StrPromise | str
    system_na: bool
    may_na: bool
    unticked: str | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        return self.item.kind is Kind.NUMBER

    @property
    def is_text(self) -> bool:
        return self.item.kind is Kind.TEXT

    @property
    def spans(self) -> str:
        return ", ".join(str(one) for one in self.answer.spans)

    @property
    def causes(self) -> list[tuple[str, StrPromise]]:
        """The form's own first."""
        return sorted(((one.value, word) for one, word in CAUSES.items()), key=lambda one: one[0] != self.item.cause)

    @property
    def cause(self) -> str:
        return (self.answer.cause or self.item.cause).value


@dataclass(frozen=True, slots=True)
class ShownSection:
    label: str
    items: Sequence[ShownItem]


@dataclass(frozen=True, slots=True)
class ShownFinding:
    key: str
    title: StrPromise
    critical: bool
    lines: Sequence[str]
    said: Said


def sections(standing: Standing, language: str) -> list[ShownSection]:
    mine = filled.by_item(standing.submission.answers)
    presets = {one.item for one in mine.values() if one.na is NaBy.SYSTEM}
    return [
        ShownSection(
            section.label.in_language(language),
            [_item(item, mine, standing, presets, language) for item in section.items],
        )
        for section in standing.form.sections
    ]


def _item(item: Item, mine: filled.Answers, standing: Standing, presets: set[str], language: str) -> ShownItem:
    answer = mine.get(item.id, Answer(item.id))
    return ShownItem(
        item=item,
        label=item.label.in_language(language),
        hint=item.hint.in_language(language),
        choices=[(one.code, one.label.in_language(language)) for one in item.choices],
        answer=answer,
        asked=item.id in standing.asked,
        failed=filled.fails(item, answer),
        critical=answers.is_critical(item),
        error_class=CLASSES.get(item.error_class, "") if item.error_class is not None else "",
        system_na=item.id in presets,
        may_na=item.na is NotApplicable.WITH_REASON,
        unticked=standing.submission.unticked.get(item.id),
        problems=[one for one in standing.problems if one.place == item.id],
    )


def findings(standing: Standing, language: str) -> list[ShownFinding]:
    labels = {item.id: item.label.in_language(language) for item in standing.form.items()}
    return [
        ShownFinding(
            one.key,
            OWNERS[one.owner],
            one.critical_compliance,
            [labels[line.item] for line in one.lines],
            standing.submission.said.get(one.key, Said("", "")),
        )
        for one in standing.findings
    ]


def keys(form: Form) -> frozenset[str]:
    """Of every finding that a form can raise."""
    compliance = [item.id for item in form.items() if item.error_class is ErrorClass.COMPLIANCE]
    return frozenset({*OWNERS, *(f"{owner}!{item}" for owner in OWNERS for item in compliance)})


def failed(standing: Standing) -> set[str]:
    return {line.item for line in answers.failed_lines(standing.form, filled.by_item(standing.submission.answers))}


def is_missing(one: Problem) -> bool:
    """Not done yet, rather than done wrong: said when everything is checked, not while somebody is at it."""
    return one.reason in MISSING
