"""A month of mystery calling of any size: one sample with its form and one finding made as the actions leave them, then
multiplied by SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from kendali import civil_time
from kendali.accounts.models import Site, User
from kendali.mystery.actions.forms import ship_default
from kendali.mystery.models import (
    Agent,
    Cycle,
    Destination,
    Evaluation,
    Finding,
    Membership,
    Persona,
    Sample,
    Scenario,
    ScenarioVersion,
)
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import filled, plain, scoring
from kendali.mystery.rules.filled import Answer
from kendali.mystery.rules.form import Form, Kind
from kendali.mystery.rules.scenario import Question
from kendali.mystery.rules.scenario import Scenario as Content

MONTH = civil_time.add_months(timezone.localdate(), -1)  # what waits is late, but not for years
FIRST = datetime(MONTH.year, MONTH.month, 1, 2, tzinfo=UTC)
SAMPLE, FINDING = f"MC-{MONTH:%Y-%m}-", f"TM-{MONTH:%Y-%m}-B"
AGENTS, SINCE = 300, civil_time.add_months(MONTH, -6)
# The hours of work, evenly over 23 days.
AGENT = f"(SELECT id FROM mystery_agent WHERE number = 'BENCH' || g % {AGENTS})"  # noqa: S608 - our own words
AT = "interval '1 hour' * (24 * (g % 23) + g % 8)"


@dataclass(frozen=True, slots=True)
class Month:
    cycle: Cycle
    sample: Sample
    finding: Finding
    samples: int
    findings: int


def fill(samples: int, findings: int) -> Month:
    cycle, sample = _first_sample()
    finding = _first_finding(sample)
    _multiply(cycle, sample, finding, samples, findings)
    return Month(cycle, sample, finding, cycle.samples.count(), cycle.findings.count())


def _person(name: str) -> User:
    return User.objects.get(email__startswith=f"{name}@")


def _first_sample() -> tuple[Cycle, Sample]:
    form, qanita, qori = ship_default(FIRST - timedelta(days=9)), _person("qanita"), _person("qori")
    site, _ = Site.objects.get_or_create(code="jkt", defaults={"name": "Jakarta", "zone": "Asia/Jakarta"})
    to = Destination.objects.create(code="bench", name="Jakarta", number="1500999", site=site)
    cycle = Cycle.objects.create(
        month=MONTH, status=Cycle.Status.PLANNED, form=form, seed="bench", created_at=FIRST, plan_frozen_at=FIRST,
        plan_frozen_by=qanita, plan_digest="0" * 64,
    )  # fmt: skip
    _agents(site)
    sample = Sample.objects.create(
        number=f"{SAMPLE}0000", cycle=cycle, slot=0, area="jkt", shift="pagi", kind="informasi", week="1",
        destination=to, place="bench", opens=FIRST, closes=FIRST + timedelta(hours=2), zone="Asia/Jakarta",
        state="verified", executor=qori, scenario=_scenario(), called_at=FIRST, ended_at=FIRST + timedelta(minutes=6),
        persona=Persona.objects.create(code="BENCH", name="Sari", caller_number="0811000"),
        submitted_at=FIRST + timedelta(hours=1), verified_at=FIRST + timedelta(hours=2), verified_by=qanita,
        agent=Agent.objects.get(number="BENCH0"), agent_team="BENCH", agent_site=site,
    )  # fmt: skip
    sample.attempts.create(number=1, at=FIRST, outcome="connected", ivr_seconds=30, ring_seconds=4, by=qori)
    answers = _answers(form_of(form))
    got = scoring.score(form_of(form), answers)
    sample.evaluation = Evaluation.objects.create(
        sample=sample, revision=1, form=form, status="verified", by=qori, begun_at=FIRST, answers=plain.write(
            tuple(answers.values())), submitted_at=sample.submitted_at, raw=got.raw, final=got.final,
        score=plain.write(got),
    )  # fmt: skip
    sample.save(update_fields=["evaluation"])
    return cycle, sample


def _agents(site: Site) -> None:
    agents = Agent.objects.bulk_create(Agent(number=f"BENCH{n}", name=f"Agent {n}") for n in range(AGENTS))
    Membership.objects.bulk_create(
        Membership(
            agent=one, name=one.name, team="BENCH", site=site, shift="pagi", since=civil_time.add_months(MONTH, -6)
        )
        for one in agents
    )


def _scenario() -> ScenarioVersion:
    qanita, qadri = _person("qanita"), _person("qadri")
    content = Content(
        code="BENCH", version=1, kind="informasi", goal="Ketepatan", situation="Tarif", opening="{salam}, {nama}.",
        questions=(Question("q1", "Berapa?", "Seribu", "PSL-0001", 1),), closing="Terima kasih.", author=qadri.pk,
        valid_from=MONTH, valid_until=civil_time.add_months(MONTH, 12),
    )  # fmt: skip
    return ScenarioVersion.objects.create(
        scenario=Scenario.objects.create(code="BENCH"), version=1, kind="informasi", goal=content.goal,
        content=plain.write(content), status="approved", valid_from=content.valid_from,
        valid_until=content.valid_until, author=qadri, created_at=FIRST, approved_by=qanita, approved_at=FIRST,
    )  # fmt: skip


def _answers(form: Form) -> dict[str, Answer]:
    """Every item that is asked, with its best answer; the greeting fails."""
    given: dict[str, Answer] = {}
    for item in form.items():
        if item.id not in filled.visible(form, given):
            continue
        if item.kind is Kind.NUMBER:
            value = str(max(item.ranges, key=lambda one: one.points).low)
        elif item.kind is Kind.TEXT:
            value = "Lancar"
        else:
            chosen = min if item.id == "opening" else max
            value = chosen(item.choices, key=lambda one: (not one.fails, one.points)).code
        given[item.id] = Answer(item.id, value)
    return given


def _first_finding(sample: Sample) -> Finding:
    at = sample.submitted_at
    assert at is not None
    finding = Finding.objects.create(
        number=f"{FINDING}0000", cycle=sample.cycle, sample=sample, evaluation=sample.evaluation, key="supervisor",
        area="jkt", state="at_supervisor", owner=_person("surya"), executor=sample.executor, agent=sample.agent,
        team="BENCH", verifier=sample.verified_by, description="Salam pembuka tidak lengkap",
        recommendation="Coaching salam pembuka", found_at=at, feedback_at=at, forwarded_at=sample.verified_at,
        due_at=at + timedelta(days=2),
    )  # fmt: skip
    finding.lines.create(item="opening", section="system", cause="agent", answer=plain.write(Answer("opening", "no")))
    for step, stopped in (("k1", at), ("k2", sample.verified_at), ("k3", None)):
        finding.clocks.create(
            step=step, started_at=at, due_at=at + timedelta(days=2), budget_at=at + timedelta(days=1),
            warn_at=at + timedelta(days=1), calendar_version=0, zone="Asia/Jakarta", site="jkt", stopped_at=stopped,
        )  # fmt: skip
    return finding


def _multiply(cycle: Cycle, sample: Sample, finding: Finding, samples: int, findings: int) -> None:
    """Every column of the first one, but for what has to differ."""
    one, made = f"t.id = {sample.pk}", f"t.cycle_id = {cycle.pk}"
    _copy(
        "mystery_sample", f"{one}", samples - 1,
        number=f"'{SAMPLE}' || lpad(g::text, 4, '0')", slot="g", opens=f"t.opens + {AT}", closes=f"t.closes + {AT}",
        called_at=f"t.called_at + {AT}", ended_at=f"t.ended_at + {AT}", submitted_at=f"t.submitted_at + {AT}",
        verified_at=f"t.verified_at + {AT}", evaluation_id="NULL",
        agent_id=AGENT,
        week="(1 + g % 5)::text", kind="(ARRAY['informasi', 'permintaan', 'komplain'])[1 + g % 3]",
    )  # fmt: skip
    _run(_each("mystery_evaluation", f"e.sample_id = {sample.pk}", f"{made} AND t.id <> {sample.pk}",
               sample_id="t.id"))  # fmt: skip
    _run("UPDATE mystery_sample s SET evaluation_id = e.id FROM mystery_evaluation e"
         " WHERE e.sample_id = s.id AND s.evaluation_id IS NULL")  # fmt: skip
    _run(_each("mystery_attempt", f"e.sample_id = {sample.pk}", f"{made} AND t.id <> {sample.pk}",
               sample_id="t.id", at="t.called_at"))  # fmt: skip
    numbered = f"(SELECT id FROM mystery_sample WHERE cycle_id = {cycle.pk} AND slot = g % {samples})"  # noqa: S608
    _copy(
        "mystery_finding", f"t.id = {finding.pk}", findings - 1,
        number=f"'{FINDING}' || lpad(g::text, 5, '0')", sample_id=numbered, key=f"'k' || g / {samples}",
        found_at=f"t.found_at + {AT}", due_at=f"CASE WHEN g % 4 = 0 THEN NULL ELSE t.due_at + {AT} END",
        state="(ARRAY['closed', 'at_supervisor', 'feedback_given', 'follow_up_reported'])[1 + g % 4]",
        ended_at=f"CASE WHEN g % 4 = 0 THEN t.found_at + {AT} END",
        owner_id=f"CASE WHEN g % 50 = 1 THEN t.owner_id ELSE {_person('kirana').pk} END",
        agent_id=AGENT,
    )  # fmt: skip
    for table in ("mystery_findingline", "mystery_clock"):
        _run(_each(table, f"e.finding_id = {finding.pk}", f"{made} AND t.id <> {finding.pk}", of="mystery_finding",
                   finding_id="t.id"))  # fmt: skip


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [one.name for one in connection.introspection.get_table_description(cursor, table) if one.name != "id"]


def _copy(table: str, first: str, count: int, **other: str) -> None:
    columns = _columns(table)
    values = ", ".join(other.get(name, f't."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    _run(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, generate_series(1, {count}) g WHERE {first}")  # noqa: S608


def _each(table: str, first: str, rows: str, *, of: str = "mystery_sample", **other: str) -> str:
    """The rows `first` of a table once more for each of the rows `of`."""
    columns = _columns(table)
    values = ", ".join(other.get(name, f'e."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} e, {of} t WHERE {first} AND {rows}"  # noqa: S608


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
