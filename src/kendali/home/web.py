"""`kendali web`: one web server process group (granian, WSGI)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Final

import django

from kendali.home import installation

GIVEN_BACK: Final = frozenset({"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"})  # set by the `kendali` script


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="kendali web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    installation.adopt()
    django.setup()
    from django.conf import settings

    from kendali.home import start_checks

    start_checks.insist()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        options.host,
        "--port",
        str(options.port),
    ]
    command += ["--workers", str(settings.KENDALI_WEB_PROCESSES)]
    command += ["--blocking-threads", str(settings.KENDALI_WEB_THREADS)]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning"]
    os.execve(sys.executable, [*command, "kendali.wsgi:application"], keeps_memory(os.environ))


def keeps_memory(environment: Mapping[str, str]) -> dict[str, str]:
    """What a worker gives back after each batch, a server keeps for the next page: a recording of 3 MB is shown in a
    quarter of the time where its memory need not be asked for anew."""
    return {name: value for name, value in environment.items() if name not in GIVEN_BACK}


if __name__ == "__main__":
    main(sys.argv[1:])
