"""A cycle's plan as the rules want it: the request, its slots, who has them, and the desk that gives them out.

The frozen plan is its samples without their replacements; the text that is sealed is made from those rows again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from kendali.accounts.models import User
from kendali.civil_time import local_date
from kendali.mystery import models
from kendali.mystery.queries import roster
from kendali.mystery.queries.callers import callers
from kendali.mystery.rules import lockouts, plain, slots
from kendali.mystery.rules.assignment import Assignment, Given
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.quotas import Dimension, Margin, Request, Stratum, with_reserve
from kendali.mystery.rules.rounding import Share
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.rules.slots import Field, Slot
from kendali.terms import settings as terms

Limits = Mapping[tuple[Dimension, str, str], int]
OVER = [SampleState.MISSED, SampleState.VOID, SampleState.UNCONNECTED, SampleState.DESTROYED]  # nobody calls there


def name_of(month: date) -> str:
    """ "2026-11", as in the addresses and in the sealed text."""
    return f"{month:%Y-%m}"


# --- the quotas asked for


def default_request(month_field: Field, minimum: int, reserve_percent: int) -> Request | None:
    """Every area, shift and kind alike, every week by its working days. None: no number or no shift is there."""
    levels: dict[Dimension, dict[str, int]] = {
        Dimension.AREA: dict.fromkeys(sorted({one.area for one in month_field.destinations}), 1),
        Dimension.SHIFT: dict.fromkeys(month_field.shifts, 1),
        Dimension.KIND: dict.fromkeys(KINDS, 1),
        Dimension.WEEK: {week.level: week.working_days for week in month_field.weeks},
    }
    if not all(levels.values()):
        return None
    margins = tuple(
        Margin(dimension, tuple(Share(level, weight) for level, weight in shares.items()))
        for dimension, shares in levels.items()
    )
    return Request(with_reserve(minimum, reserve_percent), margins)


def request_now(row: models.Cycle, month_field: Field) -> Request | None:
    """The quotas of a plan that is not frozen: those that were set, for the areas, shifts and weeks that there are
    today; a new one with the default."""
    fresh = default_request(month_field, row.minimum, row.reserve_percent)
    if fresh is None or not row.request:
        return fresh
    kept = read(row.request)
    margins = []
    for margin in fresh.margins:
        set_ = {one.level: one for one in kept.shares(margin.dimension)}
        margins.append(Margin(margin.dimension, tuple(set_.get(one.level, one) for one in margin.shares)))
    return Request(kept.samples, tuple(margins))


def written(request: Request) -> dict[str, Any]:
    """As `Cycle.request` keeps it; `read` takes it back."""
    limits = [[key[0].value, key[1], key[2], most] for key, most in sorted(request.limits.items())]
    return {"samples": request.samples, "margins": [plain.write(one) for one in request.margins], "limits": limits}


def read(kept: Mapping[str, Any]) -> Request:
    """ValueError where a margin is missing."""
    margins = tuple(plain.read(Margin, one) for one in kept.get("margins", []))
    limits = {(Dimension(of), area, level): most for of, area, level, most in kept.get("limits", [])}
    return Request(int(kept.get("samples", 0)), margins, limits)


def from_day(ground: Field, first: date) -> Field:
    """Without the days before `first`: a plan that is drawn late plans only what can still be called."""
    weeks = (replace(week, first=max(week.first, first)) for week in ground.weeks if week.last >= first)
    return replace(ground, weeks=tuple(weeks))


def with_limits(request: Request, ground: Field) -> Request:
    """With the windows that there are; a level that no window has is closed."""
    found = slots.limits(ground)
    for dimension in (Dimension.SHIFT, Dimension.WEEK):
        known = set(ground.shifts) if dimension is Dimension.SHIFT else {week.level for week in ground.weeks}
        for area in (share.level for share in request.shares(Dimension.AREA)):
            closed = (share.level for share in request.shares(dimension) if share.level not in known)
            found.update(((dimension, area, level), 0) for level in closed)
    return replace(request, limits=found)


# --- the plan


def planned(cycle: models.Cycle) -> QuerySet[models.Sample]:
    """The rows of the plan, without what replaces them."""
    return models.Sample.objects.filter(cycle=cycle, replaces=None).order_by("slot")


COLUMNS = ("slot", "area", "shift", "kind", "week", "destination__code", "place", "opens", "closes", "zone")


def plan_of(cycle: models.Cycle) -> slots.Plan:
    """The plan as its rows stand now; `slots.digest` of it is the kode hash. One query."""
    found = tuple(
        Slot(number, Stratum(area, shift, kind, week), to, place, opens, closes, zone)
        for number, area, shift, kind, week, to, place, opens, closes, zone in planned(cycle).values_list(*COLUMNS)
    )
    return slots.Plan(name_of(cycle.month), cycle.seed, found, algorithms=tuple(cycle.algorithms))


def slot_of(sample: models.Sample, number: int | None = None) -> Slot:
    """Needs `destination`. `number`: where several rows share the slot of the plan."""
    stratum = Stratum(sample.area, sample.shift, sample.kind, sample.week)
    return Slot(
        sample.slot if number is None else number, stratum, sample.destination.code, sample.place, sample.opens,
        sample.closes, sample.zone,
    )  # fmt: skip


def held(cycle: models.Cycle, *, lock: bool = False, near: Slot | None = None) -> list[models.Sample]:
    """Every sample of the cycle that somebody calls, called or will call; with what an assignment needs. One query.
    `near`: only those that decide who may have this slot: of the same place, or at the same time."""
    rows = models.Sample.objects.filter(cycle=cycle).exclude(state__in=OVER)
    if near is not None:
        rows = rows.filter(Q(place=near.place) | Q(opens__lt=near.ends, closes__gt=near.starts))
    if lock:
        rows = rows.select_for_update(of=("self",))
    related = ("destination", "executor", "scenario__scenario", "persona")
    return list(rows.select_related(*related).defer("scenario__content").order_by("opens", "pk"))


def around(cycle: models.Cycle, slot: Slot) -> tuple[list[lockouts.Call], dict[str, list[Slot]]]:
    """Besides the sample whose key is the slot's number: the calls of its place, and what each caller has at its time.
    One query, no rows made of it: a month may have thousands."""
    rows = models.Sample.objects.filter(
        Q(place=slot.place) | Q(opens__lt=slot.ends, closes__gt=slot.starts),
        cycle=cycle, executor__isnull=False, persona__isnull=False,
    ).exclude(state__in=OVER).exclude(pk=slot.number)  # fmt: skip
    calls: list[lockouts.Call] = []
    held: dict[str, list[Slot]] = {}
    columns = ("pk", "place", "executor__email", "persona__code", "persona__caller_number", "opens", "closes", "zone")
    for pk, place, caller, persona, number, opens, closes, zone in rows.values_list(*columns):
        assert caller is not None
        if place == slot.place:
            calls.append(lockouts.Call(place, caller, persona or "", number or "", local_date(opens, zone)))
        if opens < slot.ends and closes > slot.starts:
            held.setdefault(caller, []).append(replace(slot, number=pk, place=place, starts=opens, ends=closes))
    return calls, held


def given_of(rows: Iterable[models.Sample]) -> Given:
    """Who has them now. Slots are numbered by the rows' own keys: a replacement shares the slot of the plan."""
    return Given(
        tuple(
            Assignment(row.pk, row.executor.email, row.scenario.scenario.code, row.persona.code)
            for row in rows
            if row.executor is not None and row.scenario is not None and row.persona is not None
        )
    )


# --- the desk


def lockouts_in_force() -> lockouts.Lockouts:
    number = terms.number("mystery.number_lockout_days")
    return lockouts.Lockouts(
        caller_days=terms.number("mystery.caller_lockout_days"),
        caller_refuses=bool(terms.get("mystery.caller_lockout_refuses")),
        number_days=number,
        persona_days=number,
    )


def scenario_versions(cycle: models.Cycle) -> dict[str, models.ScenarioVersion]:
    """Of every scenario chosen for the cycle the newest approved version, by its code."""
    rows = models.ScenarioVersion.objects.filter(pk__in=cycle.scenarios.values("version"), status="approved")
    return {row.scenario.code: row for row in rows.select_related("scenario").order_by("version")}


def users_of(codes: Iterable[str]) -> dict[str, User]:
    """Callers as users, by their code (e-mail)."""
    return {one.email: one for one in User.objects.filter(email__in=set(codes))}


def personas() -> dict[str, models.Persona]:
    return {one.code: one for one in models.Persona.objects.filter(active=True)}


def spent(cycle: models.Cycle) -> frozenset[tuple[str, str]]:
    """(scenario, place) whose finding was forwarded to the area in this cycle: the place that was called, and the area
    that answered where the number leaves that open."""
    rows = models.Finding.objects.filter(
        cycle=cycle, forwarded_at__isnull=False, sample__scenario__isnull=False
    ).exclude(state__in=["invalid", "merged"])
    found = rows.values_list("sample__scenario__scenario__code", "sample__place", "sample__agent_site__code").distinct()
    return frozenset((code, place) for code, *places in found for place in places if place)


def past_calls(cycle: models.Cycle, rules: lockouts.Lockouts) -> tuple[lockouts.Call, ...]:
    """Calls of other cycles that still lock somebody or something at the beginning of this one."""
    since = cycle.month - timedelta(days=max(rules.caller_days, rules.number_days, rules.persona_days))
    rows = (
        models.Sample.objects.exclude(cycle=cycle)
        .filter(cycle__month__lt=cycle.month, called_at__date__gte=since, persona__isnull=False)
        .values_list(
            "place", "executor__email", "persona__code", "persona__caller_number", "called_at", "zone",
        )
    )  # fmt: skip
    return tuple(
        lockouts.Call(place, caller or "", persona or "", number or "", local_date(at, zone))
        for place, caller, persona, number, at, zone in rows
        if at is not None
    )


def reach_of(wanted: Iterable[Slot]) -> dict[int, frozenset[str]]:
    """The teams that each call may end at. Two queries, whatever the number of slots."""
    history, teams = roster.memberships(), roster.teams()
    known: dict[tuple[str, str, date], frozenset[str]] = {}
    found = {}
    for one in wanted:
        key = one.stratum.area, one.stratum.shift, local_date(one.starts, one.zone)
        if key not in known:
            known[key] = roster.reachable_from(history, teams, area=key[0], shift=key[1], day=key[2])
        found[one.number] = known[key]
    return found


def desk(cycle: models.Cycle, wanted: Iterable[Slot], *, out_of_use: Iterable[str] = ()) -> lockouts.Desk:
    """`wanted`: the slots that are given out. `out_of_use`: codes of scenarios that may not be used now."""
    rules, left_out = lockouts_in_force(), set(out_of_use)
    versions = {code: one for code, one in scenario_versions(cycle).items() if code not in left_out}
    return lockouts.Desk(
        callers=callers(cycle.month),
        personas=tuple(lockouts.Persona(one.code, one.caller_number, one.gender) for one in personas().values()),
        scenarios=tuple(
            lockouts.Scenario(code, one.kind, frozenset(one.content.get("personas", ())))
            for code, one in versions.items()
        ),
        lockouts=rules,
        past=past_calls(cycle, rules),
        reach=reach_of(wanted),
        spent=spent(cycle),
    )
