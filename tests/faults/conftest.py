"""Fixtures of the kill tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery


@pytest.fixture(scope="module")
def kept() -> Iterator[list[Nursery]]:
    """The nursery of a file's tests: it starts once."""
    found: list[Nursery] = []
    yield found
    for one in found:
        one.close()


@pytest.fixture
def nursery(kept: list[Nursery], process_environment: dict[str, str]) -> Iterator[Nursery]:
    if not kept:
        kept.append(Nursery(process_environment))
    yield kept[0]
    kept[0].end_sleepers()
