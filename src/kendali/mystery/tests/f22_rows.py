"""Months of mystery calling as rows, made in bulk: what registers and sheets are tested with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from kendali.accounts.models import Site
from kendali.documents.models import Revision
from kendali.mystery.actions.forms import ship_default
from kendali.mystery.models import (
    Agent,
    Attempt,
    Clock,
    Cycle,
    Destination,
    Evaluation,
    Finding,
    FindingLine,
    Persona,
    Sample,
    Scenario,
    ScenarioVersion,
    Shift,
)
from kendali.mystery.rules import plain
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.filled import Answer, Span, by_item
from kendali.mystery.rules.form import Kind
from kendali.mystery.rules.scoring import score
from tests.cast import Cast

MONTH = date(2026, 11, 1)
FIRST = datetime(2026, 11, 2, 3, tzinfo=UTC)  # Monday 10.00 WIB
GOOD = {"attempts": "1", "busy": "no", "dropped": "no", "secret_asked": "no", "held": "no", "transferred": "no"}


def answers(**other: str) -> list[Answer]:
    """Everything well, the opening only partly, the further help not offered."""
    found = []
    for item in default_form().items():
        if item.id in ("hold", "transfer"):
            continue
        best = {Kind.GRADED: "full", Kind.YES_NO: "yes", Kind.NUMBER: "5", Kind.TEXT: "Lancar"}[item.kind]
        value = other.get(item.id, GOOD.get(item.id, best))
        spans = (Span(130, 145),) if item.id == "further_help" else ()
        note = "Menutup tanpa menawarkan bantuan" if item.id == "further_help" else ""
        found.append(Answer(item.id, value, note=note, spans=spans))
    return found


def office(cast: Cast) -> dict[str, Any]:
    site = Site.objects.create(code="jkt", name="Jakarta", zone="Asia/Jakarta")
    scenario = Scenario.objects.create(code="SK-03")
    for code, first in (("pagi", 420), ("siang", 780)):
        Shift.objects.get_or_create(code=code, defaults={"name": code, "first": first, "last": first + 480})
    return {
        "site": site,
        "form": ship_default(cast.now),
        "destination": Destination.objects.create(
            code="jkt-1500", name="Layanan Jakarta", number="1500", site=site, client=cast.nusantara,
            service="Kartu", queue="kartu-reguler",
        ),
        "version": ScenarioVersion.objects.create(
            scenario=scenario, version=2, kind="komplain", content={}, valid_from=MONTH, valid_until=date(2026, 12, 31),
            author=cast.qanita, created_at=FIRST,
        ),
        "persona": Persona.objects.create(code="P-04", name="Ibu Sinta", caller_number="0811-000-111"),
        "agent": Agent.objects.create(number="K-204", name="Ayu Ningsih"),
    }  # fmt: skip


def month(cast: Cast, count: int = 3, *, findings: int = 1, first: int = 1, **more: Any) -> Cycle:
    """`count` verified samples with one attempt that failed and one that connected, each with so many findings."""
    rows = office(cast)
    cycle = Cycle.objects.create(month=MONTH, created_at=FIRST, form=rows["form"], **more)
    samples = Sample.objects.bulk_create(_sample(cast, cycle, rows, n) for n in range(first, first + count))
    Attempt.objects.bulk_create(attempt for one in samples for attempt in _attempts(cast, one))
    evaluations = Evaluation.objects.bulk_create(_evaluation(cast, one, rows["form"]) for one in samples)
    for one, evaluation in zip(samples, evaluations, strict=True):
        one.evaluation = evaluation
    Sample.objects.bulk_update(samples, ["evaluation"], batch_size=1000)
    found = Finding.objects.bulk_create(
        _finding(cast, one, number, k) for number, one in enumerate(samples) for k in range(findings)
    )
    FindingLine.objects.bulk_create(
        FindingLine(finding=one, item="further_help", section="system", cause="agent") for one in found
    )
    Clock.objects.bulk_create(clock for one in found for clock in _clocks(one))
    return cycle


def _sample(cast: Cast, cycle: Cycle, rows: dict[str, Any], n: int) -> Sample:
    opens = FIRST + timedelta(minutes=n)
    return Sample(
        number=f"MC-2026-11-{n:04d}", cycle=cycle, slot=n, area="jkt", shift="pagi" if n % 2 else "siang",
        kind=("informasi", "permintaan", "komplain")[n % 3], week="1", destination=rows["destination"], place="jkt",
        opens=opens, closes=opens + timedelta(hours=2), zone="Asia/Jakarta", state="verified", executor=cast.qori,
        scenario=rows["version"], persona=rows["persona"], calling_since=opens, called_at=opens + timedelta(minutes=20),
        ended_at=opens + timedelta(minutes=24), agent=rows["agent"], agent_said="Ayu", agent_team="jkt-1",
        agent_site=rows["site"], ticket=f"T-{n}", no_recording_reason="Perekam mati",
        submitted_at=opens + timedelta(hours=1), verified_at=opens + timedelta(hours=5), verified_by=cast.qanita,
    )  # fmt: skip


def _attempts(cast: Cast, sample: Sample) -> list[Attempt]:
    assert sample.called_at is not None
    return [
        Attempt(sample=sample, number=1, at=sample.opens, outcome="busy", ivr_seconds=20, by=cast.qori),
        Attempt(
            sample=sample, number=2, at=sample.called_at, ended_at=sample.ended_at, outcome="connected", ivr_seconds=31,
            queue_seconds=12, ring_seconds=4, talk_seconds=187, hold_seconds=6, by=cast.qori,
        ),
    ]  # fmt: skip


def _evaluation(cast: Cast, sample: Sample, form: Revision) -> Evaluation:
    assert sample.called_at is not None
    given = answers(opening="partly", further_help="not_met")
    got = score(default_form(), by_item(given))
    return Evaluation(
        sample=sample, revision=1, form=form, status="verified", answers=plain.write(tuple(given)), by=cast.qori,
        begun_at=sample.called_at, submitted_at=sample.submitted_at, raw=got.raw, final=got.final,
        score=plain.write(got),
    )  # fmt: skip


def _finding(cast: Cast, sample: Sample, number: int, k: int) -> Finding:
    at = sample.submitted_at
    assert at is not None
    return Finding(
        number=f"TM-2026-11-{number * 10 + k:05d}", cycle=sample.cycle, sample=sample, evaluation=sample.evaluation,
        key=f"spv-{k}", state="in_progress", owner_kind="supervisor", owner=cast.surya, executor=cast.qori,
        agent=sample.agent, description="Agent menutup tanpa menawarkan bantuan lain",
        recommendation="Latihan penutup percakapan", found_at=at, feedback_at=at, forwarded_at=at,
    )  # fmt: skip


def _clocks(finding: Finding) -> list[Clock]:
    """K1 in time, K2 a day late, K3 still running."""
    at = finding.found_at
    due = at + timedelta(days=2)
    ends = {"k1": at, "k2": due + timedelta(days=1), "k3": None}
    return [
        Clock(
            finding=finding, step=step, started_at=at, due_at=due, budget_at=due, warn_at=due, calendar_version=0,
            zone="Asia/Jakarta", stopped_at=end,
        )
        for step, end in ends.items()
    ]  # fmt: skip
