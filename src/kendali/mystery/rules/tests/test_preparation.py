"""Test identities, and what changed between two versions of a scenario: tables of cases, no database."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from kendali.mystery.rules.persona_rules import Identity, problems
from kendali.mystery.rules.scenario import Branch, Scenario
from kendali.mystery.rules.scenario_diff import Change, changes
from kendali.mystery.rules.tests.test_scenario_rules import GOOD, Q1, Q2, Q3

RINA = Identity("P-RINA", "Rina Uji", "f", "0812-0000-1111", ("3171015508900001",))
BUDI = Identity("P-BUDI", "Budi Uji", "m", "0812-0000-2222")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, []),
        ({"gender": ""}, []),
        ({"caller_number": "+62 812 0000 1111"}, []),
        ({"numbers": ()}, []),
        ({"code": "rina"}, ["code"]),
        ({"name": " "}, ["name"]),
        ({"gender": "x"}, ["gender"]),
        ({"caller_number": "rina"}, ["caller_number"]),
        ({"caller_number": ""}, ["caller_number"]),
        ({"numbers": ("tidak ada",)}, ["numbers"]),
        ({"numbers": ("1" * 41,)}, ["numbers"]),
        ({"numbers": ("1",) * 21}, ["numbers"]),
        ({"caller_number": "+62 812 0000 2222"}, ["caller_number"]),  # Budi's
        ({"name": "budi  UJI"}, ["name"]),
    ],
)
def test_a_test_identity_is_complete_and_its_own(fields: dict[str, Any], says: list[str]) -> None:
    assert [one.place for one in problems(dataclasses.replace(RINA, **fields), [BUDI])] == says


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, []),
        ({"version": 2, "author": 9}, []),
        ({"goal": "Lain"}, [Change("", "goal", GOOD.goal, "Lain")]),
        ({"time_limit": 300}, [Change("", "time_limit", "600", "300")]),
        ({"answer_within": None}, [Change("", "answer_within", "20", "")]),
        ({"personas": ()}, [Change("", "personas", "P-RINA", "")]),
        ({"questions": (Q1, Q2), "branches": GOOD.branches}, [Change("limit", "question", Q3.text, None)]),
        ({"questions": (Q2, Q1, Q3)}, [Change("", "order", "biaya, waktu, limit", "waktu, biaya, limit")]),
        (
            {"questions": (dataclasses.replace(Q1, article_version=3, must_say=()), Q2, Q3)},
            [Change("biaya", "article", "WP-1 v2", "WP-1 v3"), Change("biaya", "must_say", "BI-FAST", "")],
        ),
        (
            {"branches": (Branch("biaya", "agent menawarkan RTGS", "closing"), GOOD.branches[1])},
            [Change("biaya", "branch", "agent menawarkan RTGS → limit", "agent menawarkan RTGS → closing")],
        ),
    ],
)
def test_what_changed_between_two_versions(fields: dict[str, Any], told: list[Change]) -> None:
    new: Scenario = dataclasses.replace(GOOD, **fields)
    assert list(changes(GOOD, new)) == told
    assert len(changes(new, GOOD)) == len(told)
