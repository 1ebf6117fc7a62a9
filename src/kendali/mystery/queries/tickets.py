"""Test tickets that nobody said yet to be tagged as a test and closed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import calls
from kendali.mystery.rules import tickets
from kendali.verdict import Verdict

OPEN = ~Q(ticket="") & Q(ticket_closed_at=None)  # also of a call that became void: the ticket is there


def may_say(row: Sample, user: User, at: datetime) -> Verdict:
    right = permissions.can(user, "sample.ticket", at=at)
    return right and tickets.may_say(
        ticket=row.ticket,
        frozen=row.cycle.status == Cycle.Status.FROZEN,
        own=row.executor_id in calls.executors(user),
        judges=bool(permissions.can(user, "sample.verify", at=at)),
    )


def open_of(cycle: Cycle) -> int:
    return Sample.objects.filter(OPEN, cycle=cycle).count()


def mine(user: User, at: datetime) -> QuerySet[Sample]:
    """Of the own calls, once their form is submitted, until the month is frozen. A helper sees only the next call:
    says it before, on its page, or QA does."""
    rows = calls.mine(user, at).filter(OPEN).exclude(state__in=calls.TO_FILL)
    return rows.exclude(cycle__status=Cycle.Status.FROZEN)
