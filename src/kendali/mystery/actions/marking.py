"""Every night: which materials and scenarios rest on an article that has ended, changed or gone; QA is told once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kendali.accounts import permissions
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.mystery.models import Material, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.rules.problems import Problem
from kendali.notices import actions as notices

Row = Material | ScenarioVersion


@transaction.atomic
def tell(at: datetime) -> int:
    """How many are newly marked. What was told before is not told again; what holds once more is forgotten."""
    approved = ScenarioVersion.objects.filter(status="approved", valid_until__gte=queries.today(at))
    versions = list(approved.select_related("scenario").select_for_update(of=("self",)).order_by("version"))
    last = {row.scenario_id: row for row in versions}
    marked = queries.marks(last.values(), at)
    scenarios = [row for row in last.values() if _newly(row, marked.get(row.pk, []), at)]
    ground = queries.materials(at)
    materials = [row for row in ground.rows if _newly(row, ground.problems.get(row.code, []), at)]
    if scenarios or materials:
        notices.notify(
            permissions.holders("scenario.edit"),
            kind="scenario.marked",
            at=at,
            url="/mystery/skenario/?status=marked" if scenarios else "/mystery/bahan/",
            facts={
                "scenarios": [str(row) for row in scenarios],
                "materials": [row.code for row in materials],
                "count": len(scenarios) + len(materials),
            },
        )
    return len(scenarios) + len(materials)


def _newly(row: Row, found: list[Problem], at: datetime) -> bool:
    """Remembers what is told; true where something is new."""
    now = sorted({f"{one.facts.get('article', '')}: {one.reason % dict(one.facts)}" for one in found})
    before = set(row.marked)
    if now == sorted(before):
        return False
    type(row)._default_manager.filter(pk=row.pk).update(marked=now)
    if not set(now) - before:
        return False
    articles = sorted({str(one.facts["article"]) for one in found if "article" in one.facts})
    verb = "scenario.marked" if isinstance(row, ScenarioVersion) else "material.marked"
    audit.record(verb, actor=SYSTEM, at=at, obj=row, facts={"articles": articles})
    return True
