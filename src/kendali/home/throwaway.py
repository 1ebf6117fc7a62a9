"""A whole installation in a temporary folder, gone with the block: for tests, the demo and measurements. No Django."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kendali.home import installation
from kendali.home.embedded_postgres import THROW_AWAY, Server
from kendali.home.postgres_place import place_for


@contextmanager
def throwaway(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """The environment of processes that work in it. Its database forgets on power failure, unless `durable`."""
    folder = Path(tempfile.mkdtemp(prefix="kendali-"))
    folder.chmod(0o711)
    server = Server(place_for(folder / "postgres", settings={} if durable else THROW_AWAY))
    try:
        server.start()
        ours = (
            installation.new_secrets() | installation.addresses(server.place) | {"KENDALI_HOME": str(folder / "home")}
        )
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("KENDALI_", "DATABASE_"))
        }
        yield {"HOME": str(folder)} | inherited | ours
    finally:
        server.stop()
        shutil.rmtree(server.place.root, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run in the foreground. Ctrl-C is the command's to handle; SIGTERM to us is handed on."""
    with subprocess.Popen(command, env=environment) as child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


def main(arguments: list[str]) -> int:
    durable = arguments[0] == "--durable"
    module, *rest = arguments[durable:]
    with throwaway(durable=durable) as environment:
        prepared = run([sys.executable, "-m", "django", "prepare"], environment)
        return prepared or run([sys.executable, "-m", module, *rest], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
