"""Putuskan: the Kordinator takes the step that an escalated finding waits for, with a note. Every decision is a step
that is there without it, with its rule, its clock and its notices; the trail says that it was decided, and what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.mystery import office
from kendali.mystery.actions import disputes, finding_steps, findings, stepping
from kendali.mystery.actions.moving import finding_facts
from kendali.mystery.models import Finding
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.finding_rules import Decision, Given
from kendali.verdict import no

D = Decision
BY_NOTE: Mapping[Decision, Callable[..., Finding]] = {
    D.FORWARD: findings.forward_verified,
    D.RETURN_FORM: findings.return_feedback,
    D.FIND_INSUFFICIENT: finding_steps.find_insufficient,
    D.INVALIDATE: finding_steps.invalidate,
}


@transaction.atomic
def decide(
    *, user: User, at: datetime, finding: Finding, decision: str, note: str, late_reason: str = "",
    into: Finding | None = None,
) -> Finding:  # fmt: skip
    """`late_reason`: to close what was late; `into`: to merge. Raises RuleRefused."""
    permissions.acting(user, "finding.decide", at=at)
    actor = stepping.judge(user, at)
    stepping.written(note)
    if decision not in set(Decision):
        raise RuleRefused(no(_("Choose one of the values offered.")))
    row = stepping.ending(finding)
    allowed = finding_rules.may_settle(finding_facts(row), office.person(actor), Given(reason=note))
    if not allowed:
        raise RuleRefused(allowed)
    done = _step(Decision(decision), user, at, row, note, late_reason, into)
    facts = {"number": row.number, "decided": decision, "reason": note.strip()}
    audit.record("finding.decided", actor=actor, at=at, obj=done, facts=facts)
    return done


def _step(
    decision: Decision, user: User, at: datetime, row: Finding, note: str, late_reason: str, into: Finding | None
) -> Finding:
    if decision in BY_NOTE:
        return BY_NOTE[decision](user=user, at=at, finding=row, reason=note)
    if decision is D.CLOSE:
        return finding_steps.close(user=user, at=at, finding=row, reason=note, late_reason=late_reason)
    if decision is D.MERGE:
        if into is None:
            raise RuleRefused(no(_("Choose the finding that goes on for both.")))
        return finding_steps.merge(user=user, at=at, finding=row, into=into, reason=note)
    answer = finding_rules.DISPUTES[decision].value
    return disputes.decide(user=user, at=at, finding=row, decision=answer, reason=note)
