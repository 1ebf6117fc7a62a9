"""A filled form F-22 as it is shown: every item with its answer, what it was worth, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali.mystery import words
from kendali.mystery.models import Evaluation
from kendali.mystery.queries import evaluation as query
from kendali.mystery.rules import answers as answer_rules
from kendali.mystery.rules import filled, plain, scoring
from kendali.mystery.rules.filled import Answer, NaBy, Span
from kendali.mystery.rules.filled_diff import Changed, Filled, changes
from kendali.mystery.rules.form import Choice, Form, Item, Kind, Section
from kendali.mystery.rules.scoring import Counted, ItemScore, Score
from kendali.records.words import Pill


@dataclass(frozen=True, slots=True)
class Line:
    """One item that was asked. `na`: by whom it is not applicable, "" = it applies. `share`: its points, 0 to 1, None =
    it gives none. `critical`: whom an error harms. `unticked`: why it was left out of the finding."""

    item: str
    label: str
    answer: str
    na: str
    na_reason: str
    note: str
    spans: Sequence[Span]
    share: Decimal | None
    applied: Decimal
    failed: bool
    critical: str
    unticked: str


@dataclass(frozen=True, slots=True)
class Part:
    """One section. `raw`, `final`: 0 to 1, None = nothing of it could be scored; `applied`: its part of the whole."""

    label: str
    touch_point: str
    raw: Decimal | None
    final: Decimal | None
    applied: Decimal
    lines: Sequence[Line]
    hidden: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The critical items of one error class in this call, never blended with another class."""

    label: str
    applicable: int
    failed: int


@dataclass(frozen=True, slots=True)
class Sheet:
    evaluation: Evaluation
    title: str
    number: str
    revision: str
    raw: Decimal | None
    final: Decimal | None
    parts: Sequence[Part]
    touch_points: Sequence[tuple[str, Decimal | None]]
    accuracy: Sequence[Accuracy]
    auto_failed: Sequence[str]

    @property
    def pulled_down(self) -> bool:
        return bool(self.auto_failed) and self.raw != self.final


def language() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


def sheet(evaluation: Evaluation, *, for_agent: bool = False) -> Sheet:
    """Reads nothing but the row and its form (`evaluation.form` is loaded by the caller). `for_agent`: without the free
    texts of who called; what was noted to an item is its evidence and stays."""
    form = query.form_of(evaluation)
    shown = without_texts(form) if for_agent else form
    given = filled.by_item(query.answers_of(evaluation))
    got = score_of(evaluation, form, given)
    lang = language()
    by_item = {one.item: one for one in got.items}
    points = scoring.by_touch_point(form, got)
    labels = {item.id: item.label.in_language(lang) for item in form.items()}
    return Sheet(
        evaluation=evaluation,
        title=form.title.in_language(lang),
        number=form.number,
        revision=form.revision,
        raw=got.raw,
        final=got.final,
        parts=[_part(section, got, by_item, given, evaluation.unticked, lang) for section in shown.sections],
        touch_points=[
            (words.word(words.TOUCH_POINTS, point.value), value) for point, value in points.items() if value is not None
        ],
        accuracy=[
            Accuracy(words.word(words.ERROR_CLASSES, one.error_class.value), one.applicable, one.failed)
            for one in got.classes
            if one.applicable
        ],
        auto_failed=[labels.get(id_, id_) for id_ in got.auto_failed],
    )


def without_texts(form: Form) -> Form:
    sections = (
        replace(one, items=tuple(item for item in one.items if item.kind is not Kind.TEXT)) for one in form.sections
    )
    return replace(form, sections=tuple(sections))


def score_of(evaluation: Evaluation, form: Form, given: Mapping[str, Answer]) -> Score:
    """As it was computed at the submission; of a draft as it stands."""
    return plain.read(Score, evaluation.score) if evaluation.score else scoring.score(form, given)


def _part(
    section: Section, got: Score, by_item: Mapping[str, ItemScore], given: Mapping[str, Answer],
    unticked: Mapping[str, str], lang: str,
) -> Part:  # fmt: skip
    own = next(one for one in got.sections if one.section == section.id)
    asked = [item for item in section.items if by_item[item.id].counted is not Counted.HIDDEN]
    return Part(
        label=section.label.in_language(lang),
        touch_point=words.word(words.TOUCH_POINTS, section.touch_point.value) if section.touch_point else "",
        raw=own.raw,
        final=own.final,
        applied=own.applied,
        lines=[_line(item, by_item[item.id], given.get(item.id), unticked.get(item.id, ""), lang) for item in asked],
        hidden=len(section.items) - len(asked),
    )


def _line(item: Item, got: ItemScore, answer: Answer | None, unticked: str, lang: str) -> Line:
    answer = answer or Answer(item.id)
    return Line(
        item=item.id,
        label=item.label.in_language(lang),
        answer=value_of(item, answer.value, lang),
        na=_na(answer.na),
        na_reason=answer.na_reason,
        note=answer.note,
        spans=answer.spans,
        share=got.share,
        applied=got.applied,
        failed=got.failed,
        critical=_critical(item),
        unticked=unticked,
    )


def value_of(item: Item | None, value: str, lang: str) -> str:
    """What was answered, in words: the choice's label, the number with its unit, the text."""
    if item is None or not value:
        return value
    if item.kind is Kind.NUMBER:
        return f"{value} {item.unit}".strip()
    found = next((one for one in item.steps if isinstance(one, Choice) and one.code == value), None)
    return found.label.in_language(lang) if found is not None else value


def _na(by: NaBy | None) -> str:
    if by is None:
        return ""
    return _("by the scenario") if by is NaBy.SYSTEM else _("by the caller")


def _critical(item: Item) -> str:
    if item.error_class is not None:
        return words.word(words.ERROR_CLASSES, item.error_class.value)
    return _("auto-fail") if answer_rules.is_critical(item) else ""


# --- revisions


@dataclass(frozen=True, slots=True)
class Edit:
    label: str
    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision with what changed since the one before it; newest first on a page."""

    evaluation: Evaluation
    pill: Pill
    edits: Sequence[Edit]
    first: bool


def revisions(rows: Iterable[Evaluation]) -> list[Revision]:
    """`rows`: of one sample, with their forms, oldest first. Newest first."""
    found: list[Revision] = []
    before: Evaluation | None = None
    for row in rows:
        edits = edits_between(before, row) if before is not None else []
        found.append(Revision(row, words.EVALUATIONS[row.status], edits, before is None))
        before = row
    return found[::-1]


def edits_between(old: Evaluation, new: Evaluation) -> list[Edit]:
    form, lang = query.form_of(new), language()
    return [_edit(form, one, lang) for one in changes(form, _filled(old), _filled(new))]


def _filled(row: Evaluation) -> Filled:
    return Filled(filled.by_item(query.answers_of(row)), query.said_of(row.said), row.unticked)


def _edit(form: Form, one: Changed, lang: str) -> Edit:
    item = form.item(one.place)
    label = item.label.in_language(lang) if item is not None else _owner(one.place)
    before, after = (_text(item, one.part, side, lang) for side in (one.before, one.after))
    return Edit(label, _part_word(one.part), before, after)


def _part_word(part: str) -> str:
    return {
        "value": _("answer"), "na": _("N/A"), "na_reason": _("reason of N/A"), "note": _("note"),
        "spans": _("ranges"), "cause": _("cause"), "description": _("description"),
        "recommendation": _("recommendation"), "unticked": _("left out of the finding"),
    }.get(part, part)  # fmt: skip


def _owner(key: str) -> str:
    """Of a finding: "Temuan Supervisor"."""
    supervisor = key.startswith("supervisor")
    return _("Finding of the Supervisor") if supervisor else _("Finding of a department")


def _text(item: Item | None, part: str, value: object, lang: str) -> str:
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, NaBy):
        return _na(value)
    if part == "cause":
        return words.word(words.CAUSES, str(value))
    return value_of(item, str(value), lang) if part == "value" else str(value)
