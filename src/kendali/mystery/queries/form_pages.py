"""What the pages of the form builder show: the outline with its problems, the differences, a trial."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kendali.documents.models import Document, Revision
from kendali.mystery import form_words as words
from kendali.mystery.queries.forms import form_in_force, form_of, locked_forms
from kendali.mystery.rules import filled, form_diff, form_rules, form_sheets, scoring
from kendali.mystery.rules.filled import Answer, NaBy
from kendali.mystery.rules.form import AutoFail, Form, Item, NotApplicable, Section
from kendali.mystery.rules.form_diff import Difference
from kendali.mystery.rules.scoring import Counted, Score
from kendali.mystery.words import CAUSES, ERROR_CLASSES, TOUCH_POINTS, word
from kendali.records.words import Pill

NA = "n/a"  # the value of a radio button


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item of the outline. `share`: its part of the whole score when everything is answered, None = not scored."""

    item: Item
    label: str
    kind: str
    weight: str
    share: Decimal | None
    when: str
    na: str
    critical: str
    cause: str
    pulls: str
    problems: Sequence[str]
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class SectionLine:
    section: Section
    label: str
    touch_point: str
    share: Decimal | None
    items: Sequence[ItemLine]
    problems: Sequence[str]
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Outline:
    form: Form
    sections: Sequence[SectionLine]
    problems: Sequence[str]  # of the form as a whole
    count: int  # of all problems
    items: int


def outline(revision: Revision) -> Outline:
    form = form_of(revision)
    draft = revision.status == Revision.Status.DRAFT
    found = form_rules.problems(form, locked_forms(revision.document)) if draft else []
    places: dict[str, list[str]] = defaultdict(list)
    for one in found:
        places[one.place].append(words.problem(one))
    total = sum((one.weight for one in form.sections if any(item.scored for item in one.items)), Decimal(0))
    last = len(form.sections) - 1
    sections = [_section(one, total, places, n == 0, n == last) for n, one in enumerate(form.sections)]
    return Outline(form, sections, places[""], len(found), sum(len(one.items) for one in form.sections))


def _section(
    section: Section, total: Decimal, places: Mapping[str, Sequence[str]], first: bool, last: bool
) -> SectionLine:
    scored = sum((item.weight for item in section.items if item.scored), Decimal(0))
    part = section.weight / total if total and scored else None
    end = len(section.items) - 1
    return SectionLine(
        section=section,
        label=words.said(section.label) or section.id,
        touch_point=word(TOUCH_POINTS, section.touch_point.value) if section.touch_point else "",
        share=part,
        items=[
            _item(
                one,
                part * one.weight / scored if part is not None and one.scored else None,
                places.get(form_rules.place_of(section, one), ()),
                first and n == 0,
                last and n == end,
            )
            for n, one in enumerate(section.items)
        ],
        problems=places.get(section.id, ()),
        first=first,
        last=last,
    )


def _item(item: Item, share: Decimal | None, problems: Sequence[str], first: bool, last: bool) -> ItemLine:
    return ItemLine(
        item=item,
        label=words.said(item.label) or item.id,
        kind=word(words.KINDS, item.kind.value),
        weight=words.plain(item.weight),
        share=share,
        when=form_sheets.relevant(item.when).replace("${", "").replace("}", "").replace("'", ""),
        na="" if item.na is NotApplicable.WITH_REASON else word(words.NOT_APPLICABLE, item.na.value),
        critical=word(ERROR_CLASSES, item.error_class.value) if item.error_class else "",
        cause=word(CAUSES, item.cause.value),
        pulls="" if item.auto_fail is AutoFail.NOTHING else word(words.AUTO_FAIL, item.auto_fail.value),
        problems=problems,
        first=first,
        last=last,
    )


# --- versions


def standing(revision: Revision, day: date) -> Pill:
    return words.STATES[words.standing(revision, form_in_force(day, revision.document.code))]


def listed(document: Document, day: date) -> list[tuple[Revision, Pill, int]]:
    """Every version with its state and its number of items, newest first."""
    holds = form_in_force(day, document.code)
    rows = document.revisions.select_related("document", "author", "effective_by").order_by("-version")
    return [(one, words.STATES[words.standing(one, holds)], sum(1 for _ in form_of(one).items())) for one in rows]


@dataclass(frozen=True, slots=True)
class Changed:
    pill: Pill
    where: str
    what: str
    before: str
    after: str
    scored: bool


def changes(old: Form, new: Form) -> list[Changed]:
    return [_changed(one, old, new) for one in form_diff.differences(old, new)]


def _changed(one: Difference, old: Form, new: Form) -> Changed:
    pill, what, before, after = words.difference(one)
    return Changed(pill, _where(one.place, new) or _where(one.place, old), what, before, after, one.scored)


def _where(place: str, form: Form) -> str:
    section_id, _slash, item_id = place.partition("/")
    if not place:
        return words.said(form.title)
    for section in form.sections:
        if section.id == section_id:
            label = words.said(section.label) or section.id
            item = next((one for one in section.items if one.id == item_id), None)
            if not item_id:
                return label
            return f"{label} · {words.said(item.label) or item.id}" if item else ""
    return ""


# --- a trial: as the caller fills it


@dataclass(frozen=True, slots=True)
class Asked:
    """One item of a trial. `steps`: code, text, points, fails, chosen."""

    item: Item
    label: str
    hint: str
    value: str
    steps: Sequence[tuple[str, str, str, bool, bool]]
    na: bool  # may it be N/A?
    is_na: bool
    failed: bool
    counted: Counted


@dataclass(frozen=True, slots=True)
class Trial:
    sections: Sequence[tuple[Section, str, Sequence[Asked], Decimal | None]]
    score: Score
    hidden: int


def trial(form: Form, given: Mapping[str, str]) -> Trial:
    """`given`: item → code, number or text; NA = N/A."""
    answers = {
        item.id: Answer(item.id, na=NaBy.HUMAN) if given.get(item.id) == NA else Answer(item.id, given[item.id][:200])
        for item in form.items()
        if given.get(item.id)
    }
    got = scoring.score(form, answers)
    by_item = {one.item: one for one in got.items}
    asked = filled.visible(form, answers)
    finals = {one.section: one.final for one in got.sections}
    sections = [
        (
            section,
            words.said(section.label) or section.id,
            [_asked(one, answers.get(one.id), by_item[one.id]) for one in section.items if one.id in asked],
            finals[section.id],
        )
        for section in form.sections
    ]
    return Trial(sections, got, sum(1 for _ in form.items()) - len(asked))


def _asked(item: Item, answer: Answer | None, score: scoring.ItemScore) -> Asked:
    value = answer.value if answer and answer.given else ""
    return Asked(
        item=item,
        label=words.said(item.label) or item.id,
        hint=words.said(item.hint),
        value=value,
        steps=[
            (one.code, words.said(one.label), words.plain(one.points), one.fails, one.code == value)
            for one in item.choices
        ],
        na=item.na is NotApplicable.WITH_REASON,
        is_na=answer is not None and answer.na is not None,
        failed=score.failed,
        counted=score.counted,
    )
