"""Who answered a call: QA names the agent where roster and caller did not, or corrects who was named."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.mystery import office
from kendali.mystery.actions import clocks, finding_steps, stepping, verifying
from kendali.mystery.actions.moving import locked_sample, sample_facts
from kendali.mystery.models import Agent, Finding, FindingLine, Membership, Sample
from kendali.mystery.queries import causes, recurrence, roster
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.attribution import may_attribute
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_rules import FindingState, Owner
from kendali.mystery.rules.form import Cause
from kendali.verdict import Verdict, no

BEFORE_FORWARDING = frozenset({FindingState.FOUND, FindingState.FEEDBACK_GIVEN})
KEPT = [FindingState.INVALID.value, FindingState.MERGED.value]


@transaction.atomic
def set_agent(*, user: User, at: datetime, sample: Sample, agent: Agent | None, reason: str = "") -> Sample:
    """None: not identified after all; then the area's SPV answers. Its findings follow: whoever answers for the agent
    now gets them, by a re-route where they were forwarded already. Raises RuleRefused."""
    actor = verifying.judge(user, at)
    stepping.written(reason)
    row = locked_sample(sample.pk)
    after = agent.pk if agent is not None else None
    given = verifying.given(row, actor, at, reason=reason)
    allowed = verifying.not_the_caller(user, row) and may_attribute(
        sample_facts(row), office.person(actor), given, before=row.agent_id, after=after
    )
    if not allowed:
        raise RuleRefused(allowed)
    before = row.agent.name if row.agent is not None else ""
    _write(row, agent, _membership(row, agent))
    facts = {
        "number": row.number, "agent": agent.name if agent else "", "before": before, "reason": reason.strip(),
    }  # fmt: skip
    audit.record("sample.agent_set", actor=actor, at=at, obj=row, facts=facts)
    _findings(row, user, at, reason)
    return row


def may(user: User, row: Sample, at: datetime) -> Verdict:
    """For a page: whether this person may name or correct the agent at all."""
    right = permissions.can(user, "sample.verify")
    if not right:
        return right
    actor = verifying.judge(user, at)
    given = verifying.given(row, actor, at, reason="-")
    return verifying.not_the_caller(user, row) and may_attribute(
        sample_facts(row), office.person(actor), given, before=row.agent_id, after=-1
    )


def _membership(row: Sample, agent: Agent | None) -> Membership | None:
    if agent is None:
        return None
    at = row.called_at
    found = roster.agent_at(at, agent=agent.number) if at is not None else None
    if found is None:
        raise RuleRefused(no("%(agent)s was not in the roster at the time of the call.", agent=agent.name))
    return found


def _write(row: Sample, agent: Agent | None, at: Membership | None) -> None:
    row.agent, row.agent_team = agent, at.team if at else ""
    row.agent_site = at.site if at else None
    row.save(update_fields=["agent", "agent_team", "agent_site"])


def _findings(row: Sample, user: User, at: datetime, reason: str) -> None:
    """Those of the agent's supervisor go to who that is now; a department's stay with it, and name the agent whose call
    it was. Access alone is never an agent's."""
    of_the_call = FindingLine.objects.exclude(cause=Cause.ACCESS.value).values("finding")
    rows = Finding.objects.filter(sample=row, pk__in=of_the_call).exclude(state__in=KEPT)
    owner = causes.supervisor_of(row)
    for one in rows.order_by("pk"):
        finding = stepping.locked(one)
        finding.agent, finding.team, finding.area = row.agent, row.agent_team, causes.area_of(row)
        finding.recurs = list(recurrence.earlier(finding))
        finding.save(update_fields=["agent", "team", "area", "recurs"])
        if finding.owner_kind == Owner.SUPERVISOR:
            _hand_over(finding, owner, user, at, reason)


def _hand_over(finding: Finding, owner: User | None, user: User, at: datetime, reason: str) -> None:
    if owner is None or owner.pk in {finding.owner_id, finding.executor_id}:
        return
    state = FindingState(finding.state)
    if state in BEFORE_FORWARDING:
        finding.owner = owner
        finding.save(update_fields=["owner"])
        clocks.recompute(finding, Step.K3, actor=stepping.judge(user, at), at=at)
        clocks.settle(finding)
    elif state in finding_rules.AT_OWNER and finding.agent is not None:
        finding_steps.reroute(user=user, at=at, finding=finding, owner=owner, reason=reason)
