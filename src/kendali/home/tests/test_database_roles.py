"""What the tests themselves stand on: the program's role owns nothing, and flushing needs the owner."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection


def user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        name: str = cursor.fetchone()[0]
    return name


@pytest.mark.django_db
def test_tests_connect_as_a_role_that_is_no_superuser_and_owns_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_program_may_not_change_the_schema() -> None:
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", [1, 2])
def test_a_test_with_real_transactions_leaves_the_database_as_migrations_made_it(attempt: int) -> None:
    assert not ContentType.objects.filter(app_label="left-over").exists()
    before = ContentType.objects.count()
    assert before > 0
    ContentType.objects.create(app_label="left-over", model="thing")
    assert ContentType.objects.count() == before + 1
