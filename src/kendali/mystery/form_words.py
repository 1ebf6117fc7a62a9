"""The codes of a form in words, and what a difference between two versions says."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from kendali.audit.sentences import say
from kendali.documents.models import Revision
from kendali.mystery.rules.form import AutoFail, Kind, NotApplicable, Operator, Words
from kendali.mystery.rules.form_diff import Change, Difference
from kendali.mystery.rules.problems import Problem
from kendali.mystery.words import CAUSES, ERROR_CLASSES, TOUCH_POINTS, word
from kendali.records.words import Pill, Text

KINDS: dict[str, Text] = {
    Kind.GRADED.value: _("graded"),
    Kind.YES_NO.value: _("yes/no"),
    Kind.NUMBER.value: _("a number"),
    Kind.TEXT.value: _("text"),
}
KIND_HELP: dict[str, Text] = {
    Kind.GRADED.value: _("steps with a description and points each"),
    Kind.YES_NO.value: _("one question, two answers"),
    Kind.NUMBER.value: _("seconds or counts; ranges give the points"),
    Kind.TEXT.value: _("a note that is never scored"),
}
NOT_APPLICABLE: dict[str, Text] = {
    NotApplicable.WITH_REASON.value: _("allowed with a reason"),
    NotApplicable.PRESET.value: _("only where the scenario presets it"),
    NotApplicable.NEVER.value: _("never"),
}
AUTO_FAIL: dict[str, Text] = {
    AutoFail.NOTHING.value: _("nothing more"),
    AutoFail.SECTION.value: _("its section becomes 0"),
    AutoFail.FORM.value: _("the whole form becomes 0"),
}
OPERATORS: dict[str, Text] = {
    Operator.IS.value: "=",
    Operator.IS_NOT.value: "≠",
    Operator.LESS.value: "<",
    Operator.AT_MOST.value: "≤",
    Operator.MORE.value: ">",
    Operator.AT_LEAST.value: "≥",
}
STATES: dict[str, Pill] = {
    "draft": Pill(_("draft"), "soon"),
    "coming": Pill(_("comes into force"), "active"),
    "in_force": Pill(_("in force"), "done"),
    "replaced": Pill(_("replaced by a newer version"), "idle"),
    "retired": Pill(_("withdrawn"), "idle"),
}
CHANGES: dict[str, Pill] = {
    Change.ADDED.value: Pill(_("added"), "done"),
    Change.REMOVED.value: Pill(_("taken away"), "late"),
    Change.MOVED.value: Pill(_("moved"), "active"),
    Change.EDITED.value: Pill(_("changed"), "soon"),
}
PARTS: dict[str, Text] = {
    "title": _("title"),
    "label": _("text"),
    "hint": _("hint"),
    "weight": _("weight"),
    "touch_point": _("touch point"),
    "kind": _("kind of item"),
    "choices": _("answers and points"),
    "answer_labels": _("wording or order of the answers"),
    "ranges": _("ranges"),
    "unit": _("unit"),
    "required": _("has to be answered"),
    "na": _("N/A"),
    "when": _("condition"),
    "auto_fail": _("what a failure pulls down"),
    "error_class": _("error class"),
    "cause": _("cause"),
    "section": _("section"),
    "sections": _("order of the sections"),
    "items": _("order of the items"),
    "item": _("item"),
    "id": _("id"),
    "number": _("number"),
    "fails": _("answers and points"),
}
# Where a difference is in their order, a problem is in the things themselves.
PLACES: dict[str, Text] = {"sections": _("sections"), "items": _("items")}
CODES: dict[str, Mapping[str, Text]] = {
    "kind": KINDS,
    "na": NOT_APPLICABLE,
    "auto_fail": AUTO_FAIL,
    "error_class": ERROR_CLASSES,
    "cause": CAUSES,
    "touch_point": TOUCH_POINTS,
}
# What reading a workbook may complain of (rules.form_sheets, rules.form_workbook), to be found by the catalogue.
SHEET_REASONS = (
    noop("This section is not ended with end_group."),
    noop("%(value)s is none of %(values)s."),
    noop("The sheet choices has no list %(list)s."),
    noop("Ranges (from, below) belong to a decimal, named answers to the other types."),
    noop("%(value)s is no version: 1, 2, 3 …"),
    noop("The sheet %(sheet)s is missing or empty."),
    noop("%(value)s is no number."),
    noop("%(value)s is neither yes nor no."),
    noop("This answer belongs to no list."),
    noop("This answer has no name."),
    noop("The Indonesian text is missing."),
    noop("This is no condition like ${item} = 'answer' and ${item} >= '20'."),
    noop("The form has no document number."),
    noop("The sheet %(sheet)s has no such column, or has it twice."),
    noop("This column is missing."),
    noop("No section was begun with begin_group."),
    noop("This item is in no section: begin_group is missing before it."),
    noop("This file is larger than %(most)s bytes."),
    noop("This file cannot be read as a workbook."),
)


def said(words: Words) -> str:
    """In the language of the reader, Indonesian where there is no English."""
    return words.in_language("en" if (get_language() or "id").startswith("en") else "id")


def problem(one: Problem) -> str:
    """Which part, and what is wrong with it."""
    return f"{word(PARTS | PLACES, one.part)}: {say(one.reason, one.facts)}"


def standing(revision: Revision, in_force: Revision | None) -> str:
    """Key of STATES. `in_force`: the version of this document that holds today."""
    if revision.status != Revision.Status.EFFECTIVE:
        return revision.status
    if in_force is None or revision.version > in_force.version:
        return "coming"
    return "in_force" if revision.pk == in_force.pk else "replaced"


def value(part: str, one: Any) -> str:
    """A JSON value of a difference as a person reads it."""
    if one in (None, "", [], {}):
        return "–"
    if isinstance(one, bool):
        return gettext("yes") if one else gettext("no")
    if part in CODES:
        return word(CODES[part], str(one))
    if isinstance(one, dict):
        return _words(one) if "id" in one and "kind" not in one else _words(one.get("label", {}))
    if isinstance(one, list):
        return "; ".join(_entry(entry) for entry in one)
    return str(one)


def _words(one: Mapping[str, str]) -> str:
    return " / ".join(filter(None, (one.get("id"), one.get("en"))))


def _entry(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    if "operator" in one:
        return f"{one['item']} {word(OPERATORS, one['operator'])} {one['value']}"
    points = f"{plain(one['points'])}" + (" ✗" if one.get("fails") else "")
    if "low" in one:
        return f"{span(Decimal(one['low']), Decimal(one['high']) if one['high'] else None)}: {points}"
    return f"{_words(one['label'])}: {points}"


def span(low: Decimal, high: Decimal | None) -> str:
    """[0, 21) → 0 – < 21; without an end: from 21 on."""
    if high is None:
        return f"≥ {plain(low)}"
    return f"{plain(low)} – < {plain(high)}"


def plain(number: Decimal | str) -> str:
    """0.50 → 0.5 in the reader's language."""
    text = f"{Decimal(number):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if (get_language() or "id").startswith("en") else text.replace(".", ",")


def difference(one: Difference) -> tuple[Pill, str, str, str]:
    """The pill, what changed, before and after."""
    part = "item" if one.change in (Change.ADDED, Change.REMOVED) and one.part == "item" else one.part
    return CHANGES[one.change.value], word(PARTS, part), value(one.part, one.before), value(one.part, one.after)
