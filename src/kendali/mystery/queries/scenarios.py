"""Scenarios, materials and test identities as pages and rules see them: problems of today, marks, who rests on what."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kendali.audit.models import Entry
from kendali.civil_time import local_date
from kendali.documents import queries as documents
from kendali.documents import rules as article_rules
from kendali.documents.dependents import Dependent
from kendali.documents.rules import ArticleVersion
from kendali.mystery.models import Material, MaterialCite, Persona, Scenario, ScenarioCite, ScenarioVersion
from kendali.mystery.queries.forms import form_in_force, form_of
from kendali.mystery.queries.prepared import material_of, scenario_of
from kendali.mystery.rules import plain, scenario_rules
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.form import Form
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.scenario import Scenario as Content
from kendali.mystery.rules.scenario import TestIdentity
from kendali.verdict import Verdict

WRITTEN = ("scenario.drafted", "scenario.changed")  # verbs of those who wrote a version
IN_USE = ("draft", "submitted", "approved")


def today(at: datetime) -> date:
    return local_date(at, settings.TIME_ZONE)


def digest(content: Content) -> str:
    """What an editor looked at; anything else means that somebody changed it since."""
    return hashlib.sha256(plain.canonical(content)).hexdigest()


def identities() -> list[TestIdentity]:
    """The registered ones that are in use, with every number that may be said or written."""
    rows = Persona.objects.filter(active=True)
    return [TestIdentity(one.code, one.name, (one.caller_number, *one.numbers)) for one in rows]


def form_on(day: date) -> Form:
    """What samples are filled with; before any form is in force, the one that is shipped."""
    revision = form_in_force(day)
    return form_of(revision) if revision is not None else default_form()


def problems(content: Content, at: datetime) -> list[Problem]:
    """Everything that keeps it from being approved today."""
    cited = documents.article_versions({one.article for one in content.questions})
    day = today(at)
    return scenario_rules.problems(content, articles=cited, identities=identities(), form=form_on(day), on=day)


def marks(rows: Iterable[ScenarioVersion], at: datetime) -> dict[int, list[Problem]]:
    """Key of a version → why its answers cannot be relied on today; one question to the database for all of them."""
    contents = {row.pk: scenario_of(row) for row in rows}
    cited = documents.article_versions({code for one in contents.values() for code, _version in one.cites})
    day = today(at)
    return {key: found for key, one in contents.items() if (found := scenario_rules.marks(one, cited, day))}


def usable(row: ScenarioVersion, at: datetime) -> Verdict:
    """May a call be made with it today?"""
    content = scenario_of(row)
    return scenario_rules.usable(content, documents.article_versions({code for code, _v in content.cites}), today(at))


def writers(row: ScenarioVersion) -> set[int]:
    """Everybody who wrote in this version: none of them approves it."""
    entries = Entry.objects.filter(
        object_type=row._meta.label_lower, object_id=str(row.pk), verb__in=WRITTEN, actor_id__isnull=False
    )
    return {row.author_id, *(one for one in entries.values_list("actor_id", flat=True) if one is not None)}


# --- lists


def newest() -> QuerySet[ScenarioVersion]:
    """The newest version of every scenario."""
    rows = ScenarioVersion.objects.annotate(last=Max("scenario__versions__version")).filter(version=F("last"))
    return rows.select_related("scenario", "author", "approved_by")


def in_use(scenarios: Iterable[int]) -> dict[int, ScenarioVersion]:
    """The newest approved version of each of these scenarios, by its key."""
    rows = ScenarioVersion.objects.filter(scenario__in=scenarios, status="approved").select_related("scenario")
    return {row.scenario_id: row for row in rows.order_by("version")}


def marked_scenarios(at: datetime) -> set[int]:
    """Keys of scenarios of which a version that counts has marks: the approved one in use, or one in the making. By
    the rows of what is cited, without reading any content."""
    day = today(at)
    counting = ScenarioVersion.objects.filter(status__in=IN_USE).order_by("version")
    last = {
        (scenario, status == "approved"): (key, until)
        for key, scenario, status, until in counting.values_list("pk", "scenario", "status", "valid_until")
    }
    current = {key for key, until in last.values() if until >= day}
    cites = ScenarioCite.objects.filter(scenario_version__in=current).values_list(
        "scenario_version__scenario", "revision__document__code", "revision__version"
    )
    cited = list(cites)
    now = article_rules.in_force(documents.article_versions({code for _scenario, code, _version in cited}), day)
    return {scenario for scenario, code, version in cited if not article_rules.holds(code, version, now, day)}


def chosen(*, kind: str = "", status: str = "", text: str = "", at: datetime) -> QuerySet[Scenario]:
    """Scenarios of a kind, with a version of this status ("marked", "expired": by the articles, by the day)."""
    rows = Scenario.objects.all()
    versions = ScenarioVersion.objects.filter(scenario=OuterRef("pk"))
    if kind:
        rows = rows.filter(Exists(versions.filter(kind=kind)))
    if text:
        rows = rows.filter(Q(code__icontains=text) | Exists(versions.filter(goal__icontains=text)))
    if status == "marked":
        return rows.filter(pk__in=marked_scenarios(at))
    if status == "expired":
        holds = versions.filter(status="approved", valid_until__gte=today(at))
        return rows.filter(Exists(versions.filter(status="approved"))).exclude(Exists(holds))
    if status == "retired":
        return rows.filter(Exists(versions.filter(status="retired"))).exclude(
            Exists(versions.filter(status__in=IN_USE))
        )
    return rows.filter(Exists(versions.filter(status=status))) if status else rows


# --- materials


@dataclass(frozen=True, slots=True)
class Ground:
    """Materials with what is wrong with each, and the kinds of which none holds (activity 1)."""

    rows: Sequence[Material]
    problems: dict[str, list[Problem]]
    missing: tuple[str, ...]


def materials(at: datetime, rows: QuerySet[Material] | None = None) -> Ground:
    """`missing` is asked of all that are active, whatever is listed."""
    every = list(Material.objects.filter(active=True).prefetch_related("cites__revision__document"))
    cited = documents.article_versions({one.revision.document.code for row in every for one in row.cites.all()})
    found = scenario_rules.material_problems([material_of(row) for row in every], cited, today(at))
    by_code: dict[str, list[Problem]] = {}
    for one in found:
        by_code.setdefault(one.place, []).append(one)
    listed = every if rows is None else list(rows.prefetch_related("cites__revision__document"))
    return Ground(listed, by_code, tuple(kind for kind in KINDS if kind in by_code))


# --- for articles: who rests on them


def dependents(keys: Collection[int]) -> dict[int, list[Dependent]]:
    """`documents.dependents` asks this: materials in use, and scenario versions that count or may count again."""
    cites = list(
        ScenarioCite.objects.filter(revision__document__in=keys, scenario_version__status__in=IN_USE)
        .select_related("scenario_version__scenario", "revision__document")
        .order_by("scenario_version__scenario__code", "-scenario_version__version")
    )
    of_materials = list(
        MaterialCite.objects.filter(revision__document__in=keys, material__active=True)
        .select_related("material", "revision__document")
        .order_by("material__code")
    )
    revisions = {one.revision.document.code for one in cites} | {one.revision.document.code for one in of_materials}
    day = today(timezone.now())
    now = article_rules.in_force(documents.article_versions(revisions), day)
    found: dict[int, list[Dependent]] = {}
    seen: set[tuple[int, int]] = set()
    for cite in cites:
        version = cite.scenario_version
        if (version.pk, cite.revision_id) not in seen:
            seen.add((version.pk, cite.revision_id))
            url = reverse("scenario", kwargs={"pk": version.pk})
            found.setdefault(cite.revision.document_id, []).append(
                _dependent(str(version), url, "scenario.view", cite, now, day)
            )
    for of_one in of_materials:
        url = reverse("material", kwargs={"pk": of_one.material_id})
        found.setdefault(of_one.revision.document_id, []).append(
            _dependent(str(of_one.material), url, "material.view", of_one, now, day)
        )
    return found


def _dependent(
    name: str, url: str, action: str, cite: ScenarioCite | MaterialCite, now: dict[str, ArticleVersion], day: date
) -> Dependent:
    revision = cite.revision
    standing = article_rules.holds(revision.document.code, revision.version, now, day)
    kind = _("scenario") if action == "scenario.view" else _("material")
    return Dependent(kind, name, url, action, revision.version, standing)
