"""Tests run as the program runs: migrated by the owner, then connected as kendali_app, which owns nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Create and migrate the test database as the owner."""
    connections["default"].settings_dict.update(
        USER=settings.DATABASE_OWNER["USER"], PASSWORD=settings.DATABASE_OWNER["PASSWORD"]
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    app = settings.DATABASES["default"]
    connection = connections["default"]
    owner = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(USER=APP["USER"], PASSWORD=APP["PASSWORD"])
    yield
    connection.close()
    connection.settings_dict.update(owner)
    del app


APP = {key: settings.DATABASES["default"][key] for key in ("USER", "PASSWORD")}
