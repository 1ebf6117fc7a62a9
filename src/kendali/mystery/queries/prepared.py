"""What a month has before it opens: materials, scenarios, form, people; what is missing, with its sentence.

Activities 1 and 2: informasi, permintaan and komplain, each by a material and a scenario that hold on the first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext_noop as _

from kendali.civil_time import local_date
from kendali.documents import queries as documents
from kendali.documents.rules import ArticleVersion
from kendali.mystery import models, office
from kendali.mystery.queries.forms import form_in_force
from kendali.mystery.rules import plain, scenario
from kendali.mystery.rules.copied import Copied, copy_last_month
from kendali.mystery.rules.scenario import ScenarioStatus
from kendali.mystery.rules.scenario_rules import usable
from kendali.mystery.rules.working_time import WorkCalendar
from kendali.verdict import Verdict, no


def calendar() -> WorkCalendar:
    """Of the whole house: the dates of a cycle are counted by it."""
    return office.work_calendar()


def material_of(row: models.Material) -> scenario.Material:
    """Needs `cites__revision__document`."""
    cites = sorted((one.revision.document.code, one.revision.version) for one in row.cites.all())
    return scenario.Material(row.code, row.kind, row.title, tuple(cites))


def scenario_of(row: models.ScenarioVersion) -> scenario.Scenario:
    """What was written, with the columns that lists go by."""
    return replace(
        plain.read(scenario.Scenario, row.content),
        status=ScenarioStatus(row.status), valid_from=row.valid_from, valid_until=row.valid_until,
    )  # fmt: skip


@dataclass(slots=True)
class Chosen:
    """What a cycle was given, with the day each was due."""

    materials: list[tuple[models.Material, date]]
    versions: list[tuple[models.ScenarioVersion, date]]

    @property
    def articles(self) -> list[ArticleVersion]:
        """Every version of what they cite."""
        cited = {cite.revision.document.code for row, _due in self.materials for cite in row.cites.all()}
        cited |= {code for row, _due in self.versions for code, _version in scenario_of(row).cites}
        return documents.article_versions(cited)


def chosen(cycle: models.Cycle) -> Chosen:
    """Five queries, whatever the number of rows."""
    materials = cycle.materials.select_related("material").prefetch_related("material__cites__revision__document")
    versions = cycle.scenarios.select_related("version__scenario")
    return Chosen(
        [(one.material, one.due_on) for one in materials.order_by("material__code")],
        [(one.version, one.due_on) for one in versions.order_by("version__scenario__code", "version__version")],
    )


def taken(found: Chosen, to: date, days: WorkCalendar) -> Copied:
    """What these are worth in the month `to`: each with a mark where it does not hold, and the kinds that are missing.
    Due dates in `found` are those of the month before, or of this one where nothing is copied."""
    return copy_last_month(
        [(material_of(row), due) for row, due in found.materials],
        [(scenario_of(row), due) for row, due in found.versions],
        to=to,
        articles=found.articles,
        calendar=days,
    )


def out_of_use(cycle: models.Cycle, at: datetime) -> frozenset[str]:
    """Codes of chosen scenarios whose newest approved version may not be called with now (or on the first day)."""
    day = max(local_date(at, settings.TIME_ZONE), cycle.month)
    found = chosen(cycle)
    newest = {row.scenario.code: scenario_of(row) for row, _due in found.versions if row.status == "approved"}
    articles = found.articles
    return frozenset(code for code, one in newest.items() if not usable(one, articles, day))


@dataclass
class Preparation:
    """All that the page of a cycle says about activities 1 and 2."""

    cycle: models.Cycle
    at: datetime
    days: WorkCalendar

    @cached_property
    def found(self) -> Chosen:
        return chosen(self.cycle)

    @cached_property
    def worth(self) -> Copied:
        return taken(self.found, self.cycle.month, self.days)

    @cached_property
    def missing(self) -> list[Verdict]:
        """What keeps the plan from being frozen."""
        lacking = [*self.worth.missing]
        if form_in_force(self.cycle.month) is None:
            lacking.append(no(_("No form F-22 is in force on the first day of the month: put one into force.")))
        return lacking

    def lacks(self, thing: str) -> Sequence[Verdict]:
        """`thing`: "material" or "scenario"."""
        return [one for one in self.worth.missing if one.facts["thing"] == thing]


def preparation(cycle: models.Cycle, at: datetime, days: WorkCalendar | None = None) -> Preparation:
    return Preparation(cycle, at, days or calendar())


def missing(cycle: models.Cycle, at: datetime) -> list[Verdict]:
    return preparation(cycle, at).missing


def offered_versions(month: date) -> Iterable[models.ScenarioVersion]:
    """Approved versions that hold on some day of the month, newest of each scenario first."""
    return (
        models.ScenarioVersion.objects.filter(status="approved", valid_until__gte=month)
        .select_related("scenario")
        .order_by("scenario__code", "-version")
    )
