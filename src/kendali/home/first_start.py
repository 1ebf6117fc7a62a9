"""What `kendali run` asks the program: load the sample organisation, tell who can log in.

The sample's source systems need no table of Kendali, so on a first start they are made while the migrations run.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import django

from kendali.home.postgres_place import OUTSIDE

PEOPLE = "kendali.home.sample.people"


def prepared() -> None:
    """Waits until who started us closes our input: all tables are there."""
    sys.stdin.read()


def spare_the_collector() -> None:
    """What was imported stays, and what loading makes goes by itself: to look through it a thousand times is a second
    of the first start."""
    gc.freeze()
    gc.set_threshold(100_000)


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
        importlib.import_module("kendali.urls")  # certificates name an address; migrations run meanwhile
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
        django.setup()
        spare_the_collector()
        load_sample(prepared)


if __name__ == "__main__":
    main(sys.argv[1:])
