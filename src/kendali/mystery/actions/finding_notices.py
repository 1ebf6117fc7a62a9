"""Who is told what about a finding. No notice to a supervisor or an agent names who called, as whom or with what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.mystery.models import Dispute, Finding
from kendali.mystery.queries import apart, board
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.clock_rules import Listener, Step
from kendali.mystery.rules.finding_rules import FindingState, Owner
from kendali.mystery.rules.machine import Role
from kendali.notices import actions as notices
from kendali.terms import settings as terms


def address(finding: Finding) -> str:
    return f"/mystery/temuan/{finding.pk}/"


# --- people


def holders(role: str, at: datetime) -> list[User]:
    """Everybody with this role who may judge, answer or oversee, deputies included."""
    action = {
        roles.QA: "finding.judge",
        roles.COORDINATOR: "finding.escalated",
        roles.MANAGER_OPERATION: "finding.overdue",
    }[role]
    people = permissions.holders(action, at=at)
    if role != roles.QA:
        return people
    return [one for one in people if any(right.role == roles.QA for right in permissions.rights(one, at=at))]


def with_deputies(user: User | None, role: str, at: datetime) -> list[User]:
    if user is None:
        return []
    rows = permissions.deputies_in_force(at)
    named = [row.deputy_id for row in rows if row.principal_id == user.pk and row.role == role]
    return [user, *User.objects.filter(pk__in=named, is_active=True)]


def owner_people(finding: Finding, at: datetime) -> list[User]:
    supervisor = finding.owner_kind == Owner.SUPERVISOR
    return with_deputies(finding.owner, roles.SUPERVISOR if supervisor else roles.DEPARTMENT_HEAD, at)


def judges(finding: Finding, at: datetime) -> list[User]:
    """The QA who verified it, else every QA; the Kordinator where there is none."""
    if finding.verifier_id is not None and finding.verifier_id in board.holding(roles.QA):
        return with_deputies(finding.verifier, roles.QA, at)
    not_these = apart.of_finding(finding)
    found = [one for one in holders(roles.QA, at) if one.pk not in not_these]
    return found or holders(roles.COORDINATOR, at)


def who_must_act(finding: Finding, at: datetime) -> list[User]:
    state = FindingState(finding.state)
    if state is FindingState.FOUND:
        return [finding.executor] if finding.executor is not None else []
    if state in finding_rules.AT_OWNER:
        return owner_people(finding, at)
    return [] if state in finding_rules.ENDED else judges(finding, at)


def listeners(finding: Finding, step: Step, who: Listener, at: datetime) -> list[User]:
    """Of one clock: who must make the hand-over, who waits for it, who is told when it is a day or two late."""
    if who is Listener.COORDINATOR:
        return holders(roles.COORDINATOR, at)
    if who is Listener.MANAGER_OPERATION:
        return holders(roles.MANAGER_OPERATION, at)
    if who is Listener.HOLDER:
        # K2 of a form that was returned is still the QA's, while who called has it in hand.
        waits = judges(finding, at) if step is Step.K2 and finding.state == FindingState.FOUND else []
        return [*who_must_act(finding, at), *waits]
    return owner_people(finding, at) if step is Step.K2 else judges(finding, at)


# --- what is told


def tell(
    finding: Finding, people: Iterable[User], kind: str, at: datetime, *, due: datetime | None = None,
    email: bool = True, open_it: bool = True, page: str = "", url: str = "", **facts: object,
) -> None:  # fmt: skip
    """`page`: of the step that is asked for; "" = the finding's own. `url`: where it is done, if not there."""
    notices.notify(
        people,
        kind=f"finding.{kind}",
        at=at,
        url=(url or address(finding) + page) if open_it else "",
        due=due,
        facts={"number": finding.number, "area": finding.area.upper(), **facts},
        email=email,
    )


def fast_lane(finding: Finding, *, at: datetime) -> None:
    """Compliance-critical: its owner and the Kordinator know at once, before QA verified it."""
    told = finding_rules.told_at_once(Owner(finding.owner_kind), critical_compliance=finding.critical_compliance)
    people = holders(roles.COORDINATOR, at) if Role.COORDINATOR in told else []
    people += owner_people(finding, at) if told else []
    if people:
        tell(finding, people, "critical", at, due=finding.due_at)


def access_raised(finding: Finding, *, at: datetime) -> None:
    tell(finding, who_must_act(finding, at), "access", at, due=finding.due_at, page="feedback/")


def handed_to_qa(finding: Finding, *, at: datetime) -> None:
    tell(finding, judges(finding, at), "handed_to_qa", at, due=finding.due_at)


def returned(finding: Finding, reason: str, *, at: datetime) -> None:
    tell(finding, who_must_act(finding, at), "returned", at, due=finding.due_at, page="feedback/", reason=reason)


def forwarded(finding: Finding, *, at: datetime) -> None:
    tell(finding, owner_people(finding, at), "forwarded", at, due=finding.due_at)


def rerouted(finding: Finding, before: list[User], reason: str, *, at: datetime) -> None:
    tell(finding, owner_people(finding, at), "rerouted", at, due=finding.due_at, reason=reason)
    tell(finding, before, "taken_over", at, open_it=False, reason=reason)


def reported(finding: Finding, *, at: datetime) -> None:
    tell(finding, judges(finding, at), "reported", at, due=finding.due_at)


def insufficient(finding: Finding, reason: str, *, at: datetime) -> None:
    tell(finding, owner_people(finding, at), "insufficient", at, due=finding.due_at, reason=reason)


def ended(finding: Finding, kind: str, *, at: datetime, reason: str = "", into: str = "") -> None:
    """To the owner, where it had come to the owner."""
    if finding.forwarded_at is not None or finding.critical_compliance:
        tell(finding, owner_people(finding, at), kind, at, reason=reason, into=into)


def raised_again(finding: Finding, one: str, *, at: datetime) -> None:
    tell(finding, who_must_act(finding, at), "raised_again", at, due=finding.due_at, one=one)


def reminded(finding: Finding, reason: str, *, at: datetime) -> None:
    tell(finding, who_must_act(finding, at), "reminded", at, due=finding.due_at, reason=reason)


def disputed(finding: Finding, *, at: datetime) -> None:
    """To every QA but the one who verified it; where there is none, to the Kordinator."""
    not_these = apart.of_dispute(finding)
    people = [one for one in holders(roles.QA, at) if one.pk not in not_these]
    tell(finding, people or holders(roles.COORDINATOR, at), "disputed", at)


def dispute_decided(finding: Finding, dispute: Dispute, *, at: datetime) -> None:
    people = {one.pk: one for one in [dispute.by, *owner_people(finding, at)]}
    tell(finding, people.values(), "dispute_decided", at, decision=dispute.decision, reason=dispute.decision_reason)


def coached(finding: Finding, *, at: datetime) -> None:
    """The agent, where agents log in."""
    user = finding.agent.user if finding.agent is not None else None
    if user is not None and agents_log_in():
        tell(finding, [user], "coached", at)


def agents_log_in() -> bool:
    return bool(terms.get("mystery.agent_login"))


def threshold(
    finding: Finding, people: Iterable[User], name: str, step: Step, *, at: datetime, due: datetime, email: bool,
    open_it: bool,
) -> None:  # fmt: skip
    """Who called corrects a form that was returned on the page of the call: a TL or SPV who helped sees no other."""
    returned_form = finding.state == FindingState.FOUND and finding.sample_id is not None
    form = f"/mystery/panggilan/{finding.sample_id}/" if returned_form else ""
    for one in people:
        url = form if one.pk == finding.executor_id else ""
        tell(finding, [one], f"clock_{name}", at, due=due, email=email, open_it=open_it, url=url, step=step.value)
