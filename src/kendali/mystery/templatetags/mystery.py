"""What templates of mystery calling may say: a score, a clock in a few words, a range of the recording."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali import formats
from kendali.mystery.queries.clocks import Chip
from kendali.mystery.rules import scoring
from kendali.mystery.rules.clock_rules import ClockState
from kendali.records.words import Pill

register = template.Library()
COLOURS = {
    ClockState.NOT_STARTED: "idle",
    ClockState.RUNNING: "idle",
    ClockState.WARNED: "soon",
    ClockState.LATE: "late",
    ClockState.IN_TIME: "done",
    ClockState.STOPPED_LATE: "late",
    ClockState.DROPPED: "idle",
}


def _lang() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


@register.filter
def score(value: object) -> str:
    """{{ 0.8425|score }} → 84,3; nothing could be scored, or nothing was yet → a dash."""
    return formats.number(scoring.shown(value), _lang(), 1) if isinstance(value, Decimal) else formats.DASH


@register.filter
def clock_pill(chip: Chip) -> Pill:
    """K2 in a few words: office hours that are left, or how it ended."""
    return Pill(f"{chip.step.value.upper()} {_said(chip)}", COLOURS[chip.state])


def _said(chip: Chip) -> str:
    match chip.state:
        case ClockState.NOT_STARTED:
            return _("not begun")
        case ClockState.IN_TIME:
            return _("in time")
        case ClockState.DROPPED:
            return _("not needed any more")
        case ClockState.STOPPED_LATE:
            if chip.week is not None and not chip.week.rests:
                return _("late by %(days)s calendar days") % {"days": chip.late_by.calendar}
            return _("late by %(days)s working days") % {"days": chip.late_by.working}
        case ClockState.LATE:
            return _("late, %(hours)s office hours") % {"hours": _hours(chip)}
    return _("%(hours)s office hours left") % {"hours": _hours(chip)}


def _hours(chip: Chip) -> str:
    """Half hours are near enough."""
    halves = int(abs(chip.left).total_seconds() // 1800)
    return formats.number(Decimal(halves) / 2, _lang())
