"""Fixtures of mystery calling."""

from __future__ import annotations

import pytest

from kendali.mystery.tests.house import House, build
from tests.cast import Cast


@pytest.fixture
def house(cast: Cast) -> House:
    return build(cast)
