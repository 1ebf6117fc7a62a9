"""Lists of samples: what waits for QA, and all of a month; a page is a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, DateField, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from kendali.mystery import words
from kendali.mystery.models import Clock, Cycle, Finding, Sample
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.queries import life, pace
from kendali.mystery.queries.clocks import Chip, Desks
from kendali.mystery.queries.life import Awaited
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_rules import FindingState
from kendali.mystery.rules.sample_rules import SampleState
from kendali.records.words import Pill
from kendali.verdict import Verdict

NAMES = ("cycle", "executor", "agent", "agent_site", "scenario__scenario", "evaluation", "verified_by", "destination")
HEAVY = ("scenario__content", "evaluation__answers", "evaluation__said", "evaluation__unticked", "evaluation__score",
         "cycle__request", "cycle__plan_problem")  # fmt: skip
MONTH_OF_CALL = "date_trunc('month', mystery_sample.called_at AT TIME ZONE mystery_sample.zone)"
QUEUE, MONTH = ("submitted_at", "id"), ("opens", "id")
AT_QA = FindingState.FEEDBACK_GIVEN.value


def with_names(rows: QuerySet[Sample]) -> QuerySet[Sample]:
    return rows.select_related(*NAMES).defer(*HEAVY)


# --- what waits for QA


@dataclass(slots=True)
class Waits:
    """One form that QA has to look at. `k2`: the clock of its findings that is due first, None = there are none."""

    sample: Sample
    findings: int = 0
    critical: bool = False
    unowned: int = 0
    k2: Chip | None = None


def to_verify() -> QuerySet[Sample]:
    return Sample.objects.filter(state=SampleState.SUBMITTED, submitted_at__isnull=False)


def waits(rows: Sequence[Sample], at: datetime) -> list[Waits]:
    """In the order of `rows`; three queries and those of the calendars."""
    found = {row.pk: Waits(row) for row in rows}
    running = Clock.objects.filter(step=Step.K2.value, stopped_at=None, dropped_at=None)
    findings = Finding.objects.filter(sample__in=list(found), state=AT_QA)
    desks = Desks()
    for finding in findings.prefetch_related(Prefetch("clocks", running, to_attr="running")):
        one = found[finding.sample_id or 0]
        one.findings += 1
        one.critical |= finding.critical_compliance
        one.unowned += finding.owner_id is None
        for clock in finding.running:
            if one.k2 is None or one.k2.due_at is None or clock.due_at < one.k2.due_at:
                one.k2 = clock_query.chip(Step.K2, clock, at, desks)
    return list(found.values())


def k2_clock(sample: Sample) -> Clock | None:
    """Until when QA has to forward what waits: of its clocks the first due."""
    rows = Clock.objects.filter(
        finding__sample=sample, finding__state=AT_QA, step=Step.K2.value, stopped_at=None, dropped_at=None
    )
    return rows.order_by("due_at").first()


# --- a month


@dataclass(frozen=True, slots=True)
class Row:
    sample: Sample
    pill: Pill
    kind: str
    counts: Verdict
    awaited: Awaited
    findings: int = 0
    open: int = 0


def counted(cycle: Cycle) -> Q:
    """Of `of_month`: in SQL what `rules.pace.counts` says of one sample."""
    in_time = Q(verified_at__lt=cycle.frozen_at) if cycle.frozen_at else Q()
    return pace.VERIFIED & in_time & Q(called_in=cycle.month)


def of_month(cycle: Cycle, seen: QuerySet[Sample]) -> QuerySet[Sample]:
    """`seen`: what the person may know of (`queries.scope`)."""
    called_in = Cast(
        RawSQL("date_trunc('month', mystery_sample.called_at AT TIME ZONE mystery_sample.zone)", []), DateField()
    )
    return seen.filter(cycle=cycle).annotate(called_in=called_in)


def rows(samples: Sequence[Sample], cycle: Cycle) -> list[Row]:
    """For a page: two queries more."""
    numbers = _findings(samples)
    found = []
    for one in samples:
        all_, open_ = numbers.get(one.pk, (0, 0))
        kind = words.word(words.KINDS, one.kind)
        found.append(
            Row(one, words.sample_pill(one.state), kind, life.counts(one, cycle), life.awaited(one), all_, open_)
        )
    return found


def _findings(samples: Sequence[Sample]) -> Mapping[int, tuple[int, int]]:
    ended = [FindingState.CLOSED.value, FindingState.INVALID.value, FindingState.MERGED.value]
    found = (
        Finding.objects.filter(sample__in=[one.pk for one in samples])
        .exclude(state__in=ended[1:])
        .values("sample")
        .annotate(all=Count("pk"), open=Count("pk", filter=~Q(state__in=ended)))
    )
    return {row["sample"]: (row["all"], row["open"]) for row in found}


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the whole month, as this person sees it."""

    all: int = 0
    counted: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)


def totals(cycle: Cycle, seen: QuerySet[Sample]) -> Totals:
    found = of_month(cycle, seen).values("state").annotate(all=Count("pk"), good=Count("pk", filter=counted(cycle)))
    by_state = {row["state"]: (row["all"], row["good"]) for row in found.order_by()}
    return Totals(
        sum(all_ for all_, _good in by_state.values()), sum(good for _all, good in by_state.values()),
        {state: all_ for state, (all_, _good) in by_state.items()},
    )  # fmt: skip


def batches(found: QuerySet[Sample], size: int = 1000) -> Iterator[list[Sample]]:
    """For XLSX: by key, so that no row is held longer than it is written."""
    last = 0
    while True:
        batch = list(found.filter(pk__gt=last).order_by("pk")[:size])
        if not batch:
            return
        yield batch
        last = batch[-1].pk
