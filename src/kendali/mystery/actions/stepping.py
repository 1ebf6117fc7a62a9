"""One step of one finding with all that follows from it: the machine's rule, the state, its clock, until when it waits,
the hold on its recording. Every action on findings goes through here, inside its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actor import Actor
from kendali.mystery import office
from kendali.mystery.actions import clocks, holding
from kendali.mystery.actions.moving import finding_facts, move_finding
from kendali.mystery.models import Finding, FollowUp, Sample
from kendali.mystery.queries import apart
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.finding_rules import ENDED, FindingEvent, FindingState, Given, Owner
from kendali.terms import free_text


def locked(finding: Finding) -> Finding:
    """The row as it is now, for this transaction alone: a second click waits here and then meets the rule. Only the
    row, as with `moving.locked_sample`."""
    return Finding.objects.select_for_update().get(pk=finding.pk)


def take(
    finding: Finding,
    event: FindingEvent,
    *,
    actor: Actor,
    at: datetime,
    given: Given | None = None,
    changes: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
) -> Finding:
    """`finding`: from `locked`. Raises RuleRefused."""
    given = given or Given()
    allowed = apart.may_judge(event, finding, actor)
    if not allowed:
        raise RuleRefused(allowed)
    late = clock_query.late(finding.clocks.all(), at)
    ends = _ends(event, finding, given)
    move_finding(
        finding, event, actor=actor, at=at, given=given, late=late, facts=facts,
        changes={**(changes or {}), **({"ended_at": at, "end_reason": given.reason.strip()} if ends else {})},
    )  # fmt: skip
    if event in finding_rules.STOPS:
        clocks.stop(finding, finding_rules.STOPS[event], at=at)
    if finding_rules.drops_clocks(event, given):
        clocks.drop(finding, at=at)
    clocks.settle(finding)
    if ends:
        for sample in samples_of(finding):
            holding.settle(sample, at=at)
    return finding


def acting(user: User, action: str, at: datetime, *, role: str = "", person: int | None = None) -> Actor:
    """Like permissions.acting; of several roles (own, or as a deputy) the one this finding is about. Raises Refused."""
    first = permissions.acting(user, action, at=at)
    usable = [right for right in permissions.rights(user, at=at) if right.role in permissions.CAN[action]]
    best = min(
        usable,
        key=lambda one: (
            person is not None and (one.principal_id or user.pk) != person,
            bool(role) and one.role != role,
            one.principal_id is not None,
            one.role,
        ),
        default=None,
    )
    return first if best is None else Actor(user.pk, user.name, best.role, best.principal_name, best.principal_id)


def judge(user: User, at: datetime) -> Actor:
    return acting(user, "finding.judge", at, role=roles.QA)


def caller(user: User, sample: Sample, at: datetime) -> Actor:
    """Who calls as well for somebody else, as a deputy, acts for the one whose sample it is."""
    return acting(user, "sample.call", at, person=sample.executor_id)


def owner_of(user: User, finding: Finding, at: datetime) -> Actor:
    role = roles.SUPERVISOR if finding.owner_kind == Owner.SUPERVISOR else roles.DEPARTMENT_HEAD
    return acting(user, "finding.follow_up", at, role=role, person=finding.owner_id)


def _ends(event: FindingEvent, finding: Finding, given: Given) -> bool:
    return finding_rules.leads_to(event, finding_facts(finding), given) in ENDED


def ending(finding: Finding) -> Finding:
    """Like `locked`, for a step that may end the finding: the holds' lock comes before everything."""
    for sample in samples_of(finding):
        holding.lock(sample)
    return locked(finding)


def samples_of(finding: Finding) -> list[Sample]:
    """Whose recordings depend on this finding: its own, and those of the findings that went into it."""
    numbers = [finding.pk, *Finding.objects.filter(merged_into=finding).values_list("pk", flat=True)]
    return list(Sample.objects.filter(findings__in=numbers).distinct().order_by("pk"))


def lock_holds(sample: Sample) -> None:
    """For a step that may end findings of this sample: its recording, and those of what went into its findings. First
    thing, before anything is written to the trail."""
    others = Sample.objects.filter(findings__merged_into__sample=sample)
    for one in (sample, *others.exclude(pk=sample.pk).distinct().order_by("pk")):
        holding.lock(one)


def written(*texts: str) -> None:
    """Raises RuleRefused for what must not be kept: a national identity, card or phone number."""
    verdict = free_text.acceptable(*texts)
    if not verdict:
        raise RuleRefused(verdict)


def other_qa(finding: Finding, actor: Actor, *, dispute: bool = False) -> bool:
    """Is there a QA who may judge this finding, so that it is not the Kordinator's?"""
    return apart.other_qa(apart.of_dispute(finding) if dispute else apart.of_finding(finding), actor)


def newest_follow_up(finding: Finding) -> FollowUp | None:
    return finding.follow_ups.order_by("-at", "-pk").first()


def follow_up_facts(row: FollowUp | None) -> finding_rules.FollowUp | None:
    if row is None:
        return None
    return finding_rules.FollowUp(
        correction=row.correction, root_cause=row.root_cause, corrective_action=row.corrective_action,
        person_in_charge=row.person_in_charge, on=row.on, done=row.done,
    )  # fmt: skip


def evidence_of(finding: Finding) -> int:
    """Files, links, and coachings that were acknowledged."""
    return finding.evidence.count() + finding.coachings.exclude(acknowledged_at=None).count()


def state_of(finding: Finding) -> FindingState:
    return FindingState(finding.state)


def person_id(actor: Actor) -> int | None:
    """Who counts as acting: for a deputy the one acted for."""
    return office.person(actor).id or None
