"""What may be merged, and what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kendali.mystery.rules import finding_links as links
from kendali.mystery.rules.finding_links import Appearance, Mergeable
from kendali.mystery.rules.finding_rules import FindingState

SPV, WFM = "supervisor:surya", "department:wfm"
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


OLD = Mergeable(number="TM-2026-11-0001", state=FindingState.IN_PROGRESS, owner=SPV, found_at=NOW)
NEW = Mergeable(number="TM-2026-11-0002", state=FindingState.FEEDBACK_GIVEN, owner=SPV, found_at=NOW)


@pytest.mark.parametrize(
    ("one", "into", "code"),
    [
        ({}, {}, ""),
        ({"number": OLD.number}, {}, "same"),
        ({}, {"state": FindingState.CLOSED}, "ended"),
        ({}, {"state": FindingState.MERGED}, "ended"),
        ({}, {"owner": WFM}, "owner"),
        ({"critical_compliance": True}, {}, "critical"),
        ({}, {"critical_compliance": True}, ""),
        ({}, {"found_at": NOW + timedelta(seconds=1)}, "later"),
    ],
)
def test_a_finding_is_merged_into_an_open_earlier_one_of_the_same_owner(
    one: dict[str, Any], into: dict[str, Any], code: str
) -> None:
    verdict = links.may_merge(replace(NEW, **one), replace(OLD, **into))
    assert verdict.facts.get("code", "") == code
    if not verdict:
        assert (verdict.reason % verdict.facts).endswith(".")


THIS = Appearance(
    number="TM-2026-11-0009", cycle=date(2026, 11, 1), found_at=NOW, lines=frozenset({("accuracy", "KB-7")}), agent_id=4
)
BEFORE = replace(THIS, number="TM-2026-10-0003", cycle=date(2026, 10, 1), found_at=NOW - timedelta(days=30))


@pytest.mark.parametrize(
    ("changes", "comes_back"),
    [
        ({}, True),
        ({"lines": frozenset({("accuracy", None), ("greeting", None)})}, True),  # same agent
        ({"lines": frozenset({("greeting", "KB-7")})}, False),  # another item
        ({"agent_id": 5}, True),  # same article
        ({"agent_id": 5, "lines": frozenset({("accuracy", "KB-8")})}, False),
        ({"agent_id": 5, "lines": frozenset({("accuracy", None)})}, False),
        ({"agent_id": None}, True),
        ({"cycle": date(2026, 8, 1)}, True),
        ({"cycle": date(2026, 7, 1)}, False),
        ({"cycle": date(2026, 11, 1)}, True),
        ({"state": FindingState.INVALID}, False),
        ({"state": FindingState.MERGED}, False),
        ({"state": FindingState.IN_PROGRESS}, True),
        ({"found_at": NOW + timedelta(days=1)}, False),
        ({"number": THIS.number, "found_at": NOW}, False),  # itself
    ],
)
def test_the_same_item_with_the_same_agent_or_article_within_three_cycles_comes_back(
    changes: dict[str, Any], comes_back: bool
) -> None:
    one = replace(BEFORE, **changes)
    assert links.recurs(THIS, [one]) == ((one.number,) if comes_back else ())


def test_two_findings_without_an_agent_have_no_agent_in_common() -> None:
    new = replace(THIS, agent_id=None, lines=frozenset({("accuracy", None)}))
    assert links.recurs(new, [replace(BEFORE, agent_id=None, lines=new.lines)]) == ()


def test_over_the_turn_of_the_year_cycles_go_on() -> None:
    january = replace(THIS, cycle=date(2027, 1, 1), found_at=NOW + timedelta(days=60))
    assert links.recurs(january, [BEFORE, THIS]) == (BEFORE.number, THIS.number)
