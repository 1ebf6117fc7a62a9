"""Who calls which sample: by hand, in place of somebody who is sick, with another scenario after a finding.

Stratum and window are never touched; every sample that goes to somebody else leaves its trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.mystery.actions.moving import move_sample
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import planning, prepared
from kendali.mystery.rules import assignment, lockouts, sample_rules
from kendali.mystery.rules.assignment import Assignment, Given
from kendali.mystery.rules.lockouts import Caller, Desk
from kendali.mystery.rules.machine import Person
from kendali.mystery.rules.sample_rules import SampleEvent, SampleState
from kendali.mystery.rules.slots import Slot
from kendali.notices import actions as notices
from kendali.verdict import YES, Verdict, no

WAITING = (SampleState.PLANNED, SampleState.ASSIGNED)


def may_assign_in(row: Cycle) -> Verdict:
    if row.status != Cycle.Status.PLANNED:
        return no(_("Samples are given out when the plan is frozen and until the calls close."), code="cycle")
    return YES


@transaction.atomic
def assign(*, user: User, at: datetime, sample: Sample, executor: User) -> None:
    """To this executor, with the scenario and persona the sample has where they fit, else with others. Raises Refused,
    RuleRefused, StaleState."""
    actor = permissions.acting(user, "plan.assign")
    row = _locked(sample.cycle)
    one, verdict, caller = proposed(row, sample, executor, at)
    given = sample_rules.Given(
        at=at, executor=Person(executor.pk, caller.role) if caller else None, may_call=verdict, crisis=False
    )
    had = sample.executor
    before = had.name if had else ""
    move_sample(
        sample,
        SampleEvent.ASSIGN,
        actor=actor,
        given=given,
        changes={"executor": executor, **(_columns(row, one) if one else {})},
        facts={"name": executor.name, "before": before},
    )
    tell_callers(row, [(executor, had)], at)


def proposed(
    row: Cycle, sample: Sample, executor: User, at: datetime
) -> tuple[Assignment | None, Verdict, Caller | None]:
    """What this executor would get; or why not. Who is entered with share 0 calls by hand only, so here."""
    slot = planning.slot_of(sample, sample.pk)
    desk = planning.desk(row, [slot], out_of_use=prepared.out_of_use(row, at))
    caller = next((one for one in desk.callers if one.code == executor.email), None)
    if caller is None:
        return None, YES, None
    others = [one for one in _complete(planning.held(row, near=slot)) if one.pk != sample.pk]
    given = assignment.give(
        [*_slots(others), slot],
        replace(desk, callers=(replace(caller, share=max(caller.share, 1)),)),
        row.seed,
        kept=planning.given_of(others).assignments,
        before={one.slot: one for one in planning.given_of([sample]).assignments},
    )
    one = next((one for one in given.assignments if one.slot == sample.pk), None)
    refused = next((one.verdict for one in given.unassigned if one.slot == sample.pk), YES)
    return one, by_name(refused, {executor.email: executor.name}), caller


def _columns(row: Cycle, one: Assignment) -> dict[str, object]:
    return {
        "scenario": planning.scenario_versions(row)[one.scenario],
        "persona": planning.personas()[one.persona],
        "warnings": [warning(verdict) for verdict in one.warnings],
    }


@dataclass(frozen=True, slots=True)
class Option:
    user: User
    verdict: Verdict
    warnings: tuple[Verdict, ...]


def options(row: Cycle, sample: Sample) -> list[Option]:
    """Everybody who calls, with the rule's answer and its warnings; for the page where one is chosen."""
    slot = planning.slot_of(sample, sample.pk)
    desk = planning.desk(row, [slot])
    there, held = planning.around(row, slot)
    uses = lockouts.Uses([*desk.past, *there])
    users = planning.users_of(one.code for one in desk.callers)
    return [
        Option(
            users[one.code],
            lockouts.may_call(one, slot, desk, uses, held.get(one.code, ())),
            lockouts.warnings(one, slot, desk.lockouts, uses),
        )
        for one in desk.callers
    ]


# --- many at once


@transaction.atomic
def give_out(*, user: User, at: datetime, row: Cycle) -> Given:
    """Every sample that nobody has, to whoever may call it: after a persona, a scenario or a caller was added. Raises
    Refused, RuleRefused."""
    actor = permissions.acting(user, "plan.assign")
    row = _locked(row)
    rows = planning.held(row, lock=True)
    open_ = [one for one in rows if one.state == SampleState.PLANNED and one.closes > at]
    if not open_:
        raise RuleRefused(no(_("Every sample that is still ahead has its executor."), code="nothing"))
    found = assignment.give(
        _slots([*_complete(rows), *open_]), _desk(row, open_, at), row.seed, kept=planning.given_of(rows).assignments
    )
    moved = _apply(row, open_, found)
    _told(row, moved, "plan.given_out", actor, at, left=len(found.unassigned))
    return found


@transaction.atomic
def replace_caller(*, user: User, at: datetime, row: Cycle, gone: User, reason: str) -> Given:
    """Give what somebody has not called yet to others, scenario and persona with it where they fit. What nobody else
    may call stays where it is, with its reason. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "plan.assign")
    row = _locked(row)
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason."), code="reason"))
    rows = _complete(planning.held(row, lock=True))
    mine = [one for one in rows if one.executor_id == gone.pk and _ahead(one, at)]
    if not mine:
        raise RuleRefused(no(_("%(name)s has no call ahead in this cycle."), name=gone.name, code="nothing"))
    stay = {one.pk for one in rows} - {one.pk for one in mine}
    found = assignment.replace_caller(
        planning.given_of(rows), _slots(rows), _desk(row, mine, at), row.seed, gone=gone.email, called=stay
    )
    moved = _apply(row, mine, found)
    _told(row, moved, "plan.caller_replaced", actor, at, left=len(found.unassigned), name=gone.name, reason=reason)
    return found


@transaction.atomic
def renew_scenarios(row: Cycle, *, at: datetime) -> int:
    """Samples still to be called get another scenario where a finding with theirs went to the area, or its article
    expired. Returns how many."""
    row = Cycle.objects.select_for_update().get(pk=row.pk)
    used_up, expired = planning.spent(row), prepared.out_of_use(row, at)
    if row.status != Cycle.Status.PLANNED or not (used_up or expired):
        return 0
    rows = _complete(planning.held(row, lock=True))
    hit = [
        one for one in rows
        if _ahead(one, at) and one.opens > at and (_code(one) in expired or _is_spent(one, used_up))
    ]  # fmt: skip
    if not hit:
        return 0
    stay = {one.pk for one in rows} - {one.pk for one in hit}
    found = assignment.without_spent(planning.given_of(rows), _slots(rows), _desk(row, hit, at), row.seed, called=stay)
    moved = _apply(row, hit, found)
    _told(row, moved, "plan.scenarios_renewed", SYSTEM, at, left=len(found.unassigned))
    return len(moved)


def _is_spent(one: Sample, used_up: Collection[tuple[str, str]]) -> bool:
    """Where the area is an outcome the call may end anywhere."""
    return any(_code(one) == used and (not one.area or place == one.place) for used, place in used_up)


def _code(one: Sample) -> str:
    return one.scenario.scenario.code if one.scenario else ""


def _ahead(one: Sample, at: datetime) -> bool:
    return one.state in WAITING and one.closes > at


def _complete(rows: Iterable[Sample]) -> list[Sample]:
    return [one for one in rows if one.executor_id and one.scenario_id and one.persona_id]


def _slots(rows: Iterable[Sample]) -> list[Slot]:
    return [planning.slot_of(one, one.pk) for one in rows]


def _desk(row: Cycle, wanted: Iterable[Sample], at: datetime) -> Desk:
    return planning.desk(row, _slots(wanted), out_of_use=prepared.out_of_use(row, at))


def _locked(row: Cycle) -> Cycle:
    held = Cycle.objects.select_for_update().get(pk=row.pk)
    if not (allowed := may_assign_in(held)):
        raise RuleRefused(allowed)
    return held


def _apply(row: Cycle, rows: Iterable[Sample], found: Given) -> list[tuple[Sample, User | None]]:
    """Write what changed; returns the samples that went to somebody else or got another scenario or persona, each with
    who had it before."""
    by_pk = {one.slot: one for one in found.assignments}
    refused = {one.slot: one.verdict for one in found.unassigned}
    users = planning.users_of(one.caller for one in found.assignments)
    versions, personas = planning.scenario_versions(row), planning.personas()
    moved, changed = [], []
    for sample in rows:
        one, had = by_pk.get(sample.pk), sample.executor if sample.state == SampleState.ASSIGNED else None
        if one is None:
            sample.warnings = [warning(refused[sample.pk])]
            changed.append(sample)
            continue
        before = (sample.executor_id, sample.scenario_id, sample.persona_id)
        sample.executor, sample.state = users[one.caller], SampleState.ASSIGNED
        sample.scenario, sample.persona = versions[one.scenario], personas[one.persona]
        sample.warnings = [warning(verdict) for verdict in one.warnings]
        if before != (sample.executor_id, sample.scenario_id, sample.persona_id):
            moved.append((sample, had))
            changed.append(sample)
    Sample.objects.bulk_update(changed, ["executor", "scenario", "persona", "warnings", "state"], batch_size=500)
    return moved


def _told(
    row: Cycle, moved: Sequence[tuple[Sample, User | None]], verb: str, actor: Actor, at: datetime, *, left: int,
    **facts: object,
) -> None:  # fmt: skip
    """One line for each sample, one for the cycle; whoever gained or lost calls is told once."""
    for one, _had in moved:
        assert one.executor is not None
        audit.record(
            "sample.reassigned", actor=actor, at=at, obj=one, facts={"number": one.number, "name": one.executor.name}
        )
    audit.record(verb, actor=actor, at=at, obj=row, facts={"count": len(moved), "left": left, **facts})
    tell_callers(row, [(one.executor, had) for one, had in moved], at)


def tell_callers(row: Cycle, went: Iterable[tuple[User | None, User | None]], at: datetime) -> None:
    """`went`: who has a call now, and who had it before. In the inbox, how many and no more: a TL or SPV who helps is
    shown the own next call only."""
    changed = [(now, had) for now, had in went if now != had]
    for kind, people in (
        ("given", [now for now, _had in changed if now is not None]),
        ("taken", [had for _now, had in changed if had is not None]),
    ):
        for user, count in Counter(people).items():
            facts = {"count": count, "month": str(row)}
            notices.notify([user], kind=f"calls.{kind}", at=at, url="/mystery/panggilan/", facts=facts, email=False)


def by_name(verdict: Verdict, names: Mapping[str, str]) -> Verdict:
    """The same reason with the caller's name instead of the e-mail address."""
    if "caller" not in verdict.facts:
        return verdict
    code = str(verdict.facts["caller"])
    return Verdict(verdict.ok, verdict.reason, {**verdict.facts, "caller": names.get(code, code)})


def warning(verdict: Verdict) -> dict[str, object]:
    """As `Sample.warnings` keeps it."""
    return {"reason": verdict.reason, "facts": audit.plain(verdict.facts)}
