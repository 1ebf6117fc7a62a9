"""What several tests of the house need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may pass through (pytest's own is closed)."""
    path = Path(tempfile.mkdtemp(prefix="kendali test "))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path, ignore_errors=True)
