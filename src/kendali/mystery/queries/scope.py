"""Which rows of mystery calling a person may see at all; a right says what, this says of whom.

Source: mystery-calling "Decisions": agent, TL and SPV never see plan, executor, caller number, persona or scenario; a
TL or SPV who helps sees only the own next sample; an agent sees own evaluations only, a supervisor findings of the own
teams, a department head those it owns. A QC Officer sees the own samples, of others only what was called already.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from kendali.accounts import access, permissions, roles
from kendali.accounts.models import User
from kendali.mystery.models import Finding, Sample, Team
from kendali.mystery.queries import calls
from kendali.mystery.rules.finding_rules import FindingState, Owner
from kendali.mystery.rules.sample_rules import SampleState
from kendali.terms import settings as terms

S = SampleState
AHEAD = (S.PLANNED.value, S.ASSIGNED.value, S.CALLING.value)  # the plan: nobody else's business
TOLD = (S.VERIFIED.value, S.LOCKED.value)  # what QA forwarded, as an agent may read it
WITH_QA = (FindingState.FOUND.value, FindingState.FEEDBACK_GIVEN.value)


def people_as(user: User, *held: str) -> frozenset[int]:
    """Whose rows this person sees in one of these roles: the own, and as a deputy the principal's."""
    return frozenset(right.principal_id or user.pk for right in permissions.rights(user) if right.role in held)


# --- samples


def samples_for(user: User, at: datetime | None = None) -> QuerySet[Sample]:
    """Every sample this person may see something of; which page shows it is the right's to say."""
    if permissions.can(user, "plan.view"):
        return Sample.objects.all()
    seen = Q(pk=None)
    if permissions.can(user, "sample.view"):
        seen |= ~Q(state__in=AHEAD)
    if permissions.can(user, "sample.call"):
        seen |= Q(pk__in=calls.mine(user, at or timezone.now()).values("pk"))
    if may_read_own(user):
        seen |= _own(user)
    return Sample.objects.filter(seen)


def own_evaluations(user: User) -> QuerySet[Sample]:
    """The samples an agent may read the evaluation of: the own ones, once QA forwarded them."""
    return Sample.objects.filter(_own(user)) if may_read_own(user) else Sample.objects.none()


def may_read_own(user: User) -> bool:
    return bool(permissions.can(user, "evaluation.own")) and bool(terms.get("mystery.agent_login"))


def _own(user: User) -> Q:
    return Q(agent__user__in=people_as(user, roles.AGENT), state__in=TOLD)


def load_sample(user: User, right: str, rows: QuerySet[Sample], pk: int) -> Sample:
    """The only way from an address to a sample: Refused (403) without the right, Http404 for one not to be known of."""
    access.require(user, right)
    row = rows.filter(pk__in=samples_for(user).filter(pk=pk).values("pk")).first()
    if row is None:
        raise Http404
    return row


# --- findings


def findings_for(user: User) -> QuerySet[Finding]:
    """The fast lane shows a compliance-critical finding to its owner when it is raised; others when QA forwarded. A QC
    Officer sees those of the own calls, a TL or SPV who helped only the Access finding that waits for the feedback."""
    if not permissions.can(user, "finding.view") and not permissions.can(user, "finding.feedback"):
        return Finding.objects.none()
    if permissions.can(user, "plan.view"):
        return Finding.objects.all()
    seen = Q(executor__in=people_as(user, roles.QC_OFFICER))
    seen |= Q(access_day__isnull=False, state__in=WITH_QA,
              executor__in=people_as(user, roles.TEAM_LEADER, roles.SUPERVISOR))  # fmt: skip
    forwarded = ~Q(state__in=WITH_QA) & Q(forwarded_at__isnull=False)
    at_once = forwarded | Q(critical_compliance=True)
    seen |= at_once & Q(owner__in=people_as(user, roles.SUPERVISOR, roles.DEPARTMENT_HEAD))
    led = Team.objects.filter(supervisor__in=people_as(user, roles.SUPERVISOR)).values("code")
    seen |= at_once & Q(team__in=led)
    if terms.get("mystery.agent_login"):
        seen |= forwarded & Q(agent__user__in=people_as(user, roles.AGENT), owner_kind=Owner.SUPERVISOR.value)
    return Finding.objects.filter(seen)


def load_finding(user: User, right: str, rows: QuerySet[Finding], pk: int) -> Finding:
    access.require(user, right)
    row = rows.filter(pk__in=findings_for(user).filter(pk=pk).values("pk")).first()
    if row is None:
        raise Http404
    return row
