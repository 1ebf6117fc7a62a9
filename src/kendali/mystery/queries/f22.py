"""The register F-22 of a month: what each row needs, read in bulk, and what is hashed when the cycle is frozen.

A row is a sample for which at least one call was placed: a plan is never shown here. A frozen cycle is told as it
stood when it was frozen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from kendali.documents.models import Revision
from kendali.mystery.models import (
    Attempt,
    Clock,
    Cycle,
    CycleSignature,
    Evaluation,
    Finding,
    FindingLine,
    FollowUp,
    Sample,
)
from kendali.mystery.queries import clocks
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import clock_rules, frozen_row
from kendali.mystery.rules.clock_rules import STEPS, ClockState, Step
from kendali.mystery.rules.form import Form
from kendali.mystery.rules.working_time import SECOND

M = TypeVar("M", bound=Model)
BATCH = 500
NAMES = ("destination__client", "executor", "scenario__scenario", "persona", "agent", "agent_site", "verified_by",
         "voided_by", "recording", "evaluation")  # fmt: skip
HEAVY = ("scenario__content", "recording__peaks")
LATER = ("evaluation__answers", "evaluation__said", "evaluation__unticked", "evaluation__score")
ORDER = ("number",)
ENDED = frozenset({"closed", "invalid", "merged"})
IN_TIME = {ClockState.IN_TIME: True, ClockState.STOPPED_LATE: False, ClockState.LATE: False}


@dataclass(frozen=True, slots=True)
class HandOver:
    """K1, K2 or K3 of a finding. `in_time` None: still open, or not needed any more."""

    step: Step
    at: datetime | None
    in_time: bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a row. `ended`: closed, invalid or merged; "" = open then."""

    finding: Finding
    lines: Sequence[FindingLine]
    hand_overs: tuple[HandOver, ...]
    root_cause: str
    ended: str


@dataclass(frozen=True, slots=True)
class Row:
    """`evaluation`, `revision` and `form` (the version it was filled with): None until submitted. `at`: as of when."""

    sample: Sample
    attempts: Sequence[Attempt]
    found: Sequence[Found]
    evaluation: Evaluation | None
    revision: Revision | None
    form: Form | None
    at: datetime


def as_of(cycle: Cycle) -> datetime:
    return cycle.frozen_at or timezone.now()


# --- which samples


def calls(cycle: Cycle | None = None) -> QuerySet[Sample]:
    """The rows of the register, of one month or of all: at least one call was placed. Bare rows, for a page of them."""
    placed = Exists(Attempt.objects.filter(sample=OuterRef("pk")))
    samples = Sample.objects.filter(Q(called_at__isnull=False) | placed)
    return samples.filter(cycle=cycle) if cycle is not None else samples


def called(cycle: Cycle | None = None) -> QuerySet[Sample]:
    """The same with everything that is told of them."""
    return _with_names(calls(cycle) if cycle is not None else calls().select_related("cycle"))


def named(samples: Sequence[Sample]) -> list[Sample]:
    """The rows of a page with what a list tells: names, no answers. Only so few are joined."""
    rows = Sample.objects.filter(pk__in=[one.pk for one in samples])
    return list(_with_names(rows).defer(*HEAVY, *LATER).order_by(*ORDER))


def _with_names(samples: QuerySet[Sample]) -> QuerySet[Sample]:
    return samples.select_related(*NAMES).defer(*HEAVY).annotate(replaces_number=F("replaces__number"))


def chosen(
    rows: QuerySet[Sample], at: datetime, *, area: str = "", shift: str = "", kind: str = "", state: str = "",
    found: str = "", text: str = "",
) -> QuerySet[Sample]:  # fmt: skip
    """`found`: "yes", "no", or "late": a hand-over was late, or is."""
    for name, value in (("area", area), ("shift", shift), ("kind", kind), ("state", state)):
        if value:
            rows = rows.filter(**{name: value})
    if found:
        valid = Finding.objects.exclude(state="invalid")
        having = _with(rows, _late(at), "finding__") if found == "late" else _with(rows, valid, "")
        rows = rows.exclude(pk__in=having) if found == "no" else rows.filter(pk__in=having)
    if text:
        rows = rows.filter(
            Q(number__icontains=text) | Q(ticket__icontains=text) | Q(agent__name__icontains=text)
            | Q(executor__name__icontains=text)
        )  # fmt: skip
    return rows


def _with(samples: QuerySet[Sample], found: QuerySet[M], path: str) -> list[int]:
    """Keys of these samples that one of `found` belongs to; `path`: from it to its finding. A finding of Access names
    its samples. Of one month, and as a list: an OR of the two is looked up sample by sample, which takes seconds."""
    keys = samples.order_by().values_list("pk", flat=True)
    of_access = found.filter(**{f"{path}sample": None}).values(f"{path}lines__item")
    own = keys.filter(Exists(found.filter(**{f"{path}sample": OuterRef("pk")})))
    return [*own, *keys.filter(called_at=None, number__in=of_access)]


def _late(at: datetime) -> QuerySet[Clock]:
    """As `_hand_over` tells it: the printed second decides, and what was late when it was dropped stays late."""
    over = F("due_at") + SECOND
    ended = Q(stopped_at__gte=over) | Q(dropped_at__gte=over) | Q(stopped_at=None, dropped_at=None)
    return Clock.objects.filter(ended, due_at__lte=at - SECOND)


def without_answers(rows: QuerySet[Sample]) -> QuerySet[Sample]:
    return rows.defer(*HEAVY, *LATER)


def batches(samples: QuerySet[Sample], at: datetime, size: int = BATCH) -> Iterator[list[Row]]:
    """All rows in the order of their numbers, never more than `size` in memory."""
    rows = samples.order_by(*ORDER).iterator(chunk_size=size)
    while batch := list(islice(rows, size)):
        yield told(batch, at)


def forms_used(cycle: Cycle) -> list[Form]:
    """Every version that a call of this month was assessed with, oldest first."""
    used = Evaluation.objects.filter(sample__cycle=cycle).exclude(status="draft").values("form")
    return [form_of(one) for one in Revision.objects.filter(pk__in=used).order_by("document", "version")]


def signed_parts(cycles: Sequence[Cycle]) -> dict[int, int]:
    """How many of the three signatures each register has."""
    rows = _by("cycle_id", CycleSignature.objects.filter(cycle__in=cycles))
    return {pk: len(standing(signatures)) for pk, signatures in rows.items()}


def standing(signatures: Iterable[CycleSignature]) -> list[CycleSignature]:
    """Those on the register as it was signed last: what was signed before it changed counts no more."""
    by_time = sorted(signatures, key=lambda one: one.at)
    return [one for one in by_time if one.digest == by_time[-1].digest]


# --- what they say, in bulk


def told(samples: Sequence[Sample], at: datetime) -> list[Row]:
    """Six queries for all of them. `at`: hand-overs after it are not made yet."""
    attempts = _by("sample_id", Attempt.objects.filter(sample__in=samples).order_by("number"))
    of_samples, of_access = _found(samples, at)
    submitted = {one.pk: one.evaluation for one in samples if one.evaluation and one.evaluation.status != "draft"}
    forms = Revision.objects.select_related("document").in_bulk({one.form_id for one in submitted.values()})
    rows = []
    for one in samples:
        calls, evaluation = attempts.get(one.pk, []), submitted.get(one.pk)
        revision = forms[evaluation.form_id] if evaluation else None
        form = form_of(revision) if revision else None
        if evaluation is not None and revision is not None:
            evaluation.form = revision  # the same row, read once for all of them
        found = [*of_samples.get(one.pk, []), *_access(of_access, one)]
        rows.append(Row(one, calls, found, evaluation, revision, form, at))
    return rows


def _by(name: str, rows: Iterable[M]) -> dict[int, list[M]]:
    found: dict[int, list[M]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _found(samples: Sequence[Sample], at: datetime) -> tuple[dict[int, list[Found]], dict[str, list[Found]]]:
    """By sample; and those of Access by the number of each sample they name."""
    silent = [one.number for one in samples if one.called_at is None]
    named_in = FindingLine.objects.filter(item__in=silent, finding__sample=None).values("finding")
    of_access = Q(pk__in=named_in) if silent else Q(pk=None)
    all_of_them = _told(Finding.objects.filter(Q(sample__in=samples) | of_access), at)
    by_sample: dict[int, list[Found]] = defaultdict(list)
    by_number: dict[str, list[Found]] = defaultdict(list)
    for found in all_of_them:
        if found.finding.sample_id is not None:
            by_sample[found.finding.sample_id].append(found)
        else:
            for line in found.lines:
                by_number[line.item].append(found)
    return by_sample, by_number


def _told(rows: QuerySet[Finding], at: datetime) -> list[Found]:
    """Those of them that were there."""
    there = Q(continues=None) | Q(continues__merged_into__ended_at__lte=at)  # raised again
    findings = list(rows.filter(there, found_at__lte=at).select_related("owner").order_by("number"))
    lines = _by("finding_id", FindingLine.objects.filter(finding__in=findings).order_by("item"))
    started = _by("finding_id", Clock.objects.filter(finding__in=findings))
    causes = dict(
        FollowUp.objects.filter(finding__in=findings, at__lte=at).order_by("at", "id")
        .values_list("finding_id", "root_cause")
    )  # fmt: skip
    return [
        Found(
            finding=one,
            lines=lines.get(one.pk, []),
            hand_overs=_hand_overs(started.get(one.pk, []), at),
            root_cause=causes.get(one.pk, ""),
            ended=one.state if one.state in ENDED and one.ended_at is not None and one.ended_at <= at else "",
        )
        for one in findings
    ]


def _hand_overs(rows: Sequence[Clock], at: datetime) -> tuple[HandOver, ...]:
    by_step = {one.step: one for one in rows if one.started_at <= at}
    return tuple(_hand_over(step, by_step.get(step.value), at) for step in STEPS)


def _hand_over(step: Step, row: Clock | None, at: datetime) -> HandOver:
    if row is None:
        return HandOver(step, None, None)
    stopped, dropped = (end if end is not None and end <= at else None for end in (row.stopped_at, row.dropped_at))
    clock = replace(clocks.as_rule(row), stopped_at=stopped, dropped_at=dropped)
    return HandOver(step, stopped, IN_TIME.get(clock_rules.state(clock, at)))


def _access(found: Mapping[str, list[Found]], sample: Sample) -> list[Found]:
    """The finding of the area and day on which a sample ended unconnected; of no other one that was tried there."""
    return found.get(sample.number, []) if sample.called_at is None else []


# --- what is hashed


def row_digests(cycle: Cycle, at: datetime | None = None) -> dict[int, str]:
    """Sample pk → SHA-256 of its row, of every sample of the cycle. `at`: when it is frozen; default: when it was,
    else now."""
    at = at or as_of(cycle)
    digests: dict[int, str] = {}
    for rows in batches(_with_names(cycle.samples.all()), at):
        digests |= {row.sample.pk: frozen_row.digest(frozen(row, cycle.month)) for row in rows}
    return digests


def access_rows(cycle: Cycle, at: datetime | None = None) -> list[frozen_row.AccessRow]:
    """Its Access findings as they are hashed, in the order of their numbers."""
    at = at or as_of(cycle)
    return [_frozen_access(one, cycle.month, at) for one in _told(cycle.findings.filter(sample=None), at)]


def register_digest(cycle: Cycle, at: datetime | None = None, rows: Mapping[int, str] | None = None) -> str:
    """Of the whole register as it stands: what is signed, and what the cycle keeps when it is frozen. A frozen one by
    the layout it was frozen with. `rows`: the digests of its samples, where they are known already."""
    rows = row_digests(cycle, at) if rows is None else rows
    numbers = dict(cycle.samples.values_list("pk", "number"))
    listed = {numbers[pk]: one for pk, one in rows.items()}
    if cycle.frozen_at is None or cycle.frozen_layout > 1:
        listed |= {one.finding.number: frozen_row.digest(one) for one in access_rows(cycle, at)}
    return frozen_row.register_digest(listed)


def frozen(row: Row, month: date) -> frozen_row.FrozenRow:
    one = row.sample
    return frozen_row.FrozenRow(
        number=one.number,
        month=month,
        slot=one.slot,
        replaces=one.replaces_number or "",  # type: ignore[attr-defined]
        kind=one.kind,
        scenario=one.scenario.scenario.code if one.scenario else "",
        scenario_version=one.scenario.version if one.scenario else None,
        area=one.area,
        shift=one.shift,
        week=one.week,
        destination=one.destination.code,
        opens=one.opens,
        closes=one.closes,
        zone=one.zone,
        executor=one.executor_id,
        persona=one.persona.code if one.persona else "",
        attempts=tuple(map(_frozen_attempt, row.attempts)),
        called_at=one.called_at,
        ended_at=one.ended_at,
        agent=one.agent.number if one.agent else "",
        agent_said=one.agent_said,
        agent_team=one.agent_team,
        agent_site=one.agent_site.code if one.agent_site else "",
        no_agent_reason=one.no_agent_reason,
        ticket=one.ticket,
        recording=_frozen_recording(one),
        no_recording_reason=one.no_recording_reason,
        evaluation=_frozen_evaluation(row),
        findings=tuple(_frozen_finding(found) for found in row.found if found.finding.sample_id == one.pk),
        verified_by=one.verified_by_id,
        verified_at=one.verified_at,
        void_reason=one.void_reason,
        void_note=one.void_note,
        voided_by=one.voided_by_id,
        voided_at=one.voided_at,
    )


def _frozen_attempt(one: Attempt) -> frozen_row.Attempt:
    return frozen_row.Attempt(
        number=one.number, at=one.at, ended_at=one.ended_at, outcome=one.outcome, ivr=one.ivr_seconds,
        queue=one.queue_seconds, ring=one.ring_seconds, talk=one.talk_seconds, hold=one.hold_seconds, note=one.note,
        by=one.by_id,
    )  # fmt: skip


def _frozen_recording(sample: Sample) -> frozen_row.Recording | None:
    kept = getattr(sample, "recording", None)
    return frozen_row.Recording(of=str(kept.record_id or kept.sha256), seconds=kept.seconds) if kept else None


def _frozen_evaluation(row: Row) -> frozen_row.Evaluation | None:
    one, form = row.evaluation, row.revision
    if one is None or form is None:
        return None
    return frozen_row.Evaluation(
        revision=one.revision, form=form.digest, answers=one.answers, said=one.said, unticked=one.unticked,
        by=one.by_id, submitted_at=one.submitted_at, late=one.late, raw=one.raw, final=one.final,
    )  # fmt: skip


def _frozen_finding(found: Found) -> frozen_row.Finding:
    one = found.finding
    return frozen_row.Finding(
        number=one.number, key=one.key, found_at=one.found_at, critical_compliance=one.critical_compliance,
        description=one.description, recommendation=one.recommendation, root_cause=found.root_cause,
        lines=tuple(
            frozen_row.Line(item=line.item, cause=line.cause, error_class=line.error_class) for line in found.lines
        ),
        hand_overs=tuple(
            frozen_row.HandOver(step=step.step.value, at=step.at, in_time=step.in_time) for step in found.hand_overs
        ),
        ended=found.ended,
    )  # fmt: skip


def _frozen_access(found: Found, month: date, at: datetime) -> frozen_row.AccessRow:
    one, finding = found.finding, _frozen_finding(found)
    if not found.ended and (one.forwarded_at is None or one.forwarded_at > at):
        finding = replace(finding, description="", recommendation="")
    assert one.access_day is not None  # a finding is of a sample or of a day
    return frozen_row.AccessRow(month=month, area=one.area, day=one.access_day, finding=finding)
