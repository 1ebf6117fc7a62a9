"""`kendali lint`: everything that can be said about the code without running it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kendali.home import installation

ROOT = installation.REPOSITORY
CODE = [ROOT / "kendali", ROOT / "conftest.py", ROOT / "src", ROOT / "tests", ROOT / "benchmarks"]
LONGEST_FILE, LONGEST_FUNCTION = 400, 50  # lines
MODULE = [sys.executable, "-m"]


def ruff() -> bool:
    return runs("ruff", "check", *CODE)


def formatting() -> bool:
    return runs("ruff", "format", "--check", *CODE)


def mypy() -> bool:
    return runs("mypy")


def imports() -> bool:
    """The layers and the Django-free parts, as pyproject.toml states them."""
    return succeeds([Path(sys.executable).with_name("lint-imports"), "--no-cache"])


def templates() -> bool:
    """Every template compiles: no unknown tag, no component that is not there."""
    return runs("kendali.home.template_check")


def migrations() -> bool:
    """Models and migrations agree."""
    quiet = ["-W", "ignore::RuntimeWarning"]  # there is no database to compare with
    command = [sys.executable, *quiet, "-m", "django", "makemigrations", "--check", "--dry-run", *own_apps()]
    return succeeds([*command])


def lengths() -> bool:
    complaints = list(too_long())
    print("\n".join(complaints))
    return not complaints


CHECKS: dict[str, Callable[[], bool]] = {
    "ruff": ruff,
    "format": formatting,
    "mypy": mypy,
    "imports": imports,
    "templates": templates,
    "migrations": migrations,
    "lengths": lengths,
}


def runs(module: str, *arguments: str | Path) -> bool:
    return succeeds([*MODULE, module, *arguments])


def succeeds(command: list[str | Path]) -> bool:
    return subprocess.run([str(part) for part in command], cwd=ROOT).returncode == 0


def own_apps() -> list[str]:
    return sorted(folder.parent.name for folder in (ROOT / "src" / "kendali").glob("*/migrations"))


def python_files() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    names = listed.splitlines() or [str(path.relative_to(ROOT)) for path in ROOT.glob("src/**/*.py")]
    for name in names:
        path = ROOT / name
        if (path.suffix == ".py" or name == "kendali") and "migrations" not in path.parts and path.exists():
            yield path


def too_long() -> Iterator[str]:
    for path in python_files():
        text = path.read_text()
        name, lines = path.relative_to(ROOT), text.count("\n")
        if lines > LONGEST_FILE:
            yield f"{name}: {lines} lines; at most {LONGEST_FILE}: split it by subject"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{name}:{node.lineno}: {node.name} has {length} lines; at most {LONGEST_FUNCTION}"


def main(arguments: list[str]) -> int:
    """All checks, or those named; each says what it found, the last line says which failed."""
    for name in set(arguments) - set(CHECKS):
        raise SystemExit(f"kendali: lint: there is no check {name!r}; there are {', '.join(CHECKS)}")
    # Settings are read, nothing is connected to.
    os.environ.update(installation.nothing())
    failed = []
    for name in arguments or CHECKS:
        began = time.monotonic()
        good = CHECKS[name]()
        print(f"kendali: lint: {name}: {'ok' if good else 'FAILED'} ({time.monotonic() - began:.1f} s)", flush=True)
        failed += [] if good else [name]
    print(f"kendali: lint: {'FAILED: ' + ', '.join(failed) if failed else 'all good'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
