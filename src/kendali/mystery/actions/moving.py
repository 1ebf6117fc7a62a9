"""The one way a sample or a finding changes its state: the machine's rule, compare-and-set, the trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.mystery import office
from kendali.mystery.models import Finding, Sample
from kendali.mystery.rules import finding_rules, sample_rules
from kendali.mystery.rules.finding_rules import FindingEvent, FindingState, Owner
from kendali.mystery.rules.form import Cause
from kendali.mystery.rules.sample_rules import Attempt, Outcome, SampleEvent, SampleState


def locked_sample(pk: int) -> Sample:
    """The row as it is now, until the end of the transaction: of two phones one waits. Only the row: a join of all that
    hangs on it takes the planner five times as long as looking up the two or three rows a step needs."""
    return Sample.objects.select_for_update().get(pk=pk)


def sample_facts(sample: Sample) -> sample_rules.Sample:
    """The row as the rules see it; reads its attempts."""
    outcomes = {one.value for one in Outcome}
    return sample_rules.Sample(
        state=SampleState(sample.state),
        opens=sample.opens,
        closes=sample.closes,
        zone=sample.zone,
        executor_id=sample.executor_id,
        attempts=tuple(
            Attempt(one.at, Outcome(one.outcome)) for one in sample.attempts.all() if one.outcome in outcomes
        ),
        called_at=sample.called_at,
        verified_at=sample.verified_at,
    )


def finding_facts(finding: Finding, *, late: bool = False) -> finding_rules.Finding:
    """The row as the rules see it. `late`: one of its clocks is late or was (`queries.clocks` knows). An agent without
    a login is nobody who could act, but somebody who is concerned: a number below zero."""
    agent = finding.agent
    return finding_rules.Finding(
        state=FindingState(finding.state),
        owner=Owner(finding.owner_kind),
        owner_id=finding.owner_id,
        executor_id=finding.executor_id or 0,
        agent_id=None if agent is None else agent.user_id or -agent.pk,
        verifier_id=finding.verifier_id,
        access=agent is None and not finding.lines.exclude(cause=Cause.ACCESS.value).exists(),
        dispute=finding_rules.Dispute(finding.dispute),
        late=late,
        escalated=finding.escalated_at is not None,
    )


def move_sample(
    sample: Sample,
    event: SampleEvent,
    *,
    actor: Actor,
    given: sample_rules.Given,
    changes: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
    written_at: datetime | None = None,
) -> None:
    """Inside the caller's transaction, after its permission. Raises RuleRefused, StaleState. Verb "sample.<event>".
    `written_at`: now, where the event happened before (`given.at`) on a phone without connection."""
    allowed = sample_rules.may(event, sample_facts(sample), office.person(actor), given)
    if not allowed:
        raise RuleRefused(allowed)
    reason = given.reason.strip()
    audit.move(
        sample,
        sample_rules.LEADS_TO[event].value,
        verb=f"sample.{event.value}",
        actor=actor,
        at=written_at or given.at,
        expected=sample.state,
        field="state",
        changes=changes,
        facts={"number": sample.number, **({"reason": reason} if reason else {}), **(facts or {})},
    )


def move_finding(
    finding: Finding,
    event: FindingEvent,
    *,
    actor: Actor,
    at: datetime,
    given: finding_rules.Given,
    late: bool = False,
    changes: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Inside the caller's transaction, after its permission. Raises RuleRefused, StaleState. Verb "finding.<event>".
    The clocks are stopped by `actions.clocks`."""
    before = finding_facts(finding, late=late)
    allowed = finding_rules.may(event, before, office.person(actor), given)
    if not allowed:
        raise RuleRefused(allowed)
    reason = given.reason.strip()
    audit.move(
        finding,
        finding_rules.leads_to(event, before, given).value,
        verb=f"finding.{event.value}",
        actor=actor,
        at=at,
        expected=finding.state,
        field="state",
        changes={"dispute": finding_rules.dispute_after(event, before, given).value, **(changes or {})},
        facts={"number": finding.number, **({"reason": reason} if reason else {}), **(facts or {})},
    )
