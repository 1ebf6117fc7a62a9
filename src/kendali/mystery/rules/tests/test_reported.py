"""Instants by a phone's clock, sent later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules.reported import Reported, corrected, may_report

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
SECONDS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2))
WRONG = st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400))


@given(SECONDS, WRONG)
def test_a_wrong_clock_changes_nothing(ago: timedelta, wrong: timedelta) -> None:
    """The phone says when it happened and when it sent, both wrong by the same."""
    told = corrected(NOON - ago + wrong, NOON + wrong, NOON)
    assert abs(told - (NOON - ago)) < timedelta(seconds=2)


@given(WRONG, WRONG)
def test_nothing_happens_after_it_was_told(told: timedelta, sent: timedelta) -> None:
    assert corrected(NOON + told, NOON + sent, NOON) <= NOON


def test_a_phone_that_changed_its_zone_tells_the_same_instant() -> None:
    """Carried from WIB to WITA between the call and the sending: instants have an offset, so nothing moves."""
    jakarta = datetime(2026, 11, 20, 11, tzinfo=ZoneInfo("Asia/Jakarta"))
    makassar = datetime(2026, 11, 20, 13, tzinfo=ZoneInfo("Asia/Makassar"))
    assert corrected(jakarta, makassar, NOON) == NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (Reported(NOON), ""),
        (Reported(NOON - timedelta(minutes=3), NOON, 20, 40, 4, 100, 0), ""),
        (Reported(NOON + timedelta(seconds=1)), "future"),
        (Reported(NOON, NOON - timedelta(seconds=1)), "order"),
        (Reported(NOON, NOON + timedelta(seconds=1)), "order"),
        (Reported(NOON - timedelta(hours=5), NOON), "long"),
        (Reported(NOON, queue=-1), "long"),
        (Reported(NOON, ring=14_401), "long"),
        (Reported(NOON - timedelta(days=3, seconds=1)), "old"),
        (Reported(NOON, note="x" * 501), "note"),
        (Reported(NOON, token="x" * 41), "note"),
    ],
)
def test_what_can_have_happened(told: Reported, code: str) -> None:
    verdict = may_report(told, NOON)
    assert bool(verdict) is (code == "")
    assert verdict.facts.get("code", "") == code
