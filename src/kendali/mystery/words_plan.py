"""Words and colours of cycles and plans: status, pace, the nine activities, what a drawing is busy with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext_lazy as _

from kendali import formats
from kendali.accounts.models import Site
from kendali.audit.sentences import say
from kendali.mystery.models import Cycle, Shift
from kendali.mystery.rules.pace import Pace
from kendali.mystery.rules.quotas import OUTCOME, Dimension
from kendali.mystery.words import KINDS
from kendali.records.words import Pill, Text

CYCLES: dict[str, Pill] = {
    Cycle.Status.PREPARING.value: Pill(_("being prepared"), "soon"),
    Cycle.Status.PLANNED.value: Pill(_("running"), "active"),
    Cycle.Status.CLOSED.value: Pill(_("calls closed"), "soon"),
    Cycle.Status.FROZEN.value: Pill(_("frozen"), "done"),
}
PACES: dict[Pace, Pill] = {
    Pace.REACHED: Pill(_("reached"), "done"),
    Pace.AHEAD: Pill(_("ahead of schedule"), "done"),
    Pace.ON_PACE: Pill(_("on schedule"), "active"),
    Pace.BEHIND: Pill(_("behind"), "soon"),
    Pace.IMPOSSIBLE: Pill(_("cannot be reached"), "late"),
}
# The nine activities of procedure 7, in its order.
ACTIVITIES: tuple[Text, ...] = (
    _("1 Materials"),
    _("2 Scenarios"),
    _("3 Calls"),
    _("4 QCO's feedback"),
    _("5 QA's feedback"),
    _("6 Follow-up"),
    _("7 Report"),
    _("8 Recap"),
    _("9 Analysis"),
)
DIMENSIONS: dict[Dimension, Text] = {
    Dimension.AREA: _("Area"),
    Dimension.SHIFT: _("Shift"),
    Dimension.KIND: _("Kind"),
    Dimension.WEEK: _("Week"),
}
PHASES: dict[str, Text] = {
    "quotas": _("Rounding the quotas"),
    "windows": _("Drawing the windows"),
    "callers": _("Giving them to callers"),
    "rows": _("Writing the plan"),
}
PARTS: dict[str, tuple[Text, Text]] = {  # what is signed, by which role
    "made": (_("Made by"), _("QC Officer")),
    "checked": (_("Checked by"), _("QA")),
    "acknowledged": (_("Acknowledged by"), _("Coordinator")),
}
NATIONAL = _("any area (national routing)")
WEEK = gettext_noop("Week %(number)s")


def month_name(month: date) -> str:
    """ "November 2026" in the reader's language."""
    return formats.month(month, "en" if get_language() == "en" else "id")


def cycle_pill(row: Cycle) -> Pill:
    return CYCLES[row.status]


class Levels:
    """The levels of the four margins in words; two queries."""

    def __init__(self) -> None:
        self._words: dict[Dimension, Mapping[str, object]] = {
            Dimension.AREA: {OUTCOME: NATIONAL, **dict(Site.objects.values_list("code", "name"))},
            Dimension.SHIFT: dict(Shift.objects.values_list("code", "name")),
            Dimension.KIND: KINDS,
        }

    def word(self, dimension: Dimension, level: str) -> str:
        if dimension is Dimension.WEEK:
            return say(WEEK, {"number": int(level)}) if level.isdigit() else level
        return str(self._words[dimension].get(level, level))

    def area(self, code: str) -> str:
        return self.word(Dimension.AREA, code)

    def shift(self, code: str) -> str:
        return self.word(Dimension.SHIFT, code)

    def kind(self, code: str) -> str:
        return self.word(Dimension.KIND, code)


def problem(kept: Mapping[str, object], levels: Levels) -> str:
    """Why no plan could be drawn, with areas and shifts by their names. "" where there is none."""
    if not kept:
        return ""
    facts = dict(kept["facts"])  # type: ignore[call-overload]
    for name, of in (("area", Dimension.AREA), ("shift", Dimension.SHIFT)):
        if name in facts:
            facts[name] = levels.word(of, str(facts[name]))
    for name, key in (("levels", "dimension"), ("within", "inside")):
        if facts.get(name) and facts.get(key):
            facts[name] = _named(str(facts[name]).split(", "), Dimension(str(facts[key])), levels)
    return say(str(kept["reason"]), facts)


def _named(codes: Iterable[str], dimension: Dimension, levels: Levels) -> list[str]:
    return [levels.word(dimension, code) for code in codes]


def warning(kept: Mapping[str, object], names: Mapping[str, str], levels: Levels) -> str:
    """One warning of an assignment; callers by name instead of e-mail address."""
    facts = dict(kept["facts"])  # type: ignore[call-overload]
    if "caller" in facts:
        facts["caller"] = names.get(str(facts["caller"]), facts["caller"])
    if "place" in facts:
        facts["place"] = levels.area(str(facts["place"]))
    return say(str(kept["reason"]), facts)
