from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kendali.archive.stores import Store, open_store
from kendali.archive.tests.s3_server import S3, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """The same tests against every kind of store."""
    if request.param == "folder":
        return open_store(str(tmp_path / "store"))
    server: S3 = request.getfixturevalue("s3")
    (tmp_path / "spool").mkdir()
    return open_store(f"s3://{server.bucket()}/archive", server.options | {"spool": str(tmp_path / "spool")})


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))
