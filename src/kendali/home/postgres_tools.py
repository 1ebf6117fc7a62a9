"""pg_dump and pg_restore of the right version, for the embedded server and for any other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from kendali.home.database_roles import connect_arguments
from kendali.home.postgres_place import FOLDERS, CannotStart, wheel_binaries


class ToolProblem(Exception):
    """One sentence for the person who typed the command."""


def server_major(entry: Mapping[str, Any]) -> int:
    try:
        with psycopg.connect(**connect_arguments(entry)) as database:
            return database.info.server_version // 10000
    except psycopg.OperationalError as problem:
        raise ToolProblem(f"DATABASE_OWNER_URL: {str(problem).strip().splitlines()[0]}") from None


def tool(name: str, major: int) -> Path:
    """Of exactly that major version where there is one, otherwise the next newer: an older tool refuses."""
    fitting = sorted((found, path) for path in candidates(name) if (found := version(path)) >= major)
    if not fitting:
        raise ToolProblem(f"no {name} of PostgreSQL {major} here; on Debian: apt-get install postgresql-client-{major}")
    return fitting[0][1]


def candidates(name: str) -> Iterator[Path]:
    for shipped in FOLDERS:
        try:
            yield wheel_binaries(shipped) / "bin" / name
        except CannotStart:
            break
    yield from sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found := shutil.which(name):
        yield Path(found)


def version(path: Path) -> int:
    """Major version, 0 for what cannot run here."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)(?:\.|devel|beta|rc|$)", said)
    return int(found[1]) if found else 0


def run(path: Path, entry: Mapping[str, Any], *arguments: str | Path) -> None:
    """Run the tool on that database. The password goes by environment: arguments are readable by every local user."""
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    settings = {name: str(entry[key]) for name, key in names.items() if entry.get(key)}
    settings |= {f"PG{name.upper()}": str(value) for name, value in (entry.get("OPTIONS") or {}).items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    finished = subprocess.run(
        [str(path), "--no-password", *map(str, arguments)], env=inherited | settings, capture_output=True, text=True
    )
    if finished.returncode:
        raise ToolProblem(f"{path.name} failed: {finished.stderr.strip()[-2000:]}")
