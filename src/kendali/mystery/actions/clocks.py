"""The three clocks of a finding as rows: begun, stopped, dropped, and computed again with a log. Rules: `clock_rules`.

The row decides: an update only touches a clock that still runs, and the database refuses the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.mystery import office
from kendali.mystery.models import Clock, Finding
from kendali.mystery.queries import clocks as query
from kendali.mystery.rules import clock_rules, finding_rules
from kendali.mystery.rules.clock_rules import Mode, Recomputed, Step, Terms
from kendali.mystery.rules.finding_rules import FindingState, Owner
from kendali.mystery.rules.working_time import Desk

BATCH = 2000


def running() -> QuerySet[Clock]:
    return Clock.objects.filter(stopped_at=None, dropped_at=None)


# --- who must act, and where that person sits


def desk(finding: Finding, step: Step) -> tuple[Desk, str]:
    """Desk and site (code) of who has to make this hand-over; QA sits at the head office."""
    if step is Step.K2:
        return office.desk_of(None), ""
    who = finding.executor if step is Step.K1 else finding.owner
    site = office.site_of(who) if who is not None else ""
    if step is Step.K3 and not site and finding.owner_kind == Owner.SUPERVISOR:
        site = finding.area
    return office.desk_of(who, site), site


# --- begin, stop, drop


def begin(finding: Finding, *, at: datetime) -> None:
    """The clocks of a finding that was just found: all three from now, or K1 alone where each waits for its hand-over
    (chained)."""
    terms = office.clock_terms()
    for step in Step if terms.mode is Mode.LITERAL else (Step.K1,):
        start(finding, step, at=at, terms=terms)


def start(finding: Finding, step: Step, *, at: datetime, terms: Terms | None = None) -> Clock:
    table, site = desk(finding, step)
    clock = clock_rules.start(step, at, table, terms or office.clock_terms())
    row, _new = Clock.objects.get_or_create(finding=finding, step=step.value, defaults=_columns(clock, table, site))
    return row


def stop(finding: Finding, step: Step, *, at: datetime) -> None:
    """The hand-over was made: the first one counts, a later one changes nothing. The next clock begins where it waited
    for this one."""
    running().filter(finding=finding, step=step.value).update(stopped_at=at)
    following = list(Step)[list(Step).index(step) + 1 :]
    if following and not Clock.objects.filter(finding=finding, step=following[0].value).exists():
        start(finding, following[0], at=at)


def drop(finding: Finding, *, at: datetime) -> None:
    """The finding ends without its hand-overs; what was late by then stays late."""
    running().filter(finding=finding).update(dropped_at=at)


# --- until when somebody has to act


def settle(finding: Finding) -> None:
    """Writes until when it waits for whoever must act: the clock of that hand-over, later the day of the coaching."""
    due = next_due(finding, Clock.objects.filter(finding=finding))
    if due != finding.due_at:
        Finding.objects.filter(pk=finding.pk).update(due_at=due)
        finding.due_at = due


def next_due(finding: Finding, rows: Iterable[Clock]) -> datetime | None:
    if FindingState(finding.state) in finding_rules.ENDED:
        return None
    by_step = {row.step: row for row in rows}
    for step in STEPS_OF.get(FindingState(finding.state), ()):
        row = by_step.get(step.value)
        if row is not None and row.stopped_at is None and row.dropped_at is None:
            return row.due_at
    return finding.coaching_due_at or max((one.due_at for one in by_step.values()), default=None)


# Whose hand-over is waited for: the first of them that still runs. A form that was returned has stopped K1 already, and
# K2 goes on meanwhile.
STEPS_OF: dict[FindingState, tuple[Step, ...]] = {
    FindingState.FOUND: (Step.K1, Step.K2),
    FindingState.FEEDBACK_GIVEN: (Step.K2,),
    FindingState.AT_SUPERVISOR: (Step.K3,),
    FindingState.AT_DEPARTMENT: (Step.K3,),
    FindingState.IN_PROGRESS: (Step.K3,),
}


def waited_for() -> QuerySet[Clock]:
    """The running clocks of the hand-over that is waited for."""
    turns = Q(pk=None)
    for state, (first, *later) in STEPS_OF.items():
        turns |= Q(finding__state=state.value, step=first.value)
        if later:
            turns |= Q(finding__state=state.value, finding__feedback_at__isnull=False, step__in=later)
    return running().filter(turns)


# --- computed again


def recompute(finding: Finding, step: Step, *, actor: Actor, at: datetime) -> Recomputed | None:
    """It went to somebody at another desk: the due date of a running clock as that desk has it; None where there is no
    such clock. Logged when it moved."""
    row = Clock.objects.select_for_update().filter(finding=finding, step=step.value).first()
    if row is None:
        return None
    table, site = desk(finding, step)
    found = _again(row, table, site, office.clock_terms(), at)
    if found.moved:
        _log(row, found, actor=actor, at=at)
    return found


def recompute_all(*, user: User, at: datetime) -> int:
    """After an edit of the calendar: every running clock by the calendar now in force; what ended or was late already
    stays. Returns how many due dates moved; each is in the trail."""
    actor = permissions.acting(user, "calendar.edit")
    return recompute_running(actor=actor, at=at)


def recompute_running(*, actor: Actor, at: datetime) -> int:
    """In batches, each a transaction of its own, so that nobody waits long; may run twice."""
    terms, last, moved = office.clock_terms(), 0, 0
    newest = office.newest_calendar()
    number = newest.number if newest else 0
    tables: dict[tuple[str, str], Desk] = {}
    while True:
        with transaction.atomic():
            rows = running().filter(pk__gt=last).exclude(calendar_version=number).select_related("finding")
            batch = list(rows.select_for_update(of=("self",)).order_by("pk")[:BATCH])
            if not batch:
                return moved
            moved += _batch(batch, tables, terms, actor, at)
            last = batch[-1].pk


def _batch(
    batch: list[Clock], tables: dict[tuple[str, str], Desk], terms: Terms, actor: Actor, at: datetime
) -> int:  # fmt: skip
    changed = []
    for row in batch:
        key = (row.zone, row.site)
        if key not in tables:
            tables[key] = _desk_now(*key)
        found = _again(row, tables[key], row.site, terms, at)
        if found.moved:
            changed.append((row, found))
    for row, _found in changed:
        settle(row.finding)
    for row, found in changed:
        _log(row, found, actor=actor, at=at)
    return len(changed)


def _desk_now(zone: str, site: str) -> Desk:
    here = office.desk_of(None, site)
    return Desk(zone, here.calendar, here.opens, here.closes)


def _again(row: Clock, table: Desk, site: str, terms: Terms, at: datetime) -> Recomputed:
    found = clock_rules.recompute(query.as_rule(row), table, terms, at=at)
    if found.allowed:
        running().filter(pk=row.pk).update(**_columns(found.new, table, site))
    return found


def _columns(clock: clock_rules.Clock, table: Desk, site: str) -> dict[str, object]:
    return {
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "budget_at": clock.budget_at,
        "warn_at": clock.warn_at,
        "calendar_version": clock.calendar_version,
        "zone": table.zone,
        "site": site,
        "week": table.calendar.week.value,
        "opens": table.opens,
        "closes": table.closes,
    }


def _log(row: Clock, found: Recomputed, *, actor: Actor, at: datetime) -> None:
    facts = {
        "number": row.finding.number, "step": row.step, "before": found.old.due_at, "after": found.new.due_at,
        "calendar": found.new.calendar_version,
    }  # fmt: skip
    audit.record("finding.clock_recomputed", actor=actor, at=at, obj=row.finding, facts=facts)
