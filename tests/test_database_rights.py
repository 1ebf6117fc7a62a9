"""The role the program runs as: it adds to the append-only tables, changes nothing there, and defines nothing."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, transaction
from psycopg.sql import SQL, Identifier

# What is proof: written once, never changed by the program.
APPEND_ONLY = {
    "audit_entry", "audit_anchor", "vault_slotanswer", "vault_epochchangestep", "vault_vaultexport",
    "register_certificateline", "register_signature", "register_signedcopy", "register_sealidentity",
}  # fmt: skip
CHANGES = [
    "CREATE TABLE x (y int)",
    "ALTER TABLE {} ADD COLUMN x int",
    "DROP TABLE {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "CREATE TRIGGER x BEFORE INSERT ON {} EXECUTE FUNCTION audit_chain()",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "CREATE SCHEMA x",
    "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
]


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        return sorted(name for (name,) in cursor.fetchall())


def _holds(table: str, right: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s)", [table, right])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_append_only_tables_are_these() -> None:
    without = {table for table in tables() if not _holds(table, "UPDATE") or not _holds(table, "DELETE")}
    assert without - {"django_migrations"} >= APPEND_ONLY
    for table in APPEND_ONLY:
        assert _holds(table, "INSERT")
        assert not any(_holds(table, right) for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"))


@pytest.mark.django_db
def test_no_table_can_be_emptied_or_given_a_trigger() -> None:
    assert [table for table in tables() if _holds(table, "TRUNCATE") or _holds(table, "TRIGGER")] == []


@pytest.mark.django_db
@pytest.mark.parametrize("statement", CHANGES)
def test_the_program_defines_nothing_in_the_database(statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
        cursor.execute(SQL(statement).format(Identifier("audit_entry")))


@pytest.mark.django_db
@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_written_stays(table: str, statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
        cursor.execute(SQL(statement).format(Identifier(table)))


@pytest.mark.django_db
def test_the_role_owns_nothing_and_is_nobody_special() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT has_schema_privilege('public', 'CREATE')")
        assert cursor.fetchone() == (False,)


def test_every_model_of_the_trail_is_named_above() -> None:
    assert {model._meta.db_table for model in apps.get_app_config("audit").get_models()} <= APPEND_ONLY
