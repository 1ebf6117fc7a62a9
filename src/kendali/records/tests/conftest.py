"""Fixtures of records control."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kendali.records.tests.office import Office
from tests.cast import Cast


@pytest.fixture
def office(cast: Cast, tmp_path: Path, settings: Settings) -> Office:
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    return Office(cast, tmp_path)
