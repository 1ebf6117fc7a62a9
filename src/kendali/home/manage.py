"""`kendali manage …`: Django's management commands with the settings of this installation, its database running."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from django.core.management import execute_from_command_line

from kendali.home import installation
from kendali.home.embedded_postgres import serving

WITHOUT_DATABASE = frozenset({"help", "--help", "--version", "makemigrations", "words"})


def main(arguments: list[str]) -> None:
    with ExitStack() as stack:
        if WITHOUT_DATABASE.intersection(arguments[:1] or ["help"]):
            installation.adopt()
            installation.adopt(installation.nothing())
        elif installation.is_embedded():
            place = installation.place()
            stack.enter_context(serving(place))
            installation.set_up(place)
        else:
            installation.adopt()
        execute_from_command_line(["kendali manage", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
