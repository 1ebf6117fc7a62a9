"""The calendar of a cycle speaks: who is told before a date, and what closes by itself when the month is over."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

from kendali.accounts import permissions
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.civil_time import add_months, next_month
from kendali.mystery.actions import cycles
from kendali.mystery.models import Cycle
from kendali.mystery.queries import ending, prepared
from kendali.mystery.rules import cycle
from kendali.mystery.rules.cycle import Milestone
from kendali.mystery.rules.working_time import WorkCalendar, working_day_after
from kendali.notices import actions as notices
from kendali.notices.models import Notice

BEFORE = 3  # working days before a date that its people are told
# milestone → statuses in which it is still to be done, permission of those who do it, kind of notice
TOLD = {
    Milestone.PREPARED: ({Cycle.Status.PREPARING}, "plan.edit", "cycle.due_prepared"),
    Milestone.CALLS_CLOSE: ({Cycle.Status.PLANNED}, "cycle.edit", "cycle.due_close"),
    Milestone.FROZEN: ({Cycle.Status.PLANNED, Cycle.Status.CLOSED}, "cycle.freeze", "cycle.due_freeze"),
}


def close_ended(*, at: datetime) -> list[Cycle]:
    """Calls of a month that is over close by themselves; why samples are missing is asked of QA."""
    closed = []
    for row in Cycle.objects.filter(status=Cycle.Status.PLANNED):
        if ending.today(at) < next_month(row.month):
            continue
        with suppress(RuleRefused, StaleState):
            cycles.close(user=None, at=at, row=row)
            closed.append(row)
    return closed


def tell(*, at: datetime) -> int:
    """Each date once, `BEFORE` working days ahead (or as soon as it is nearer); returns how many people were told."""
    days, today = prepared.calendar(), ending.today(at)
    told = _next_month_is_missing(today, days, at)
    for row in Cycle.objects.exclude(status=Cycle.Status.FROZEN):
        due_on = ending.dates(row, days)
        for step, (statuses, action, kind) in TOLD.items():
            if row.status in statuses and _is_near(due_on[step], today, days):
                told += _once(kind, action, str(row), due_on[step], f"/mystery/siklus/{row}/", at)
    return told


def _next_month_is_missing(today: date, days: WorkCalendar, at: datetime) -> int:
    month = add_months(today.replace(day=1), 1)
    due = cycle.dates(month, days)[Milestone.PREPARED]
    if Cycle.objects.filter(month=month).exists() or working_day_after(today, 2 * BEFORE, days) < due:
        return 0
    return _once("cycle.due_begin", "cycle.edit", f"{month:%Y-%m}", due, "/mystery/siklus/", at)


def _is_near(due: date, today: date, days: WorkCalendar) -> bool:
    return working_day_after(today, BEFORE, days) >= due


def _once(kind: str, action: str, month: str, due: date, url: str, at: datetime) -> int:
    facts = {"month": month, "due": due.isoformat()}
    if Notice.objects.filter(kind=kind, facts=facts).exists():
        return 0
    return len(notices.notify(permissions.holders(action), kind=kind, facts=facts, url=url, at=at))
