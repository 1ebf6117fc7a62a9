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
