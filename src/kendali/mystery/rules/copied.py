""" "Salin dari bulan lalu": what a new cycle takes over from the month before. No database, no clock.

Source: mystery-calling "Copy last month": materials and valid scenarios are kept, expired ones marked, due dates on a
holiday move to the working day before. What expired means is asked of `scenario_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kendali.mystery.rules import problems
from kendali.mystery.rules.cycle import KINDS, due_in, last_day
from kendali.mystery.rules.scenario import ArticleVersion, Material, Scenario, ScenarioStatus
from kendali.mystery.rules.scenario_rules import material_problems, usable
from kendali.mystery.rules.working_time import WorkCalendar
from kendali.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Taken:
    """`due`: in the new month's preparation. `usable`: on its first day; a no marks it as expired and says why.
    `until_the_end`: a no warns that it will not last the month."""

    of: Material | Scenario
    due: date
    usable: Verdict
    until_the_end: Verdict = YES


@dataclass(frozen=True, slots=True)
class Copied:
    """`left_out`: codes of scenarios that nobody approved; `missing`: kinds without usable material or scenario."""

    materials: tuple[Taken, ...]
    scenarios: tuple[Taken, ...]
    left_out: tuple[str, ...]
    missing: tuple[Verdict, ...]


def copy_last_month(
    materials: Iterable[tuple[Material, date]],
    scenarios: Iterable[tuple[Scenario, date]],
    *,
    to: date,
    articles: Iterable[ArticleVersion],
    calendar: WorkCalendar,
) -> Copied:
    """The cycle of month `to` (its first day) begins with last month's materials and the newest approved version of
    each scenario, each given with the day it was due. What expires is marked, never dropped."""
    known, offered = list(articles), list(scenarios)
    newest = {one.code: (one, due) for one, due in sorted(offered, key=_version) if _approved(one)}
    kept = [_material(one, due, to, known, calendar) for one, due in sorted(materials, key=lambda row: row[0].code)]
    copied = [_scenario(one, due, to, known, calendar) for one, due in newest.values()]
    left_out = {one.code for one, _ in offered} - set(newest)
    return Copied(tuple(kept), tuple(copied), tuple(sorted(left_out)), _missing(kept, copied))


def _version(row: tuple[Scenario, date]) -> tuple[str, int]:
    return row[0].code, row[0].version


def _approved(one: Scenario) -> bool:
    return one.status is ScenarioStatus.APPROVED


def _scenario(one: Scenario, due: date, to: date, articles: Sequence[ArticleVersion], calendar: WorkCalendar) -> Taken:
    answers = [usable(one, articles, day) for day in (to.replace(day=1), last_day(to))]
    return Taken(one, due_in(due, to, calendar), *answers)


def _material(one: Material, due: date, to: date, articles: Sequence[ArticleVersion], calendar: WorkCalendar) -> Taken:
    answers = [_holds(one, articles, day) for day in (to.replace(day=1), last_day(to))]
    return Taken(one, due_in(due, to, calendar), *answers)


def _holds(one: Material, articles: Sequence[ArticleVersion], on: date) -> Verdict:
    return problems.verdict(found for found in material_problems([one], articles, on) if found.place == one.code)


def _missing(materials: Sequence[Taken], scenarios: Sequence[Taken]) -> tuple[Verdict, ...]:
    """Activity 1: informasi, permintaan, komplain; a kind without a scenario cannot be called."""
    return tuple(
        no("No usable %(thing)s of the kind %(kind)s is left: prepare one before the cycle opens.",
           thing=thing, kind=kind)
        for thing, there in (("material", materials), ("scenario", scenarios))
        for kind in KINDS
        if kind not in {one.of.kind for one in there if one.usable}
    )  # fmt: skip
