"""Fixtures of the register."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """A store of its own, so that nothing is written beside the program."""
    settings.KENDALI_STORE = str(tmp_path / "store")
    return tmp_path / "store"
