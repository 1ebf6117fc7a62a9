"""Who may call where, as which persona, with which scenario. No database, no clock.

Source: mystery-calling "The caller cannot choose the agent", "Roles", "Scenario"; procedure 5.1, 5.2. Lockouts count
local days of the place that was called: an area, or a number where the area is an outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from kendali.civil_time import local_date
from kendali.mystery.rules.machine import Role
from kendali.mystery.rules.quotas import OUTCOME
from kendali.mystery.rules.slots import Slot
from kendali.mystery.rules.windows import Duty, covers
from kendali.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Caller:
    """`role`: a QCO, or a TL or SPV who helps (5.2); `teams`: those that one leads; `known_in`: areas where the voice
    is known; `absent`: (first, last) days; `share`: the part of the load, 0 = only by hand."""

    code: str
    role: Role
    duty: Duty
    gender: str = ""
    teams: frozenset[str] = frozenset()
    known_in: frozenset[str] = frozenset()
    absent: tuple[tuple[date, date], ...] = ()
    share: int = 1


@dataclass(frozen=True, slots=True)
class Persona:
    """`gender` and `scenarios` empty = fits all."""

    code: str
    number: str
    gender: str = ""
    scenarios: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the plan needs of an approved version that is valid in the cycle. `personas` empty = all."""

    code: str
    kind: str
    personas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lockouts:
    """Calendar days around a call in which the same is not used in the same place again; 0 = no such rule. What refuses
    is a no, else a warning."""

    caller_days: int = 14
    caller_refuses: bool = False
    number_days: int = 14
    persona_days: int = 14
    number_refuses: bool = True
    known_refuses: bool = True
    windows_at_once: int = 1  # of one caller that may overlap


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a place: made earlier, or planned. `on`: the local day there."""

    place: str
    caller: str
    persona: str
    number: str
    on: date


class Uses:
    """On which days a caller, persona or number was, or will be, heard in a place."""

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self._days: dict[tuple[str, str, str], list[date]] = {}
        for one in calls:
            self.add(one)

    def add(self, call: Call) -> None:
        for what, code in (("caller", call.caller), ("persona", call.persona), ("number", call.number)):
            self._days.setdefault((call.place, what, code), []).append(call.on)

    def days(self, place: str, what: str, code: str) -> Sequence[date]:
        return self._days.get((place, what, code), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that is known when slots are given out. `past`: calls before this plan; `reach`: the teams that a slot's call
    may end at, by slot number; `spent`: (scenario, place) whose finding went there in this cycle."""

    callers: tuple[Caller, ...]
    personas: tuple[Persona, ...]
    scenarios: tuple[Scenario, ...]
    lockouts: Lockouts = field(default_factory=Lockouts)
    past: tuple[Call, ...] = ()
    reach: Mapping[int, frozenset[str]] = field(default_factory=dict)
    spent: frozenset[tuple[str, str]] = frozenset()


# --- may this one call there?


NEARNESS = ("own_team", "known", "hours", "absent", "busy", "rested")  # the later, the nearer to a yes


def may_call(caller: Caller, slot: Slot, desk: Desk, uses: Uses, held: Iterable[Slot] = ()) -> Verdict:
    """`held`: the slots this caller has already. A TL or SPV is refused wherever the call may end at the own team; who
    may end at is not known counts as the own team. `facts["code"]` of a no is one of NEARNESS."""
    helper = caller.role is not Role.QC_OFFICER
    reach = desk.reach.get(slot.number)
    if helper and (reach is None or caller.teams & reach):
        return no("%(caller)s leads a team that this call may reach: TL and Supervisor never call their own team.",
                  code="own_team", caller=caller.code)  # fmt: skip
    if desk.lockouts.known_refuses and not (known := _unknown_there(caller, slot)):
        return known
    day = local_date(slot.starts, caller.duty.zone)
    if any(first <= day <= last for first, last in caller.absent):
        return no("%(caller)s is absent on %(on)s.", code="absent", caller=caller.code, on=day.isoformat())
    if not covers(caller.duty, slot.starts, slot.ends):
        return no("The window lies outside the working time of %(caller)s.", code="hours", caller=caller.code)
    at_once = sum(1 for one in held if one.starts < slot.ends and slot.starts < one.ends)
    if at_once >= desk.lockouts.windows_at_once:
        return no("%(caller)s has another call in this window.", code="busy", caller=caller.code)
    if desk.lockouts.caller_refuses:
        return _rested(caller, slot, desk.lockouts, uses)
    return YES


def warnings(caller: Caller, slot: Slot, lockouts: Lockouts, uses: Uses) -> tuple[Verdict, ...]:
    """What does not forbid the call but is shown."""
    asked = [_rested(caller, slot, lockouts, uses), _unknown_there(caller, slot)]
    return tuple(one for one in asked if not one)


def _unknown_there(caller: Caller, slot: Slot) -> Verdict:
    if slot.place in caller.known_in:
        return no("%(caller)s is known in area %(place)s.", code="known", caller=caller.code, place=slot.place)
    return YES


def _rested(caller: Caller, slot: Slot, lockouts: Lockouts, uses: Uses) -> Verdict:
    last = _near(uses.days(slot.place, "caller", caller.code), slot, lockouts.caller_days)
    if last is None:
        return YES
    return no("%(caller)s calls area %(place)s on %(on)s too, within %(days)s days.",
              code="rested", caller=caller.code, place=slot.place, on=last.isoformat(),
              days=lockouts.caller_days)  # fmt: skip


def persona_free(persona: Persona, slot: Slot, lockouts: Lockouts, uses: Uses) -> Verdict:
    """Neither the number nor the persona was, or will be, heard in this place within its days."""
    last = _near(uses.days(slot.place, "number", persona.number), slot, lockouts.number_days)
    if last is not None:
        return no("Number %(number)s is used in area %(place)s on %(on)s too, within %(days)s days.",
                  number=persona.number, place=slot.place, on=last.isoformat(), days=lockouts.number_days)  # fmt: skip
    last = _near(uses.days(slot.place, "persona", persona.code), slot, lockouts.persona_days)
    if last is not None:
        return no("Persona %(persona)s is used in area %(place)s on %(on)s too, within %(days)s days.",
                  persona=persona.code, place=slot.place, on=last.isoformat(), days=lockouts.persona_days)  # fmt: skip
    return YES


def _near(days: Iterable[date], slot: Slot, rest: int) -> date | None:
    """The nearest of these days that lies fewer than `rest` days before or after the slot."""
    on = local_date(slot.starts, slot.zone)
    near = [day for day in days if abs(day - on) < timedelta(days=rest)]
    return min(near, key=lambda day: (abs(day - on), day), default=None)


def scenario_fits(scenario: Scenario, slot: Slot, spent: Collection[tuple[str, str]]) -> Verdict:
    """A scenario whose finding went to an area is not used there again in the cycle; where the area is an outcome the
    call may end in any area, so it is not used at all."""
    if scenario.kind != slot.stratum.kind:
        return no("Scenario %(scenario)s is of the kind %(has)s; this sample needs %(kind)s.", scenario=scenario.code,
                  has=scenario.kind, kind=slot.stratum.kind)  # fmt: skip
    anywhere = slot.stratum.area == OUTCOME
    if any(code == scenario.code and (anywhere or place == slot.place) for code, place in spent):
        return no("A finding with scenario %(scenario)s went to area %(place)s in this cycle.",
                  scenario=scenario.code, place=slot.place)  # fmt: skip
    return YES


def persona_fits(persona: Persona, scenario: Scenario, caller: Caller) -> Verdict:
    """The plan gives only fitting personas."""
    if scenario.personas and persona.code not in scenario.personas:
        return no("Persona %(persona)s does not fit scenario %(scenario)s.",
                  persona=persona.code, scenario=scenario.code)  # fmt: skip
    if persona.scenarios and scenario.code not in persona.scenarios:
        return no("Persona %(persona)s does not fit scenario %(scenario)s.",
                  persona=persona.code, scenario=scenario.code)  # fmt: skip
    if persona.gender and caller.gender and persona.gender != caller.gender:
        return no("Persona %(persona)s does not fit the voice of %(caller)s.",
                  persona=persona.code, caller=caller.code)  # fmt: skip
    return YES
