"""Prepares the database for this version, as its owner. May be repeated."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from kendali.home.database_roles import connect_arguments, grant_to_app


class Command(BaseCommand):
    help = "Prepares the database for this version of Kendali: rights of the program's role, migrations."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *_: object, **options: Any) -> None:
        app = settings.DATABASES["default"]["USER"]
        owner = settings.DATABASE_OWNER["USER"]
        if app == owner:
            raise CommandError(
                "DATABASE_URL and DATABASE_OWNER_URL name the same role; the program must run as one that owns nothing."
                " Create a second role and name it in DATABASE_URL."
            )
        try:
            with psycopg.connect(**connect_arguments(settings.DATABASE_OWNER), autocommit=True) as database:
                grant_to_app(database, app)
        except psycopg.Error as problem:
            raise CommandError(f"DATABASE_OWNER_URL: {str(problem).strip()}") from None
        as_owner()
        with connection.cursor() as cursor:
            # A hundred small transactions. Should the machine die now, the last of them are made again: nothing else is
            # written before this ends, and what is written later waits for them, too.
            cursor.execute("SET synchronous_commit = off")
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(f"kendali: the database is prepared (owner {owner}, program {app})")


def as_owner() -> None:
    """From here on this process works as the owner of the tables."""
    connection.close()
    connection.settings_dict.update({key: settings.DATABASE_OWNER[key] for key in ("USER", "PASSWORD")})
