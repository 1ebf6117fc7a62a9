"""One installation on one machine: its folder (KENDALI_HOME), its secrets, the addresses of its databases. No Django.

`<home>/environment` (0600) is written by ``kendali run``: what it says counts wherever the process environment is
silent. Its form is that of systemd's EnvironmentFile: one NAME=value a line.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from kendali import environment
from kendali.home.postgres_place import Place, place_for

REPOSITORY = Path(__file__).resolve().parents[3]
# All of them or none: the address of one database never goes with the owner of another.
ADDRESSES = (
    *("DATABASE_URL", "DATABASE_OWNER_URL"),
    *("KENDALI_SAMPLE_OWNER_URL", "KENDALI_SAMPLE_READER_URL", "KENDALI_SAMPLE_DELETER_URL"),
)


def home() -> Path:
    return Path(environment.text("KENDALI_HOME", str(REPOSITORY / "var"))).absolute()


def is_embedded() -> bool:
    """Nobody named a database: it is ours to start."""
    return "DATABASE_URL" not in os.environ


def make_home() -> Path:
    """Others may pass through it (the database's account must), not look into it."""
    folder = home()
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    return folder


def place() -> Place:
    return place_for(make_home() / "postgres")


def read() -> dict[str, str]:
    path = home() / "environment"
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write(entries: Mapping[str, str]) -> None:
    """Replace the file in one step, readable by nobody else at any moment."""
    path = make_home() / "environment"
    unfinished = path.with_suffix(f".{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("# Written by kendali run. Holds secrets: keep a copy of the two keys away from the backups.\n")
        file.writelines(f"{name}={value}\n" for name, value in sorted(entries.items()))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def addresses(place: Place) -> dict[str, str]:
    urls = (
        place.url("kendali_app", "kendali"),
        place.url("kendali_owner", "kendali"),
        place.url("omnichannel_owner", "omnichannel"),
        place.url("omnichannel_reader", "omnichannel"),
        place.url("omnichannel_deleter", "omnichannel"),
    )
    return dict(zip(ADDRESSES, urls, strict=True))


def new_secrets() -> dict[str, str]:
    return {
        "KENDALI_SECRET_KEY": secrets.token_urlsafe(48),
        "KENDALI_INSTALLATION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def nothing() -> dict[str, str]:
    """Settings for commands that read the code and no database: nothing is written, nothing can be reached."""
    nowhere = "postgresql://nobody@/nothing?host=/nonexistent"
    return new_secrets() | {"DATABASE_URL": nowhere, "DATABASE_OWNER_URL": nowhere}


def set_up(server: Place | None) -> None:
    """Make the secrets once, note where the embedded databases are, and let this process have it all."""
    entries = new_secrets() | read() | (addresses(server) if server else {})
    write(entries)
    adopt(entries)


def adopt(entries: Mapping[str, str] | None = None) -> None:
    """Put the file's entries into this process's environment wherever it is silent."""
    entries = read() if entries is None else entries
    silent = set(entries) - (set(ADDRESSES) if not is_embedded() else set())
    for name in silent:
        os.environ.setdefault(name, entries[name])
    os.environ.setdefault("KENDALI_HOME", str(home()))
