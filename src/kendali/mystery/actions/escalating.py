"""What the clocks tell: half of the time, most of it, due, one working day late (Kordinator), two (Manager Operation).

Each is told once: the clock's row keeps which, and is looked at again under its finding's lock, so that a second
worker or a run after a crash tells nothing twice. Of reminders that were missed only the last is sent.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.mystery.actions import clocks, finding_notices, stepping
from kendali.mystery.models import Clock, Finding
from kendali.mystery.queries import clocks as query
from kendali.mystery.queries.clocks import Desks
from kendali.mystery.rules import clock_rules
from kendali.mystery.rules.clock_rules import TELLS, Channel, Listener, Step, Threshold

CHUNK = 1000


def current() -> QuerySet[Clock]:
    """A later step is told nothing before its turn comes."""
    return clocks.waited_for()


def tell(*, at: datetime) -> int:
    """Returns how many thresholds were told."""
    desks = Desks()
    return sum(_tell(row, at, desks) for row in current().order_by("pk").iterator(CHUNK) if _due(row, at, desks))


def _due(row: Clock, at: datetime, desks: Desks) -> tuple[Threshold, ...]:
    told = [Threshold(one) for one in row.told]
    return clock_rules.to_tell(query.as_rule(row), at, desks.of(row), told)


@transaction.atomic
def _tell(row: Clock, at: datetime, desks: Desks) -> int:
    finding = stepping.locked(Finding(pk=row.finding_id))
    fresh = current().filter(pk=row.pk).first()
    crossed = _due(fresh, at, desks) if fresh is not None else ()
    if fresh is None or not crossed:
        return 0
    Clock.objects.filter(pk=fresh.pk).update(told=[*fresh.told, *(one.value for one in crossed)])
    for threshold in crossed:
        _notify(finding, fresh, threshold, at)
    for threshold in crossed:
        _escalate(finding, fresh, threshold, at)
    return len(crossed)


def _notify(finding: Finding, row: Clock, threshold: Threshold, at: datetime) -> None:
    who, channels = TELLS[threshold]
    step, told = Step(row.step), set[int]()
    for listener in Listener:
        if listener not in who:
            continue
        people = [one for one in finding_notices.listeners(finding, step, listener, at) if one.pk not in told]
        told |= {one.pk for one in people}
        hidden = step is Step.K2 and listener is Listener.RECEIVER and not finding.critical_compliance
        finding_notices.threshold(
            finding, people, threshold.value, step, at=at, due=row.due_at, email=Channel.EMAIL in channels,
            open_it=not hidden,
        )  # fmt: skip


def _escalate(finding: Finding, row: Clock, threshold: Threshold, at: datetime) -> None:
    """From one working day late on the Kordinator may decide."""
    facts = {"number": finding.number, "step": row.step, "due": row.due_at}
    if threshold is Threshold.ONE_DAY:
        Finding.objects.filter(pk=finding.pk, escalated_at=None).update(escalated_at=at)
        audit.record("finding.escalated", actor=SYSTEM, at=at, obj=finding, facts=facts)
    elif threshold is Threshold.TWO_DAYS:
        audit.record("finding.overdue", actor=SYSTEM, at=at, obj=finding, facts=facts)
