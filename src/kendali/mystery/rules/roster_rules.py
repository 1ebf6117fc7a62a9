"""Who worked where and when: agents in teams, areas and shifts, with their history. No database, no clock.

Source: mystery-calling "Roster" (agent, team, TL, SPV, area, shift, valid from/to; history kept). An agent is known by
the employee number (NIK karyawan). Days are local days of the area; both ends of an interval belong to it. Intervals of
one agent never overlap, gaps are allowed, nothing of the past is rewritten by an import (`roster_import`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kendali.civil_time import local_date
from kendali.mystery.rules.problems import Problem, problem

FOREVER = date.max


@dataclass(frozen=True, slots=True)
class Membership:
    """One agent in one team for a while. `until`: the last day; None = no end. `login`: of the omni-channel
    application; `extension`: of the telephone; both may be empty."""

    agent: str
    name: str
    team: str
    area: str
    shift: str
    since: date
    until: date | None = None
    login: str = ""
    extension: str = ""

    @property
    def last(self) -> date:
        return self.until or FOREVER

    def holds(self, day: date) -> bool:
        return self.since <= day <= self.last

    def meets(self, other: Membership) -> bool:
        return self.since <= other.last and other.since <= self.last

    @property
    def where(self) -> tuple[str, ...]:
        """What makes a new interval when it changes."""
        return self.name, self.team, self.area, self.shift, self.login, self.extension


@dataclass(frozen=True, slots=True)
class Team:
    """`leader`: TL; `supervisor`: SPV; user names. Valid like a membership."""

    code: str
    area: str
    leader: str
    supervisor: str
    since: date
    until: date | None = None

    @property
    def last(self) -> date:
        return self.until or FOREVER

    def holds(self, day: date) -> bool:
        return self.since <= day <= self.last


def check(history: Iterable[Membership]) -> list[Problem]:
    """What is wrong with a history; empty = good. Place: the agent; part: the field."""
    ordered = sorted(history, key=lambda one: (one.agent, one.since, one.last))
    found = [one for member in ordered for one in _alone(member)]
    by_agent: dict[str, Membership] = {}
    for one in ordered:
        before = by_agent.get(one.agent)  # the one that reaches furthest so far
        if before is not None and one.meets(before):
            found.append(problem(
                one.agent, "since", "Agent %(agent)s is in two places on %(on)s: %(one)s and %(other)s.",
                agent=one.agent, on=one.since.isoformat(), one=before.team, other=one.team,
            ))  # fmt: skip
        by_agent[one.agent] = one if before is None or one.last > before.last else before
    return found + _shared(ordered, "login") + _shared(ordered, "extension")


def _alone(one: Membership) -> list[Problem]:
    missing = [part for part in ("agent", "name", "team", "area", "shift") if not getattr(one, part).strip()]
    found = [problem(one.agent, part, "This field is empty.") for part in missing]
    if one.last < one.since:
        found.append(problem(one.agent, "until", "The interval of %(agent)s ends on %(until)s, before it begins.",
                             agent=one.agent, until=one.last.isoformat()))  # fmt: skip
    return found


def _shared(history: Sequence[Membership], part: str) -> list[Problem]:
    """A login or extension belongs to one agent at a time: otherwise a call would find two."""
    by_value: dict[str, list[Membership]] = {}
    for one in history:
        if value := getattr(one, part):
            by_value.setdefault(value, []).append(one)
    found = []
    for value, holders in sorted(by_value.items()):
        ordered = sorted(holders, key=lambda one: (one.since, one.last, one.agent))
        widest = ordered[0]  # the one that reaches furthest so far
        for one in ordered[1:]:
            if one.agent != widest.agent and one.meets(widest):
                found.append(problem(one.agent, part, "%(value)s belongs to %(other)s too on %(on)s.",
                                     value=value, other=widest.agent, on=one.since.isoformat()))  # fmt: skip
            widest = max(widest, one, key=lambda one: one.last)
    return found


# --- looking up


def on_day(history: Iterable[Membership], day: date) -> list[Membership]:
    return sorted((one for one in history if one.holds(day)), key=lambda one: (one.area, one.team, one.agent))


def at_instant(history: Iterable[Membership], instant: datetime, zones: Mapping[str, str]) -> list[Membership]:
    """Those whose own area has a day of their interval at this instant. `zones`: area -> zone; KeyError for an area
    without one."""
    found = [one for one in history if one.holds(local_date(instant, zones[one.area]))]
    return sorted(found, key=lambda one: (one.area, one.team, one.agent))


def agent_at(
    history: Iterable[Membership], instant: datetime, zones: Mapping[str, str], *,
    agent: str = "", login: str = "", extension: str = "",
) -> Membership | None:  # fmt: skip
    """Whom a call reached, by number, login or extension; None where that names nobody, or two (then QA chooses)."""
    found = [
        one for one in at_instant(history, instant, zones)
        if (agent and one.agent == agent) or (login and one.login == login)
        or (extension and one.extension == extension)
    ]  # fmt: skip
    return found[0] if len({one.agent for one in found}) == 1 else None


def reachable_teams(history: Iterable[Membership], day: date, *, area: str, shift: str) -> frozenset[str]:
    """The teams that a call may end at on this day; area "" = every area. For the rule that TL and SPV never call their
    own team."""
    return frozenset(
        one.team for one in history if one.holds(day) and area in {"", one.area} and shift in {"", one.shift}
    )


def team_on(teams: Iterable[Team], code: str, day: date) -> Team | None:
    return next((one for one in teams if one.code == code and one.holds(day)), None)


def supervisors_of(teams: Iterable[Team], area: str, day: date) -> list[str]:
    """The SPVs of an area: who answers for a call whose agent is not identified."""
    return sorted({one.supervisor for one in teams if one.area == area and one.holds(day) and one.supervisor})
