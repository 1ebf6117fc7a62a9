"""The board "menunggu tindakan": which findings wait, for whom, until when. A page is a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from kendali.accounts import permissions, roles
from kendali.accounts.models import RoleGrant, User
from kendali.mystery.models import Clock, Finding, Team
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.queries import scope
from kendali.mystery.queries.clocks import Chip, Desks
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.finding_rules import Dispute, FindingState, Owner

S = FindingState
OPEN = [one.value for one in S if one in finding_rules.OPEN]
AT_OWNER = [one.value for one in S if one in finding_rules.AT_OWNER]
WAITS, NEWEST = ("due_at", "id"), ("-found_at", "-id")
RELATED = ("owner", "executor", "verifier", "agent", "cycle")


def with_clocks(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    return rows.select_related(*RELATED).prefetch_related(Prefetch("clocks", Clock.objects.order_by("step")))


def waiting() -> QuerySet[Finding]:
    return Finding.objects.filter(due_at__isnull=False, state__in=OPEN)


# --- whose turn it is


def of(user: User) -> Q:
    """The findings that wait for this person, own or as a deputy."""
    mine = Q(state=S.FOUND.value, executor__in=_as(user, roles.QC_OFFICER, roles.TEAM_LEADER, roles.SUPERVISOR))
    for role, kind in ((roles.SUPERVISOR, Owner.SUPERVISOR), (roles.DEPARTMENT_HEAD, Owner.DEPARTMENT)):
        mine |= Q(state__in=AT_OWNER, owner_kind=kind.value, owner__in=_as(user, role))
    mine |= _of_qa(_as(user, roles.QA))
    if permissions.can(user, "finding.escalated"):
        mine |= Q(escalated_at__isnull=False, state__in=[*AT_OWNER, S.FEEDBACK_GIVEN.value, S.FOUND.value])
        mine |= _without_qa()
    return mine


def _of_qa(qa: frozenset[int]) -> Q:
    """A follow-up waits for the QA who verified, and for all of them where that one is no QA any more."""
    if not qa:
        return Q(pk=None)
    apart = Q(executor__in=qa) | Q(owner__in=qa)
    by_nobody = Q(verifier=None) | ~Q(verifier__in=holding(roles.QA))
    return (
        Q(state=S.FEEDBACK_GIVEN.value) & ~apart
        | Q(state=S.FOLLOW_UP_REPORTED.value) & (Q(verifier__in=qa) | by_nobody & ~apart)
        | Q(dispute=Dispute.OPEN.value) & ~Q(verifier__in=qa) & ~apart
    )


def _without_qa() -> Q:
    """What the Kordinator judges, because every QA is concerned with it."""
    judged, disputed = Q(), Q()
    for one in holding(roles.QA):
        judged &= Q(executor=one) | Q(owner=one)
        disputed &= Q(executor=one) | Q(owner=one) | Q(verifier=one)
    states = [S.FEEDBACK_GIVEN.value, S.FOLLOW_UP_REPORTED.value]
    return Q(state__in=states) & judged | Q(dispute=Dispute.OPEN.value) & disputed


def holding(role: str) -> frozenset[int]:
    """Who holds this role now, without deputies."""
    rows = RoleGrant.objects.filter(role=role, ended_at=None, user__is_active=True)
    return frozenset(rows.values_list("user", flat=True))


def of_teams(user: User) -> Q:
    """What the teams of this supervisor are concerned with."""
    people = _as(user, roles.SUPERVISOR)
    return Q(team__in=Team.objects.filter(supervisor__in=people).values("code")) | Q(owner__in=people)


def _as(user: User, *held: str) -> frozenset[int]:
    return scope.people_as(user, *held)


# --- one line


@dataclass(frozen=True, slots=True)
class Turn:
    """Who must act: a role, and a name where one person is meant and may be named. `judge`: the role that must decide
    the dispute meanwhile; "" = there is none."""

    role: str
    name: str = ""
    judge: str = ""


class Judges:
    """Who decides disputes: a QA who has no part in the finding, else the Kordinator (as `of` has it for each person).
    The holders are asked for once, and only where there is a dispute."""

    def __init__(self) -> None:
        self._qa: frozenset[int] | None = None

    def of(self, finding: Finding) -> str:
        if finding.dispute != Dispute.OPEN:
            return ""
        if self._qa is None:
            self._qa = holding(roles.QA)
        concerned = {finding.executor_id, finding.owner_id, finding.verifier_id}
        return roles.QA if self._qa - concerned else roles.COORDINATOR


def turn(finding: Finding, *, names_callers: bool, judge: str = "") -> Turn | None:
    """None: it ended. `judge`: from `Judges`."""
    state = S(finding.state)
    if state in finding_rules.ENDED:
        return None
    if state is S.FOUND:
        return Turn(roles.QC_OFFICER, _name(finding.executor) if names_callers else "", judge)
    if state in finding_rules.AT_OWNER:
        supervisor = finding.owner_kind == Owner.SUPERVISOR
        return Turn(roles.SUPERVISOR if supervisor else roles.DEPARTMENT_HEAD, _name(finding.owner), judge)
    return Turn(roles.QA, _name(finding.verifier) if state is S.FOLLOW_UP_REPORTED else "", judge)


def _name(user: User | None) -> str:
    return user.name if user is not None else ""


@dataclass(frozen=True, slots=True)
class Line:
    finding: Finding
    turn: Turn | None
    chips: list[Chip]


def lines(rows: Iterable[Finding], at: datetime, *, names_callers: bool, desks: Desks | None = None) -> list[Line]:
    """`rows`: from `with_clocks`."""
    desks, judges = desks or Desks(), Judges()
    return [
        Line(
            one,
            turn(one, names_callers=names_callers, judge=judges.of(one)),
            clock_query.chips(one.clocks.all(), at, desks),
        )
        for one in rows
    ]
