"""One sheet of F-22 as texts in the reader's language: what the page, the PDF and the spreadsheet of a call all say.

Source: mystery-calling "Form F-22": header, execution, assessment per item, findings with their three hand-overs,
sign-off, hash of the frozen row, retention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kendali import formats
from kendali.mystery import words
from kendali.mystery.models import Attempt, Cycle, CycleSignature
from kendali.mystery.queries import sheet as filled_sheet
from kendali.mystery.queries.f22 import Found, HandOver, Row, standing
from kendali.mystery.queries.sheet import Line, Part, Sheet, language
from kendali.mystery.rules import scoring
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.form import Form

Pairs = Sequence[tuple[str, str]]
DASH = "–"


@dataclass(frozen=True, slots=True)
class ItemText:
    label: str
    answer: str
    points: str
    remarks: str  # N/A, note, ranges of the recording
    failed: bool
    critical: str


@dataclass(frozen=True, slots=True)
class SectionText:
    label: str
    score: str
    items: Sequence[ItemText]
    hidden: int


@dataclass(frozen=True, slots=True)
class FindingText:
    number: str
    facts: Pairs
    hand_overs: Sequence[tuple[str, str, str]]  # who to whom, when, in time Y/T


@dataclass(frozen=True, slots=True)
class SheetText:
    number: str
    title: str
    form: str
    month: str
    state: str
    header: Pairs
    execution: Pairs
    attempts: Sequence[Sequence[str]]
    score: Pairs
    sections: Sequence[SectionText]
    findings: Sequence[FindingText]
    signatures: Pairs
    digest: str
    retention: str


def attempts_head() -> list[str]:
    return [_("No."), _("Begun"), _("Outcome"), _("IVR (s)"), _("Queue (s)"), _("Ringing (s)"), _("Talk (s)"),
            _("Hold (s)"), _("Note")]  # fmt: skip


def retention() -> str:
    return _("Kept for 1 year from the freeze of the cycle, PIC Document Control.")


def text(row: Row, cycle: Cycle, signatures: Sequence[CycleSignature]) -> SheetText:
    sample, lang, zone = row.sample, language(), ZoneInfo(row.sample.zone)
    sheet = filled_sheet.sheet(row.evaluation) if row.evaluation is not None else None
    return SheetText(
        number=sample.number,
        title=sheet.title if sheet else _("Mystery calling"),
        form=_form(row),
        month=formats.month(cycle.month, lang),
        state=str(words.sample_pill(sample.state).word),
        header=header(row, lang),
        execution=execution(row, lang),
        attempts=[_attempt(one, zone, lang) for one in row.attempts],
        score=score(row, sheet, lang),
        sections=[_section(part, lang) for part in sheet.parts] if sheet else [],
        findings=[finding(one, row.form, zone, lang) for one in row.found],
        signatures=signed(sample_signers(row, zone, lang), signatures, lang),
        digest=sample.frozen_digest,
        retention=retention(),
    )


def _form(row: Row) -> str:
    if row.form is None:
        return DASH
    return _("%(number)s, revision %(label)s (version %(version)s)") % {
        "number": row.form.number, "label": row.form.revision, "version": row.form.version,
    }  # fmt: skip


def at(instant: datetime | None, zone: ZoneInfo, lang: str) -> str:
    return formats.short_moment(instant, zone, lang) if instant is not None else DASH


def header(row: Row, lang: str) -> Pairs:
    one, to = row.sample, row.sample.destination
    scenario = f"{one.scenario.scenario.code} v{one.scenario.version}" if one.scenario else ""
    pairs = (
        (_("Kind of material"), words.word(words.KINDS, one.kind)),
        (_("Scenario and version"), scenario),
        (_("Client"), to.client.name if to.client else ""),
        (_("Service or product"), to.service),
        (_("Area"), one.area.upper()),
        (_("Queue"), to.queue),
        (_("Shift"), one.shift),
        (_("Number that is called"), f"{to.name} · {to.number}"),
        (_("Replaces"), one.replaces_number or ""),  # type: ignore[attr-defined]
    )
    return [(label, value or DASH) for label, value in pairs]


def execution(row: Row, lang: str) -> Pairs:
    one, zone = row.sample, ZoneInfo(row.sample.zone)
    system = f"{one.agent.name} ({one.agent.number})" if one.agent else one.no_agent_reason
    pairs = (
        (_("Executor"), one.executor.name if one.executor else ""),
        (_("Persona and caller's number"), f"{one.persona.code} · {one.persona.caller_number}" if one.persona else ""),
        (_("Call"), at(one.called_at, zone, lang)),
        (_("Ended"), at(one.ended_at, zone, lang)),
        (_("Attempts"), str(len(row.attempts))),
        (_("Agent as named"), one.agent_said),
        (_("Agent by the system"), system),
        (
            _("Team of the agent"),
            " · ".join(filter(None, (one.agent_team, one.agent_site.name if one.agent_site else ""))),
        ),
        (_("Ticket number"), one.ticket),
        (_("Id of the recording"), recording(row)),
        (_("Submitted"), at(one.submitted_at, zone, lang)),
        (_("Void"), _void(row)),
    )
    return [(label, value or DASH) for label, value in pairs]


def recording(row: Row) -> str:
    kept = getattr(row.sample, "recording", None)
    if kept is None:
        return row.sample.no_recording_reason
    return f"{kept.record_id or kept.name} ({formats.clock(kept.seconds)})"


def _void(row: Row) -> str:
    one = row.sample
    reason = words.word(words.VOID_REASONS, one.void_reason) if one.void_reason else ""
    return ": ".join(filter(None, (reason, one.void_note)))


def _attempt(one: Attempt, zone: ZoneInfo, lang: str) -> list[str]:
    seconds = (one.ivr_seconds, one.queue_seconds, one.ring_seconds, one.talk_seconds, one.hold_seconds)
    outcome = words.word(words.OUTCOMES, one.outcome)
    numbers = [DASH if value is None else formats.number(value, lang) for value in seconds]
    return [str(one.number), at(one.at, zone, lang), outcome, *numbers, one.note or DASH]


# --- the assessment


def percent(value: object, lang: str) -> str:
    """84,3: per cent with one digit, half up."""
    return DASH if value is None else formats.number(scoring.shown(value), lang, 1)  # type: ignore[arg-type]


def score(row: Row, sheet: Sheet | None, lang: str) -> Pairs:
    if sheet is None or row.evaluation is None:
        return [(_("Score"), _("not submitted yet"))]
    pairs = [(_("Final score"), percent(sheet.final, lang)), (_("Raw score"), percent(sheet.raw, lang))]
    pairs += [(label, percent(value, lang)) for label, value in sheet.touch_points]
    if sheet.auto_failed:
        pairs.append((_("Pulled to 0 by"), ", ".join(sheet.auto_failed)))
    revision = _("%(number)s (%(status)s)") % {
        "number": row.evaluation.revision, "status": words.EVALUATIONS[row.evaluation.status].word,
    }  # fmt: skip
    late = _("yes") if row.evaluation.late else _("no")
    return [*pairs, (_("Revision of the assessment"), revision), (_("Submitted late"), late)]


def _section(part: Part, lang: str) -> SectionText:
    return SectionText(part.label, percent(part.final, lang), [_item(one, lang) for one in part.lines], part.hidden)


def _item(line: Line, lang: str) -> ItemText:
    answer = line.answer or DASH
    if line.na:
        answer = f"N/A ({line.na})"
    points = DASH if line.share is None else percent(line.share, lang)
    return ItemText(line.label, answer, points, remarks(line), line.failed, line.critical)


def remarks(line: Line) -> str:
    spans = ", ".join(map(str, line.spans))
    left_out = _("left out of the finding: %(reason)s") % {"reason": line.unticked} if line.unticked else ""
    return " · ".join(filter(None, (spans, line.na_reason, line.note, left_out)))


# --- findings


def finding(found: Found, form: Form | None, zone: ZoneInfo, lang: str) -> FindingText:
    one = found.finding
    facts = (
        (_("Description"), one.description),
        (_("Evidence in the call"), evidence(found, form, lang)),
        (_("Category"), category(found)),
        (_("Root cause"), found.root_cause),
        (_("Level"), level(found)),
        (_("Recommendation"), one.recommendation),
        (_("Owner"), one.owner.name if one.owner else words_of_owner(one.owner_kind)),
        (_("Status"), state(found)),
    )
    hand_overs = [(who(step, one.owner_kind), at(step.at, zone, lang), yes(step)) for step in found.hand_overs]
    return FindingText(one.number, [(label, value or DASH) for label, value in facts], hand_overs)


def evidence(found: Found, form: Form | None, lang: str) -> str:
    """The failed items, each with its place in the recording."""
    parts = []
    for line in found.lines:
        item = form.item(line.item) if form else None
        spans = ", ".join(f"{_clock(one['start'])}-{_clock(one['end'])}" for one in line.answer.get("spans", ()))
        label = item.label.in_language(lang) if item else line.item
        parts.append(f"{label} ({spans})" if spans else label)
    return "; ".join(parts)


def _clock(second: int) -> str:
    return f"{second // 60:02d}:{second % 60:02d}"


def category(found: Found) -> str:
    return ", ".join(words.word(words.CAUSES, cause) for cause in dict.fromkeys(line.cause for line in found.lines))


def level(found: Found) -> str:
    classes = dict.fromkeys(line.error_class for line in found.lines if line.error_class)
    if not classes:
        return _("minor")
    return _("critical: %(classes)s") % {
        "classes": ", ".join(words.word(words.ERROR_CLASSES, one) for one in classes)
    }  # fmt: skip


def state(found: Found) -> str:
    """As it stood then: what was closed only after the freeze was open."""
    if found.ended:
        return str(words.finding_pill(found.ended).word)
    return _("open") if found.finding.state in ("closed", "invalid", "merged") else str(
        words.finding_pill(found.finding.state).word
    )  # fmt: skip


def words_of_owner(kind: str) -> str:
    return _("Supervisor") if kind == "supervisor" else _("department")


def who(hand_over: HandOver, owner_kind: str) -> str:
    owner = words_of_owner(owner_kind)
    return {
        Step.K1: _("QCO to QA"),
        Step.K2: _("QA to %(owner)s") % {"owner": owner},
        Step.K3: _("%(owner)s to QA") % {"owner": owner},
    }[hand_over.step]


def yes(hand_over: HandOver) -> str:
    """Y/T: in time, or not; a dash while it is open."""
    if hand_over.in_time is None:
        return DASH
    return _("Y") if hand_over.in_time else _("N")


# --- sign-off


def sample_signers(row: Row, zone: ZoneInfo, lang: str) -> Pairs:
    one = row.sample
    made = f"{one.executor.name}, {at(one.submitted_at, zone, lang)}" if one.executor and one.submitted_at else ""
    checked = f"{one.verified_by.name}, {at(one.verified_at, zone, lang)}" if one.verified_by else ""
    return [(_("Made by (QCO)"), made or DASH), (_("Checked by (QA)"), checked or DASH)]


def signed(first: Pairs, signatures: Sequence[CycleSignature], lang: str) -> Pairs:
    """The sheet is signed by its own people; the coordinator acknowledges the whole register once."""
    known = next((one for one in standing(signatures) if one.part == CycleSignature.Part.ACKNOWLEDGED), None)
    told = f"{known.name}, {formats.short_day(known.at, lang)}" if known else _("once for the monthly register")
    return [*first, (_("Acknowledged by (coordinator)"), told)]
