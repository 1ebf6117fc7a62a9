"""A finding took others in, and ends because its own call is void, or because its corrected form no longer speaks for
it. What went into it was found in other calls: it is raised again for those that still stand.

A merged finding has ended, and so have its clocks: neither moves again. A new one comes in its place, found when that
one was found, with clocks due when those were. A hand-over that was made while the other one went on for both was made
for this one too, so nobody is late who was not; and what was reported of the other call is reported anew.
"""

from __future__ import annotations

from datetime import datetime

from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.mystery.actions import clocks, finding_lines, finding_notices, holding
from kendali.mystery.actions.moving import locked_sample
from kendali.mystery.models import Clock, Evaluation, Finding, Sample
from kendali.mystery.queries import evaluation as filled
from kendali.mystery.queries import recurrence
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_rules import FindingState, Owner
from kendali.mystery.rules.sample_rules import SampleState
from kendali.terms import numbers

S = FindingState
SAME = (
    "cycle_id", "sample_id", "evaluation_id", "key", "area", "access_day", "owner_kind", "owner_id", "executor_id",
    "agent_id", "team", "critical_compliance", "description", "recommendation", "found_at", "feedback_at", "dispute",
    "escalated_at",
)  # fmt: skip
CLOCK = ("started_at", "due_at", "budget_at", "warn_at", "calendar_version", "zone", "site", "week", "opens",
         "closes", "told")  # fmt: skip
VERIFIED = {SampleState.VERIFIED, SampleState.LOCKED}


def raise_again(survivor: Finding, *, at: datetime) -> list[Finding]:
    """Before `survivor` ends, in that transaction, so that no recording is let go meanwhile."""
    rows = Finding.objects.filter(merged_into=survivor, state=S.MERGED.value).order_by("pk")
    made = [_raise(gone, survivor, at) for gone in rows]
    return [one for one in made if one is not None]


def _raise(gone: Finding, survivor: Finding, at: datetime) -> Finding | None:
    sample = locked_sample(gone.sample_id) if gone.sample_id is not None else None
    if not _stands(gone, sample):
        return None
    columns = {name: getattr(gone, name) for name in SAME} | _so_far(gone, survivor, sample)
    number = numbers.take_monthly("TM", gone.cycle.month)[0]
    new = Finding.objects.create(number=number, continues=gone, **columns)
    _write_lines(new, gone, sample)
    new.recurs = list(recurrence.earlier(new))
    new.save(update_fields=["recurs"])
    _clocks(new, gone)
    clocks.settle(new)
    holding.settle(sample, at=at)
    _tell(new, gone, survivor, at)
    return new


def _stands(gone: Finding, sample: Sample | None) -> bool:
    """Its call is not void, and what is submitted of it still speaks for the finding. Access rests on attempts."""
    if sample is None:
        return True
    if sample.state == SampleState.VOID:
        return False
    form = _form_of(sample)
    keys = {one.key for one in filled.drafts_of(form)} if form is not None else {gone.key}
    others = Finding.objects.filter(sample=sample, key=gone.key).exclude(state__in=[S.INVALID.value, S.MERGED.value])
    return gone.key in keys and not others.exists()


def _form_of(sample: Sample) -> Evaluation | None:
    """As it was submitted; None: who called has it in hand."""
    form = sample.evaluation
    return form if form is not None and form.status != Evaluation.Status.DRAFT else None


def _so_far(gone: Finding, survivor: Finding, sample: Sample | None) -> dict[str, object]:
    """State and hand-overs. It is with its owner where it was, or where the other one was and its own form is verified
    too; not before `gone` went into that one."""
    given = gone.feedback_at is not None
    if sample is not None and _form_of(sample) is None:
        given = False
    there = survivor.forwarded_at if given and (sample is None or sample.state in VERIFIED) else None
    forwarded = gone.forwarded_at or _since(gone, there)
    if forwarded is None:
        return {"state": (S.FEEDBACK_GIVEN if given else S.FOUND).value}
    at_supervisor = gone.owner_kind == Owner.SUPERVISOR
    return {
        "state": (S.AT_SUPERVISOR if at_supervisor else S.AT_DEPARTMENT).value,
        "owner_id": gone.owner_id or survivor.owner_id,
        "forwarded_at": forwarded,
        "verifier_id": gone.verifier_id or survivor.verifier_id,
        "reported_at": gone.reported_at or _since(gone, survivor.reported_at),
        "coaching_due_at": gone.coaching_due_at or survivor.coaching_due_at,
    }


def _since(gone: Finding, handed_over: datetime | None) -> datetime | None:
    if handed_over is None or gone.ended_at is None:
        return handed_over
    return max(handed_over, gone.ended_at)


def _write_lines(new: Finding, gone: Finding, sample: Sample | None) -> None:
    """As the form says it now; it may have been corrected since."""
    form = _form_of(sample) if sample is not None else None
    if sample is None or form is None:
        finding_lines.copy(gone, new)
        return
    draft = next(one for one in filled.drafts_of(form) if one.key == gone.key)
    finding_lines.write(new, draft, finding_lines.articles_of(sample))


def _clocks(new: Finding, gone: Finding) -> None:
    """Begun, due and warned of as those of `gone`. In chained mode the next begins with the hand-over before it."""
    handed_over = {Step.K1: new.feedback_at, Step.K2: new.forwarded_at, Step.K3: new.reported_at}
    own = {one.step: one for one in gone.clocks.all()}
    before: datetime | None = new.found_at
    for step in Step:
        row = own.get(step.value)
        if row is not None:
            stopped = row.stopped_at or handed_over[step]
            same = {name: getattr(row, name) for name in CLOCK}
            Clock.objects.create(finding=new, step=step.value, stopped_at=stopped, **same)
        elif before is not None:
            row, stopped = clocks.start(new, step, at=before), handed_over[step]
            Clock.objects.filter(pk=row.pk).update(stopped_at=stopped)
        else:
            return
        before = stopped


def _tell(new: Finding, gone: Finding, survivor: Finding, at: datetime) -> None:
    facts = {"number": new.number, "one": gone.number, "into": survivor.number}
    audit.record("finding.raised_again", actor=SYSTEM, at=at, obj=new, facts=facts)
    audit.record("finding.went_on", actor=SYSTEM, at=at, obj=gone, facts=facts)
    if new.state != S.FOUND or new.sample_id is None:  # who called has the form in hand already
        finding_notices.raised_again(new, gone.number, at=at)
