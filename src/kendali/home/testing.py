"""`kendali test`: all tests on a throw-away PostgreSQL; pytest's closing line is the last thing printed."""

from __future__ import annotations

import os
import sys

from kendali.home.throwaway import run, throwaway


def main(arguments: list[str]) -> int:
    long = "--long" in arguments
    rest = [argument for argument in arguments if argument != "--long"]
    with throwaway() as environment:
        environment |= {"KENDALI_LONG": "1" if long else "0"}
        return run([sys.executable, "-m", "pytest", *processes(rest), *rest], environment)


def processes(arguments: list[str]) -> list[str]:
    """Two more than there are cores, since tests wait for databases, browsers and workers; a file's tests together, in
    the order of `conftest`. Not where the caller says how, or debugs."""
    if any(argument.startswith(("-n", "--numprocesses", "--pdb", "--collect-only", "--co")) for argument in arguments):
        return []
    return ["-n", str(max(2, os.cpu_count() or 2) + 2), "--dist", "loadfile", "--no-loadscope-reorder"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
