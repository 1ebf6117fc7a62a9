"""Whose calls these are, and what of them a person may see: a QC Officer all the own ones, a helper only the next."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, F, QuerySet, Value, When
from django.http import Http404

from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions_mystery import CALLERS
from kendali.accounts.roles import QC_OFFICER
from kendali.mystery.models import CrisisFlag, Sample
from kendali.mystery.rules.sample_rules import SampleState

S = SampleState
TO_CALL = (S.CALLING.value, S.ASSIGNED.value)
TO_FILL = (S.CALLED.value, S.SCORING.value)
RELATED = ("cycle__form", "destination__site", "scenario__scenario", "persona", "agent", "executor", "agent_site",
           "ticket_closed_by")  # fmt: skip


def executors(user: User) -> frozenset[int]:
    """The ids this person calls as: the own one, and as a deputy the principal's."""
    return frozenset(right.principal_id or user.pk for right in permissions.rights(user) if right.role in CALLERS)


def is_helper(user: User) -> bool:
    """A TL or SPV who helps (5.2): nobody who holds the role of a QC Officer, own or lent."""
    return not any(right.role == QC_OFFICER for right in permissions.rights(user))


def mine(user: User, at: datetime) -> QuerySet[Sample]:
    """A plan that is not frozen names who would call; that is nobody's call yet."""
    rows = Sample.objects.filter(executor__in=executors(user)).exclude(state=S.PLANNED.value)
    return rows.filter(pk=next_of_helper(user, at) or 0) if is_helper(user) else rows


def next_of_helper(user: User, at: datetime) -> int | None:
    """The one sample a helper sees: the call under way, else the form to fill, else the next one in its window."""
    rows = Sample.objects.filter(executor__in=executors(user), state__in=(*TO_CALL, *TO_FILL))
    order = Case(
        When(state=S.CALLING.value, then=Value(0)),
        When(state__in=TO_FILL, then=Value(1)),
        When(closes__gt=at, then=Value(2)),
        default=Value(3),
    )
    return rows.order_by(order, F("opens"), "number").values_list("pk", flat=True).first()


def load(user: User, pk: int, at: datetime) -> Sample:
    """An own sample with what its card needs. Refused without the right, Http404 for another's."""
    access.require(user, "sample.call")
    row = mine(user, at).filter(pk=pk).select_related(*RELATED).first()
    if row is None:
        raise Http404
    return row


def crisis() -> CrisisFlag | None:
    """The flag that is up."""
    return CrisisFlag.objects.filter(lifted_at=None).select_related("set_by").first()


def crisis_at(instant: datetime) -> bool:
    rows = CrisisFlag.objects.filter(set_at__lte=instant)
    return rows.exclude(lifted_at__lte=instant).exists()
