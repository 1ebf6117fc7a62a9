"""Take each guard away, and its scenario fails: no guard is there for nothing, and none is missing from the list."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest

from tests.invariants import chance, scenarios
from tests.invariants.guards import GUARDS, Guard, taken_away
from tests.invariants.oracle import Ledger, Violation
from tests.invariants.play import Play
from tests.invariants.world import World

DOCUMENT = Path(__file__).parents[2] / "docs" / "invariants.md"


def running(world: World) -> Ledger:
    """Bank Nusantara's order runs, Telko Raya's list is approved."""
    play = Play(world)
    for client, until in ((1, "approved"), (0, "running")):
        for _ in range(12):
            if play.order(0, "running") or play.proposal(0, until, client=client):
                break
            chance.forward(play, client)
    world.save()
    return play.known


def begun(world: World, known: Ledger) -> Play:
    world.put_back()
    play = Play(world)
    play.oracle.ledger = copy.deepcopy(known)
    return play


def played(play: Play, name: str) -> None:
    scenarios.__dict__[name](play)


def killed(world: World, known: Ledger, guard: Guard) -> bool:
    play = begun(world, known)
    try:
        with taken_away(world, guard):
            played(play, guard.scenario)
    except Violation:
        return True
    return False


def test_without_any_single_guard_its_scenario_fails(world: World) -> None:
    known = running(world)
    assert known.calls == 0
    faults = {}
    for name in dict.fromkeys(guard.scenario for guard in GUARDS):  # with every guard in its place
        try:
            played(begun(world, known), name)
        except Exception as error:
            faults[name] = repr(error)
    assert faults == {}
    survivors = [guard.name for guard in GUARDS if not killed(world, known, guard)]
    world.put_back()
    assert not survivors, survivors


def test_every_guard_is_in_the_document_and_none_besides() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (I\d|run|duties) \| `([^`]+)` \| `([^`]+)` \|$", DOCUMENT.read_text(), re.M)
    assert rows == [(guard.name, guard.protects, guard.where, guard.scenario) for guard in GUARDS]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_place_of_a_guard_exists(guard: Guard) -> None:
    path, _, name = guard.where.partition(" ")
    text = (DOCUMENT.parents[1] / "src" / "kendali" / path).read_text()
    assert name.rpartition(".")[2] in text
