"""Rotation and lockouts of executors; a replacement never touches what was frozen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kendali.civil_time import local_date
from kendali.mystery.rules.assignment import Assignment, Given, give, replace_caller, seen_by, without_spent
from kendali.mystery.rules.lockouts import (
    Call,
    Caller,
    Desk,
    Lockouts,
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
from kendali.mystery.rules.quotas import OUTCOME, Stratum
from kendali.mystery.rules.slots import Plan, Slot, digest
from kendali.mystery.rules.windows import Duty, Span
from kendali.verdict import Verdict

DUTY = Duty("Asia/Jakarta", Span(7 * 60, 19 * 60))
KINDS = ("informasi", "permintaan", "komplain")
MONDAY = datetime(2027, 3, 1, 2, tzinfo=UTC)  # 09.00 WIB
DAY = timedelta(days=1)


def slot(number: int = 1, day: int = 0, *, area: str = "DPS", kind: str = "informasi", hour: int = 0,
         place: str = "") -> Slot:  # fmt: skip
    starts = MONDAY + day * DAY + timedelta(hours=hour)
    of = Stratum(area, "pagi", kind, "1")
    return Slot(number, of, "1500", place or area, starts, starts + timedelta(hours=2), "Asia/Makassar")


def qco(code: str = "rina", **more: object) -> Caller:
    return replace(Caller(code, Role.QC_OFFICER, DUTY), **more)  # type: ignore[arg-type]


def desk(callers: int = 4, personas: int = 12, scenarios: int = 2, **more: object) -> Desk:
    all_of = Desk(
        callers=tuple(qco(f"qco{n}") for n in range(callers)),
        personas=tuple(Persona(f"P{n:02d}", f"0812-{n:03d}") for n in range(personas)),
        scenarios=tuple(Scenario(f"{kind}-{n}", kind) for kind in KINDS for n in range(scenarios)),
    )
    return replace(all_of, **more)  # type: ignore[arg-type]


def told(verdict: Verdict) -> str:
    return verdict.reason % dict(verdict.facts)


LEADER = Caller("tono", Role.TEAM_LEADER, DUTY, teams=frozenset({"A"}))
CALLERS = [
    ("an officer may", qco(), {}, ""),
    ("a TL elsewhere may", LEADER, {1: {"B", "C"}}, ""),
    ("a TL never the own team", LEADER, {1: {"A", "B"}},
     "tono leads a team that this call may reach: TL and Supervisor never call their own team."),
    ("a TL not where it is unknown who answers", LEADER, {},
     "tono leads a team that this call may reach: TL and Supervisor never call their own team."),
    ("a supervisor neither", replace(LEADER, role=Role.SUPERVISOR), {1: {"A"}},
     "tono leads a team that this call may reach: TL and Supervisor never call their own team."),
    ("not where the voice is known", qco(known_in=frozenset({"DPS"})), {}, "rina is known in area DPS."),
    ("elsewhere known", qco(known_in=frozenset({"JKT"})), {}, ""),
    ("not when absent", qco(absent=((date(2027, 2, 20), date(2027, 3, 1)),)), {}, "rina is absent on 2027-03-01."),
    ("back again", qco(absent=((date(2027, 2, 20), date(2027, 2, 28)),)), {}, ""),
    ("not outside the own hours", qco(duty=Duty("Asia/Jakarta", Span(10 * 60, 19 * 60))), {},
     "The window lies outside the working time of rina."),
    ("not on a day off", qco(duty=replace(DUTY, calendar=replace(DUTY.calendar, holidays={date(2027, 3, 1)}))), {},
     "The window lies outside the working time of rina."),
]  # fmt: skip


@pytest.mark.parametrize(("caller", "reach", "sentence"), [c[1:] for c in CALLERS], ids=[c[0] for c in CALLERS])
def test_who_may_call(caller: Caller, reach: dict[int, set[str]], sentence: str) -> None:
    held = desk(reach={number: frozenset(teams) for number, teams in reach.items()})
    assert told(may_call(caller, slot(), held, Uses())) == sentence


def test_one_caller_has_one_call_in_a_window() -> None:
    assert not may_call(qco(), slot(), desk(), Uses(), [slot(2, hour=1)])
    assert may_call(qco(), slot(), desk(), Uses(), [slot(2, hour=2)])
    assert may_call(qco(), slot(), desk(lockouts=Lockouts(windows_at_once=2)), Uses(), [slot(2, hour=1)])


@pytest.mark.parametrize(
    ("days_ago", "warned"), [(0, True), (1, True), (13, True), (14, False), (-13, True), (-14, False)]
)
def test_the_lockout_of_a_caller_only_warns_unless_it_is_set_to_refuse(days_ago: int, warned: bool) -> None:
    uses = Uses([Call("DPS", "rina", "P", "N", date(2027, 3, 1) - days_ago * DAY)])
    assert may_call(qco(), slot(), desk(), uses)
    assert bool(warnings(qco(), slot(), Lockouts(), uses)) is warned
    assert bool(may_call(qco(), slot(), desk(lockouts=Lockouts(caller_refuses=True)), uses)) is not warned
    assert not warnings(qco(), slot(area="JKT"), Lockouts(), uses)
    assert not warnings(qco("other"), slot(), Lockouts(), uses)


@pytest.mark.parametrize(("number", "persona", "sentence"), [
    ("N1", "P9", "Number N1 is used in area DPS on 2027-02-20 too, within 14 days."),
    ("N9", "P1", "Persona P1 is used in area DPS on 2027-02-20 too, within 14 days."),
    ("N9", "P9", ""),
])  # fmt: skip
def test_a_number_and_a_persona_rest_fourteen_days(number: str, persona: str, sentence: str) -> None:
    uses = Uses([Call("DPS", "x", "P1", "N1", date(2027, 2, 20)), Call("JKT", "x", "P9", "N9", date(2027, 2, 28))])
    assert told(persona_free(Persona(persona, number), slot(), Lockouts(), uses)) == sentence
    assert persona_free(Persona(persona, number), slot(), Lockouts(number_days=9, persona_days=9), uses)


def test_a_known_voice_warns_where_it_does_not_refuse() -> None:
    caller, soft = qco(known_in=frozenset({"DPS"})), Lockouts(known_refuses=False)
    assert may_call(caller, slot(), desk(lockouts=soft), Uses())
    assert [told(one) for one in warnings(caller, slot(), soft, Uses())] == ["rina is known in area DPS."]


@pytest.mark.parametrize(("persona", "scenario", "caller", "fits"), [
    (Persona("P", "1"), Scenario("S", "k"), qco(), True),
    (Persona("P", "1"), Scenario("S", "k", frozenset({"P", "Q"})), qco(), True),
    (Persona("P", "1"), Scenario("S", "k", frozenset({"Q"})), qco(), False),
    (Persona("P", "1", scenarios=frozenset({"T"})), Scenario("S", "k"), qco(), False),
    (Persona("P", "1", "f"), Scenario("S", "k"), qco(gender="m"), False),
    (Persona("P", "1", "f"), Scenario("S", "k"), qco(gender="f"), True),
    (Persona("P", "1", "f"), Scenario("S", "k"), qco(), True),
])  # fmt: skip
def test_only_fitting_personas(persona: Persona, scenario: Scenario, caller: Caller, fits: bool) -> None:
    assert bool(persona_fits(persona, scenario, caller)) is fits


@pytest.mark.parametrize(("area", "spent", "fits"), [
    ("DPS", [], True),
    ("DPS", [("S", "DPS")], False),
    ("DPS", [("S", "JKT")], True),
    ("DPS", [("T", "DPS")], True),
    (OUTCOME, [("S", "JKT")], False),  # the call may end there
])  # fmt: skip
def test_a_scenario_is_spent_where_its_finding_went(area: str, spent: list[tuple[str, str]], fits: bool) -> None:
    one = slot(area=area, place=area or "1500")
    assert bool(scenario_fits(Scenario("S", "informasi"), one, frozenset(spent))) is fits
    assert not scenario_fits(Scenario("S", "komplain"), one, frozenset())


# --- giving out a month -----------------------------------------------------------------------------------------------

AREAS = ("JKT", "BDG", "SMG", "SBY", "DPS", "MKS", "MDN")


def month() -> tuple[Slot, ...]:
    """66 windows on weekdays, three windows a day, areas and kinds in turn."""
    days = [day for day in range(31) if (MONDAY + day * DAY).weekday() < 5]
    return tuple(
        slot(n + 1, days[n // 3], area=AREAS[n % 7], kind=KINDS[n // 7 % 3], hour=3 * (n % 3)) for n in range(66)
    )


def numbers_of(found: Given) -> list[int]:
    return [one.slot for one in found.assignments] + [one.slot for one in found.unassigned]


def broken(found: Given, slots: tuple[Slot, ...], held: Desk) -> list[str]:
    """The oracle: every rule again, from the assignments alone, pair by pair."""
    of, callers = {one.number: one for one in slots}, {one.code: one for one in held.callers}
    personas, scenarios = {one.code: one for one in held.personas}, {one.code: one for one in held.scenarios}
    out = []
    for one in found.assignments:
        here, persona, scenario = of[one.slot], personas[one.persona], scenarios[one.scenario]
        if scenario.kind != here.stratum.kind or (one.scenario, here.place) in held.spent:
            out.append(f"{one.slot} scenario")
        if scenario.personas and one.persona not in scenario.personas:
            out.append(f"{one.slot} persona")
        if callers[one.caller].gender and persona.gender not in {"", callers[one.caller].gender}:
            out.append(f"{one.slot} gender")
        if here.place in callers[one.caller].known_in:
            out.append(f"{one.slot} known")
    for one, other in combinations(found.assignments, 2):
        a, b = of[one.slot], of[other.slot]
        apart = abs(local_date(a.starts, a.zone) - local_date(b.starts, b.zone)).days
        if a.place == b.place and apart < 14 and personas[one.persona].number == personas[other.persona].number:
            out.append(f"{one.slot} {other.slot} number")
        if one.caller == other.caller and a.starts < b.ends and b.starts < a.ends:
            out.append(f"{one.slot} {other.slot} at once")
    return out


def test_a_month_is_given_out_evenly_and_keeps_every_rule() -> None:
    found = give(month(), desk(), "1")
    assert found.verdict
    assert len(found.assignments) == 66
    assert not broken(found, month(), desk())
    load = Counter(one.caller for one in found.assignments)
    assert max(load.values()) - min(load.values()) <= 3
    assert {len({one.scenario for one in found.assignments if one.scenario.startswith(kind)}) for kind in KINDS} == {2}
    assert give(month(), desk(), "1") == found
    assert give(month(), desk(), "2") != found


def test_load_follows_the_shares_and_a_share_of_nothing_gets_nothing() -> None:
    callers = (qco("full", share=2), qco("half", share=1), qco("none", share=0))
    held = desk(callers=0)
    found = give(month(), replace(held, callers=callers, lockouts=Lockouts(caller_days=0)), "1")
    assert Counter(one.caller for one in found.assignments) == {"full": 44, "half": 22}


NOTHING_LEFT = [
    ("nobody", desk(callers=0), "Nobody is there to call."),
    ("all absent", replace(desk(), callers=(qco(absent=((date(2027, 1, 1), date(2027, 12, 31)),)),)),
     "rina is absent on 2027-03-01."),
    ("no scenario", desk(scenarios=0), "No scenario of the kind informasi is left."),
    ("spent", desk(scenarios=1, spent=frozenset({("informasi-0", "DPS")})),
     "A finding with scenario informasi-0 went to area DPS in this cycle."),
    ("locked", desk(personas=1, past=(Call("DPS", "x", "P00", "0812-000", date(2027, 2, 25)),)),
     "Every number is locked in area DPS for 14 days: add a persona with another number."),
    ("unfitting", replace(desk(), personas=(Persona("P", "1", scenarios=frozenset({"other"})),)),
     "No free persona fits a scenario of the kind informasi and a caller who may call."),
]  # fmt: skip


@pytest.mark.parametrize(("held", "sentence"), [c[1:] for c in NOTHING_LEFT], ids=[c[0] for c in NOTHING_LEFT])
def test_a_slot_without_anybody_says_why(held: Desk, sentence: str) -> None:
    found = give([slot()], held, "1")
    assert not found.assignments
    assert told(found.verdict) == sentence


def test_where_numbers_only_warn_the_use_is_told() -> None:
    past = (Call("DPS", "x", "P00", "0812-000", date(2027, 2, 25)),)
    found = give([slot()], desk(personas=1, past=past, lockouts=Lockouts(number_refuses=False)), "1")
    assert [told(one) for one in found.assignments[0].warnings] == [
        "Number 0812-000 is used in area DPS on 2027-02-25 too, within 14 days."
    ]


def test_a_sick_executor_is_replaced_and_nothing_frozen_changes() -> None:
    slots, held = month(), desk()
    found = give(slots, held, "1")
    sealed = digest(Plan("2027-03", "1", slots))
    called = frozenset(range(1, 31))
    after = replace_caller(found, slots, held, "sick", gone="qco0", called=called)
    assert digest(Plan("2027-03", "1", slots)) == sealed
    assert after.verdict
    before = {one.slot: one for one in found.assignments}
    for one in after.assignments:
        old = before[one.slot]
        if old.caller != "qco0" or one.slot in called:
            assert one == old
        else:
            assert one.caller != "qco0"
            assert (one.scenario, one.persona) == (old.scenario, old.persona)
    assert not broken(after, slots, held)
    load = Counter(one.caller for one in after.assignments if one.slot not in called)
    assert max(load.values()) - min(load.values()) <= 6


def test_after_a_finding_the_scenario_is_not_used_there_again() -> None:
    slots, held = month(), desk()
    found = give(slots, held, "1")
    first = next(one for one in found.assignments if one.slot == 12)
    place = slots[11].place
    spent = replace(held, spent=frozenset({(first.scenario, place)}))
    after = without_spent(found, slots, spent, "finding", called=frozenset(range(1, 13)))
    by_slot = {one.slot: one for one in after.assignments}
    for old in found.assignments:
        new = by_slot[old.slot]
        if old.slot > 12 and (old.scenario, slots[old.slot - 1].place) == (first.scenario, place):
            assert new.scenario != first.scenario
            assert (new.caller, new.persona) == (old.caller, old.persona)
        else:
            assert new == old


def test_a_helper_sees_only_the_own_next_sample() -> None:
    slots = (slot(1, 0), slot(2, 1), slot(3, 2))
    found = Given(tuple(Assignment(n, "tono", "S", "P") for n in (1, 2, 3)))
    assert [one.slot for one in seen_by(LEADER, found, slots, called={1})] == [2]
    assert [one.slot for one in seen_by(qco("tono"), found, slots, called={1})] == [1, 2, 3]
    assert not seen_by(qco("rina"), found, slots, called=())
    assert not seen_by(LEADER, found, slots, called={1, 2, 3})


# --- properties -------------------------------------------------------------------------------------------------------

GENDERS = st.sampled_from(["", "f", "m"])
SLOTS = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(AREAS[:3]), st.sampled_from(KINDS), st.integers(0, 4)), max_size=12
).map(lambda rows: tuple(slot(n, day, area=a, kind=k, hour=h) for n, (day, a, k, h) in enumerate(rows, 1)))


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    known = st.frozensets(st.sampled_from(AREAS[:3]), max_size=1)
    callers = tuple(qco(f"c{n}", gender=draw(GENDERS), known_in=draw(known)) for n in range(draw(st.integers(0, 3))))
    personas = tuple(Persona(f"P{n}", f"N{n // 2}", draw(GENDERS)) for n in range(draw(st.integers(0, 6))))
    some = st.frozensets(st.sampled_from([f"P{n}" for n in range(6)]), max_size=3)
    scenarios = tuple(Scenario(f"{kind}-{n}", kind, draw(some)) for kind in KINDS for n in range(2))
    pairs = st.tuples(st.sampled_from([one.code for one in scenarios]), st.sampled_from(AREAS[:3]))
    return Desk(callers=callers, personas=personas, scenarios=scenarios, spent=draw(st.frozensets(pairs, max_size=3)))


@settings(max_examples=60)
@given(SLOTS, desks(), st.integers())
def test_whatever_is_given_out_keeps_every_rule_and_the_rest_is_told(
    slots: tuple[Slot, ...], held: Desk, seed: int
) -> None:
    found = give(slots, held, str(seed))
    assert not broken(found, slots, held)
    assert sorted(numbers_of(found)) == [one.number for one in slots]
    assert all(told(one.verdict) for one in found.unassigned)
    assert give(tuple(reversed(slots)), held, str(seed)) == found
    if not held.callers:
        return
    gone = held.callers[0].code
    after = replace_caller(found, slots, held, str(seed), gone=gone, called=())
    assert not broken(after, slots, held)
    assert gone not in {one.caller for one in after.assignments}
    assert sorted(numbers_of(after)) == [one.number for one in slots]
