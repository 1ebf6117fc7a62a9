"""`kendali web`: one web server process group (granian, WSGI)."""

from __future__ import annotations

import argparse
import os
import sys

import django

from kendali.home import installation


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
    os.execv(sys.executable, [*command, "kendali.wsgi:application"])


if __name__ == "__main__":
    main(sys.argv[1:])
