"""The machine of findings: every state x event x role, and what each event needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kendali.accounts import roles
from kendali.mystery.rules import finding_rules as rules
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_rules import (
    Dispute,
    Finding,
    FindingEvent,
    FindingState,
    FollowUp,
    Given,
    LateReason,
    Owner,
)
from kendali.mystery.rules.machine import Person, Role

S, E = FindingState, FindingEvent
TODAY = date(2026, 11, 20)
QORI, QANITA, QADRI, SURYA, KIRANA, AGUS, DINA, KENDALI = range(1, 9)  # one person for every role
PEOPLE = {
    Role.QC_OFFICER: QORI, Role.TEAM_LEADER: QORI, Role.QA: QADRI, Role.SUPERVISOR: SURYA, Role.COORDINATOR: KIRANA,
    Role.AGENT: AGUS, Role.DEPARTMENT_HEAD: DINA, Role.SYSTEM: KENDALI,
}  # fmt: skip
DONE = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d", on=TODAY, done=True)
PLANNED = replace(DONE, done=False)
FINDING = Finding(
    state=S.FOUND, owner=Owner.SUPERVISOR, owner_id=SURYA, executor_id=QORI, agent_id=AGUS, verifier_id=QANITA
)
GIVEN = Given(
    reason="x", recommendation="x", follow_up=DONE, today=TODAY, evidence=1, decision=Dispute.PARTLY,
    to=Owner.DEPARTMENT, to_id=DINA,
)  # fmt: skip

# Letters: c who made the call, q QA, k coordinator (escalated), o the owner, a the agent, s Kendali; . nobody.
TABLE = """
                  found feedback_given at_supervisor at_department in_progress follow_up_reported closed invalid merged
give_feedback     c     .              .             .             .           .                  .      .       .
return_form       .     qk             .             .             .           .                  .      .       .
forward           .     qk             .             .             .           .                  .      .       .
begin             .     .              o             o             .           .                  .      .       .
report_follow_up  .     .              o             o             o           o                  .      .       .
find_insufficient .     .              .             .             .           qk                 .      .       .
close             .     .              .             .             .           qk                 .      .       .
reroute           .     .              qk            qk            qk          .                  .      .       .
dispute           .     .              oa            .             oa          oa                 .      .       .
decide_dispute    .     .              qk            qk            qk          qk                 .      .       .
invalidate        qks   qks            qks           qks           qks         qks                .      .       .
merge             qk    qk             qk            qk            qk          .                  .      .       .
remind            k     k              k             k             k           k                  .      .       .
"""
LEADS = {  # None: the state stays
    E.GIVE_FEEDBACK: S.FEEDBACK_GIVEN, E.RETURN_FORM: S.FOUND, E.FORWARD: S.AT_SUPERVISOR, E.BEGIN: S.IN_PROGRESS,
    E.REPORT_FOLLOW_UP: S.FOLLOW_UP_REPORTED, E.FIND_INSUFFICIENT: S.IN_PROGRESS, E.CLOSE: S.CLOSED,
    E.REROUTE: S.AT_DEPARTMENT, E.DISPUTE: None, E.DECIDE_DISPUTE: None, E.INVALIDATE: S.INVALID, E.MERGE: S.MERGED,
    E.REMIND: None,
}  # fmt: skip


def cells() -> Iterator[tuple[FindingEvent, FindingState, str]]:
    head, *lines = TABLE.strip().splitlines()
    for line in lines:
        event, *row = line.split()
        yield from ((E(event), S(state), cell) for state, cell in zip(head.split(), row, strict=True))


def situation(event: FindingEvent, state: FindingState) -> Finding:
    """One in which nothing but state and role can forbid the event."""
    department = state is S.AT_DEPARTMENT
    finding = replace(FINDING, state=state, escalated=True)
    if department:
        finding = replace(finding, owner=Owner.DEPARTMENT, owner_id=DINA if event is not E.REROUTE else 99)
    return replace(finding, dispute=Dispute.OPEN) if event is E.DECIDE_DISPUTE else finding


def letter(role: Role, finding: Finding) -> str:
    owner = Role.SUPERVISOR if finding.owner is Owner.SUPERVISOR else Role.DEPARTMENT_HEAD
    if role is owner:
        return "o"
    return {
        Role.QC_OFFICER: "c", Role.TEAM_LEADER: "c", Role.QA: "q", Role.COORDINATOR: "k", Role.AGENT: "a",
        Role.SYSTEM: "s",
    }.get(role, "-")  # fmt: skip


def asked(event: FindingEvent, finding: Finding, role: Role, **changes: Any) -> str:
    """ "" = allowed; else the code of the refusal, whose sentence must be complete."""
    verdict = rules.may(event, finding, Person(PEOPLE.get(role, 50), role), replace(GIVEN, **changes))
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
    for event, state, allowed in cells():
        finding = situation(event, state)
        answer = asked(event, finding, role, other_qa=role is not Role.COORDINATOR)
        expected = letter(role, finding) in allowed
        assert (answer == "") == expected, f"{role} may {event} in {state}: {answer}"
        if not expected:
            assert answer in {"state", "role", "owner", "executor"}


def test_where_every_allowed_event_leads() -> None:
    for event, state, who in cells():
        if who != ".":
            assert rules.leads_to(event, situation(event, state), GIVEN) is (LEADS[event] or state), (event, state)


def test_every_state_can_be_reached_and_every_open_one_can_end() -> None:
    steps = {(state, LEADS[event] or state) for event, state, who in cells() if who != "."}
    steps.add((S.FEEDBACK_GIVEN, S.AT_DEPARTMENT))

    def reached(start: FindingState) -> set[FindingState]:
        seen, new = {start}, {start}
        while new:
            new = {after for before, after in steps if before in new} - seen
            seen |= new
        return seen

    assert reached(S.FOUND) == set(S)
    assert all(S.CLOSED in reached(state) for state in rules.OPEN)


def test_reasons_are_asked_for() -> None:
    for event, state, who in cells():
        if "q" in who:
            needs = event not in {E.FORWARD, E.CLOSE}
            assert (asked(event, situation(event, state), Role.QA, reason=" ") == "reason") == needs
        if "k" in who:
            assert asked(event, situation(event, state), Role.COORDINATOR, reason=" ") == "reason"


def test_the_coordinator_steps_in_only_when_a_clock_brought_it_to_him() -> None:
    for event, state, who in cells():
        if "k" in who and event is not E.DECIDE_DISPUTE:
            assert asked(event, replace(situation(event, state), escalated=False), Role.COORDINATOR) == "not_escalated"


def test_where_no_other_qa_is_the_coordinator_does_the_work_of_one_without_waiting_for_a_late_clock() -> None:
    received = replace(situation(E.FORWARD, S.FEEDBACK_GIVEN), escalated=False)
    assert asked(E.FORWARD, received, Role.COORDINATOR, other_qa=False, reason="") == ""
    assert asked(E.FORWARD, received, Role.COORDINATOR, other_qa=True) == "not_escalated"


def test_only_the_three_hand_overs_stop_a_clock() -> None:
    assert rules.STOPS == {E.GIVE_FEEDBACK: Step.K1, E.FORWARD: Step.K2, E.REPORT_FOLLOW_UP: Step.K3}


@pytest.mark.parametrize(
    ("event", "decision", "dropped"),
    [
        (E.INVALIDATE, None, True),
        (E.MERGE, None, True),
        (E.DECIDE_DISPUTE, Dispute.ACCEPTED, True),
        (E.DECIDE_DISPUTE, Dispute.PARTLY, False),
        (E.DECIDE_DISPUTE, Dispute.REJECTED, False),
        (E.DISPUTE, None, False),
        (E.RETURN_FORM, None, False),
        (E.REROUTE, None, False),
        (E.FIND_INSUFFICIENT, None, False),
        (E.CLOSE, None, False),
    ],
)
def test_when_clocks_are_not_needed_any_more(event: FindingEvent, decision: Dispute | None, dropped: bool) -> None:
    assert rules.drops_clocks(event, Given(decision=decision)) == dropped


@pytest.mark.parametrize(
    ("event", "state", "role", "finding", "given", "code"),
    [
        (E.GIVE_FEEDBACK, S.FOUND, Role.QC_OFFICER, {}, {"recommendation": " "}, "recommendation"),
        (E.GIVE_FEEDBACK, S.FOUND, Role.QC_OFFICER, {"executor_id": 99}, {}, "executor"),
        (E.FORWARD, S.FEEDBACK_GIVEN, Role.QA, {"executor_id": QADRI}, {}, "own_work"),
        (E.FORWARD, S.FEEDBACK_GIVEN, Role.QA, {"owner_id": None}, {}, "no_owner"),
        (E.BEGIN, S.AT_SUPERVISOR, Role.SUPERVISOR, {"owner_id": 99}, {}, "owner"),
        (E.BEGIN, S.AT_DEPARTMENT, Role.SUPERVISOR, {"owner": Owner.DEPARTMENT, "owner_id": SURYA}, {}, "owner"),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {}, {"follow_up": PLANNED}, ""),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {"dispute": Dispute.OPEN}, {}, ""),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {}, {"follow_up": None}, "follow_up"),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {}, {"follow_up": replace(DONE, root_cause="")},
         "follow_up"),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {}, {"follow_up": replace(DONE, on=None)}, "follow_up"),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {}, {"follow_up": replace(DONE, on=date(2026, 11, 21))},
         "date"),
        (E.REPORT_FOLLOW_UP, S.IN_PROGRESS, Role.SUPERVISOR, {}, {"follow_up": replace(PLANNED, on=date(2026, 11, 19))},
         "date"),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {}, {"follow_up": PLANNED}, "planned"),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {}, {"evidence": 0}, "evidence"),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {"late": True}, {}, "late_reason"),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {"late": True}, {"late_reason": LateReason.RECEIVED_LATE}, ""),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {"late": True}, {"late_reason": LateReason.OTHER, "reason": ""},
         "late_reason"),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {"owner_id": QADRI}, {}, "own_work"),
        (E.CLOSE, S.FOLLOW_UP_REPORTED, Role.QA, {"dispute": Dispute.OPEN}, {}, "disputed"),
        (E.INVALIDATE, S.IN_PROGRESS, Role.QA, {"dispute": Dispute.OPEN}, {}, "disputed"),
        (E.INVALIDATE, S.IN_PROGRESS, Role.SYSTEM, {"dispute": Dispute.OPEN}, {}, ""),
        (E.MERGE, S.IN_PROGRESS, Role.QA, {"dispute": Dispute.OPEN}, {}, "disputed"),
        (E.REROUTE, S.AT_SUPERVISOR, Role.QA, {}, {"to": None}, "no_owner"),
        (E.REROUTE, S.AT_SUPERVISOR, Role.QA, {}, {"to": Owner.SUPERVISOR, "to_id": SURYA}, "same_owner"),
        (E.REROUTE, S.AT_SUPERVISOR, Role.QA, {}, {"to": Owner.SUPERVISOR, "to_id": 99}, ""),
        (E.REROUTE, S.AT_SUPERVISOR, Role.QA, {}, {"to_id": QORI}, "own_work"),
        (E.REROUTE, S.AT_DEPARTMENT, Role.QA,
         {"agent_id": None, "access": True, "owner": Owner.DEPARTMENT, "owner_id": DINA},
         {"to": Owner.SUPERVISOR, "to_id": SURYA}, "access"),
        (E.REROUTE, S.AT_SUPERVISOR, Role.QA, {"agent_id": None}, {"to": Owner.SUPERVISOR, "to_id": 99}, ""),
        (E.REROUTE, S.AT_DEPARTMENT, Role.QA, {"agent_id": None, "owner": Owner.DEPARTMENT, "owner_id": DINA},
         {"to": Owner.SUPERVISOR, "to_id": SURYA}, ""),
        (E.DISPUTE, S.AT_SUPERVISOR, Role.AGENT, {"agent_id": 99}, {}, "agent"),
        (E.DISPUTE, S.AT_SUPERVISOR, Role.SUPERVISOR, {"agent_id": None}, {}, "no_agent"),
        (E.DISPUTE, S.AT_SUPERVISOR, Role.SUPERVISOR, {"owner_id": 99}, {}, "owner"),
        (E.DISPUTE, S.IN_PROGRESS, Role.AGENT, {"owner": Owner.DEPARTMENT, "owner_id": DINA}, {}, "no_agent"),
        (E.DISPUTE, S.AT_SUPERVISOR, Role.AGENT, {"dispute": Dispute.REJECTED}, {}, "disputed"),
        (E.DECIDE_DISPUTE, S.IN_PROGRESS, Role.QA, {"dispute": Dispute.REJECTED}, {}, "no_dispute"),
        (E.DECIDE_DISPUTE, S.IN_PROGRESS, Role.QA, {"dispute": Dispute.OPEN}, {"decision": Dispute.OPEN}, "decision"),
        (E.DECIDE_DISPUTE, S.IN_PROGRESS, Role.QA, {"dispute": Dispute.OPEN, "verifier_id": QADRI}, {}, "verifier"),
        (E.DECIDE_DISPUTE, S.IN_PROGRESS, Role.COORDINATOR, {"dispute": Dispute.OPEN}, {"other_qa": True}, "other_qa"),
        (E.DECIDE_DISPUTE, S.IN_PROGRESS, Role.COORDINATOR, {"dispute": Dispute.OPEN}, {"other_qa": False}, ""),
    ],
)  # fmt: skip
def test_what_an_event_needs(
    event: FindingEvent, state: FindingState, role: Role, finding: dict[str, Any], given: dict[str, Any], code: str
) -> None:
    assert asked(event, replace(FINDING, state=state, **finding), role, **given) == code


def test_a_dispute_changes_the_state_only_when_it_is_accepted() -> None:
    disputed = replace(FINDING, state=S.IN_PROGRESS, dispute=Dispute.OPEN)
    for decision, state in (
        (Dispute.ACCEPTED, S.INVALID),
        (Dispute.PARTLY, S.IN_PROGRESS),
        (Dispute.REJECTED, S.IN_PROGRESS),
    ):
        given = replace(GIVEN, decision=decision)
        assert rules.leads_to(E.DECIDE_DISPUTE, disputed, given) is state
        assert rules.dispute_after(E.DECIDE_DISPUTE, disputed, given) is decision
    assert rules.dispute_after(E.DISPUTE, FINDING, GIVEN) is Dispute.OPEN
    assert rules.dispute_after(E.REPORT_FOLLOW_UP, disputed, GIVEN) is Dispute.OPEN


def test_a_finding_of_access_goes_to_its_department() -> None:
    access = replace(FINDING, state=S.FEEDBACK_GIVEN, owner=Owner.DEPARTMENT, owner_id=DINA, agent_id=None)
    assert rules.leads_to(E.FORWARD, access, Given()) is S.AT_DEPARTMENT


@pytest.mark.parametrize(
    ("state", "owner", "expected"),
    [
        (S.FOUND, Owner.SUPERVISOR, rules.Ball(Role.QC_OFFICER, QORI, Step.K1)),
        (S.FEEDBACK_GIVEN, Owner.SUPERVISOR, rules.Ball(Role.QA, None, Step.K2)),
        (S.AT_SUPERVISOR, Owner.SUPERVISOR, rules.Ball(Role.SUPERVISOR, SURYA, Step.K3)),
        (S.IN_PROGRESS, Owner.SUPERVISOR, rules.Ball(Role.SUPERVISOR, SURYA, Step.K3)),
        (S.AT_DEPARTMENT, Owner.DEPARTMENT, rules.Ball(Role.DEPARTMENT_HEAD, SURYA, Step.K3)),
        (S.FOLLOW_UP_REPORTED, Owner.SUPERVISOR, rules.Ball(Role.QA, QANITA)),
        (S.CLOSED, Owner.SUPERVISOR, rules.Ball(None)),
        (S.INVALID, Owner.SUPERVISOR, rules.Ball(None)),
        (S.MERGED, Owner.SUPERVISOR, rules.Ball(None)),
    ],
)
def test_who_must_act(state: FindingState, owner: Owner, expected: rules.Ball) -> None:
    assert rules.ball(replace(FINDING, state=state, owner=owner)) == expected


def test_who_must_act_may_act() -> None:
    for state in rules.OPEN:
        waits = rules.ball(replace(FINDING, state=state)).role
        assert any(state in move.sources and waits in move.roles for move in rules.MOVES.values())


def test_a_compliance_critical_finding_is_told_at_once() -> None:
    assert rules.told_at_once(Owner.SUPERVISOR, critical_compliance=True) == {Role.SUPERVISOR, Role.COORDINATOR}
    assert rules.told_at_once(Owner.DEPARTMENT, critical_compliance=True) == {Role.DEPARTMENT_HEAD, Role.COORDINATOR}
    assert rules.told_at_once(Owner.SUPERVISOR, critical_compliance=False) == frozenset()


def test_an_open_finding_holds_its_recording() -> None:
    assert {state for state in S if rules.holds_recording(state)} == rules.OPEN
    assert rules.holds_recording(S.MERGED, S.IN_PROGRESS)
    assert not rules.holds_recording(S.MERGED, S.CLOSED)


def test_the_parties_are_roles_of_the_product() -> None:
    assert {role.value for role in Role} - {"system"} <= roles.ALL
