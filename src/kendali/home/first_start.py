"""What `kendali run` asks the program once it is prepared: load the sample organisation, tell who can log in."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import django

from kendali.home.postgres_place import OUTSIDE

PEOPLE = "kendali.home.sample.people"


def load_sample() -> None:
    """On the first start only: an installation that has users keeps what it has."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    unfinished = settings.HOME / "sample-unfinished"
    if unfinished.exists():
        sockets = Path(settings.DATABASES["default"]["HOST"])
        outside = f" '{sockets.parent}'" if sockets.is_relative_to(OUTSIDE) else ""
        raise SystemExit(
            "kendali: the first start was interrupted while it loaded the sample organisation, half of it is of no use;"
            f" begin again with: rm -r '{settings.HOME}'{outside}"
        )
    if "sample" in get_commands() and not get_user_model().objects.exists():
        print("kendali: first start: loading the sample organisation (run --empty starts without)", flush=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        call_command("sample")
        unfinished.unlink()


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
    django.setup()
    if "--people" in arguments:
        print(people(), end="")
    else:
        load_sample()


if __name__ == "__main__":
    main(sys.argv[1:])
