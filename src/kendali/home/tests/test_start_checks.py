"""Web and worker refuse to start where the database would not protect what must never change."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

from kendali.home import start_checks
from kendali.home.start_checks import Refused


@pytest.fixture
def connect_as(transactional_db: None) -> Iterator[Callable[..., None]]:
    """Other credentials for this test's connection."""
    database = connections["default"].settings_dict
    before = dict(database)

    def use(**entries: object) -> None:
        connection.close()
        database.update(entries)

    yield use
    connection.close()
    database.update(before)


def test_a_prepared_database_and_a_role_without_power_may_start(transactional_db: None) -> None:
    start_checks.insist()


@pytest.mark.parametrize("value", ["", "/only/one", "relative,/two", "/same,/same", "floppy:/one,/two"])
def test_places_for_keys_that_cannot_be_are_refused(value: str) -> None:
    with override_settings(KENDALI_KEYS=value), pytest.raises(Refused, match=r"^kendali: KENDALI_KEYS: "):
        start_checks.insist()


def test_the_owner_of_the_tables_is_refused(connect_as: Callable[..., None]) -> None:
    connect_as(USER=settings.DATABASE_OWNER["USER"], PASSWORD=settings.DATABASE_OWNER["PASSWORD"])
    with pytest.raises(Refused, match=r"DATABASE_URL: \w+ owns tables .*DATABASE_OWNER_URL.*manage prepare"):
        start_checks.insist()


def test_a_superuser_is_refused(connect_as: Callable[..., None]) -> None:
    connect_as(USER="postgres", PASSWORD="")
    with pytest.raises(Refused, match=r"DATABASE_URL: postgres is a superuser .*CREATE ROLE kendali_app"):
        start_checks.insist()


def test_a_database_that_does_not_answer_is_named_without_its_password(connect_as: Callable[..., None]) -> None:
    connect_as(HOST="/nonexistent", PORT="", PASSWORD="geheim")
    with pytest.raises(Refused, match=r"DATABASE_URL: no connection to .*at /nonexistent") as refusal:
        start_checks.insist()
    assert "geheim" not in str(refusal.value)


def test_a_database_of_an_older_version_is_refused_with_what_to_type(transactional_db: None) -> None:
    last = MigrationRecorder(connection).Migration.objects.filter(app="home")
    names = list(last.values_list("name", flat=True))
    last.delete()
    try:
        with pytest.raises(Refused, match=r"not prepared.*home\.0001_initial.*manage prepare"):
            start_checks.insist()
    finally:
        for name in names:
            MigrationRecorder(connection).record_applied("home", name)
