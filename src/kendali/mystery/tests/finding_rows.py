"""Forms that fail, and the findings that follow from them, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from kendali.audit.actor import Actor
from kendali.mystery.actions import findings
from kendali.mystery.models import Clock, Evaluation, Finding
from kendali.mystery.rules import plain
from kendali.mystery.rules.answers import Said
from kendali.mystery.tests.house import CALLED, House

AT = CALLED + timedelta(hours=1)  # Friday 20 November 11.10 WIB
QCO = "qc_officer"


def submitted(house: House, *, agent: str = "A1", said: tuple[str, ...] = (), **answers: str) -> Evaluation:
    """A form that fails where `answers` says so, with words for the findings of these keys."""
    sample = house.sample("submitted", agent=agent, answers=answers)
    words = {key: plain.write(Said(f"Uraian {key}", f"Rekomendasi {key}")) for key in said}
    Evaluation.objects.filter(sample=sample).update(said=words)
    return Evaluation.objects.select_related("sample__cycle", "form").get(sample=sample)


def raised(house: House, evaluation: Evaluation, at: datetime = AT) -> list[Finding]:
    return findings.raise_from_form(evaluation, actor=Actor(house.cast.qori.pk, "Qori", QCO), at=at)


def clock(finding: Finding, step: str) -> Clock:
    return Clock.objects.get(finding=finding, step=step)


def many(house: House, count: int) -> None:
    """Findings in every open and one ended state, with their clocks, as rows."""
    sample = house.sample("verified")
    states = ("feedback_given", "at_supervisor", "in_progress", "follow_up_reported", "closed")
    rows = [
        Finding(
            number=f"TM-2026-11-{n:05d}", cycle=house.cycle, sample=sample, key=f"k{n}", area="jkt", team="J1",
            state=states[n % 5], owner=house.cast.surya, executor=house.cast.qori, agent=sample.agent,
            verifier=house.cast.qanita, description="Uraian", recommendation="Saran", found_at=AT,
            feedback_at=AT, forwarded_at=AT, ended_at=AT if n % 5 == 4 else None,
            due_at=None if n % 5 == 4 else AT + timedelta(minutes=n),
        )
        for n in range(count)
    ]  # fmt: skip
    made = Finding.objects.bulk_create(rows, batch_size=2000)
    clocks = [
        Clock(finding=one, step=step, started_at=AT, due_at=AT + timedelta(days=4), budget_at=AT, warn_at=AT,
              calendar_version=0, zone="Asia/Jakarta", site="jkt", stopped_at=AT if step != "k3" else None)
        for one in made
        for step in ("k1", "k2", "k3")
    ]  # fmt: skip
    Clock.objects.bulk_create(clocks, batch_size=5000)
