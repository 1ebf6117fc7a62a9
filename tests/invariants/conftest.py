"""One world for the tests of the invariants; built when the first of them asks for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.invariants import stage
from tests.invariants.world import World, built


def memory() -> Path | None:
    """Files that are flushed cost nothing there."""
    return Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with tempfile.TemporaryDirectory(dir=memory()) as folder, built(Path(folder)) as found:
        stage.furnish(found)
        yield found
