"""Activity 6 and what may happen on the way: the owner works and reports, QA closes or sends back, somebody else is put
in charge, a finding is not valid or part of another, the Kordinator reminds and decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import RoleGrant, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.civil_time import local_date
from kendali.mystery.actions import clocks, finding_notices, stepping
from kendali.mystery.models import Finding, FollowUp
from kendali.mystery.rules import finding_links, finding_rules
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_links import Mergeable
from kendali.mystery.rules.finding_rules import FindingEvent, FindingState, Given, LateReason, Owner
from kendali.verdict import YES, Verdict, no

ROLE_OF = {Owner.SUPERVISOR: roles.SUPERVISOR, Owner.DEPARTMENT: roles.DEPARTMENT_HEAD}


# --- the owner


@transaction.atomic
def begin(*, user: User, at: datetime, finding: Finding) -> Finding:
    actor = stepping.owner_of(user, finding, at)
    return stepping.take(stepping.locked(finding), FindingEvent.BEGIN, actor=actor, at=at)


@transaction.atomic
def report_follow_up(*, user: User, at: datetime, finding: Finding, follow_up: finding_rules.FollowUp) -> Finding:
    """Done or planned: hand-over 6, which stops K3 the first time; the newest report stands."""
    actor = stepping.owner_of(user, finding, at)
    words = (follow_up.correction, follow_up.root_cause, follow_up.corrective_action, follow_up.person_in_charge)
    stepping.written(*words)
    finding = stepping.take(
        stepping.locked(finding),
        FindingEvent.REPORT_FOLLOW_UP,
        actor=actor,
        at=at,
        given=Given(follow_up=follow_up, today=local_date(at, user.zone)),
        changes={"reported_at": finding.reported_at or at},
        facts={"done": follow_up.done, "on": follow_up.on},
    )
    assert follow_up.on is not None  # the rule asked for it
    correction, root_cause, corrective_action, person = (one.strip() for one in words)
    FollowUp.objects.create(
        finding=finding, correction=correction, root_cause=root_cause, corrective_action=corrective_action,
        person_in_charge=person[:200], on=follow_up.on, done=follow_up.done, by=user, at=at,
    )  # fmt: skip
    finding_notices.reported(finding, at=at)
    return finding


# --- QA, or the Kordinator where the clock brought it to him


@transaction.atomic
def find_insufficient(*, user: User, at: datetime, finding: Finding, reason: str) -> Finding:
    """Back to the owner; K3 does not start again."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.locked(finding)
    given = Given(reason=reason, other_qa=stepping.other_qa(finding, actor))
    stepping.take(finding, FindingEvent.FIND_INSUFFICIENT, actor=actor, at=at, given=given)
    newest = stepping.newest_follow_up(finding)
    if newest is not None:
        FollowUp.objects.filter(pk=newest.pk).update(insufficient_reason=reason.strip())
    finding_notices.insufficient(finding, reason.strip(), at=at)
    return finding


@transaction.atomic
def close(*, user: User, at: datetime, finding: Finding, reason: str = "", late_reason: str = "") -> Finding:
    """With evidence; a finding that was late says why, and stays late."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.ending(finding)
    code = _late_reason(late_reason)
    given = Given(
        reason=reason,
        follow_up=stepping.follow_up_facts(stepping.newest_follow_up(finding)),
        evidence=stepping.evidence_of(finding),
        late_reason=code,
        other_qa=stepping.other_qa(finding, actor),
    )
    changes = {"late_reason": code.value if code else ""}
    stepping.take(finding, FindingEvent.CLOSE, actor=actor, at=at, given=given, changes=changes, facts=changes)
    finding_notices.ended(finding, "closed", at=at)
    return finding


def _late_reason(code: str) -> LateReason | None:
    if not code:
        return None
    if code not in set(LateReason):
        raise RuleRefused(no(_("Choose one of the values offered.")))
    return LateReason(code)


@transaction.atomic
def choose_owner(*, user: User, at: datetime, finding: Finding, owner: User) -> Finding:
    """Before it is forwarded: who answers for it, where roster and settings name nobody or the wrong person."""
    actor = stepping.judge(user, at)
    finding = stepping.locked(finding)
    kind = _kind(finding, owner)
    for verdict in (
        YES
        if stepping.state_of(finding) is FindingState.FEEDBACK_GIVEN
        else no(_("Who answers for a finding is chosen before it is forwarded; later it is rerouted.")),
        _answers(kind, owner),
        no(_("Who made the call does not answer for its finding.")) if owner.pk == finding.executor_id else YES,
    ):
        if not verdict:
            raise RuleRefused(verdict)
    Finding.objects.filter(pk=finding.pk).update(owner=owner, owner_kind=kind.value)
    finding.owner, finding.owner_kind = owner, kind.value
    facts = {"number": finding.number, "owner": owner.name, "owner_kind": kind.value}
    audit.record("finding.owner_chosen", actor=actor, at=at, obj=finding, facts=facts)
    clocks.recompute(finding, Step.K3, actor=actor, at=at)
    clocks.settle(finding)
    return finding


@transaction.atomic
def reroute(*, user: User, at: datetime, finding: Finding, owner: User, reason: str) -> Finding:
    """Alihkan PIC: to a department, back to a supervisor, to another person. The clock goes on at the new desk."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.locked(finding)
    before = finding_notices.owner_people(finding, at)
    kind = _kind(finding, owner)
    allowed = _answers(kind, owner)
    if not allowed:
        raise RuleRefused(allowed)
    given = Given(reason=reason, to=kind, to_id=owner.pk, other_qa=stepping.other_qa(finding, actor))
    stepping.take(
        finding, FindingEvent.REROUTE, actor=actor, at=at, given=given,
        changes={"owner": owner, "owner_kind": kind.value},
        facts={"owner": owner.name, "owner_kind": kind.value},
    )  # fmt: skip
    clocks.recompute(finding, Step.K3, actor=actor, at=at)
    clocks.settle(finding)
    finding_notices.rerouted(finding, before, reason.strip(), at=at)
    return finding


def _kind(finding: Finding, owner: User) -> Owner:
    """What the new owner is; of somebody with both roles, what the finding is now."""
    held = set(RoleGrant.objects.filter(user=owner, ended_at=None).values_list("role", flat=True))
    now = Owner(finding.owner_kind)
    other = Owner.DEPARTMENT if now is Owner.SUPERVISOR else Owner.SUPERVISOR
    return other if ROLE_OF[other] in held and ROLE_OF[now] not in held else now


def _answers(kind: Owner, owner: User) -> Verdict:
    held = RoleGrant.objects.filter(user=owner, role=ROLE_OF[kind], ended_at=None).exists()
    if held and owner.is_active:
        return YES
    return no(_("%(name)s is neither Supervisor nor department head."), name=owner.name)


@transaction.atomic
def invalidate(*, user: User, at: datetime, finding: Finding, reason: str) -> Finding:
    """TIDAK SAH: clocks that still run count nowhere, unless they were late."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.ending(finding)
    given = Given(reason=reason, other_qa=stepping.other_qa(finding, actor))
    stepping.take(finding, FindingEvent.INVALIDATE, actor=actor, at=at, given=given)
    finding_notices.ended(finding, "invalid", at=at, reason=reason.strip())
    return finding


@transaction.atomic
def merge(*, user: User, at: datetime, finding: Finding, into: Finding, reason: str) -> Finding:
    """DIGABUNG: part of an earlier open finding of the same owner, which goes on for both."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.ending(finding)
    into = stepping.locked(into)
    allowed = finding_links.may_merge(mergeable(finding), mergeable(into))
    if not allowed:
        raise RuleRefused(allowed)
    Finding.objects.filter(merged_into=finding).update(merged_into=into)  # what went into this one goes along
    finding.merged_into = into
    given = Given(reason=reason, other_qa=stepping.other_qa(finding, actor))
    changes, facts = {"merged_into": into}, {"into": into.number}
    stepping.take(finding, FindingEvent.MERGE, actor=actor, at=at, given=given, changes=changes, facts=facts)
    audit.record("finding.took_in", actor=actor, at=at, obj=into, facts={"number": into.number, "one": finding.number})
    finding_notices.ended(finding, "merged", at=at, into=into.number)
    return finding


def mergeable(finding: Finding) -> Mergeable:
    return Mergeable(
        number=finding.number,
        state=FindingState(finding.state),
        owner=f"{finding.owner_kind} {finding.owner_id}",
        found_at=finding.found_at,
        critical_compliance=finding.critical_compliance,
    )


@transaction.atomic
def remind(*, user: User, at: datetime, finding: Finding, reason: str) -> Finding:
    """Ingatkan, with a note: whoever must act is told again, by whom and why."""
    actor = permissions.acting(user, "finding.remind")
    stepping.written(reason)
    finding = stepping.locked(finding)
    stepping.take(finding, FindingEvent.REMIND, actor=actor, at=at, given=Given(reason=reason))
    finding_notices.reminded(finding, reason.strip(), at=at)
    return finding
