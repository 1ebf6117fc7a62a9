"""What a person may do with a finding now, and, greyed with its reason, what not: one look at the machine per event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.audit.actor import Actor
from kendali.civil_time import local_date
from kendali.mystery import office
from kendali.mystery.actions import stepping
from kendali.mystery.actions.moving import finding_facts
from kendali.mystery.models import Finding
from kendali.mystery.queries import apart
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.finding_rules import (
    Decision,
    Dispute,
    FindingEvent,
    FindingState,
    FollowUp,
    Given,
    LateReason,
    Owner,
)
from kendali.mystery.rules.machine import Person, Role
from kendali.mystery.rules.sample_rules import SampleState
from kendali.verdict import Verdict

E, S = FindingEvent, FindingState
# What no person on this page can help now is not offered at all; the rest is greyed with its reason.
HIDDEN = frozenset({"state", "role", "no_dispute", "no_agent", "agent", "same_owner", "access", "executor"})
NEXT = {
    S.FOUND: E.GIVE_FEEDBACK,
    S.FEEDBACK_GIVEN: E.FORWARD,
    S.AT_SUPERVISOR: E.REPORT_FOLLOW_UP,
    S.AT_DEPARTMENT: E.REPORT_FOLLOW_UP,
    S.IN_PROGRESS: E.REPORT_FOLLOW_UP,
    S.FOLLOW_UP_REPORTED: E.CLOSE,
}
LABELS: dict[FindingEvent, str] = {
    E.GIVE_FEEDBACK: _("Write the feedback"),
    E.RETURN_FORM: _("Return"),
    E.FORWARD: _("Forward"),
    E.BEGIN: _("Begin"),
    E.REPORT_FOLLOW_UP: _("Report the follow-up"),
    E.FIND_INSUFFICIENT: _("Not sufficient"),
    E.CLOSE: _("Close the finding"),
    E.REROUTE: _("Reroute (PIC)"),
    E.DISPUTE: _("Dispute"),
    E.DECIDE_DISPUTE: _("Decide the dispute"),
    E.INVALIDATE: _("Not valid"),
    E.MERGE: _("Merge"),
    E.REMIND: _("Remind"),
}
RIGHTS: dict[FindingEvent, str] = {
    E.GIVE_FEEDBACK: "finding.feedback",
    E.BEGIN: "finding.follow_up",
    E.REPORT_FOLLOW_UP: "finding.follow_up",
    E.DISPUTE: "finding.dispute",
    E.REMIND: "finding.remind",
}

URL_NAMES = {E.GIVE_FEEDBACK.value: "finding_feedback", E.RETURN_FORM.value: "finding_return"}
DECIDE = "decide"  # Putuskan


@dataclass(frozen=True, slots=True)
class Button:
    """`name`: the event, or "decide"."""

    name: str
    label: str
    verdict: Verdict
    primary: bool = False

    @property
    def url_name(self) -> str:
        return URL_NAMES.get(self.name, f"finding_{self.name}")


def buttons(user: User, finding: Finding, at: datetime) -> list[Button]:
    """The next step of the procedure first; of refusals for the same reason only the first. To the Kordinator what an
    escalated finding waits for is one button, Putuskan."""
    looked = Looked(user, finding, at)
    decision = looked.decision()
    if decision is None:
        return _steps(looked, NEXT.get(S(finding.state)), list(LABELS))
    others = [event for event in LABELS if event not in finding_rules.DECIDED.values()]
    first = Button(DECIDE, _("Decide"), decision, primary=bool(decision))
    beside = _steps(looked, None, others)
    return [first, *(one for one in beside if one.verdict or one.verdict.reason != decision.reason)]


def _steps(looked: Looked, after: FindingEvent | None, events: list[FindingEvent]) -> list[Button]:
    found, said = [], set[str]()
    for event in sorted(events, key=lambda one: one is not after):
        verdict = looked.may(event)
        if verdict is None or (not verdict and verdict.reason in said):
            continue
        if not verdict:
            said.add(verdict.reason)
        found.append(Button(event.value, LABELS[event], verdict, bool(verdict) and event is after))
    return found


@dataclass(frozen=True, slots=True)
class Decisions:
    """`verdict`: of Putuskan as a whole; `open`: what may be decided now; `refused`: steps that may not, and why."""

    verdict: Verdict
    open: tuple[Decision, ...] = ()
    refused: tuple[tuple[str, Verdict], ...] = ()


def decisions(user: User, finding: Finding, at: datetime) -> Decisions:
    looked = Looked(user, finding, at)
    verdict = looked.decision()
    if verdict is None:
        return Decisions(finding_rules.may_settle(looked.facts, looked.judge(), Given(reason="-")))
    seen = {event: looked.may(event) for event in dict.fromkeys(finding_rules.DECIDED.values())}
    return Decisions(
        verdict,
        tuple(one for one, event in finding_rules.DECIDED.items() if seen[event]),
        tuple((LABELS[event], one) for event, one in seen.items() if one is not None and not one),
    )


class Looked:
    """What the rules ask of one person and one finding, each looked up once for all events."""

    def __init__(self, user: User, finding: Finding, at: datetime) -> None:
        self._user, self._finding, self._at = user, finding, at
        self.facts = finding_facts(finding, late=clock_query.late(finding.clocks.all(), at))
        self._actors: dict[str, Actor | None] = {}
        self._others: dict[tuple[int | None, bool], bool] = {}

    def may(self, event: FindingEvent) -> Verdict | None:
        """None: not offered. What the person has yet to enter is taken as given."""
        right = RIGHTS.get(event, "finding.judge")
        actor = self._actor(right) if _of_this_page(self._finding, event) else None
        if actor is None:
            return None
        verdict = finding_rules.may(event, self.facts, office.person(actor), self._given(event, actor))
        verdict = verdict and apart.may_judge(event, self._finding, actor)
        hidden = verdict.facts.get("code") in HIDDEN or _not_mine(verdict, event)
        return None if not verdict and hidden else verdict

    def decision(self) -> Verdict | None:
        """Putuskan: None = not offered; a refusal where none of its steps is open."""
        actor = self._actor("finding.judge") if self.facts.escalated else None
        if actor is None or actor.role != roles.COORDINATOR:
            return None
        told = [one for event in dict.fromkeys(finding_rules.DECIDED.values()) if (one := self.may(event)) is not None]
        return next((one for one in told if one), told[0] if told else None)

    def judge(self) -> Person:
        actor = self._actor("finding.judge")
        return Person(0, Role.SYSTEM) if actor is None else office.person(actor)

    def _actor(self, right: str) -> Actor | None:
        if right not in self._actors:
            allowed = permissions.can(self._user, right, at=self._at)
            self._actors[right] = _actor(self._user, self._finding, right, self._at) if allowed else None
        return self._actors[right]

    def _given(self, event: FindingEvent, actor: Actor) -> Given:
        closing = event is E.CLOSE and self._finding.state == S.FOLLOW_UP_REPORTED
        done = FollowUp(correction="-", root_cause="-", corrective_action="-", person_in_charge="-",
                        on=local_date(self._at, self._user.zone), done=True)  # fmt: skip
        newest = stepping.follow_up_facts(stepping.newest_follow_up(self._finding)) if closing else done
        return Given(
            reason="-",
            recommendation="-",
            follow_up=newest,
            evidence=stepping.evidence_of(self._finding) if closing else 1,
            late_reason=LateReason.OTHER,
            decision=Dispute.PARTLY,
            other_qa=self._other_qa(actor, dispute=event is E.DECIDE_DISPUTE),
            to=Owner.DEPARTMENT,
            to_id=-1,
        )

    def _other_qa(self, actor: Actor, *, dispute: bool) -> bool:
        key = (stepping.person_id(actor), dispute)
        if key not in self._others:
            self._others[key] = stepping.other_qa(self._finding, actor, dispute=dispute)
        return self._others[key]


def _of_this_page(finding: Finding, event: FindingEvent) -> bool:
    """A finding of a form is handed over, returned and forwarded with its form."""
    if event is E.DECIDE_DISPUTE and finding.dispute != Dispute.OPEN:
        return False
    if finding.sample is None:
        return True
    if event is E.FORWARD:
        return verified(finding)
    return event not in {E.GIVE_FEEDBACK, E.RETURN_FORM}


def verified(finding: Finding) -> bool:
    return finding.sample is None or finding.sample.state in {SampleState.VERIFIED, SampleState.LOCKED}


def _actor(user: User, finding: Finding, right: str, at: datetime) -> Actor:
    if right == "finding.judge":
        return stepping.judge(user, at)
    if right == "finding.follow_up":
        return stepping.owner_of(user, finding, at)
    if right == "finding.feedback":
        return stepping.acting(user, right, at, person=finding.executor_id)
    own = finding.agent is not None and finding.agent.user_id == user.pk
    role = "" if right == "finding.remind" else roles.AGENT if own else roles.SUPERVISOR
    return stepping.acting(user, right, at, role=role, person=None if own else finding.owner_id)


def _not_mine(verdict: Verdict, event: FindingEvent) -> bool:
    """Who merely looks on is not shown what is somebody else's turn, but who has the next step in hand."""
    return verdict.facts.get("code") == "owner" and event is not E.REPORT_FOLLOW_UP


# --- what the machine does not know


def may_choose_owner(user: User, finding: Finding, at: datetime) -> bool:
    judge = permissions.can(user, "finding.judge", at=at)
    return bool(judge) and S(finding.state) is S.FEEDBACK_GIVEN


def may_work(user: User, finding: Finding, at: datetime, right: str) -> bool:
    """The owner adds evidence and coaching while it is open and was forwarded."""
    if not permissions.can(user, right, at=at) or finding.forwarded_at is None:
        return False
    if S(finding.state) in finding_rules.ENDED:
        return False
    return stepping.person_id(stepping.acting(user, right, at, person=finding.owner_id)) == finding.owner_id


def may_coach(user: User, finding: Finding, at: datetime) -> bool:
    concerned = finding.owner_kind == Owner.SUPERVISOR and finding.agent_id is not None
    return concerned and may_work(user, finding, at, "finding.coach")


def allowed(user: User, finding: Finding, at: datetime) -> Iterator[str]:
    """Codes of the events that are open to this person, and "decide", for machines."""
    looked = Looked(user, finding, at)
    if looked.decision():
        yield DECIDE
    yield from (one.name for one in _steps(looked, NEXT.get(S(finding.state)), list(LABELS)) if one.verdict)
