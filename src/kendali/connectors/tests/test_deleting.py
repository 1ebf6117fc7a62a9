"""One suite, every deleter, on real databases, trees and an application's API, each made for its promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kendali.connectors.tests.deleting_contract import PROMISES, Ground
from kendali.connectors.tests.grounds import GROUNDS


@pytest.fixture(params=GROUNDS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with GROUNDS[request.param](request, tmp_path) as made:
        yield made


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_promise(ground: Ground, promise: Callable[[Ground], None]) -> None:
    promise(ground)
