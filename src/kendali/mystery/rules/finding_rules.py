"""How a finding moves: who may do what in which state, which clock that stops, who must act. No database, no clock.

Source: procedure 7, activities 4 to 6; mystery-calling "One finding" and "Decisions". A dispute (SANGGAHAN) is kept
beside the state, because it stops neither the work nor a clock; a recurrence (BERULANG) is a mark (finding_links).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.machine import EXECUTORS, Move, Person, Role, may_move
from kendali.verdict import YES, Verdict, no


class FindingState(StrEnum):
    FOUND = "found"  # DITEMUKAN
    FEEDBACK_GIVEN = "feedback_given"  # FEEDBACK_KE_QA
    AT_SUPERVISOR = "at_supervisor"  # DI_SPV
    AT_DEPARTMENT = "at_department"  # DIALIHKAN_DEPT
    IN_PROGRESS = "in_progress"  # DIPROSES
    FOLLOW_UP_REPORTED = "follow_up_reported"  # TINDAK_LANJUT_DILAPORKAN
    CLOSED = "closed"  # DITUTUP
    INVALID = "invalid"  # TIDAK_SAH
    MERGED = "merged"  # DIGABUNG


class FindingEvent(StrEnum):
    GIVE_FEEDBACK = "give_feedback"  # submitting with a recommendation is hand-over 4
    RETURN_FORM = "return_form"
    FORWARD = "forward"  # Verifikasi & teruskan ke SPV
    BEGIN = "begin"
    REPORT_FOLLOW_UP = "report_follow_up"  # done or planned
    FIND_INSUFFICIENT = "find_insufficient"
    CLOSE = "close"
    REROUTE = "reroute"  # to a department, back to a supervisor, to another person (Alihkan PIC)
    DISPUTE = "dispute"
    DECIDE_DISPUTE = "decide_dispute"
    INVALIDATE = "invalidate"
    MERGE = "merge"
    REMIND = "remind"  # Ingatkan


class Decision(StrEnum):
    """Putuskan: what the Kordinator makes of an escalated finding. Each is a step of the machine with its own rule;
    Alihkan PIC and Ingatkan stand beside it."""

    FORWARD = "forward"
    RETURN_FORM = "return_form"
    CLOSE = "close"
    FIND_INSUFFICIENT = "find_insufficient"
    ACCEPT_DISPUTE = "accept_dispute"
    ACCEPT_DISPUTE_PARTLY = "accept_dispute_partly"
    REJECT_DISPUTE = "reject_dispute"
    INVALIDATE = "invalidate"
    MERGE = "merge"


class Owner(StrEnum):
    """Who owns the cause, and reports the follow-up."""

    SUPERVISOR = "supervisor"
    DEPARTMENT = "department"


class Dispute(StrEnum):
    NONE = "none"
    OPEN = "open"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REJECTED = "rejected"


class LateReason(StrEnum):
    """Why a finding was late; it explains, and changes no lateness."""

    RECEIVED_LATE = "received_late"  # diterima terlambat
    ABSENCE = "absence"
    WORKLOAD = "workload"
    SYSTEM_TROUBLE = "system_trouble"
    OTHER_PARTY = "other_party"
    CALENDAR = "calendar"  # a holiday that was entered too late
    OTHER = "other"  # with a note


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`owner_id`: the person in charge. `agent_id`: None where no agent is concerned, or none is known. `access`: of
    Access alone, never an agent's. `late`: one of its clocks is late or was. `escalated`: one is a working day late, so
    that the Kordinator may decide."""

    state: FindingState
    owner: Owner
    owner_id: int | None
    executor_id: int
    agent_id: int | None = None
    verifier_id: int | None = None
    dispute: Dispute = Dispute.NONE
    access: bool = False
    late: bool = False
    escalated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Koreksi, akar masalah, tindakan korektif, PIC, tanggal. `done`: carried out on `on`; else planned for it."""

    correction: str = ""
    root_cause: str = ""
    corrective_action: str = ""
    person_in_charge: str = ""
    on: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What comes with an event, as far as it needs it. `today`: local date of who acts. `other_qa`: there is a QA
    besides the one who verified. `to`, `to_id`: the new owner."""

    reason: str = ""
    recommendation: str = ""
    follow_up: FollowUp | None = None
    today: date | None = None
    evidence: int = 0  # files or links
    late_reason: LateReason | None = None
    decision: Dispute | None = None
    other_qa: bool = True
    to: Owner | None = None
    to_id: int | None = None


S, E, R = FindingState, FindingEvent, Role
ENDED = frozenset({S.CLOSED, S.INVALID, S.MERGED})
OPEN = frozenset(S) - ENDED
AT_OWNER = frozenset({S.AT_SUPERVISOR, S.AT_DEPARTMENT, S.IN_PROGRESS})
JUDGES = frozenset({R.QA, R.COORDINATOR})  # the Kordinator only on an escalated finding, or where no other QA is
OWNERS = frozenset({R.SUPERVISOR, R.DEPARTMENT_HEAD})

MOVES: Mapping[FindingEvent, Move] = {
    E.GIVE_FEEDBACK: Move(frozenset({S.FOUND}), EXECUTORS),
    E.RETURN_FORM: Move(frozenset({S.FEEDBACK_GIVEN}), JUDGES, needs_reason=True),
    E.FORWARD: Move(frozenset({S.FEEDBACK_GIVEN}), JUDGES),
    E.BEGIN: Move(frozenset({S.AT_SUPERVISOR, S.AT_DEPARTMENT}), OWNERS),
    E.REPORT_FOLLOW_UP: Move(AT_OWNER | {S.FOLLOW_UP_REPORTED}, OWNERS),  # again: what was planned is done now
    E.FIND_INSUFFICIENT: Move(frozenset({S.FOLLOW_UP_REPORTED}), JUDGES, needs_reason=True),
    E.CLOSE: Move(frozenset({S.FOLLOW_UP_REPORTED}), JUDGES),
    E.REROUTE: Move(AT_OWNER, JUDGES, needs_reason=True),
    E.DISPUTE: Move(frozenset({S.AT_SUPERVISOR, S.IN_PROGRESS, S.FOLLOW_UP_REPORTED}),
                    frozenset({R.AGENT, R.SUPERVISOR}), needs_reason=True),
    E.DECIDE_DISPUTE: Move(AT_OWNER | {S.FOLLOW_UP_REPORTED}, JUDGES, needs_reason=True),
    E.INVALIDATE: Move(OPEN, JUDGES | {R.SYSTEM}, needs_reason=True),  # Kendali itself: the sample is void
    E.MERGE: Move(OPEN - {S.FOLLOW_UP_REPORTED}, JUDGES, needs_reason=True),
    E.REMIND: Move(OPEN, frozenset({R.COORDINATOR}), needs_reason=True),
}  # fmt: skip
# The hand-over that an event is. Nothing else stops a clock: not a return, not a dispute.
STOPS: Mapping[FindingEvent, Step] = {E.GIVE_FEEDBACK: Step.K1, E.FORWARD: Step.K2, E.REPORT_FOLLOW_UP: Step.K3}
DISPUTES: Mapping[Decision, Dispute] = {
    Decision.ACCEPT_DISPUTE: Dispute.ACCEPTED,
    Decision.ACCEPT_DISPUTE_PARTLY: Dispute.PARTLY,
    Decision.REJECT_DISPUTE: Dispute.REJECTED,
}
# The step that each decision is.
DECIDED: Mapping[Decision, FindingEvent] = {
    one: E.DECIDE_DISPUTE if one in DISPUTES else FindingEvent(one.value) for one in Decision
}
DROPS_CLOCKS = frozenset({E.INVALIDATE, E.MERGE})  # and a dispute that was accepted


def may(event: FindingEvent, finding: Finding, who: Person, given: Given) -> Verdict:
    """May this person do this now? `facts["code"]` of a no names the rule."""
    return (
        may_move(MOVES, event, finding.state, who.role, reason=given.reason)
        and _as_judge(event, finding, who, given)
        and _as_owner(event, finding, who)
        and _what_it_needs(event, finding, who, given)
    )


def leads_to(event: FindingEvent, finding: Finding, given: Given) -> FindingState:
    """The state after an event that `may` allowed."""
    owner = given.to if event is E.REROUTE and given.to else finding.owner
    if event in {E.FORWARD, E.REROUTE}:
        return S.AT_SUPERVISOR if owner is Owner.SUPERVISOR else S.AT_DEPARTMENT
    if event is E.DECIDE_DISPUTE and given.decision is Dispute.ACCEPTED:
        return S.INVALID
    return {
        E.GIVE_FEEDBACK: S.FEEDBACK_GIVEN,
        E.RETURN_FORM: S.FOUND,
        E.BEGIN: S.IN_PROGRESS,
        E.REPORT_FOLLOW_UP: S.FOLLOW_UP_REPORTED,
        E.FIND_INSUFFICIENT: S.IN_PROGRESS,
        E.CLOSE: S.CLOSED,
        E.INVALIDATE: S.INVALID,
        E.MERGE: S.MERGED,
    }.get(event, finding.state)


def dispute_after(event: FindingEvent, finding: Finding, given: Given) -> Dispute:
    if event is E.DISPUTE:
        return Dispute.OPEN
    return given.decision if event is E.DECIDE_DISPUTE and given.decision else finding.dispute


def drops_clocks(event: FindingEvent, given: Given) -> bool:
    """The finding ends without its hand-overs: clocks that still run count nowhere, unless they were late."""
    return event in DROPS_CLOCKS or (event is E.DECIDE_DISPUTE and given.decision is Dispute.ACCEPTED)


def _as_judge(event: FindingEvent, finding: Finding, who: Person, given: Given) -> Verdict:
    """Nobody judges his own call or his own follow-up; the Kordinator steps in where the clock brought it to him."""
    if who.role not in JUDGES:
        return YES
    if who.id in {finding.executor_id, finding.owner_id}:
        return no("Nobody judges his own call or his own follow-up.", code="own_work")
    if event is E.DECIDE_DISPUTE:
        return _as_judge_of_a_dispute(finding, who, given)
    if who.role is R.COORDINATOR and given.other_qa:
        return _as_escalated(finding, given)
    return YES


def may_settle(finding: Finding, who: Person, given: Given) -> Verdict:
    """Putuskan, before the rule of the step that it is."""
    if who.role is not R.COORDINATOR:
        return no("Only the coordinator decides what was escalated.", code="role")
    return _as_escalated(finding, given)


def _as_escalated(finding: Finding, given: Given) -> Verdict:
    if not finding.escalated:
        return no("The coordinator decides when a clock is one day late; until then this is the QA's.",
                  code="not_escalated")  # fmt: skip
    if not given.reason.strip():
        return no("The coordinator's decision needs a note.", code="reason")
    return YES


def _as_judge_of_a_dispute(finding: Finding, who: Person, given: Given) -> Verdict:
    if who.id == finding.verifier_id:
        return no("A dispute is decided by another QA than the one who verified the finding.", code="verifier")
    if who.role is R.COORDINATOR and given.other_qa:
        return no("A dispute is decided by another QA; the coordinator decides where there is none.", code="other_qa")
    return YES


def _as_owner(event: FindingEvent, finding: Finding, who: Person) -> Verdict:
    """The follow-up is reported by the person in charge; a dispute comes from the agent, or through the supervisor."""
    if event is E.DISPUTE and who.role is R.AGENT:
        return YES if who.id == finding.agent_id else no("An agent disputes findings about himself only.", code="agent")
    if event not in {E.BEGIN, E.REPORT_FOLLOW_UP, E.DISPUTE}:
        return _as_executor(event, finding, who)
    needed = R.SUPERVISOR if finding.owner is Owner.SUPERVISOR else R.DEPARTMENT_HEAD
    if who.role is not needed or who.id != finding.owner_id:
        return no("This finding is in the hands of somebody else (%(owner)s).", code="owner", owner=finding.owner.value)
    return YES


def _as_executor(event: FindingEvent, finding: Finding, who: Person) -> Verdict:
    if event is E.GIVE_FEEDBACK and who.id != finding.executor_id:
        return no("The feedback is given by the person who made the call.", code="executor")
    return YES


def _what_it_needs(event: FindingEvent, finding: Finding, who: Person, given: Given) -> Verdict:
    if event is E.GIVE_FEEDBACK and not given.recommendation.strip():
        return no("Write a recommendation: the feedback is handed over together with it.", code="recommendation")
    if event is E.FORWARD and finding.owner_id is None:
        return no("Choose who answers for this finding.", code="no_owner")
    if event is E.REPORT_FOLLOW_UP:
        return complete(given.follow_up, given.today)
    if event is E.REROUTE:
        return _may_reroute(finding, given)
    if event is E.DISPUTE:
        return _may_dispute(finding)
    if event is E.DECIDE_DISPUTE:
        return _may_decide(finding, given)
    if event in {E.CLOSE, E.INVALIDATE, E.MERGE} and finding.dispute is Dispute.OPEN and who.role is not R.SYSTEM:
        return no("The agent disputes this finding: the dispute is decided first.", code="disputed")
    return _may_close(finding, given) if event is E.CLOSE else YES


def complete(follow_up: FollowUp | None, today: date | None) -> Verdict:
    """A follow-up names its correction, root cause, corrective action, person and date. Planned: not in the past; done:
    not in the future."""
    one = follow_up or FollowUp()
    missing = [name for name in ("correction", "root_cause", "corrective_action", "person_in_charge")
               if not getattr(one, name).strip()]  # fmt: skip
    if one.on is None:
        missing.append("on")
    if missing:
        return no("The follow-up is not complete: %(missing)s.", code="follow_up", missing=missing)
    if one.on and today and one.done and one.on > today:
        return no("What is done cannot have a date in the future: report it as planned.", code="date")
    if one.on and today and not one.done and one.on < today:
        return no("What is planned cannot have a date in the past.", code="date")
    return YES


def _may_close(finding: Finding, given: Given) -> Verdict:
    if given.follow_up is None or not given.follow_up.done:
        return no("The follow-up is only planned: a finding is closed when it is done.", code="planned")
    if given.evidence < 1:
        return no("A finding is closed with evidence of its follow-up.", code="evidence")
    if finding.late and given.late_reason is None:
        return no("This finding was late: choose why. The lateness stays as it is.", code="late_reason")
    if finding.late and given.late_reason is LateReason.OTHER and not given.reason.strip():
        return no("Another reason for the lateness needs a note.", code="late_reason")
    return YES


def _may_reroute(finding: Finding, given: Given) -> Verdict:
    if given.to is None or given.to_id is None:
        return no("Choose who answers for this finding.", code="no_owner")
    if given.to is Owner.SUPERVISOR and finding.access:
        return no("Access is never an agent's: a department answers for it.", code="access")
    if (given.to, given.to_id) == (finding.owner, finding.owner_id):
        return no("It is there already.", code="same_owner")
    if given.to_id == finding.executor_id:
        return no("Who made the call does not answer for its finding.", code="own_work")
    return YES


def _may_dispute(finding: Finding) -> Verdict:
    if finding.agent_id is None or finding.owner is not Owner.SUPERVISOR:
        return no("No agent is held responsible for this finding: there is nothing to dispute.", code="no_agent")
    if finding.dispute is not Dispute.NONE:
        return no("This finding has been disputed already.", code="disputed")
    return YES


def _may_decide(finding: Finding, given: Given) -> Verdict:
    if finding.dispute is not Dispute.OPEN:
        return no("There is no open dispute.", code="no_dispute")
    if given.decision not in {Dispute.ACCEPTED, Dispute.PARTLY, Dispute.REJECTED}:
        return no("Choose: upheld, partly upheld or rejected.", code="decision")
    return YES


# --- what follows from a state


@dataclass(frozen=True, slots=True)
class Ball:
    """Who must act: role, person where one is known, and the clock that runs for it."""

    role: Role | None
    person_id: int | None = None
    step: Step | None = None


def ball(finding: Finding) -> Ball:
    """ "Menunggu tindakan"; a state that ended waits for nobody."""
    if finding.state is S.FOUND:
        return Ball(R.QC_OFFICER, finding.executor_id, Step.K1)
    if finding.state is S.FEEDBACK_GIVEN:
        return Ball(R.QA, None, Step.K2)
    if finding.state in AT_OWNER:
        role = R.SUPERVISOR if finding.owner is Owner.SUPERVISOR else R.DEPARTMENT_HEAD
        return Ball(role, finding.owner_id, Step.K3)
    return Ball(R.QA, finding.verifier_id) if finding.state is S.FOLLOW_UP_REPORTED else Ball(None)


def told_at_once(owner: Owner, *, critical_compliance: bool) -> frozenset[Role]:
    """The fast lane: a compliance-critical finding is shown to its owner and to the Kordinator when it is raised,
    before QA verified it. It takes the same way and the same clocks."""
    if not critical_compliance:
        return frozenset()
    return frozenset({R.COORDINATOR, R.SUPERVISOR if owner is Owner.SUPERVISOR else R.DEPARTMENT_HEAD})


def holds_recording(state: FindingState, survivor: FindingState | None = None) -> bool:
    """An open finding holds its recording against deletion; a merged one as long as the finding it went into."""
    return (survivor if state is S.MERGED and survivor else state) in OPEN
