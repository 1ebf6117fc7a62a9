"""A worker with one job more: it says that it began and waits until it is told to end. For tests of workers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import django


def register() -> None:
    from procrastinate.contrib.django import app

    @app.task(name="wait_for_file")
    def wait_for_file(folder: str) -> None:
        """Leaves a file `began-PID` and ends once there is a file `go`."""
        Path(folder, f"began-{os.getpid()}").touch()
        while not Path(folder, "go").exists():
            time.sleep(0.05)
        Path(folder, "done").touch()


if __name__ == "__main__":
    django.setup()
    register()
    from kendali.home.worker import main

    main(sys.argv[1:])
