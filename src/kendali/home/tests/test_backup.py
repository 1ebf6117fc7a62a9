"""Kendali's own backup: complete or not there, restored into an empty database, also a newer PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.utils import timezone
from psycopg.sql import SQL, Identifier
from pytest_django import Settings as DjangoSettings

from kendali import environment
from kendali.archive.vaults import vault_name
from kendali.home import backup, installation
from kendali.home.database_roles import connect_arguments
from kendali.home.embedded_postgres import THROW_AWAY, serving
from kendali.home.postgres_place import place_for
from kendali.vault.models import VaultExport
from kendali.vault.package_keys import the_store
from kendali.vault.testing import set_up_keys

Settings = dict[str, str]


def manage(given: Settings, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "django", *map(str, arguments)]
    return subprocess.run(command, env=given, capture_output=True, text=True)


@pytest.fixture
def empty_database(process_environment: Settings) -> Iterator[Settings]:
    """A second, empty database of the same owner."""
    name = connections["default"].settings_dict["NAME"] + "_restored"
    server = connect_arguments(settings.DATABASE_OWNER | {"NAME": "postgres"})
    drop = SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name))
    with psycopg.connect(**server, autocommit=True) as owner:
        owner.execute(drop)
        owner.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        entries = {
            variable: environment.database_url(entry | {"NAME": name})
            for variable, entry in (
                ("DATABASE_URL", settings.DATABASES["default"]),
                ("DATABASE_OWNER_URL", settings.DATABASE_OWNER),
            )
        }
        yield process_environment | entries
        owner.execute(drop)


def state(given: Settings) -> str:
    with psycopg.connect(given["DATABASE_URL"]) as database:
        row = database.execute("SELECT state FROM home_installation").fetchone()
    return row[0] if row else ""


def marks(given: Settings) -> int:
    with psycopg.connect(given["DATABASE_URL"]) as database:
        row = database.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'mark'").fetchone()
    return row[0] if row else 0


def test_a_backup_restores_into_an_empty_database_and_starts_in_recovery(
    process_environment: Settings, empty_database: Settings, tmp_path: Path
) -> None:
    ContentType.objects.create(app_label="mark", model="one")
    done = manage(process_environment, "backup", tmp_path / "backup")
    assert done.returncode == 0, done.stderr
    assert "KENDALI_INSTALLATION_KEY" in done.stdout
    restored = manage(empty_database, "restore", tmp_path / "backup")
    assert restored.returncode == 0, restored.stderr
    assert "pemulihan" in restored.stdout
    assert (marks(empty_database), state(empty_database)) == (1, "recovery")
    again = manage(empty_database, "restore", tmp_path / "backup")
    assert again.returncode == 1
    assert "holds tables" in again.stderr


def test_the_restored_database_still_forbids_what_the_first_one_did(
    process_environment: Settings, empty_database: Settings, tmp_path: Path
) -> None:
    manage(process_environment, "backup", tmp_path / "backup")
    manage(empty_database, "restore", tmp_path / "backup")
    with psycopg.connect(empty_database["DATABASE_URL"]) as database, pytest.raises(psycopg.Error):
        database.execute("DELETE FROM audit_entry")


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_the_newest_vault_and_no_master(settings: DjangoSettings, tmp_path: Path) -> None:
    settings.KENDALI_STORE = str(tmp_path / "store")
    settings.DATABASE_OWNER = settings.DATABASE_OWNER | {"NAME": connections["default"].settings_dict["NAME"]}
    set_up_keys(tmp_path / "keys")
    manifest = backup.write(tmp_path / "backup", at=timezone.now())
    vault = the_store().read(vault_name(VaultExport.objects.latest("number").number))
    copies = [path for path in (tmp_path / "backup").iterdir() if path.read_bytes() == vault]
    assert [path.name in manifest["files"] for path in copies] == [True]
    masters = [path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    together = b"".join(path.read_bytes() for path in (tmp_path / "backup").iterdir())
    assert masters
    assert not [master for master in masters if master.strip() in together]


def test_no_secret_is_in_a_backup(process_environment: Settings, tmp_path: Path) -> None:
    given = process_environment | {"KENDALI_SMTP": "smtp://kendali:geheim@mail.example.org"}
    assert manage(given, "backup", tmp_path / "backup").returncode == 0
    text = (tmp_path / "backup" / "settings.txt").read_text() + (tmp_path / "backup" / "manifest.json").read_text()
    assert "mail.example.org" in text
    for secret in ("geheim", given["KENDALI_SECRET_KEY"], given["KENDALI_INSTALLATION_KEY"]):
        assert secret not in text
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


@pytest.mark.long
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    process_environment: Settings, empty_database: Settings, tmp_path: Path, damage: str
) -> None:
    manage(process_environment, "backup", tmp_path / "backup")
    dump = tmp_path / "backup" / "database.dump"
    if damage == "missing":
        dump.unlink()
    else:
        whole = dump.read_bytes()
        dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = manage(empty_database, "restore", tmp_path / "backup")
    assert refused.returncode == 1
    assert "database.dump is missing or not what was written" in refused.stderr
    with psycopg.connect(empty_database["DATABASE_URL"]) as database:
        assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_a_failed_backup_leaves_nothing_and_a_full_folder_is_not_touched(
    process_environment: Settings, tmp_path: Path
) -> None:
    bad = process_environment | {"DATABASE_OWNER_URL": "postgresql://nobody@/nothing?host=/nonexistent"}
    failed = manage(bad, "backup", tmp_path / "backup")
    assert failed.returncode == 1
    assert "DATABASE_OWNER_URL" in failed.stderr
    assert not list(tmp_path.glob("backup*"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "is not empty" in manage(process_environment, "backup", tmp_path / "full").stderr


@pytest.mark.long
def test_a_backup_of_postgresql_16_is_the_way_to_18(folder: Path) -> None:
    def given(major: int) -> Settings:
        place = place_for(folder / f"pg{major}", major=major, settings=THROW_AWAY)
        stack.enter_context(serving(place))
        home = {"KENDALI_HOME": str(folder / f"home{major}"), "DJANGO_SETTINGS_MODULE": "kendali.settings"}
        return os.environ | installation.new_secrets() | installation.addresses(place) | home | PYTHON

    with ExitStack() as stack:
        old, new = given(16), given(18)
        assert manage(old, "prepare").returncode == 0
        assert manage(old, "backup", folder / "backup").returncode == 0
        assert json.loads((folder / "backup" / "manifest.json").read_text())["postgresql"] == 16
        restored = manage(new, "restore", folder / "backup")
        assert restored.returncode == 0, restored.stderr
        assert "is not the one of the backup" in restored.stdout, "another installation key is noticed"
        assert state(new) == "recovery"
        refused = manage(old, "restore", folder / "backup")
        assert "holds tables" in refused.stderr


PYTHON = {"PYTHONPATH": str(installation.REPOSITORY / "src")}
