"""Slots and ended epochs, from plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kendali.vault.rules import EndedEpoch, SlotFact, destruction_effective, enough_slots, leftovers

T = datetime(2026, 11, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ([], "slots_too_few"),
        (["keyfile"], "slots_too_few"),
        (["offhost", "offhost"], "slots_no_keyfile"),
        (["keyfile", "offhost"], ""),
        (["keyfile", "keyfile"], ""),
    ],
)
def test_two_slots_and_one_that_opens_by_itself(kinds: list[str], reason: str) -> None:
    assert enough_slots(kinds).reason == reason


@pytest.mark.parametrize(
    ("looked", "left"),
    [
        ({}, [(1, 10), (2, 10)]),
        ({(1, 10): "absent"}, [(2, 10)]),
        ({(1, 10): "absent", (2, 10): "unreachable"}, [(2, 10)]),
        ({(1, 10): "absent", (2, 10): "present"}, [(2, 10)]),
        ({(1, 10): "absent", (2, 10): "differs"}, [(2, 10)]),
        ({(1, 10): "absent", (2, 10): "absent"}, []),
    ],
)
def test_only_a_slot_that_was_seen_empty_is_empty(looked: dict[tuple[int, int], str], left: object) -> None:
    assert leftovers([SlotFact(1, T), SlotFact(2, T)], [EndedEpoch(10, T + HOUR)], looked) == left


def test_a_slot_registered_after_an_epoch_ended_never_held_it() -> None:
    assert leftovers([SlotFact(1, T + HOUR)], [EndedEpoch(10, T)], {}) == []
    assert leftovers([SlotFact(1, T)], [EndedEpoch(10, T)], {}) == [(1, 10)]


@pytest.mark.parametrize(
    ("destroyed", "still_open", "left", "effective"),
    [
        (False, [], [], False),
        (True, [2], [], False),
        (True, [], ["keyfile:/mnt/a"], False),
        (True, [], [], True),
    ],
)
def test_a_destruction_is_effective_when_no_master_is_left_that_wrapped_the_key(
    destroyed: bool, still_open: list[int], left: list[str], effective: bool
) -> None:
    verdict = destruction_effective(destroyed, still_open, left)
    assert verdict.ok is effective
    assert (verdict.reason % verdict.facts if verdict.facts else verdict.reason) or effective
