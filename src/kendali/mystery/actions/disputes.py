"""Sanggahan: raised by the agent or, for the agent, by the supervisor; decided by another QA than the one who verified.
A dispute stops neither the work nor a clock."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.mystery.actions import finding_notices, stepping
from kendali.mystery.models import Dispute, Finding
from kendali.mystery.rules.finding_rules import Dispute as State
from kendali.mystery.rules.finding_rules import FindingEvent, Given
from kendali.verdict import no


@transaction.atomic
def dispute(*, user: User, at: datetime, finding: Finding, reason: str) -> Dispute:
    finding = stepping.locked(finding)
    person = None if finding.agent is not None and finding.agent.user_id == user.pk else finding.owner_id
    role = roles.AGENT if person is None else roles.SUPERVISOR
    actor = stepping.acting(user, "finding.dispute", at, role=role, person=person)
    stepping.written(reason)
    stepping.take(finding, FindingEvent.DISPUTE, actor=actor, at=at, given=Given(reason=reason))
    row = Dispute.objects.create(finding=finding, reason=reason.strip(), by=user, at=at)
    finding_notices.disputed(finding, at=at)
    return row


@transaction.atomic
def decide(*, user: User, at: datetime, finding: Finding, decision: str, reason: str) -> Finding:
    """Accepted: the finding is not valid. Partly or rejected: it goes on."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    if decision not in set(State):
        raise RuleRefused(no(_("Choose one of the values offered.")))
    finding = stepping.ending(finding)
    other = stepping.other_qa(finding, actor, dispute=True)
    given = Given(reason=reason, decision=State(decision), other_qa=other)
    stepping.take(
        finding, FindingEvent.DECIDE_DISPUTE, actor=actor, at=at, given=given, facts={"decision": decision}
    )  # fmt: skip
    row = Dispute.objects.get(finding=finding, decided_at=None)
    row.decision, row.decision_reason, row.decided_by, row.decided_at = decision, reason.strip(), user, at
    row.save(update_fields=["decision", "decision_reason", "decided_by", "decided_at"])
    finding_notices.dispute_decided(finding, row, at=at)
    return finding
