"""One month of mystery calling for tests: form, scenario, persona, cycle, and a sample in any state.

    def test_something(house: House) -> None:      # a fixture known to every test of mystery calling
        sample = house.sample("submitted", verification="not_met")

Rows are made as the actions leave them, without an audit trail and without findings; `house.finding` makes one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kendali.accounts.models import User
from kendali.documents.models import Revision
from kendali.mystery.actions.forms import ship_default
from kendali.mystery.models import (
    Cycle,
    Destination,
    Evaluation,
    Finding,
    Persona,
    Sample,
    Scenario,
    ScenarioVersion,
)
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import filled, plain, scoring
from kendali.mystery.rules.filled import Answer, NaBy, Span
from kendali.mystery.rules.form import Kind
from kendali.mystery.rules.scenario import Question
from kendali.mystery.rules.scenario import Scenario as ScenarioContent
from kendali.mystery.tests.roster_rows import Floor, floor
from kendali.terms import numbers
from kendali.terms.models import Setting
from tests.cast import Cast

MONTH = date(2026, 11, 1)
FREEZE = datetime(2026, 10, 30, 9, tzinfo=UTC)  # of the plan
CALLED = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)  # Friday 10.10 WIB, five and a half hours before cast.now
TALKED = timedelta(minutes=6)
BEFORE_THE_CALL = ("planned", "assigned", "calling", "missed")
WITH_FORM = ("scoring", "submitted", "verified", "locked")
ITEM_OF_NA: dict[str, Any] = {"na": NaBy.HUMAN, "na_reason": "Tidak terjadi dalam panggilan ini"}


@dataclass
class House:
    cast: Cast
    floor: Floor
    form: Revision
    scenario: ScenarioVersion
    persona: Persona
    cycle: Cycle
    made: int = field(default=0)

    def sample(self, state: str = "planned", *, agent: str = "A1", answers: dict[str, str] | None = None,
               **columns: Any) -> Sample:  # fmt: skip
        """One sample (MC-2026-11-nnnn) as it is in this state; `agent`: number of the roster, "" = not identified.
        `answers`: item → value, "n/a" = N/A by the caller; all others are answered with the best."""
        self.made += 1
        row = self._row(state, agent) | columns
        sample = Sample.objects.create(**row)
        if state in WITH_FORM:
            self.evaluation(sample, {"scoring": "draft", "locked": "verified"}.get(state, state), answers)
        return sample

    def _row(self, state: str, agent: str) -> dict[str, Any]:
        to: Destination = self.floor.jakarta
        row: dict[str, Any] = {
            "number": numbers.take_monthly("MC", self.cycle.month)[0], "cycle": self.cycle, "slot": self.made,
            "area": "jkt", "shift": "pagi", "kind": "permintaan", "week": "3", "destination": to, "place": to.code,
            "opens": CALLED - timedelta(minutes=10), "closes": CALLED + timedelta(minutes=110), "zone": to.zone,
            "state": state, "scenario": self.scenario, "persona": self.persona,
        }  # fmt: skip
        if state != "planned":
            row["executor"] = self.cast.qori
        if state == "calling":
            row["calling_since"] = CALLED
        if state in ("called", *WITH_FORM):
            row |= self._call(agent)
        if state in ("submitted", "verified", "locked"):
            row["submitted_at"] = self.submitted_at
        if state in ("verified", "locked"):
            row |= {"verified_at": self.verified_at, "verified_by": self.cast.qanita}
        if state == "void":
            row |= {"void_reason": "cover_blown", "voided_by": self.cast.qanita, "voided_at": self.verified_at}
        return row

    def _call(self, agent: str) -> dict[str, Any]:
        row: dict[str, Any] = {
            "called_at": CALLED, "ended_at": CALLED + TALKED, "ticket": "TKT-0812",
            "ticket_closed_at": CALLED + TALKED, "ticket_closed_by": self.cast.qori,
            "no_recording_reason": "Rekaman belum ditemukan",
        }  # fmt: skip
        if not agent:
            return row | {"no_agent_reason": "Nama tidak terdengar"}
        found = self.floor.agents[agent]
        at = found.memberships.get()
        return row | {"agent": found, "agent_said": found.name.split()[0], "agent_team": at.team, "agent_site": at.site}

    @property
    def submitted_at(self) -> datetime:
        return CALLED + timedelta(hours=1)

    @property
    def verified_at(self) -> datetime:
        return CALLED + timedelta(hours=2)

    # --- the form

    def answers(self, **values: str) -> dict[str, Answer]:
        """A form on which nothing fails; `item="not_met"` and the like change it, "n/a" is the caller's N/A."""
        form = form_of(self.form)
        given: dict[str, Answer] = {}
        for item in form.items():
            if item.id not in filled.visible(form, given):
                continue
            if values.get(item.id) == "n/a":
                given[item.id] = Answer(item.id, **ITEM_OF_NA)
            elif item.id in values:
                given[item.id] = Answer(item.id, values[item.id], note="Lihat menit pertama", spans=(Span(65, 80),))
            elif item.kind is Kind.NUMBER:
                given[item.id] = Answer(item.id, str(max(item.ranges, key=lambda one: one.points).low))
            elif item.kind is Kind.TEXT:
                given[item.id] = Answer(item.id, "Panggilan berjalan lancar")
            elif not item.scored and not any(choice.fails for choice in item.choices):
                given[item.id] = Answer(item.id, "no")  # on hold, transferred
            else:
                given[item.id] = Answer(item.id, max(item.choices, key=lambda one: (not one.fails, one.points)).code)
        return given

    def evaluation(self, sample: Sample, status: str = "draft", answers: dict[str, str] | None = None,
                   **columns: Any) -> Evaluation:  # fmt: skip
        """The form of a sample; with its score once it was submitted. It becomes the one that stands."""
        given = self.answers(**(answers or {}))
        row: dict[str, Any] = {
            "sample": sample, "revision": sample.evaluations.count() + 1, "form": self.form, "status": status,
            "answers": plain.write(tuple(given.values())), "by": sample.executor,
            "begun_at": CALLED + TALKED, "saved": 1, "saved_at": self.submitted_at,
        }  # fmt: skip
        if status != "draft":
            got = scoring.score(form_of(self.form), given)
            row |= {"submitted_at": self.submitted_at, "raw": got.raw, "final": got.final, "score": plain.write(got)}
            row["failed_form"] = got.final == 0 and bool(got.auto_failed)
        evaluation = Evaluation.objects.create(**row | columns)
        Sample.objects.filter(pk=sample.pk).update(evaluation=evaluation)
        sample.evaluation = evaluation
        return evaluation

    def setting(self, key: str, value: object) -> None:
        version = Setting.objects.filter(key=key, client=None).count() + 1
        Setting.objects.create(
            key=key, value=value, version=version, reason="Uji", created_by=self.cast.adi, created_at=FREEZE
        )

    # --- findings

    def finding(self, sample: Sample, state: str = "feedback_given", *, owner: User | None = None,
                **columns: Any) -> Finding:  # fmt: skip
        """A finding of the supervisor with one line (verification); without clocks."""
        row: dict[str, Any] = {
            "number": numbers.take_monthly("TM", self.cycle.month)[0], "cycle": self.cycle,
            "sample": sample, "evaluation": sample.evaluation, "key": "supervisor", "area": "jkt", "state": state,
            "owner": owner or self.cast.surya, "executor": sample.executor, "agent": sample.agent,
            "team": sample.agent_team, "description": "Identitas tidak diverifikasi sebelum informasi diberikan",
            "recommendation": "Coaching alur verifikasi", "found_at": self.submitted_at,
            "feedback_at": None if state == "found" else self.submitted_at,
        }  # fmt: skip
        if state in ("closed", "invalid", "merged"):
            row["ended_at"] = self.cast.now
        if state not in ("found", "feedback_given"):
            row |= {"forwarded_at": self.verified_at, "verifier": self.cast.qanita}
        finding = Finding.objects.create(**row | columns)
        finding.lines.create(item="verification", section="system", cause="agent", error_class="compliance")
        return finding


def build(cast: Cast) -> House:
    form = ship_default(FREEZE)
    persona = Persona.objects.create(
        code="P-01", name="Sari Wulandari", gender="f", profile="Ibu rumah tangga", style="tenang",
        caller_number="081100000001", numbers=["3173000000000001"],
    )  # fmt: skip
    cycle = Cycle.objects.create(
        month=MONTH, status=Cycle.Status.PLANNED, form=form, seed="november", plan_frozen_at=FREEZE,
        plan_frozen_by=cast.qanita, plan_digest="0" * 64, created_at=FREEZE,
    )  # fmt: skip
    return House(cast, floor(cast), form, _scenario(cast), persona, cycle)


def _scenario(cast: Cast) -> ScenarioVersion:
    content = ScenarioContent(
        code="SKN-01", version=1, kind="permintaan", goal="Ketepatan prosedur ganti nomor", situation="Ganti nomor",
        opening="{salam}, saya {nama}, ingin mengganti nomor telepon.",
        questions=(Question("q1", "Apa saja syaratnya?", "KTP dan kartu lama", "PSL-0001", 1, ("KTP",)),),
        closing="Terima kasih.", author=cast.qadri.pk, valid_from=date(2026, 10, 1), valid_until=date(2026, 12, 31),
    )  # fmt: skip
    return ScenarioVersion.objects.create(
        scenario=Scenario.objects.create(code=content.code), version=1, kind=content.kind, goal=content.goal,
        content=plain.write(content), status="approved", valid_from=content.valid_from,
        valid_until=content.valid_until, author=cast.qadri, created_at=FREEZE, approved_by=cast.qanita,
        approved_at=FREEZE,
    )  # fmt: skip
