"""The plan of a cycle: quotas, drawing it by seed, freezing it. Giving its samples out is `assigning`.

A plan that is not frozen is a draft: its rows carry provisional numbers and everything may be drawn again. Freezing
gives the numbers, in the order of time, and seals strata and windows; a trigger keeps them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.civil_time import local_date
from kendali.mystery.actions.assigning import assign as assign
from kendali.mystery.actions.assigning import replace_caller as replace_caller
from kendali.mystery.actions.assigning import warning
from kendali.mystery.models import Cycle, Destination, Sample
from kendali.mystery.queries import ground, planning, prepared
from kendali.mystery.queries.forms import form_in_force
from kendali.mystery.rules import assignment, cycle, quotas, slots
from kendali.mystery.rules.assignment import Given
from kendali.mystery.rules.quotas import Request
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.rules.slots import Field, Plan
from kendali.terms import numbers
from kendali.verdict import YES, Verdict, no

KIND = "MC"
PHASES = ("quotas", "windows", "callers", "rows")
GIVEN_UP_AFTER = timedelta(minutes=15)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """`problem`: why there is no plan; then the others are empty."""

    request: Request
    plan: Plan | None = None
    given: Given | None = None
    problem: Verdict = YES


# --- quotas


def may_change(row: Cycle) -> Verdict:
    if row.status != Cycle.Status.PREPARING:
        return no(_("The plan is frozen: quotas and windows stay as they are."), code="frozen")
    return YES


@transaction.atomic
def set_quotas(*, user: User, at: datetime, row: Cycle, request: Request) -> None:
    """Raises Refused, RuleRefused. A plan drawn before belongs to other quotas, so it goes."""
    actor = permissions.acting(user, "plan.edit")
    row = _locked(row, may_change)
    allowed = quotas.large_enough(request.samples, row.minimum, row.reserve_percent)
    if not allowed:
        raise RuleRefused(allowed)
    kept = planning.written(replace(request, limits={}))
    if {**row.request, "limits": []} == kept:
        return
    _forget(row)
    row.request, row.plan_problem = kept, {}
    row.save(update_fields=["request", "plan_problem"])
    audit.record("plan.quotas", actor=actor, at=at, obj=row, facts={"samples": request.samples})


def preview(row: Cycle, request: Request, *, at: datetime) -> quotas.Drawn:
    """The margins as they would come out; the same seed as the next drawing has none yet, so one level may differ by
    one. Writes nothing."""
    there = ground_of(row, at)
    return quotas.draw(planning.with_limits(request, there), row.seed or planning.name_of(row.month))


# --- drawing


@transaction.atomic
def ask(*, user: User, at: datetime, row: Cycle, seed: str = "") -> str:
    """Order a drawing; a job carries it out. Returns its ticket: whoever does not hold the newest one changes nothing.
    A second click while it runs orders nothing new. Raises Refused, RuleRefused."""
    from kendali.mystery.tasks_plan import draw_plan

    ticket, new = _ordered(user, at, row, seed)
    if new:
        draw_plan.defer(cycle_id=row.pk, ticket=ticket)
    return ticket


@transaction.atomic
def draw(*, user: User, at: datetime, row: Cycle, seed: str = "") -> None:
    """Order a drawing and carry it out at once. Raises Refused, RuleRefused."""
    ticket, _new = _ordered(user, at, row, seed)
    carry_out(row.pk, ticket=ticket, at=at)
    row.refresh_from_db()


def is_drawing(row: Cycle, at: datetime) -> bool:
    """A drawing that was ordered and not carried out in a while is given up: a new one may be ordered, and whatever the
    old one still does is refused by its ticket."""
    since = row.drawing.get("since")
    return bool(row.drawing.get("ticket")) and datetime.fromisoformat(str(since)) > at - GIVEN_UP_AFTER


def _ordered(user: User, at: datetime, row: Cycle, seed: str) -> tuple[str, bool]:
    actor = permissions.acting(user, "plan.edit")
    row = _locked(row, may_change)
    if is_drawing(row, at):
        return str(row.drawing["ticket"]), False
    asked = planning.request_now(row, ground_of(row, at))
    if asked is None:
        raise RuleRefused(no(_("Enter numbers that are called and shifts first: nothing can be planned yet.")))
    row.request = planning.written(asked)
    ticket = secrets.token_hex(8)
    row.drawing = {
        "ticket": ticket, "seed": seed or secrets.token_hex(8), "since": at.isoformat(), "by": user.name,
        "phase": PHASES[0],
    }  # fmt: skip
    row.save(update_fields=["drawing", "request"])
    audit.record("plan.asked", actor=actor, at=at, obj=row)
    return ticket, True


def carry_out(cycle_id: int, *, ticket: str, at: datetime) -> bool:
    """The job. It computes without a lock and writes all in one transaction, so it may run twice and may die anywhere;
    the same seed gives the same plan. False: another drawing was ordered, or it was done already."""
    row = Cycle.objects.get(pk=cycle_id)
    if row.drawing.get("ticket") != ticket:
        return False

    def tell(phase: str) -> None:
        rows = Cycle.objects.filter(pk=cycle_id, drawing__ticket=ticket)
        rows.update(drawing={**row.drawing, "phase": phase})

    found = _computed(row, str(row.drawing["seed"]), at, tell)
    with transaction.atomic():
        row = Cycle.objects.select_for_update().get(pk=cycle_id)
        if row.drawing.get("ticket") != ticket or row.status != Cycle.Status.PREPARING:
            return False
        _write(row, found, at)
    return True


def _computed(row: Cycle, seed: str, at: datetime, tell: Tell) -> Drawn:
    there = ground_of(row, at)
    request = planning.with_limits(planning.read(row.request), there)
    drawn = quotas.draw(request, seed)
    if not drawn.verdict:
        return Drawn(request, problem=drawn.verdict)
    tell("windows")
    plan = slots.draw(drawn.strata, there, cycle=planning.name_of(row.month), seed=seed)
    if not plan.verdict:
        return Drawn(request, problem=plan.verdict)
    tell("callers")
    at_desk = planning.desk(row, plan.slots, out_of_use=prepared.out_of_use(row, at))
    given = assignment.give(plan.slots, at_desk, seed)
    tell("rows")
    return Drawn(request, plan, given)


def ground_of(row: Cycle, at: datetime) -> Field:
    """What is still ahead: a plan drawn in the month itself begins the day after."""
    today = local_date(at, settings.TIME_ZONE)
    there = ground.field(row.month)
    return there if today < row.month else planning.from_day(there, today + timedelta(days=1))


def _write(row: Cycle, found: Drawn, at: datetime) -> None:
    asked, row.drawing = row.drawing, {}
    _forget(row)
    row.request = planning.written(found.request)
    if found.plan is None or found.given is None:
        row.plan_problem = warning(found.problem)
        row.save()
        audit.record("plan.failed", actor=SYSTEM, at=at, obj=row, facts={"by": asked.get("by", "")})
        return
    row.plan_problem = {}
    Sample.objects.bulk_create(_rows(row, found.plan, found.given), batch_size=1000)
    row.seed, row.algorithms, row.drawn_at = found.plan.seed, list(found.plan.algorithms), at
    row.plan_digest = slots.digest(planning.plan_of(row))
    row.save()
    facts = {"by": asked.get("by", ""), "samples": len(found.plan.slots), "unassigned": len(found.given.unassigned)}
    audit.record("plan.drawn", actor=SYSTEM, at=at, obj=row, facts=facts)


def _rows(row: Cycle, plan: Plan, given: Given) -> list[Sample]:
    users = planning.users_of(one.caller for one in given.assignments)
    versions = {code: one.pk for code, one in planning.scenario_versions(row).items()}
    personas = {code: one.pk for code, one in planning.personas().items()}
    numbers_of = dict(Destination.objects.values_list("code", "pk"))
    by_slot = {one.slot: one for one in given.assignments}
    refused = {one.slot: one.verdict for one in given.unassigned}
    found = []
    for slot in plan.slots:
        one = by_slot.get(slot.number)
        told = one.warnings if one else [refused[slot.number]]
        found.append(Sample(
            number=f"draf-{plan.cycle}-{slot.number:04d}", cycle=row, slot=slot.number, area=slot.stratum.area,
            shift=slot.stratum.shift, kind=slot.stratum.kind, week=slot.stratum.week,
            destination_id=numbers_of[slot.destination], place=slot.place, opens=slot.starts, closes=slot.ends,
            zone=slot.zone, executor_id=users[one.caller].pk if one else None,
            scenario_id=versions[one.scenario] if one else None, persona_id=personas[one.persona] if one else None,
            warnings=[warning(verdict) for verdict in told],
        ))  # fmt: skip
    return found


def _forget(row: Cycle) -> None:
    """The draft drawn before."""
    Sample.objects.filter(cycle=row).delete()
    row.drawn_at, row.plan_digest, row.seed, row.algorithms = None, "", "", []
    row.save(update_fields=["drawn_at", "plan_digest", "seed", "algorithms"])


# --- freezing


def may_freeze(row: Cycle, at: datetime, samples: int, missing: list[Verdict]) -> Verdict:
    """Drawn, large enough, and everything there that the month needs."""
    verdict = may_change(row)
    if not verdict:
        return verdict
    if is_drawing(row, at):
        return no(_("The plan is being drawn; wait for it."), code="drawing")
    if not row.drawn_at or not samples:
        return no(_("Draw the plan first."), code="not_drawn")
    return quotas.large_enough(samples, row.minimum, row.reserve_percent) and (missing[0] if missing else YES)


@transaction.atomic
def freeze_plan(*, user: User, at: datetime, row: Cycle) -> None:
    """Seal strata and windows, give the numbers, hand the samples to those the draft names. Raises Refused,
    RuleRefused, StaleState."""
    actor = permissions.acting(user, "plan.edit")
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    plan = planning.plan_of(held)
    allowed = may_freeze(held, at, len(plan.slots), prepared.missing(held, at)) and _as_drawn(held, plan)
    if not allowed:
        raise RuleRefused(allowed)
    _number(held, len(plan.slots))
    expired = prepared.out_of_use(held, at)
    Sample.objects.filter(cycle=held, scenario__scenario__code__in=expired).update(
        executor=None, scenario=None, persona=None
    )
    given = Sample.objects.filter(cycle=held, executor__isnull=False, scenario__isnull=False, persona__isnull=False)
    assigned = given.filter(state=SampleState.PLANNED).update(state=SampleState.ASSIGNED)
    calendar = prepared.calendar()
    dates = {step.value: day.isoformat() for step, day in cycle.dates(held.month, calendar).items()}
    audit.move(
        row,
        Cycle.Status.PLANNED,
        verb="plan.frozen",
        actor=actor,
        at=at,
        expected=Cycle.Status.PREPARING,
        changes={
            "plan_frozen_by": user, "plan_frozen_at": at, "dates": dates, "form": form_in_force(held.month),
        },
        facts={"samples": len(plan.slots), "assigned": assigned, "digest": held.plan_digest},
    )  # fmt: skip


def _as_drawn(row: Cycle, plan: Plan) -> Verdict:
    return slots.unchanged(plan, row.plan_digest)


NUMBER = """
UPDATE mystery_sample s SET number = n.number
FROM unnest(%(numbers)s::text[]) WITH ORDINALITY AS n(number, slot) WHERE s.cycle_id = %(cycle)s AND s.slot = n.slot
"""


def _number(row: Cycle, many: int) -> None:
    """MC-2026-11-0001 is slot 1: numbers follow the time of the windows."""
    taken = numbers.take_monthly(KIND, row.month, many)
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, {"numbers": taken, "cycle": row.pk})


def _locked(row: Cycle, may: Callable[[Cycle], Verdict]) -> Cycle:
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    allowed = may(held)
    if not allowed:
        raise RuleRefused(allowed)
    return held
