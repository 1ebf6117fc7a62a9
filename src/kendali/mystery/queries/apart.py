"""Who judges neither a call nor a finding: who called, who answers for it, who verified it, and whoever stood in for
one of them or lent the own chair meanwhile. A person and a deputy count as one, also after the deputyship has ended."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import RoleGrant
from kendali.audit.actor import Actor
from kendali.mystery.models import Dispute, Finding, Sample
from kendali.mystery.rules.finding_rules import JUDGES, FindingEvent
from kendali.verdict import YES, Verdict, no


def of_call(row: Sample) -> frozenset[int]:
    return permissions.counted_as_one([row.executor_id], since=row.called_at or row.calling_since)


def of_finding(finding: Finding) -> frozenset[int]:
    return permissions.counted_as_one([finding.executor_id, finding.owner_id], since=finding.found_at)


def of_verifier(finding: Finding) -> frozenset[int]:
    return permissions.counted_as_one([finding.verifier_id], since=finding.forwarded_at)


def of_dispute(finding: Finding) -> frozenset[int]:
    """Everybody who does not decide it."""
    raised = Dispute.objects.filter(finding=finding, decided_at=None).values_list("by", flat=True)
    return of_finding(finding) | of_verifier(finding) | frozenset(raised)


def may_judge(event: FindingEvent, finding: Finding, actor: Actor) -> Verdict:
    """The machine knows one person; this asks also for whom else that person stood, or who stood there."""
    if actor.user_id is None or actor.role not in JUDGES or event is FindingEvent.REMIND:
        return YES
    here = {actor.user_id, actor.principal_id}
    deciding = event is FindingEvent.DECIDE_DISPUTE
    if deciding and here & of_verifier(finding):
        return no(_("A dispute is decided by another QA than the one who verified the finding."), code="verifier")
    if here & (of_dispute(finding) if deciding else of_finding(finding)):
        return no(_("Nobody judges his own call or his own follow-up."), code="own_work")
    return YES


def other_qa(apart: frozenset[int], actor: Actor) -> bool:
    """Is there a QA who is not among these, so that judging is not the Kordinator's?"""
    held = RoleGrant.objects.filter(role=roles.QA, ended_at=None, user__is_active=True)
    asking = actor.principal_id or actor.user_id
    return held.exclude(user__in=apart if asking is None else apart | {asking}).exists()
