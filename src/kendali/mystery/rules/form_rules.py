"""What a form must fulfil, and when it may be edited or put into force. No database.

Decimals are finite here: what reads a form (`plain`, `form_sheets`) refuses everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from kendali.mystery.rules.conditions import cycles, number
from kendali.mystery.rules.form import (
    AutoFail,
    Choice,
    Condition,
    Form,
    FormStatus,
    Item,
    Kind,
    NotApplicable,
    Operator,
    Range,
    Section,
    Words,
)  # fmt: skip
from kendali.mystery.rules.problems import Problem, problem
from kendali.verdict import YES, Verdict, no

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
QUOTABLE = re.compile(r"[^'\n]{1,100}")
MAX_SECTIONS, MAX_ITEMS, MAX_STEPS, MAX_LABEL = 20, 200, 20, 500
MAX_WEIGHT, MAX_BOUND, PLACES = Decimal(1000), Decimal(1_000_000), 4
YES_NO = ("yes", "no")


def problems(form: Form, earlier: Iterable[Form] = ()) -> list[Problem]:
    """Everything that keeps this form from being put into force. `earlier`: its versions so far."""
    return [
        *_of_form(form),
        *(one for section in form.sections for one in _of_section(section)),
        *(one for section in form.sections for item in section.items for one in _of_item(section, item, form)),
        *_of_ids(form, earlier),
    ]


def place_of(section: Section, item: Item | None = None) -> str:
    return f"{section.id}/{item.id}" if item else section.id


def _of_form(form: Form) -> Iterator[Problem]:
    if not form.number.strip():
        yield problem("", "number", "The form has no document number.")
    yield from _of_words("", "title", form.title)
    if not 1 <= len(form.sections) <= MAX_SECTIONS:
        yield problem("", "sections", "A form has 1 to %(most)s sections.", most=MAX_SECTIONS)
    if sum(1 for _ in form.items()) > MAX_ITEMS:
        yield problem("", "sections", "A form has at most %(most)s items.", most=MAX_ITEMS)
    if not any(section.weight > 0 and any(item.scored for item in section.items) for section in form.sections):
        yield problem("", "sections", "No item of this form gives points, so there would never be a score.")


def _of_section(section: Section) -> Iterator[Problem]:
    place = place_of(section)
    yield from _of_id(place, section.id)
    yield from _of_words(place, "label", section.label)
    yield from _of_weight(place, section.weight)
    if not section.items:
        yield problem(place, "items", "This section has no items.")


def _of_item(section: Section, item: Item, form: Form) -> Iterator[Problem]:
    place = place_of(section, item)
    yield from _of_id(place, item.id)
    yield from _of_words(place, "label", item.label)
    yield from _of_weight(place, item.weight)
    if item.hint.en and not item.hint.id:
        yield problem(place, "hint", "The Indonesian text is missing.")
    if item.kind is Kind.NUMBER:
        yield from _of_ranges(place, item)
    elif item.kind is Kind.TEXT:
        yield from _of_text(place, item)
    else:
        yield from _of_choices(place, item)
    if item.kind is not Kind.TEXT:
        yield from _of_failing(place, item)
    for condition in item.when:
        yield from _of_condition(place, condition, form)


def _of_id(place: str, id_: str) -> Iterator[Problem]:
    if not ID.fullmatch(id_):
        yield problem(place, "id", "An id starts with a small letter and has only a-z, 0-9 and _, at most 40.")


def _of_words(place: str, part: str, words: Words) -> Iterator[Problem]:
    if not words.id.strip():
        yield problem(place, part, "The Indonesian text is missing.")
    if max(len(words.id), len(words.en)) > MAX_LABEL:
        yield problem(place, part, "This text is longer than %(most)s characters.", most=MAX_LABEL)


def _of_weight(place: str, weight: Decimal) -> Iterator[Problem]:
    if not 0 <= weight <= MAX_WEIGHT or _too_fine(weight):
        yield problem(place, "weight", "A weight is a number from 0 to %(most)s with at most %(places)s decimals.",
                      most=MAX_WEIGHT, places=PLACES)  # fmt: skip


def _too_fine(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return not isinstance(exponent, int) or -exponent > PLACES


def _of_steps(place: str, part: str, steps: tuple[Choice | Range, ...]) -> Iterator[Problem]:
    if not 2 <= len(steps) <= MAX_STEPS:
        yield problem(place, part, "There have to be 2 to %(most)s possible answers.", most=MAX_STEPS)
    if any(not 0 <= step.points <= MAX_WEIGHT or _too_fine(step.points) for step in steps):
        yield problem(place, part, "Points are numbers from 0 to %(most)s with at most %(places)s decimals.",
                      most=MAX_WEIGHT, places=PLACES)  # fmt: skip


def _of_choices(place: str, item: Item) -> Iterator[Problem]:
    codes = [choice.code for choice in item.choices]
    if item.ranges:
        yield problem(place, "ranges", "Only a number has ranges.")
    if item.kind is Kind.YES_NO and sorted(codes) != sorted(YES_NO):
        yield problem(place, "choices", "A yes/no item has exactly the answers yes and no.")
    yield from _of_steps(place, "choices", item.choices)
    for code in _twice(codes):
        yield problem(place, "choices", "The answer %(code)s is there twice.", code=code)
    for choice in item.choices:
        if not ID.fullmatch(choice.code):
            yield problem(place, "choices", "An id starts with a small letter and has only a-z, 0-9 and _, at most 40.")
        yield from _of_words(place, "choices", choice.label)


def _of_ranges(place: str, item: Item) -> Iterator[Problem]:
    if item.choices:
        yield problem(place, "choices", "A number has ranges instead of answers to choose from.")
    yield from _of_steps(place, "ranges", item.ranges)
    bounds = [bound for one in item.ranges for bound in (one.low, one.high) if bound is not None]
    if any(abs(bound) > MAX_BOUND or _too_fine(bound) for bound in bounds):
        yield problem(place, "ranges", "The bounds of ranges are numbers with at most %(places)s decimals.",
                      places=PLACES)  # fmt: skip
    for one in item.ranges:
        if one.high is not None and one.high <= one.low:
            yield problem(place, "ranges", "The range from %(low)s ends before it begins.", low=one.low)
    for one, following in pairwise(item.ranges):
        if one.high != following.low:
            yield problem(place, "ranges", "The range from %(low)s has to begin where the one before it ends.",
                          low=following.low)  # fmt: skip


def _of_text(place: str, item: Item) -> Iterator[Problem]:
    if item.weight != 0 or item.choices or item.ranges:
        yield problem(place, "weight", "A text is never scored: weight 0, no answers, no ranges.")
    if item.auto_fail is not AutoFail.NOTHING or item.error_class is not None:
        yield problem(place, "auto_fail", "A text cannot fail.")


def _of_failing(place: str, item: Item) -> Iterator[Problem]:
    failing = [step.points for step in item.steps if step.fails]
    passing = [step.points for step in item.steps if not step.fails]
    if failing and not passing:
        yield problem(place, "fails", "Every answer fails: nobody could fulfil this item.")
    if failing and passing and max(failing) > min(passing):
        yield problem(place, "fails", "An answer that fails has more points than one that does not.")
    if not failing and (item.auto_fail is not AutoFail.NOTHING or item.error_class is not None):
        yield problem(place, "fails", "This item is critical, and no answer of it fails.")
    if item.auto_fail is AutoFail.FORM and item.na is NotApplicable.WITH_REASON and not item.required:
        yield problem(place, "required", "An item that can fail the whole form has to be answered.")


def _of_condition(place: str, condition: Condition, form: Form) -> Iterator[Problem]:
    other = form.item(condition.item)
    if not QUOTABLE.fullmatch(condition.value):
        yield problem(place, "when", "The value of a condition has 1 to 100 characters and no quotation mark.")
    if other is None:
        yield problem(place, "when", "The condition names %(item)s, which is not in this form.", item=condition.item)
        return
    ordered = condition.operator not in (Operator.IS, Operator.IS_NOT)
    if other.kind is Kind.NUMBER:
        if number(condition.value) is None:
            yield problem(place, "when", "%(value)s is no number.", value=condition.value or "''")
    elif ordered:
        yield problem(place, "when", "Only a number can be compared with %(operator)s.", operator=condition.operator)
    elif other.kind is not Kind.TEXT and condition.value not in [choice.code for choice in other.choices]:
        yield problem(place, "when", "%(item)s has no answer %(value)s.", item=other.id, value=condition.value or "''")


def _of_ids(form: Form, earlier: Iterable[Form]) -> Iterator[Problem]:
    places = {item.id: place_of(section, item) for section in form.sections for item in section.items}
    for id_ in _twice(section.id for section in form.sections):
        yield problem(id_, "id", "The id %(id)s is there twice.", id=id_)
    for id_ in _twice(item.id for item in form.items()):
        yield problem(places[id_], "id", "The id %(id)s is there twice.", id=id_)
    for id_ in cycles(form.items()):
        yield problem(places[id_], "when", "The conditions of %(id)s lead back to itself.", id=id_)
    kinds = {item.id: item.kind for version in earlier for item in version.items()}
    for item in form.items():
        if kinds.get(item.id, item.kind) is not item.kind:
            yield problem(places[item.id], "kind", "%(id)s was another kind of item before: give it a new id.",
                          id=item.id)  # fmt: skip


def _twice(ids: Iterable[str]) -> list[str]:
    return [id_ for id_, count in Counter(ids).items() if count > 1]


# --- when it may change


def may_edit(status: FormStatus) -> Verdict:
    """An active form is locked: evaluations are pinned to it."""
    if status is FormStatus.DRAFT:
        return YES
    return no("This version is locked: evaluations are pinned to it. Make a new version instead.")


def may_activate(form: Form, status: FormStatus, earlier: Iterable[Form]) -> Verdict:
    """`earlier`: all versions that were ever active."""
    earlier = list(earlier)
    if status is not FormStatus.DRAFT:
        return no("Only a draft can be put into force.")
    if any(other.number == form.number and other.version >= form.version for other in earlier):
        return no("There is a newer version of this form already.")
    if found := problems(form, earlier):
        return no("This form has %(count)s problems; they have to be solved first.", count=len(found))
    return YES


def has_new_label(form: Form, earlier: Iterable[Form]) -> Verdict:
    """The revision number that document control prints is there, and no version before has it."""
    if not form.revision.strip():
        return no("Give this version the revision number that document control prints.")
    if any(other.number == form.number and other.revision == form.revision for other in earlier):
        return no("Revision %(label)s was in force already: give this version its own number.", label=form.revision)
    return YES
