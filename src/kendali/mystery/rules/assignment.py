"""The windows of a plan given to executors: rotation, even load, replacement. No database, no clock.

Source: mystery-calling "The caller cannot choose the agent" (reassigning a sick executor never changes the frozen
stratum; a scenario whose finding went to an area is not used there again in that cycle), "Scenario".
An assignment points at a slot by its number and holds nothing of its stratum, so what was frozen cannot change
with it. Who may call what is asked of `lockouts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kendali.civil_time import local_date
from kendali.mystery.rules.draws import Draws
from kendali.mystery.rules.lockouts import (
    NEARNESS,
    Call,
    Caller,
    Desk,
    Persona,
    Scenario,
    Uses,
    may_call,
    persona_fits,
    persona_free,
    scenario_fits,
    warnings,
)
from kendali.mystery.rules.machine import Role
from kendali.mystery.rules.slots import Slot
from kendali.verdict import YES, Verdict, no

ALGORITHM = "assignment-1"
NOBODY = no("Nobody is there to call.")


@dataclass(frozen=True, slots=True)
class Assignment:
    """`slot`: its number. `warnings`: what is shown beside it."""

    slot: int
    caller: str
    scenario: str
    persona: str
    warnings: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A slot for which nobody or nothing is left, with the reason of the one that came nearest."""

    slot: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Given:
    """Both in the order of slots."""

    assignments: tuple[Assignment, ...]
    unassigned: tuple[Unassigned, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return self.unassigned[0].verdict if self.unassigned else YES


def give(
    slots: Iterable[Slot],
    desk: Desk,
    seed: str,
    *,
    kept: Iterable[Assignment] = (),
    before: Mapping[int, Assignment] | None = None,
) -> Given:
    """Every slot in the order of time: the caller with the fewest warnings, then the lightest load, then the fewest
    calls there; the scenario used least there; the persona that rested longest. `kept` stay as they are; `before` had
    the slot until now, and what can stay of it stays."""
    by_number = {one.number: one for one in slots}
    giving = _Giving(desk, Draws(f"{ALGORITHM}\n{seed}"), Uses(desk.past), before or {})
    for one in kept:
        giving.keep(one, by_number[one.slot])
    for slot in sorted(by_number.values(), key=lambda one: (one.starts, one.number)):
        if slot.number not in giving.assigned:
            giving.give(slot)
    assigned = tuple(giving.assigned[number] for number in sorted(giving.assigned))
    return Given(assigned, tuple(sorted(giving.unassigned, key=lambda one: one.slot)))


def replace_caller(
    given: Given, slots: Iterable[Slot], desk: Desk, seed: str, *, gone: str, called: Collection[int]
) -> Given:
    """A sick executor's slots go to others, scenario and persona with them where they fit; what was `called` stays, and
    so does everybody else's. Only the caller can change: slots and strata are not even looked at for writing."""
    others = tuple(one for one in desk.callers if one.code != gone)
    released = {one.slot for one in given.assignments if one.caller == gone and one.slot not in called}
    return _again(given, slots, replace(desk, callers=others), seed, released)


def without_spent(given: Given, slots: Iterable[Slot], desk: Desk, seed: str, *, called: Collection[int]) -> Given:
    """After a finding: later samples of that area get another scenario; caller and persona stay where they fit."""
    numbered, scenarios = {one.number: one for one in slots}, {one.code: one for one in desk.scenarios}
    released = {
        one.slot
        for one in given.assignments
        if one.slot not in called
        and (one.scenario not in scenarios
             or not scenario_fits(scenarios[one.scenario], numbered[one.slot], desk.spent))
    }  # fmt: skip
    return _again(given, numbered.values(), desk, seed, released)


def seen_by(caller: Caller, given: Given, slots: Iterable[Slot], called: Collection[int]) -> tuple[Assignment, ...]:
    """A QCO sees the own samples, a TL or SPV who helps only the own next one."""
    begin = {one.number: one.starts for one in slots}
    own = [one for one in given.assignments if one.caller == caller.code]
    if caller.role is Role.QC_OFFICER:
        return tuple(own)
    ahead = sorted((one for one in own if one.slot not in called), key=lambda one: (begin[one.slot], one.slot))
    return tuple(ahead[:1])


def _again(given: Given, slots: Iterable[Slot], desk: Desk, seed: str, released: Collection[int]) -> Given:
    kept = [one for one in given.assignments if one.slot not in released]
    before = {one.slot: one for one in given.assignments if one.slot in released}
    return give(slots, desk, seed, kept=kept, before=before)


# --- one after the other


@dataclass(slots=True)
class _Giving:
    desk: Desk
    draws: Draws
    uses: Uses
    before: Mapping[int, Assignment]
    assigned: dict[int, Assignment] = field(default_factory=dict)
    unassigned: list[Unassigned] = field(default_factory=list)
    held: dict[str, list[Slot]] = field(default_factory=dict)
    used: Counter[tuple[str, ...]] = field(default_factory=Counter)  # ("caller" or "scenario", code[, place])

    def keep(self, one: Assignment, slot: Slot) -> None:
        number = next((persona.number for persona in self.desk.personas if persona.code == one.persona), "")
        self.assigned[slot.number] = one
        self.held.setdefault(one.caller, []).append(slot)
        self.uses.add(Call(slot.place, one.caller, one.persona, number, local_date(slot.starts, slot.zone)))
        for what, code in (("caller", one.caller), ("scenario", one.scenario)):
            self.used.update([(what, code), (what, code, slot.place)])

    def give(self, slot: Slot) -> None:
        answers = [(one, self._may_call(one, slot)) for one in self.desk.callers if one.share > 0]
        able = [one for one, answer in answers if answer]
        if not able:
            refused = (answer for _, answer in answers)
            nearest = max(refused, key=lambda one: NEARNESS.index(str(one.facts["code"])), default=NOBODY)
            self.unassigned.append(Unassigned(slot.number, nearest))
            return
        found = next(self._fitting(slot, able), None)
        if found is None:
            self.unassigned.append(Unassigned(slot.number, self._why_not(slot)))
            return
        caller, scenario, persona = found
        told = warnings(caller, slot, self.desk.lockouts, self.uses)
        if not self.desk.lockouts.number_refuses and not (free := self._free(persona, slot)):
            told = (*told, free)
        self.keep(Assignment(slot.number, caller.code, scenario.code, persona.code, told), slot)

    def _fitting(self, slot: Slot, able: Iterable[Caller]) -> Iterator[tuple[Caller, Scenario, Persona]]:
        """In the order of preference."""
        scenarios, personas = self._scenarios(slot), self._personas(slot)
        for caller in self._ordered(slot, able):
            for scenario in scenarios:
                for persona in personas:
                    if persona_fits(persona, scenario, caller):
                        yield caller, scenario, persona

    def _may_call(self, caller: Caller, slot: Slot) -> Verdict:
        return may_call(caller, slot, self.desk, self.uses, self.held.get(caller.code, ()))

    def _ordered(self, slot: Slot, able: Iterable[Caller]) -> list[Caller]:
        kept = self.before.get(slot.number)
        return sorted(
            self.draws.shuffled(sorted(able, key=lambda one: one.code)),
            key=lambda one: (
                kept is None or kept.caller != one.code,
                len(warnings(one, slot, self.desk.lockouts, self.uses)),
                Fraction(self.used["caller", one.code], one.share),
                self.used["caller", one.code, slot.place],
            ),
        )

    def _scenarios(self, slot: Slot) -> list[Scenario]:
        fit = [one for one in self.desk.scenarios if scenario_fits(one, slot, self.desk.spent)]
        kept = self.before.get(slot.number)
        return sorted(
            self.draws.shuffled(sorted(fit, key=lambda one: one.code)),
            key=lambda one: (
                kept is None or kept.scenario != one.code,
                self.used["scenario", one.code, slot.place],
                self.used["scenario", one.code],
            ),
        )

    def _free(self, persona: Persona, slot: Slot) -> Verdict:
        return persona_free(persona, slot, self.desk.lockouts, self.uses)

    def _personas(self, slot: Slot) -> list[Persona]:
        refuses, kept = self.desk.lockouts.number_refuses, self.before.get(slot.number)
        free = [one for one in self.desk.personas if not refuses or self._free(one, slot)]
        last = {one.code: max(self.uses.days(slot.place, "number", one.number), default=None) for one in free}
        return sorted(
            self.draws.shuffled(sorted(free, key=lambda one: one.code)),
            key=lambda one: (
                kept is None or kept.persona != one.code,
                not self._free(one, slot),
                0 if (day := last[one.code]) is None else day.toordinal(),
            ),
        )

    def _why_not(self, slot: Slot) -> Verdict:
        """Somebody may call: then the scenario is missing, or the persona."""
        scenarios = [scenario_fits(one, slot, self.desk.spent) for one in self.desk.scenarios]
        if not any(scenarios):
            spent = [one for one in scenarios if "place" in one.facts]
            return (spent or [no("No scenario of the kind %(kind)s is left.", kind=slot.stratum.kind)])[0]
        locked = [one for one in (self._free(persona, slot) for persona in self.desk.personas) if not one]
        if locked and len(locked) == len(self.desk.personas):
            return no("Every number is locked in area %(place)s for %(days)s days: add a persona with another number.",
                      place=slot.place, days=self.desk.lockouts.number_days)  # fmt: skip
        return no("No free persona fits a scenario of the kind %(kind)s and a caller who may call.",
                  kind=slot.stratum.kind)  # fmt: skip
