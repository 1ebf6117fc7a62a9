"""What the page of one finding shows besides its row: failed items in words, hand-overs, history, what may be heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.audit.history import Happened
from kendali.audit.models import Entry
from kendali.audit.sentences import actor as named
from kendali.audit.sentences import render
from kendali.mystery import office
from kendali.mystery.models import Clock, Finding, Recording
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.queries import evaluation as filled_query
from kendali.mystery.queries.clocks import Chip, Desks
from kendali.mystery.rules import filled, plain
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.filled import Answer, Span
from kendali.mystery.rules.form import Item, Kind
from kendali.mystery.rules.working_time import Week, WorkCalendar, due_after
from kendali.terms import settings as terms

CALLERS = frozenset({"qc_officer"})
SHOWN = 100  # entries of the history


def names_callers(user: User) -> bool:
    """Who may know who called; agent, TL and SPV may not."""
    return bool(permissions.can(user, "sample.view"))


# --- the failed items


@dataclass(frozen=True, slots=True)
class ItemLine:
    """`label`, `answer`: in the reader's language; `ranges`: mm:ss-mm:ss of the recording."""

    label: str
    answer: str
    note: str
    ranges: tuple[str, ...]
    cause: str
    error_class: str
    article: str


def item_lines(finding: Finding, language: str) -> list[ItemLine]:
    rows = list(finding.lines.order_by("pk"))
    if finding.evaluation is None:
        return [ItemLine(row.item, _attempts(row.answer), "", (), row.cause, "", "") for row in rows]
    form = filled_query.form_of(finding.evaluation)
    return [_line(form.item(row.item), row.item, _answer(row.answer, row.item), row.cause, row.error_class,
                  row.article, language) for row in rows]  # fmt: skip


def _line(
    item: Item | None, code: str, answer: Answer, cause: str, error_class: str, article: str, language: str
) -> ItemLine:  # fmt: skip
    label = item.label.in_language(language) if item is not None else code
    ranges = tuple(str(one) for one in answer.spans)
    return ItemLine(label, _said(item, answer, language), answer.note, ranges, cause, error_class, article)


def _answer(kept: Mapping[str, object], item: str) -> Answer:
    return plain.read(Answer, kept) if kept else Answer(item)


def _said(item: Item | None, answer: Answer, language: str) -> str:
    step = filled.step(item, answer) if item is not None else None
    if item is None or step is None or item.kind is Kind.NUMBER:
        return f"{answer.value} {item.unit}".strip() if item is not None else answer.value
    label = getattr(step, "label", None)
    return str(label.in_language(language)) if label is not None else answer.value


def _attempts(kept: Mapping[str, object]) -> str:
    made = kept.get("attempts")
    return str(len(made)) if isinstance(made, list) else ""


# --- the hand-overs


@dataclass(frozen=True, slots=True)
class HandOver:
    """`calendar_due`: had every day been a working day; both bases are printed. `days`: at most so many, as in force
    when this clock began; None = not begun."""

    step: Step
    chip: Chip
    calendar_due: datetime | None
    days: int | None = None


def hand_overs(rows: Mapping[Step, Clock], at: datetime, desks: Desks) -> list[HandOver]:
    terms_at = {begun: office.clock_terms(begun) for begun in {row.started_at for row in rows.values()}}
    made = []
    for step in Step:
        row = rows.get(step)
        due = days = None
        if row is not None:
            every_day = replace(desks.of(row), calendar=WorkCalendar(Week.CALENDAR))
            days = terms_at[row.started_at].days
            due = due_after(row.started_at, days, every_day)
        made.append(HandOver(step, clock_query.chip(step, row, at, desks), due, days))
    return made


# --- what happened


def history(finding: Finding, *, callers: bool) -> list[Happened]:
    """Newest first. Where callers are not to be known, the role stands for the name."""
    rows = Entry.objects.filter(object_type=finding._meta.label_lower, object_id=str(finding.pk)).order_by("-id")
    return [_happened(entry, finding, callers) for entry in rows[:SHOWN]]


def _happened(entry: Entry, finding: Finding, callers: bool) -> Happened:
    called = entry.role in CALLERS or (entry.actor_id is not None and entry.actor_id == finding.executor_id)
    if called and not callers:
        entry.actor_name, entry.on_behalf_of = gettext("QC Officer"), ""
        entry.facts = {**entry.facts, "sample": gettext("a test call")}
    return Happened(entry.at, render(entry), named(entry))


# --- what may be heard


def hearing(user: User, finding: Finding) -> str:
    """ "all", "excerpt" (the ranges of this finding), "coaching" (QA plays it), "" = there is no recording."""
    if not Recording.objects.filter(sample=finding.sample_id, destroyed_at=None).exists():
        return ""
    if names_callers(user):
        return "all"
    setting = str(terms.get("mystery.audio_to_supervisor"))
    return "coaching" if setting == "excerpt" and not spans(finding) else setting


def spans(finding: Finding) -> list[Span]:
    """Of all its lines, in the order of the recording, each second once."""
    found = sorted(
        {span for row in finding.lines.all() for span in _answer(row.answer, row.item).spans},
        key=lambda one: (one.start, one.end),
    )
    merged: list[Span] = []
    for one in found:
        if merged and one.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return merged
