"""What `kendali run` asks the program: prepare the database, load the sample organisation, tell who can log in.

The sample's source systems need no table of Kendali, so on a first start they are made while the migrations run.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import django

from kendali.home import processes
from kendali.home.postgres_place import OUTSIDE

PEOPLE = "kendali.home.sample.people"


def prepare_and_load(*, at_once: bool) -> None:
    """`at_once`: the database is our own, so that preparing it does not fail for want of a right or a right address."""
    preparing = processes.start([sys.executable, "-m", "django", "prepare"])

    def prepared() -> None:
        if status := preparing.wait():
            raise SystemExit(status)

    if not at_once:
        prepared()
    django.setup()
    load_sample(prepared)


def load_sample(prepared: Callable[[], None] = lambda: None) -> None:
    """On the first start only: an installation that has users keeps what it has. `prepared`: waits until all tables
    are there."""
    from django.conf import settings
    from django.core.management import call_command, get_commands

    unfinished = settings.HOME / "sample-unfinished"
    if unfinished.exists():
        sockets = Path(settings.DATABASES["default"]["HOST"])
        outside = f" '{sockets.parent}'" if sockets.is_relative_to(OUTSIDE) else ""
        raise SystemExit(
            "kendali: the first start was interrupted while it loaded the sample organisation, half of it is of no use;"
            f" begin again with: rm -r '{settings.HOME}'{outside}"
        )
    if "sample" in get_commands() and _nobody_is_here():
        print("kendali: first start: loading the sample organisation (run --empty starts without)", flush=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        call_command("sample", prepared=prepared)
        unfinished.unlink()
    else:
        prepared()


def _nobody_is_here() -> bool:
    """Also before there is a table of users."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    users = get_user_model()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [users._meta.db_table])
        no_table: bool = cursor.fetchone()[0]
    return no_table or not users.objects.exists()


def people() -> str:
    """The sample users as a table; where nobody can log in yet, the first-run page with its code; else ""."""
    from django.contrib.auth import get_user_model

    from kendali.home import first_run

    if first_run.is_needed():
        return f"kendali: set up this installation, with the code in this address:\n  {first_run.address()}\n"
    if importlib.util.find_spec(PEOPLE) is None:
        return ""
    sample = importlib.import_module(PEOPLE)
    here = set(get_user_model().objects.values_list("email", flat=True))
    rows = [(one.email, one.name, ", ".join(one.roles), one.client or "") for one in sample.PEOPLE if one.email in here]
    if not rows:
        return ""
    lines = [f"  {email:<40} {name:<22} {roles:<32} {client}".rstrip() for email, name, roles, client in rows]
    return "\n".join([f"kendali: sample users, all with the password {sample.PASSWORD}", *lines, ""])


def main(arguments: list[str]) -> None:
    if "--people" in arguments:
        django.setup()
        print(people(), end="")
    else:
        prepare_and_load(at_once="--at-once" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
