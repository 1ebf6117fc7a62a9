"""Which version holds and what may be done with it: tables of cases, no database."""

from __future__ import annotations

from datetime import date

import pytest

from kendali.documents import rules
from kendali.documents.rules import ArticleVersion, Standing, Text
from kendali.verdict import Verdict

TODAY = date(2026, 11, 20)
YESTERDAY, TOMORROW = date(2026, 11, 19), date(2026, 11, 21)


@pytest.mark.parametrize(
    ("status", "version", "begins", "ends", "now", "stands"),
    [
        ("draft", 1, TODAY, None, None, Standing.DRAFT),
        ("retired", 1, TODAY, None, None, Standing.WITHDRAWN),
        ("effective", 1, TOMORROW, None, None, Standing.COMING),
        ("effective", 2, TOMORROW, None, 1, Standing.COMING),
        ("effective", 1, TODAY, None, 1, Standing.IN_FORCE),
        ("effective", 1, TODAY, TODAY, 1, Standing.IN_FORCE),
        ("effective", 1, YESTERDAY, YESTERDAY, 1, Standing.EXPIRED),
        ("effective", 1, YESTERDAY, None, 2, Standing.REPLACED),
        ("effective", 1, YESTERDAY, YESTERDAY, 2, Standing.REPLACED),
    ],
)
def test_where_a_version_stands(
    status: str, version: int, begins: date, ends: date | None, now: int | None, stands: Standing
) -> None:
    found = rules.standing(status, version=version, valid_from=begins, valid_until=ends, now=now, on=TODAY)
    assert found is stands


@pytest.mark.parametrize(
    ("articles", "version", "says"),
    [
        ([], 1, "PSL-1 is not in force"),
        ([ArticleVersion("PSL-1", 1, TODAY)], 1, ""),
        ([ArticleVersion("PSL-1", 1, TOMORROW)], 1, "is not in force"),
        ([ArticleVersion("PSL-1", 1, TODAY, withdrawn=True)], 1, "is not in force"),
        ([ArticleVersion("PSL-1", 1, YESTERDAY, YESTERDAY)], 1, "expired on 2026-11-19"),
        ([ArticleVersion("PSL-1", 1, YESTERDAY), ArticleVersion("PSL-1", 2, TODAY)], 1, "in force as version 2"),
        ([ArticleVersion("PSL-1", 1, YESTERDAY), ArticleVersion("PSL-1", 2, TOMORROW)], 1, ""),
        ([ArticleVersion("PSL-1", 1, YESTERDAY), ArticleVersion("PSL-1", 2, TODAY, withdrawn=True)], 1, ""),
    ],
)
def test_whether_an_answer_may_rest_on_a_version(articles: list[ArticleVersion], version: int, says: str) -> None:
    verdict = rules.holds("PSL-1", version, rules.in_force(articles, TODAY), TODAY)
    assert bool(verdict) is (says == "")
    assert says in verdict.reason % dict(verdict.facts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (Text("PSL-0001", "Biaya", "Rp 2.500", TODAY), []),
        (Text("psl 1", "Biaya", "Rp 2.500", TODAY), ["code"]),
        (Text("", " ", "\n", TODAY), ["code", "title", "body"]),
        (Text("PSL-0001", "x" * 301, "y" * 50_001, TODAY), ["title", "body"]),
        (Text("PSL-0001", "Biaya", "Rp 2.500", TODAY, YESTERDAY), ["valid_until"]),
        (Text("PSL-0001", "Biaya", "Rp 2.500", TODAY, TODAY), []),
    ],
)
def test_what_an_article_must_have(text: Text, parts: list[str]) -> None:
    assert [part for part, _why in rules.refusals(text)] == parts


@pytest.mark.parametrize("status", ["draft", "effective", "retired"])
def test_what_may_be_done_in_which_status(status: str) -> None:
    draft, effective = status == "draft", status == "effective"
    assert bool(rules.may_edit(status)) is draft
    assert bool(rules.may_put_in_force(status, TODAY, None, begins=None)) is draft
    assert bool(rules.may_end(status, TODAY, TOMORROW)) is effective
    assert bool(rules.may_retire(status, "Keliru")) is effective


@pytest.mark.parametrize(
    ("verdict", "allowed"),
    [
        (rules.may_put_in_force("draft", TODAY, None, begins=TODAY), True),
        (rules.may_put_in_force("draft", TODAY, None, begins=TOMORROW), False),
        (rules.may_put_in_force("draft", TODAY, YESTERDAY, begins=None), False),
        (rules.may_end("effective", TODAY, YESTERDAY), False),
        (rules.may_end("effective", TODAY, None), True),
        (rules.may_retire("effective", "  "), False),
    ],
)
def test_days_in_order_and_reasons_given(verdict: Verdict, allowed: bool) -> None:
    assert bool(verdict) is allowed


def test_the_digest_is_of_the_words_alone() -> None:
    assert rules.digest("a", "b", {"x": 1, "y": 2}) == rules.digest("a", "b", {"y": 2, "x": 1})
    assert len({rules.digest("a", "b", {}), rules.digest("ab", "", {}), rules.digest("a", "b", {"x": 1})}) == 3
