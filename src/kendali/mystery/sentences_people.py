"""Roster, callers, destinations, calendar: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "roster.imported": _(
        "%(actor)s imported a roster: %(added)s added, %(changed)s changed, %(ended)s ended, %(unchanged)s unchanged."
    ),
    "agent.added": _("%(actor)s put the agent into team %(team)s, shift %(shift)s, from %(since)s on."),
    "agent.moved": _("%(actor)s moved the agent from team %(was)s to team %(team)s, shift %(shift)s, on %(since)s."),
    "agent.ended": _("%(actor)s took the agent out of team %(team)s; the last day is %(on)s."),
    "team.added": _("%(actor)s made team %(code)s of %(area)s from %(since)s on: TL %(leader)s, SPV %(supervisor)s."),
    "team.changed": _("%(actor)s gave team %(code)s from %(since)s on to TL %(leader)s, SPV %(supervisor)s."),
    "team.ended": _("%(actor)s ended team %(code)s; the last day is %(on)s."),
    "shift.added": _("%(actor)s entered shift %(name)s, %(hours)s."),
    "shift.changed": _("%(actor)s changed shift %(name)s: %(hours)s; in use: %(active)s."),
    "destination.added": _("%(actor)s entered the number %(name)s; area: %(area)s."),
    "destination.changed": _("%(actor)s changed the number %(name)s; area: %(area)s; in use: %(active)s."),
    "caller.added": _("%(actor)s entered %(name)s as a caller: %(hours)s, share %(share)s, known in: %(areas)s."),
    "caller.changed": _(
        "%(actor)s changed the caller %(name)s: %(hours)s, share %(share)s, known in: %(areas)s; in use: %(active)s."
    ),
    "caller.absent": _("%(actor)s entered an absence from %(first)s to %(last)s."),
    "caller.present": _("%(actor)s took back the absence from %(first)s to %(last)s."),
    "calendar.seeded": _("%(actor)s made the first table of days off out of what is published."),
    "calendar.year_added": _("%(actor)s added the published days off of the year, version %(version)s."),
    "calendar.day_added": _("%(actor)s added %(day)s, %(name)s, to the days off, version %(version)s: “%(reason)s”"),
    "calendar.day_changed": _("%(actor)s changed %(day)s from %(was)s to %(name)s, version %(version)s: “%(reason)s”"),
    "calendar.day_removed": _("%(actor)s made %(day)s, %(name)s, a working day, version %(version)s: “%(reason)s”"),
    "workplace.saved": _("%(actor)s set week and office hours of %(site)s: %(week)s, %(opens)s-%(closes)s."),
}
NOTICES: dict[str, str] = {}
WORDS: dict[str, dict[str, str]] = {
    "week": {
        "five_days": _("Monday to Friday"),
        "six_days": _("Monday to Saturday"),
        "calendar": _("every day of the calendar"),
        "round_the_clock": _("round the clock"),
    },
}
