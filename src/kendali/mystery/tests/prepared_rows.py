"""What is prepared before a month, for tests: an article in force, a test identity, a material, a scenario, by the
actions that make them. Days are around today, as the pages see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from kendali.documents import actions as articles
from kendali.documents.models import Revision
from kendali.mystery.actions import materials, scenarios
from kendali.mystery.models import Material, Persona, ScenarioVersion
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.queries.scenarios import today
from kendali.mystery.rules.scenario import Question
from kendali.mystery.rules.scenario import Scenario as Content
from kendali.mystery.rules.scenario_rules import ScenarioEvent
from tests.cast import Cast

Q1 = Question("q1", "Berapa biaya transfer?", "Rp 2.500 dengan BI-FAST", "PSL-0001", 1, ("BI-FAST",), ("gratis",))


def now() -> datetime:
    return timezone.now()


def day(offset: int = 0) -> date:
    return today(now()) + timedelta(days=offset)


def article(cast: Cast, code: str = "PSL-0001", body: str = "Rp 2.500", **more: Any) -> Revision:
    """In force since ten days ago, or one more version."""
    given = {"valid_from": day(-10)} | more
    row = articles.draft(user=cast.qanita, at=now(), code=code, title=f"Artikel {code}", body=body, **given)
    return articles.put_in_force(user=cast.qanita, at=now(), revision=row)


def cited(cast: Cast) -> None:
    if not Revision.objects.filter(document__code="PSL-0001").exists():
        article(cast)


def persona(code: str = "P-RINA", **more: Any) -> Persona:
    given = {"name": "Rina Uji", "gender": "f", "caller_number": "0812-0000-1111", "style": "ramah"} | more
    return Persona.objects.create(code=code, **given)


def material(cast: Cast, kind: str = "informasi", **more: Any) -> Material:
    cited(cast)
    given: dict[str, Any] = {"code": f"BHN-{kind.upper()}", "title": f"Bahan {kind}", "cites": [("PSL-0001", 1)]}
    return materials.save_material(user=cast.qanita, at=now(), kind=kind, text="", **(given | more))


def content(row: ScenarioVersion, **more: Any) -> Content:
    """Nothing is wrong with it."""
    given: dict[str, Any] = {
        "goal": "Ketepatan biaya transfer", "situation": "Ingin transfer ke bank lain",
        "opening": "{salam}, saya {nama}, mau bertanya.", "closing": "Terima kasih, itu saja.", "questions": (Q1,),
    }  # fmt: skip
    return replace(scenario_of(row), **(given | more))


def scenario(cast: Cast, status: str = "approved", code: str = "SKN-TRANSFER", **more: Any) -> ScenarioVersion:
    """By Qanita; approved by Qadri."""
    cited(cast)
    row = scenarios.begin(user=cast.qanita, at=now(), code=code, kind="informasi")
    row = scenarios.save(user=cast.qanita, at=now(), version=row, content=content(row, **more))
    return onward(cast, row, status)


def onward(cast: Cast, row: ScenarioVersion, status: str) -> ScenarioVersion:
    """A draft, as far as this status."""
    if status != "draft":
        row = scenarios.move(ScenarioEvent.SUBMIT, user=cast.qanita, at=now(), version=row)
    if status in ("approved", "retired"):
        row = scenarios.move(ScenarioEvent.APPROVE, user=cast.qadri, at=now(), version=row)
    if status == "retired":
        row = scenarios.move(ScenarioEvent.RETIRE, user=cast.qanita, at=now(), version=row, reason="Diganti")
    return row


def second_version(cast: Cast) -> ScenarioVersion:
    first = scenario(cast)
    row = scenarios.next_version(user=cast.qanita, at=now(), scenario=first.scenario)
    changed = replace(scenario_of(row), goal="Ketepatan dan keramahan")
    return scenarios.save(user=cast.qanita, at=now(), version=row, content=changed)
