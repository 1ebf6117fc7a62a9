"""A package is handed over, and opened without the database."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from kendali.archive.age import Identity
from kendali.audit.models import Entry
from kendali.records.models import Package
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def package(office: Office) -> Package:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD)
    office.backed_up("pbx")
    return Package.objects.get()


def test_an_export_is_sealed_to_the_receiver_and_told_in_the_trail(package: Package, tmp_path: Path) -> None:
    recipient = str(Identity.generate().recipient())
    into = tmp_path / "handed-over"
    call_command("package", "export", package.number, "--recipient", recipient, "--into", str(into))
    assert subprocess.run(["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=into, check=False).returncode == 0
    assert Entry.objects.filter(verb="package.exported", facts__recipient=recipient).exists()


def test_with_its_key_a_package_is_verified_without_the_database(package: Package, tmp_path: Path) -> None:
    keys = tmp_path / "one.key"
    call_command("package", "key", package.number, "--into", str(keys))
    assert keys.stat().st_mode & 0o077 == 0
    command = [sys.executable, "-m", "kendali.archive", "verify", package.path, "--key-file", str(keys)]
    done = subprocess.run(
        [*command, "--store", settings.KENDALI_STORE],
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", ["PKT-2026-9999", "nonsense"])
def test_a_package_that_is_not_there_is_named(office: Office, number: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=number):
        call_command("package", "key", number, "--into", str(tmp_path / "x.key"))
