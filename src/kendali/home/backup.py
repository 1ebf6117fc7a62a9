"""Backup and restore of Kendali itself: one folder with the database, the newest vault, the settings, a manifest.

Not in it: the epoch masters (they live in their slots alone), the two keys of the installation, the archive (it is in
its write-once store). The manifest tells by digests which keys belong to it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from kendali.archive.errors import ArchiveError
from kendali.archive.vaults import vault_name
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.home import postgres_tools
from kendali.home.database_roles import connect_arguments
from kendali.home.logs import without_secrets
from kendali.home.models import Installation
from kendali.home.postgres_tools import ToolProblem
from kendali.vault.exports import export_vault
from kendali.vault.models import Epoch
from kendali.vault.package_keys import the_store

FORMAT = 1
DUMP, SETTINGS, MANIFEST = "database.dump", "settings.txt", "manifest.json"
SECRET = ("KENDALI_SECRET_KEY", "KENDALI_INSTALLATION_KEY")


class BackupProblem(Exception):
    """One sentence: what is wrong and what to type."""


@dataclass(frozen=True, slots=True)
class Restored:
    created: str
    entry: int
    same_key: bool


def write(folder: Path, *, at: datetime) -> dict[str, Any]:
    """Write a backup into `folder`, which must not exist or be empty; complete or not there at all."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupProblem(f"{folder} is not empty; name a folder that does not exist yet")
    unfinished = folder.with_name(f"{folder.name}.unfinished-{os.getpid()}")
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        if Epoch.objects.filter(status=Epoch.CURRENT).exists():
            copy_vault(unfinished, at)
        major = dump(unfinished / DUMP)
        (unfinished / SETTINGS).write_text(settings_text())
        manifest = {
            "format": FORMAT,
            "created": at.isoformat(),
            "postgresql": major,
            "owner": settings.DATABASE_OWNER["USER"],
            "program": settings.DATABASES["default"]["USER"],
            "installation_key": key_digest(),
            "audit": head(),
            "files": {path.name: facts(path) for path in sorted(unfinished.iterdir())},
        }
        durable(unfinished / MANIFEST, json.dumps(manifest, indent=1) + "\n")
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return manifest


def copy_vault(folder: Path, at: datetime) -> None:
    """The wrapped keys are in the database, too; the vault is what opens the archive when only files are left."""
    try:
        name = vault_name(export_vault(at=at).number)
        (folder / name.replace("/", "-")).write_bytes(the_store().read(name))
    except ArchiveError as problem:
        raise BackupProblem(
            f"the vault cannot be exported ({problem}); ./kendali manage keys shows the slots"
        ) from None


def dump(path: Path) -> int:
    """The database as its owner sees it, in pg_dump's own format. Answers the server's major version."""
    entry = settings.DATABASE_OWNER
    major = postgres_tools.server_major(entry)
    postgres_tools.run(postgres_tools.tool("pg_dump", major), entry, "--format=custom", "--file", path)
    return major


def settings_text() -> str:
    """What the environment said, secrets blackened: a reminder for the person who sets up the next machine."""
    names = sorted(name for name in os.environ if name.startswith(("KENDALI_", "DATABASE_")))
    lines = [f"{name}={'***' if name in SECRET else without_secrets(os.environ[name])}" for name in names]
    return "\n".join(["# Settings at the time of the backup. *** = kept elsewhere, not in a backup.", *lines]) + "\n"


def key_digest() -> str:
    """Tells whether two installations have the same key, and nothing about it."""
    return hmac.new(settings.KENDALI_INSTALLATION_KEY, b"kendali backup", hashlib.sha256).hexdigest()


def head() -> dict[str, Any]:
    """The newest entry of the audit chain."""
    entry = Entry.objects.order_by("-pk").first()
    return {"entry": entry.pk, "hash": bytes(entry.hash).hex()} if entry else {"entry": 0, "hash": ""}


def facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def durable(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def check(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose every file is what was written."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise BackupProblem(f"{folder} is no backup of Kendali: there is no readable {MANIFEST} in it") from None
    if manifest.get("format") != FORMAT:
        raise BackupProblem(f"{folder} has format {manifest.get('format')}; this version reads {FORMAT}")
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file() or facts(path) != expected:
            raise BackupProblem(f"{path} is missing or not what was written; use another backup")
    return manifest


def restore(folder: Path, *, at: datetime) -> Restored:
    """Into an empty database, prepared for this version, left in recovery (pemulihan)."""
    manifest = check(folder)
    entry = settings.DATABASE_OWNER
    insist_on_same_roles(manifest)
    major = postgres_tools.server_major(entry)
    if major < manifest["postgresql"]:
        raise BackupProblem(f"the backup is from PostgreSQL {manifest['postgresql']}, this server is the older {major}")
    insist_on_empty(entry)
    connection.close()
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--dbname", entry["NAME"]]
    postgres_tools.run(postgres_tools.tool("pg_restore", major), entry, *options, folder / DUMP)
    call_command("prepare", verbosity=0)
    into_recovery(manifest, at)
    return Restored(manifest["created"], manifest["audit"]["entry"], manifest["installation_key"] == key_digest())


def into_recovery(manifest: Mapping[str, Any], at: datetime) -> None:
    """Nothing is deleted or destroyed until QMR and administrator have reconciled holds, approvals and journal."""
    with transaction.atomic():
        installation, _ = Installation.objects.update_or_create(
            pk=1, defaults={"state": Installation.State.RECOVERY}, create_defaults={"state": "recovery", "created": at}
        )
        restored = {"created": manifest["created"], "entry": manifest["audit"]["entry"]}
        audit.record("installation.restored", actor=SYSTEM, at=at, obj=installation, facts=restored)


def insist_on_same_roles(manifest: Mapping[str, Any]) -> None:
    """The rights inside the backup name the program's role."""
    ours = settings.DATABASES["default"]["USER"]
    if manifest["program"] != ours:
        raise BackupProblem(
            f"DATABASE_URL names the role {ours}, the backup grants its rights to {manifest['program']}; name that one"
        )


def insist_on_empty(entry: Mapping[str, Any]) -> None:
    with psycopg.connect(**connect_arguments(entry)) as database:
        found = database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if found is None or found[0]:
        raise BackupProblem(
            f"the database {entry['NAME']} holds tables; a backup is restored only into an empty one (with the embedded"
            " server: stop Kendali and move the folder postgres of KENDALI_HOME away)"
        )


__all__ = ["BackupProblem", "Restored", "ToolProblem", "check", "restore", "write"]
