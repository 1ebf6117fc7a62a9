"""What must hold before web or worker may start. Each refusal says what is wrong and what to type."""

from __future__ import annotations

from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from kendali.archive.errors import ArchiveError
from kendali.archive.slots import places

OLDEST = 150000  # PostgreSQL 15: rights and syntax that the migrations use
FORM = "write /folder/one,/other/disk/two,offhost:/third=Kantor cabang (docs/operations.md)"
POWER = """SELECT current_user, rolsuper, rolbypassrls, ARRAY(
               SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
                 AND pg_has_role(current_user, c.relowner, 'MEMBER')
               ORDER BY 1 LIMIT 3)
           FROM pg_roles WHERE rolname = current_user"""


class Refused(SystemExit):
    def __init__(self, problem: str) -> None:
        super().__init__(f"kendali: {problem}")


def insist() -> None:
    """Raise Refused unless this process may start."""
    for check in (slots_named, reachable, new_enough, powerless, migrated):
        check()


def slots_named() -> None:
    try:
        named = places(settings.KENDALI_KEYS)
    except ArchiveError as problem:
        where = problem.facts.get("location", "")
        raise Refused(f"KENDALI_KEYS: {where!r} is no place for a key ({problem.code}); {FORM}") from None
    if len(named) < 2:
        raise Refused(f"KENDALI_KEYS: names {len(named)} place; the key of an epoch needs two at least; {FORM}")


def reachable() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as problem:
        reason = str(problem).strip().splitlines()[0]
        raise Refused(f"DATABASE_URL: no connection to {place()}: {reason}. Is the server running?") from None


def place() -> str:
    """The database without its password."""
    entry = settings.DATABASES["default"]
    return f"{entry['NAME']} at {entry['HOST'] or 'the local socket'}{':' if entry['PORT'] else ''}{entry['PORT']}"


def new_enough() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
    if version < OLDEST:
        raise Refused(f"DATABASE_URL: the server is PostgreSQL {version // 10000}; 15 or newer is needed")


def powerless() -> None:
    """A superuser, or the owner of a table, could change what must never change: triggers do not bind them."""
    with connection.cursor() as cursor:
        cursor.execute(POWER)
        role, superuser, bypass, owned = cursor.fetchone()
    if superuser or bypass:
        raise Refused(
            f"DATABASE_URL: {role} is a superuser and could rewrite the audit trail; type in psql:"
            " CREATE ROLE kendali_app LOGIN PASSWORD '…', and name that role in DATABASE_URL"
            " (the owner of the tables in DATABASE_OWNER_URL)"
        )
    if owned:
        raise Refused(
            f"DATABASE_URL: {role} owns tables ({', '.join(owned)} …) and could rewrite the audit trail; name the owner"
            " in DATABASE_OWNER_URL, another role without membership in it in DATABASE_URL, then type:"
            " ./kendali manage prepare"
        )


def pending() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrated() -> None:
    waiting = pending()
    if waiting:
        raise Refused(
            f"DATABASE_URL: the database is not prepared for this version ({len(waiting)} migrations to do, first"
            f" {waiting[0]}); stop web and workers, make a backup, then type: ./kendali manage prepare"
        )
