"""The register F-22 as lines: every column of the form in a spreadsheet, the main ones on paper.

Seconds and scores are numbers in the spreadsheet, times the wall clock of the call's zone; several findings of a call
stand in one cell, one a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kendali import formats
from kendali.mystery import f22_sheet as sheets
from kendali.mystery import words
from kendali.mystery.models import Attempt, Cycle, CycleSignature
from kendali.mystery.queries import sheet as filled_sheet
from kendali.mystery.queries.f22 import Found, HandOver, Row, standing
from kendali.mystery.queries.sheet import Line, Sheet, language
from kendali.mystery.rules import scoring
from kendali.mystery.rules.clock_rules import STEPS, Step
from kendali.mystery.rules.form import Form, Item

Items = dict[str, Item]


def items_of(forms: Iterable[Form]) -> Items:
    """The items of every version that was used, each once, in the order of the forms: one column each."""
    return {item.id: item for form in forms for item in form.items()}


def head(items: Items) -> list[str]:
    lang = language()
    critical = {one.id: f" [{words.word(words.ERROR_CLASSES, one.error_class.value)}]" if one.error_class else ""
                for one in items.values()}  # fmt: skip
    assessed = [one.label.in_language(lang) + critical[one.id] for one in items.values()]
    return [*_head_of_call(), *assessed, *_head_of_score(), *_head_of_findings(), *_head_of_sign_off()]


def _head_of_call() -> list[str]:
    return [
        _("Month of the register"), _("Number of the sample"), _("Form and revision"), _("Kind of material"),
        _("Scenario and version"), _("Service or product"), _("Client"), _("Area"), _("Queue"), _("Shift"),
        _("Number that is called"), _("Replaces"), _("Status"), _("Executor"), _("Persona and caller's number"),
        _("Attempts"), _("Attempts, each with its outcome"), _("IVR (s)"), _("Queue (s)"), _("Ringing (s)"),
        _("Talk (s)"), _("Hold (s)"), _("Call"), _("Zone"), _("Ended"), _("Agent as named"), _("Agent by the system"),
        _("Team of the agent"), _("Ticket number"), _("Id of the recording"), _("Submitted"),
        _("Submitted late"), _("Void"),
    ]  # fmt: skip


def _head_of_score() -> list[str]:
    points = [words.word(words.TOUCH_POINTS, code) for code in words.TOUCH_POINTS]
    return [_("Raw score"), _("Final score"), *points]


def _head_of_findings() -> list[str]:
    steps = (_("feedback QCO to QA"), _("feedback QA to Supervisor"), _("follow-up Supervisor to QA"))
    handed = [text for step in steps for text in (step, _("%(step)s: in time (Y/N)") % {"step": step})]
    return [_("Findings"), _("Description"), _("Evidence in the call"), _("Category"), _("Root cause"), _("Level"),
            _("Recommendation"), *handed]  # fmt: skip


def _head_of_sign_off() -> list[str]:
    return [_("Checked by (QA)"), _("Checked on"), _("Made by (QCO), register"), _("Checked by (QA), register"),
            _("Acknowledged by (coordinator)"), _("Code hash of the frozen row"), _("Retention period")]  # fmt: skip


def line(row: Row, cycle: Cycle, items: Items, signatures: Sequence[CycleSignature]) -> Sequence[object]:
    """In the columns of `head`."""
    sheet = filled_sheet.sheet(row.evaluation) if row.evaluation is not None else None
    return [
        *_call(row, cycle), *_assessment(sheet, items), *_score(sheet), *_findings(row), *_sign_off(row, signatures)
    ]  # fmt: skip


def _call(row: Row, cycle: Cycle) -> list[object]:
    one, lang = row.sample, language()
    told = dict(sheets.header(row, lang)) | dict(sheets.execution(row, lang))
    reached = next((each for each in row.attempts if each.outcome == Attempt.CONNECTED), None)
    seconds = [getattr(reached, name, None) for name in ("ivr_seconds", "queue_seconds", "ring_seconds",
                                                         "talk_seconds", "hold_seconds")]  # fmt: skip
    zone = ZoneInfo(one.zone)
    return [
        f"{cycle.month:%Y-%m}", one.number, f"{row.form.number} rev {row.form.revision}" if row.form else "",
        told[_("Kind of material")], _plain(told[_("Scenario and version")]), one.destination.service,
        one.destination.client.name if one.destination.client else "", one.area.upper(), one.destination.queue,
        one.shift, told[_("Number that is called")], _plain(told[_("Replaces")]),
        str(words.sample_pill(one.state).word), one.executor.name if one.executor else "",
        _plain(told[_("Persona and caller's number")]), len(row.attempts), attempts(row), *seconds,
        _local(one.called_at, zone), formats.zone_name(zone, row.at), _local(one.ended_at, zone), one.agent_said,
        _plain(told[_("Agent by the system")]), _plain(told[_("Team of the agent")]), one.ticket,
        sheets.recording(row), _local(one.submitted_at, zone),
        (_("yes") if row.evaluation.late else _("no")) if row.evaluation else "", _plain(told[_("Void")]),
    ]  # fmt: skip


def _plain(text: str) -> str:
    return "" if text == sheets.DASH else text


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    """The wall clock of the call's own zone, which the column beside it names; it sorts like a date."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at is not None else ""


def attempts(row: Row) -> str:
    zone = ZoneInfo(row.sample.zone)
    return "\n".join(
        f"{one.number}. {_local(one.at, zone)} {words.word(words.OUTCOMES, one.outcome)}" for one in row.attempts
    )


def _assessment(sheet: Sheet | None, items: Items) -> list[object]:
    lines = {one.item: one for part in sheet.parts for one in part.lines} if sheet is not None else {}
    return [_cell(lines[id_]) if id_ in lines else "" for id_ in items]


def _cell(one: Line) -> str:
    answer = f"N/A ({one.na})" if one.na else one.answer
    return " · ".join(filter(None, (f"✗ {answer}" if one.failed else answer, sheets.remarks(one))))


def _score(sheet: Sheet | None) -> list[object]:
    if sheet is None:
        return [None] * (2 + len(words.TOUCH_POINTS))
    points = dict(sheet.touch_points)
    of_points = [points.get(words.word(words.TOUCH_POINTS, code)) for code in words.TOUCH_POINTS]
    return [_shown(value) for value in (sheet.raw, sheet.final, *of_points)]


def _shown(value: Decimal | None) -> float | None:
    return None if value is None else float(scoring.shown(value))


def _findings(row: Row) -> list[object]:
    lang, zone = language(), ZoneInfo(row.sample.zone)

    def each(texts: Iterable[str]) -> str:
        return "\n".join(texts)

    handed = [
        text
        for step in STEPS
        for text in (each(made(row, step, zone)), each(sheets.yes(_of(found, step)) for found in row.found))
    ]
    return [
        each(f"{found.finding.number} ({sheets.state(found)})" for found in row.found),
        each(found.finding.description for found in row.found),
        each(sheets.evidence(found, row.form, lang) for found in row.found),
        each(sheets.category(found) for found in row.found),
        each(found.root_cause or sheets.DASH for found in row.found) if any(f.root_cause for f in row.found) else "",
        each(sheets.level(found) for found in row.found),
        each(found.finding.recommendation for found in row.found),
        *handed,
    ]


def _of(found: Found, step: Step) -> HandOver:
    return next(one for one in found.hand_overs if one.step is step)


def made(row: Row, step: Step, zone: ZoneInfo) -> list[str]:
    return [_local(_of(found, step).at, zone) or sheets.DASH for found in row.found]


def _sign_off(row: Row, signatures: Sequence[CycleSignature]) -> list[object]:
    one, by_part = row.sample, {each.part: each for each in standing(signatures)}
    parts = [by_part.get(part) for part in CycleSignature.Part]
    signed = [f"{each.name}, {formats.short_day(each.at, language())}" if each else "" for each in parts]
    return [
        one.verified_by.name if one.verified_by else "", _local(one.verified_at, ZoneInfo(one.zone)), *signed,
        one.frozen_digest, sheets.retention(),
    ]  # fmt: skip


# --- on paper


def paper_head() -> list[str]:
    return [
        _("No."), _("Call"), _("Area, shift, queue"), _("Kind, scenario"), _("Executor, attempts"), _("Agent"),
        _("Seconds: IVR, queue, ringing, talk, hold"), _("Score (raw)"), _("Findings"),
        _("Hand-overs K1, K2, K3 (in time)"), _("Status, checked by"),
    ]  # fmt: skip


def paper_row(row: Row) -> list[str]:
    one, lang, zone = row.sample, language(), ZoneInfo(row.sample.zone)
    reached = next((each for each in row.attempts if each.outcome == Attempt.CONNECTED), None)
    names = ("ivr_seconds", "queue_seconds", "ring_seconds", "talk_seconds", "hold_seconds")
    seconds = [getattr(reached, name, None) for name in names]
    scenario = f"{one.scenario.scenario.code} v{one.scenario.version}" if one.scenario else ""
    tried = _("%(count)s attempts") % {"count": len(row.attempts)}
    raw, final = (row.evaluation.raw, row.evaluation.final) if row.evaluation else (None, None)
    return [
        one.number,
        sheets.at(one.called_at, zone, lang),
        _lines(one.area.upper(), one.shift, one.destination.queue),
        _lines(words.word(words.KINDS, one.kind), scenario),
        _lines(one.executor.name if one.executor else "", tried),
        _lines(one.agent.name if one.agent else one.agent_said or one.no_agent_reason, one.agent_team),
        " / ".join(sheets.DASH if value is None else str(value) for value in seconds),
        f"{sheets.percent(final, lang)} ({sheets.percent(raw, lang)})",
        _lines(*(f"{found.finding.number}: {sheets.category(found)}" for found in row.found)),
        _lines(*(" · ".join(f"{_day(each.at, zone, lang)} {sheets.yes(each)}" for each in found.hand_overs)
                 for found in row.found)),
        _lines(str(words.sample_pill(one.state).word), one.verified_by.name if one.verified_by else ""),
    ]  # fmt: skip


def _day(at: datetime | None, zone: ZoneInfo, lang: str) -> str:
    return formats.short_day(at.astimezone(zone), lang) if at is not None else sheets.DASH


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts)) or sheets.DASH


# --- one sheet as lines


def sheet_lines(one: sheets.SheetText) -> Iterator[Sequence[object]]:
    """Part, field, value, score, remarks: the sheet from top to bottom."""
    yield (_("The sample"), _("Number of the sample"), one.number)
    yield (_("The sample"), _("Form and revision"), one.form)
    yield (_("The sample"), _("Month of the register"), one.month)
    yield (_("The sample"), _("Status"), one.state)
    yield from ((_("The sample"), label, value) for label, value in one.header)
    yield from ((_("Execution"), label, value) for label, value in one.execution)
    head = sheets.attempts_head()
    for attempt in one.attempts:
        told = "; ".join(f"{label} {value}" for label, value in zip(head[1:], attempt[1:], strict=True))
        yield (_("Attempts"), attempt[0], told)
    yield from ((_("Assessment"), label, value) for label, value in one.score)
    for section in one.sections:
        yield (section.label, _("Score"), "", section.score)
        for item in section.items:
            yield (section.label, item.label, f"✗ {item.answer}" if item.failed else item.answer, item.points,
                   item.remarks)  # fmt: skip
    for finding in one.findings:
        yield from ((finding.number, label, value) for label, value in finding.facts)
        yield from ((finding.number, who, on, in_time) for who, on, in_time in finding.hand_overs)
    yield from ((_("Sign-off"), label, value) for label, value in one.signatures)
    yield (_("Sign-off"), _("Code hash of the frozen row"), one.digest or sheets.DASH)
    yield (_("Sign-off"), _("Retention period"), one.retention)
