"""The machine of samples: every state x event x role, attempts that did not connect, and what counts to the 60."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from kendali.mystery.rules import sample_rules as rules
from kendali.mystery.rules.machine import EXECUTORS, Person, Role
from kendali.mystery.rules.sample_rules import (
    AccessFinding,
    Attempt,
    Given,
    Outcome,
    Patience,
    Sample,
    SampleEvent,
    SampleState,
    Unconnected,
    VoidReason,
)
from kendali.verdict import YES, no

S, E = SampleState, SampleEvent
WITA = "Asia/Makassar"
OPENS = datetime(2026, 11, 10, 5, tzinfo=UTC)  # 13.00-15.00 WITA
CLOSES = OPENS + timedelta(hours=2)
QORI, QANITA, KIRANA, SOMEBODY = 1, 2, 3, 9
PEOPLE = {Role.QA: QANITA, Role.COORDINATOR: KIRANA} | dict.fromkeys(EXECUTORS, QORI)


def tries(*minutes: int, outcome: Outcome = Outcome.BUSY) -> tuple[Attempt, ...]:
    return tuple(Attempt(OPENS + timedelta(minutes=one), outcome) for one in minutes)


SAMPLE = Sample(
    state=S.PLANNED, opens=OPENS, closes=CLOSES, zone=WITA, executor_id=QORI, attempts=tries(0, 15, 30), called_at=OPENS
)
FROZEN = datetime(2026, 12, 14, 3, tzinfo=UTC)
GIVEN = Given(
    at=OPENS, reason="x", void_reason=VoidReason.COVER_BLOWN, executor=Person(QORI, Role.QC_OFFICER),
    may_call=YES, crisis=False, outcome=Outcome.BUSY, form=YES, safety=YES, frozen_at=FROZEN, approval=YES,
)  # fmt: skip

# Letters: c who is assigned, q QA, k coordinator (no other QA there), s Kendali; . nobody.
TABLE = """
               planned assigned calling called scoring submitted verified locked destroyed unconnected void missed
assign         qk      qk       .       .      .       .         .        .      .         .           .    .
begin_calling  .       c        .       .      .       .         .        .      .         .           .    .
record_attempt .       .        c       .      .       .         .        .      .         .           .    .
stop_calling   .       .        c       .      .       .         .        .      .         .           .    .
connect        .       .        c       .      .       .         .        .      .         .           .    .
give_up        .       cs       cs      .      .       .         .        .      .         .           .    .
score          .       .        .       c      .       .         .        .      .         .           .    .
submit         .       .        .       .      c       .         .        .      .         .           .    .
return         .       .        .       .      .       qk        .        .      .         .           .    .
verify         .       .        .       .      .       qk        .        .      .         .           .    .
revise         .       .        .       .      .       .         qk       .      .         .           .    .
void           .       .        qk      qk     qk      qk        qk       .      .         .           .    .
miss           s       s        s       .      .       .         .        .      .         .           .    .
lock           .       .        .       .      .       .         s        .      .         .           .    .
destroy        .       .        .       .      .       .         .        s      .         s           s    s
"""


def cells() -> Iterator[tuple[SampleEvent, SampleState, str]]:
    head, *lines = TABLE.strip().splitlines()
    for line in lines:
        event, *row = line.split()
        yield from ((E(event), S(state), cell) for state, cell in zip(head.split(), row, strict=True))


def situation(event: SampleEvent, state: SampleState) -> tuple[Sample, dict[str, Any]]:
    """One in which nothing but state and role can forbid the event."""
    sample = replace(SAMPLE, state=state)
    if event is E.MISS:
        return replace(sample, attempts=()), {"at": CLOSES + timedelta(hours=1)}
    return sample, {"at": FROZEN + timedelta(days=400)} if event is E.DESTROY else {}


def asked(event: SampleEvent, sample: Sample, role: Role, *, who: int | None = None, **changes: Any) -> str:
    """ "" = allowed; else the code of the refusal, whose sentence must be complete."""
    person = Person(PEOPLE.get(role, SOMEBODY) if who is None else who, role)
    verdict = rules.may(event, sample, person, replace(GIVEN, **changes))
    if verdict:
        return ""
    assert (verdict.reason % verdict.facts).endswith(".")
    return str(verdict.facts["code"])


def test_the_table_names_every_state_and_every_event() -> None:
    named = [(event, state) for event, state, _ in cells()]
    assert set(named) == {(event, state) for event in E for state in S}
    assert len(named) == len(E) * len(S)


@pytest.mark.parametrize("role", Role)
def test_every_event_in_every_state_is_allowed_or_refused_with_a_sentence(role: Role) -> None:
    letter = {Role.QA: "q", Role.COORDINATOR: "k", Role.SYSTEM: "s"} | dict.fromkeys(EXECUTORS, "c")
    for event, state, allowed in cells():
        sample, changes = situation(event, state)
        answer = asked(event, sample, role, other_qa=role is not Role.COORDINATOR, **changes)
        expected = letter.get(role, "-") in allowed
        assert (answer == "") == expected, f"{role} may {event} in {state}: {answer}"
        if not expected:
            assert answer in {"state", "role", "locked"}


def test_the_way_of_a_sample_is_the_way_of_the_procedure() -> None:
    way = [E.ASSIGN, E.BEGIN_CALLING, E.RECORD_ATTEMPT, E.CONNECT, E.SCORE, E.SUBMIT, E.RETURN, E.SUBMIT, E.VERIFY]
    way += [E.REVISE, E.SUBMIT, E.VERIFY, E.LOCK, E.DESTROY]
    state, states = S.PLANNED, []
    for event in way:
        assert state in rules.MOVES[event].sources
        state = rules.LEADS_TO[event]
        states.append(state.value)
    assert states == (
        "assigned calling calling called scoring submitted scoring submitted verified "
        "scoring submitted verified locked destroyed".split()
    )


def test_every_state_is_reached_and_all_end_destroyed() -> None:
    steps = {(state, rules.LEADS_TO[event]) for event, state, who in cells() if who != "."}

    def reached(start: SampleState) -> set[SampleState]:
        seen = {start}
        while new := {after for before, after in steps if before in seen} - seen:
            seen |= new
        return seen

    assert reached(S.PLANNED) == set(S)
    assert all(S.DESTROYED in reached(state) for state in S)


def test_only_who_is_assigned_calls_and_scores() -> None:
    for event, state, who in cells():
        if "c" in who:
            sample, changes = situation(event, state)
            for role in EXECUTORS:
                assert asked(event, sample, role, who=SOMEBODY, **changes) == "executor"


def test_nobody_verifies_returns_or_voids_his_own_call() -> None:
    for event, state, who in cells():
        if "q" in who and event is not E.ASSIGN:
            assert asked(event, replace(SAMPLE, state=state), Role.QA, who=QORI) == "own_work"
            assert asked(event, replace(SAMPLE, state=state), Role.COORDINATOR) == "other_qa"


@pytest.mark.parametrize("event", [E.RETURN, E.REVISE, E.VOID])
def test_what_is_frozen_is_corrected_in_the_next_report(event: SampleEvent) -> None:
    assert asked(event, replace(SAMPLE, state=S.LOCKED), Role.QA) == "locked"


LEADER = Person(5, Role.TEAM_LEADER)
OWN_TEAM = no("Never the own team.", code="own_team")


@pytest.mark.parametrize(
    ("event", "state", "role", "changes", "code"),
    [
        (E.ASSIGN, S.PLANNED, Role.QA, {"executor": None}, "not_executor"),
        (E.ASSIGN, S.PLANNED, Role.QA, {"executor": Person(5, Role.QA)}, "not_executor"),
        (E.ASSIGN, S.PLANNED, Role.QA, {"executor": LEADER}, ""),
        (E.ASSIGN, S.PLANNED, Role.QA, {"executor": LEADER, "may_call": OWN_TEAM}, "own_team"),
        (E.ASSIGN, S.ASSIGNED, Role.QA, {"may_call": None}, "unchecked"),
        (E.ASSIGN, S.PLANNED, Role.QA, {"at": CLOSES}, "passed"),
        (E.BEGIN_CALLING, S.ASSIGNED, Role.QC_OFFICER, {"crisis": True}, "crisis"),
        (E.BEGIN_CALLING, S.ASSIGNED, Role.QC_OFFICER, {"at": OPENS - timedelta(seconds=1)}, "early"),
        (E.BEGIN_CALLING, S.ASSIGNED, Role.QC_OFFICER, {"at": CLOSES - timedelta(seconds=1)}, ""),
        (E.BEGIN_CALLING, S.ASSIGNED, Role.QC_OFFICER, {"at": CLOSES}, "passed"),
        (E.CONNECT, S.CALLING, Role.QC_OFFICER, {"at": CLOSES + timedelta(minutes=5)}, ""),
        (E.CONNECT, S.CALLING, Role.QC_OFFICER, {"at": OPENS - timedelta(minutes=6)}, "early"),
        (E.RECORD_ATTEMPT, S.CALLING, Role.QC_OFFICER, {"at": OPENS - timedelta(minutes=6)}, "early"),
        (E.RECORD_ATTEMPT, S.CALLING, Role.QC_OFFICER, {"at": OPENS - timedelta(minutes=5)}, ""),
        (E.RECORD_ATTEMPT, S.CALLING, Role.QC_OFFICER, {"outcome": None}, "outcome"),
        (E.RECORD_ATTEMPT, S.CALLING, Role.QC_OFFICER, {"crisis": True}, ""),
        (E.GIVE_UP, S.CALLING, Role.QC_OFFICER, {"patience": Patience(4)}, "attempts"),
        (E.SUBMIT, S.SCORING, Role.QC_OFFICER, {"form": no("Not filled.", code="form")}, "form"),
        (E.SUBMIT, S.SCORING, Role.QC_OFFICER, {"safety": no("A real card number.", code="safety")}, "safety"),
        (E.SUBMIT, S.SCORING, Role.QC_OFFICER, {"form": None}, "unchecked"),
        (E.SUBMIT, S.SCORING, Role.QC_OFFICER, {"safety": None}, "unchecked"),
        (E.RETURN, S.SUBMITTED, Role.QA, {"reason": " "}, "reason"),
        (E.REVISE, S.VERIFIED, Role.QA, {"reason": ""}, "reason"),
        (E.VERIFY, S.SUBMITTED, Role.QA, {"reason": ""}, ""),
        (E.VOID, S.SUBMITTED, Role.QA, {"void_reason": None}, "void_reason"),
        (E.MISS, S.ASSIGNED, Role.SYSTEM, {"at": CLOSES - timedelta(seconds=1)}, "not_passed"),
        (E.MISS, S.ASSIGNED, Role.SYSTEM, {"at": CLOSES, "patience": Patience(4)}, ""),
        (E.MISS, S.CALLING, Role.SYSTEM, {"at": CLOSES, "patience": Patience(4)}, "not_passed"),
        (E.MISS, S.CALLING, Role.SYSTEM, {"at": CLOSES + timedelta(hours=1)}, "unconnected"),
        (E.LOCK, S.VERIFIED, Role.SYSTEM, {"frozen_at": None}, "not_frozen"),
        (E.DESTROY, S.LOCKED, Role.SYSTEM, {"frozen_at": None}, "not_frozen"),
        (E.DESTROY, S.LOCKED, Role.SYSTEM, {"at": datetime(2027, 12, 14, 15, 59, tzinfo=UTC)}, "not_due"),
        (E.DESTROY, S.LOCKED, Role.SYSTEM, {"at": datetime(2027, 12, 14, 16, 0, tzinfo=UTC)}, ""),  # the 15th in WITA
        (E.DESTROY, S.LOCKED, Role.SYSTEM, {"at": datetime(2028, 1, 1, tzinfo=UTC), "approval": None}, "approval"),
    ],
)
def test_what_an_event_needs(
    event: SampleEvent, state: SampleState, role: Role, changes: dict[str, Any], code: str
) -> None:
    assert asked(event, replace(SAMPLE, state=state), role, **changes) == code


def test_void_and_unconnected_samples_are_replaced() -> None:
    assert [state for state in S if state in rules.REPLACED] == [S.UNCONNECTED, S.VOID]


# --- attempts


@pytest.mark.parametrize(
    ("attempts", "counted"),
    [
        ((), 0),
        (tries(0, 15, 30), 3),
        (tries(30, 0, 15), 3),  # in any order
        (tries(0, 14, 29), 2),  # 14 minutes are too few, 29 are not
        (tries(0, 1, 2, 3, 4, 15), 2),
        ((*tries(0), *tries(15, outcome=Outcome.TROUBLE), *tries(16)), 2),
        (tries(0, 15, 30, outcome=Outcome.WRONG_QUEUE), 0),
        (tries(0, 15, 30, outcome=Outcome.OUT_OF_HOURS), 0),
        (tries(0, outcome=Outcome.LOST_IN_IVR) + tries(15, outcome=Outcome.DROPPED) + tries(40, 55), 4),
    ],
)
def test_attempts_count_when_they_are_fifteen_minutes_apart(attempts: tuple[Attempt, ...], counted: int) -> None:
    assert len(rules.counted_attempts(attempts, Patience())) == counted
    assert bool(rules.may_give_up(attempts, Patience())) == (counted >= 3)


@examples(st.lists(st.integers(0, 200), max_size=12), st.integers(1, 40))
def test_no_other_choice_of_attempts_would_count_more(minutes: list[int], apart: int) -> None:
    """Against an oracle that tries every choice, minute by minute."""
    best = [0] * 260
    for minute in range(259, -1, -1):
        after = best[minute + 1] if minute < 259 else 0
        taken = 1 + (best[minute + apart] if minute + apart < 260 else 0) if minute in minutes else 0
        best[minute] = max(after, taken)
    assert len(rules.counted_attempts(tries(*minutes), Patience(apart=timedelta(minutes=apart)))) == best[0]


def test_from_when_the_next_attempt_counts() -> None:
    assert rules.next_attempt_from((), Patience()) is None
    assert rules.next_attempt_from(tries(0, 20, 25), Patience()) == OPENS + timedelta(minutes=35)


def test_one_access_finding_for_each_area_and_local_day() -> None:
    late = datetime(2026, 11, 10, 23, 30, tzinfo=ZoneInfo(WITA))
    ended = [
        Unconnected(number="MC-2026-11-0004", area="DPS", zone=WITA, last_at=late + timedelta(hours=1)),
        Unconnected(number="MC-2026-11-0003", area="DPS", zone=WITA, last_at=late),
        Unconnected(number="MC-2026-11-0001", area="DPS", zone=WITA, last_at=late - timedelta(hours=9)),
        Unconnected(number="MC-2026-11-0002", area="JKT", zone="Asia/Jakarta", last_at=late),
    ]
    assert rules.access_findings(ended) == (
        AccessFinding("DPS", date(2026, 11, 10), ("MC-2026-11-0001", "MC-2026-11-0003")),
        AccessFinding("DPS", date(2026, 11, 11), ("MC-2026-11-0004",)),
        AccessFinding("JKT", date(2026, 11, 10), ("MC-2026-11-0002",)),
    )


# --- what counts

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
GOOD = replace(SAMPLE, state=S.VERIFIED, verified_at=FROZEN - timedelta(days=3))


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"state": S.LOCKED}, True),
        ({"state": S.DESTROYED}, True),
        ({"state": S.SUBMITTED}, False),
        ({"state": S.SCORING}, False),  # a revision is under way
        ({"state": S.VOID}, False),
        ({"state": S.UNCONNECTED, "called_at": None, "verified_at": None}, False),
        ({"verified_at": FROZEN - timedelta(seconds=1)}, True),
        ({"verified_at": FROZEN}, False),
    ],
)
def test_what_counts_to_the_sixty(changes: dict[str, Any], counts: bool) -> None:
    assert bool(rules.counts(replace(GOOD, **changes), {NOVEMBER: FROZEN})) == counts


def test_a_call_counts_in_the_month_of_its_local_date_and_in_no_other() -> None:
    last_evening = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)  # 23.59 WITA
    late = replace(GOOD, called_at=last_evening, verified_at=FROZEN + timedelta(days=1))
    assert rules.cycle_of(late) == NOVEMBER
    assert rules.cycle_of(replace(late, called_at=last_evening + timedelta(minutes=1))) == DECEMBER
    assert not rules.counts(late, {NOVEMBER: FROZEN})  # verified too late: not filled in later
    assert rules.counts(late, {})
