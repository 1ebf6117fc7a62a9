"""What is copied from the month before: kept, marked, or left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import holidays as holiday_tables
import pytest

from kendali.mystery.rules.copied import Taken, copy_last_month
from kendali.mystery.rules.scenario import ArticleVersion, Material, Question, Scenario, ScenarioStatus
from kendali.mystery.rules.working_time import WorkCalendar
from kendali.verdict import Verdict

INDONESIA = WorkCalendar(holidays=holiday_tables.country_holidays("ID", categories=("public", "government")))
MARCH = date(2027, 3, 1)
BEGIN, DUE = date(2026, 1, 1), date(2027, 1, 25)
ARTICLES = (
    ArticleVersion("KB-1", 2, BEGIN),
    ArticleVersion("KB-1", 3, date(2026, 6, 1)),
    ArticleVersion("KB-1", 4, date(2027, 3, 15)),
    ArticleVersion("KB-2", 1, BEGIN, date(2027, 2, 20)),
    ArticleVersion("KB-3", 2, BEGIN, date(2027, 3, 20)),
    ArticleVersion("KB-4", 1, BEGIN),
    ArticleVersion("KB-5", 1, BEGIN, withdrawn=True),
)


def scenario(
    code: str = "S-1", version: int = 1, *, article: tuple[str, int] = ("KB-4", 1), until: date = date(2027, 12, 31),
    status: ScenarioStatus = ScenarioStatus.APPROVED,
) -> Scenario:  # fmt: skip
    question = Question("q1", "Berapa biayanya?", "Gratis", *article)
    return Scenario(code, version, "informasi", "goal", "situation", "{salam}, saya {nama}", (question,), "closing", 1,
                    BEGIN, until, status=status)  # fmt: skip


def copied(one: Scenario) -> Taken:
    found = copy_last_month([], [(one, DUE)], to=MARCH, articles=ARTICLES, calendar=INDONESIA)
    return found.scenarios[0]


def told(verdict: Verdict) -> str:
    return verdict.reason % dict(verdict.facts)


@pytest.mark.parametrize(("one", "now", "at_the_end"), [
    (scenario(), "", ""),
    (scenario(until=date(2027, 3, 31)), "", ""),
    (scenario(until=date(2027, 3, 30)), "", "This scenario is valid from 2026-01-01 to 2027-03-30 only."),
    (scenario(until=date(2027, 3, 1)), "", "This scenario is valid from 2026-01-01 to 2027-03-01 only."),
    (scenario(until=date(2027, 2, 28)), *["This scenario is valid from 2026-01-01 to 2027-02-28 only."] * 2),
    (scenario(article=("KB-1", 3)), "",
     "Article KB-1 is in force as version 4; the answer rests on version 3."),
    (scenario(article=("KB-1", 2)), "Article KB-1 is in force as version 3; the answer rests on version 2.",
     "Article KB-1 is in force as version 4; the answer rests on version 2."),
    (scenario(article=("KB-2", 1)), *["Article KB-2 expired on 2027-02-20."] * 2),
    (scenario(article=("KB-3", 2)), "", "Article KB-3 expired on 2027-03-20."),
    (scenario(article=("KB-5", 1)), *["Article KB-5 is not in force."] * 2),
])  # fmt: skip
def test_what_expires_is_marked_and_what_will_not_last_warns(one: Scenario, now: str, at_the_end: str) -> None:
    found = copied(one)
    assert (told(found.usable), told(found.until_the_end)) == (now, at_the_end)
    assert found.of == one
    assert found.due == date(2027, 2, 25)


def test_the_newest_approved_version_is_taken_and_drafts_stay_behind() -> None:
    draft = ScenarioStatus.DRAFT
    offered = [
        scenario(version=2),
        scenario(version=1),
        scenario(version=3, status=draft),
        scenario("S-2", status=draft),
    ]
    found = copy_last_month([], [(one, DUE) for one in offered], to=MARCH, articles=ARTICLES, calendar=INDONESIA)
    assert [one.of for one in found.scenarios] == [offered[0]]
    assert found.left_out == ("S-2",)


def test_materials_are_kept_with_a_new_due_date_and_missing_kinds_are_told() -> None:
    good = Material("B-1", "informasi", "Biaya", (("KB-4", 1),))
    old = Material("B-2", "permintaan", "Kartu", (("KB-2", 1),))
    offered = [(old, date(2027, 1, 31)), (good, DUE)]
    found = copy_last_month(offered, [(scenario(), DUE)], to=MARCH, articles=ARTICLES, calendar=INDONESIA)
    assert [(one.of.code, one.due, told(one.usable)) for one in found.materials] == [
        ("B-1", date(2027, 2, 25), ""),
        ("B-2", date(2027, 2, 26), "Article KB-2 expired on 2027-02-20."),
    ]
    assert [(v.facts["thing"], v.facts["kind"]) for v in found.missing] == [
        ("material", "permintaan"),
        ("material", "komplain"),
        ("scenario", "permintaan"),
        ("scenario", "komplain"),
    ]
    late = replace(good, cites=(("KB-3", 2),))
    only = copy_last_month([(late, DUE)], [], to=MARCH, articles=ARTICLES, calendar=INDONESIA).materials[0]
    assert (told(only.usable), told(only.until_the_end)) == ("", "Article KB-3 expired on 2027-03-20.")
