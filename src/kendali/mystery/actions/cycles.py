"""One month of mystery calling from its beginning to its freeze: what it takes over, closing, sign-off, the seal.

The plan has its own module (`plan`). After the freeze nothing is calculated again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.civil_time import add_months, local_date
from kendali.mystery.actions import register_rows
from kendali.mystery.models import (
    Cycle,
    CycleMaterial,
    CycleScenario,
    CycleSignature,
    Material,
    Sample,
    ScenarioVersion,
)
from kendali.mystery.queries import ending, f22, ground, pace, planning, prepared
from kendali.mystery.rules import cycle, frozen_row, sample_rules
from kendali.mystery.rules.copied import Copied
from kendali.mystery.rules.cycle import Milestone
from kendali.mystery.rules.machine import Person, Role
from kendali.mystery.rules.sample_rules import SampleEvent, SampleState
from kendali.notices import actions as notices
from kendali.terms import settings as terms
from kendali.verdict import YES, Verdict, no

AHEAD = 3  # months that may be begun before they are due
PARTS = {
    CycleSignature.Part.MADE: "cycle.sign_made",
    CycleSignature.Part.CHECKED: "cycle.sign_checked",
    CycleSignature.Part.ACKNOWLEDGED: "cycle.sign_acknowledged",
}


# --- before the month


def may_begin(month: date, at: datetime) -> Verdict:
    here = local_date(at, settings.TIME_ZONE).replace(day=1)
    if month.day != 1:
        return no(_("A cycle is a month: give its first day."), code="day")
    if month < here:
        return no(_("The month %(month)s is over."), month=planning.name_of(month), code="over")
    if month > add_months(here, AHEAD):
        return no(_("A cycle begins at most %(months)s months ahead."), months=AHEAD, code="early")
    if Cycle.objects.filter(month=month).exists():
        return no(_("The cycle %(month)s was begun already."), month=planning.name_of(month), code="begun")
    return YES


@transaction.atomic
def begin_cycle(*, user: User, at: datetime, month: date) -> Cycle:
    """With the quotas of the terms in force: every area, shift and kind alike. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "cycle.edit")
    allowed = may_begin(month, at)
    if not allowed:
        raise RuleRefused(allowed)
    minimum, reserve = terms.number("mystery.minimum"), terms.number("mystery.reserve_percent")
    request = planning.default_request(ground.field(month), minimum, reserve)
    row, new = Cycle.objects.get_or_create(
        month=month,
        defaults={
            "minimum": minimum, "reserve_percent": reserve, "created_at": at,
            "request": planning.written(request) if request else {},
            "dates": _dates(month),
        },
    )  # fmt: skip
    if not new:  # begun by somebody else in this very moment
        raise RuleRefused(no(_("The cycle %(month)s was begun already."), month=planning.name_of(month), code="begun"))
    audit.record("cycle.begun", actor=actor, at=at, obj=row, facts={"minimum": minimum})
    return row


def _dates(month: date) -> dict[str, str]:
    return {step.value: day.isoformat() for step, day in cycle.dates(month, prepared.calendar()).items()}


@transaction.atomic
def copy_last_month(*, user: User, at: datetime, row: Cycle) -> Copied:
    """ "Salin dari bulan lalu": materials and approved scenarios, expired ones marked; due dates moved to working days.
    What the cycle has already stays; a second click adds nothing. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "cycle.edit")
    row = _locked(row)
    before = Cycle.objects.filter(month__lt=row.month).order_by("-month").first()
    if before is None:
        raise RuleRefused(no(_("There is no earlier cycle to copy from."), code="first"))
    found = prepared.chosen(before)
    copied = prepared.taken(found, row.month, prepared.calendar())
    there = row.materials.count(), row.scenarios.count()
    materials = {one.code: one for one, _due in found.materials}
    versions = {(one.scenario.code, one.version): one for one, _due in found.versions}
    CycleMaterial.objects.bulk_create(
        [CycleMaterial(cycle=row, material=materials[one.of.code], due_on=one.due) for one in copied.materials],
        ignore_conflicts=True,
    )
    CycleScenario.objects.bulk_create(
        [
            CycleScenario(cycle=row, version=versions[one.of.code, one.of.version], due_on=one.due)  # type: ignore[union-attr]
            for one in copied.scenarios
        ],
        ignore_conflicts=True,
    )
    facts = {
        "from": planning.name_of(before.month), "materials": row.materials.count() - there[0],
        "scenarios": row.scenarios.count() - there[1],
    }  # fmt: skip
    audit.record("cycle.copied", actor=actor, at=at, obj=row, facts=facts)
    return copied


@transaction.atomic
def choose(
    *, user: User, at: datetime, row: Cycle, materials: Collection[Material], versions: Collection[ScenarioVersion]
) -> None:
    """Exactly these; due on the day the month has to be ready. What a sample calls with stays. Raises Refused,
    RuleRefused."""
    actor = permissions.acting(user, "cycle.edit")
    row = _locked(row)
    if any(one.status != "approved" for one in versions):
        raise RuleRefused(no(_("Only approved scenarios go into a cycle."), code="approved"))
    used = set(Sample.objects.filter(cycle=row, scenario__isnull=False).values_list("scenario_id", flat=True))
    if row.status != Cycle.Status.PREPARING and used - {one.pk for one in versions}:
        raise RuleRefused(no(_("A scenario that samples of this cycle call with stays in it."), code="used"))
    due = cycle.dates(row.month, prepared.calendar())[Milestone.PREPARED]
    row.materials.exclude(material__in=materials).delete()
    row.scenarios.exclude(version__in=versions).delete()
    rows = [CycleMaterial(cycle=row, material=one, due_on=due) for one in materials]
    CycleMaterial.objects.bulk_create(rows, ignore_conflicts=True)
    chosen = [CycleScenario(cycle=row, version=one, due_on=due) for one in versions]
    CycleScenario.objects.bulk_create(chosen, ignore_conflicts=True)
    facts = {
        "materials": len(materials), "scenarios": len(versions),
        "codes": sorted([one.code for one in materials] + [str(one) for one in versions]),
    }  # fmt: skip
    audit.record("cycle.chosen", actor=actor, at=at, obj=row, facts=facts)


def _locked(row: Cycle) -> Cycle:
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    if held.status in (Cycle.Status.CLOSED, Cycle.Status.FROZEN):
        raise RuleRefused(no(_("The calls of this cycle are closed: what it called with stays."), code="closed"))
    return held


# --- its end


@transaction.atomic
def close(*, user: User | None, at: datetime, row: Cycle, reason: str = "") -> None:
    """The calls close on the last day; `reason` of a shortfall. `user` None: Kendali, when the month is over. Raises
    Refused, RuleRefused, StaleState."""
    actor = permissions.acting(user, "cycle.edit") if user else SYSTEM
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    allowed = ending.may_close(held, at, reason=reason or held.shortfall_reason, by_itself=user is None)
    if not allowed:
        raise RuleRefused(allowed)
    meter = pace.meter(held, at)
    audit.move(
        row,
        Cycle.Status.CLOSED,
        verb="cycle.closed",
        actor=actor,
        at=at,
        expected=Cycle.Status.PLANNED,
        changes={"closed_at": at, **({"shortfall_reason": reason.strip()} if reason.strip() else {})},
        facts={"counted": meter.counted, "waiting": meter.waiting, "minimum": held.minimum},
    )


@transaction.atomic
def explain(*, user: User, at: datetime, row: Cycle, reason: str) -> None:
    """Why the month has fewer samples than the minimum; it is printed, and nothing fills it in later. Raises Refused,
    RuleRefused."""
    actor = permissions.acting(user, "cycle.edit")
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    if held.status not in (Cycle.Status.PLANNED, Cycle.Status.CLOSED):
        raise RuleRefused(no(_("A shortfall is explained while the month is called or closed."), code="state"))
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason."), code="reason"))
    Cycle.objects.filter(pk=row.pk).update(shortfall_reason=reason.strip())
    row.shortfall_reason = reason.strip()
    audit.record("cycle.explained", actor=actor, at=at, obj=row, facts={"reason": reason.strip()})


@transaction.atomic
def sign(*, user: User, at: datetime, row: Cycle, part: str, digest: str) -> CycleSignature:
    """One part of the sign-off of the monthly register F-22. `digest`: of the register as it was shown; another one is
    refused, so nobody signs what he did not see. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, PARTS[CycleSignature.Part(part)])
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    now = f22.register_digest(held, at)
    allowed = ending.may_sign(held, part, now=now, shown=digest, by=user.pk)
    if not allowed:
        raise RuleRefused(allowed)
    made = CycleSignature.objects.create(
        cycle=held, part=part, user=user, name=str(actor.name), position=user.position, digest=now, at=at
    )
    audit.record("cycle.signed", actor=actor, at=at, obj=held, facts={"part": part, "digest": now})
    return made


# --- the freeze


@transaction.atomic
def freeze(*, user: User, at: datetime, row: Cycle) -> None:
    """Every counted sample is locked with the digest of its row, the cycle keeps the digest of the register that was
    signed, and the set F-22 enters the register of records. Raises Refused, RuleRefused, StaleState."""
    actor = permissions.acting(user, "cycle.freeze")
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    digests = f22.row_digests(held, at)
    digest = f22.register_digest(held, at, digests)
    counted = _counted(held, at)
    allowed = ending.may_freeze(held, at, counted=len(counted), now=digest)
    if not allowed:
        raise RuleRefused(allowed)
    _lock({one.pk: digests[one.pk] for one in counted})
    audit.move(
        row,
        Cycle.Status.FROZEN,
        verb="cycle.frozen",
        actor=actor,
        at=at,
        expected=Cycle.Status.CLOSED,
        changes={
            "frozen_by": user,
            "frozen_at": at,
            "frozen_digest": digest,
            "frozen_layout": frozen_row.REGISTER,
            "frozen_count": len(counted),
        },
        facts={"count": len(counted), "digest": digest},
    )
    register_rows.enter(row, at=at)
    notices.notify(
        permissions.holders("register.edit"), kind="cycle.frozen", at=at, url=f"/mystery/siklus/{row}/",
        facts={"month": str(row), "count": len(counted)},
    )  # fmt: skip


def _counted(row: Cycle, at: datetime) -> list[Sample]:
    """Verified, connected, not void, called in this month; asked of the rule, one by one. One query."""
    rows = Sample.objects.filter(cycle=row, state=SampleState.VERIFIED).order_by("number")
    kendali = Person(0, Role.SYSTEM)
    given = sample_rules.Given(at=at, frozen_at=at)
    found = []
    for one in rows:
        facts = sample_rules.Sample(
            state=SampleState(one.state), opens=one.opens, closes=one.closes, zone=one.zone,
            executor_id=one.executor_id, called_at=one.called_at, verified_at=one.verified_at,
        )  # fmt: skip
        counts = sample_rules.cycle_of(facts) == row.month and sample_rules.counts(facts, {})
        if counts and sample_rules.may(SampleEvent.LOCK, facts, kendali, given):
            found.append(one)
    return found


LOCK = """
UPDATE mystery_sample s SET state = 'locked', frozen_digest = n.digest
FROM unnest(%(pks)s::bigint[], %(digests)s::text[]) AS n(pk, digest) WHERE s.id = n.pk AND s.state = 'verified'
"""


def _lock(sealed: Mapping[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"pks": list(sealed), "digests": list(sealed.values())})
        if cursor.rowcount != len(sealed):
            raise RuleRefused(no(_("A sample changed in this moment: freeze again."), code="moved"))
