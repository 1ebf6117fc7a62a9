"""kill -9 at every step of a change of epoch; afterwards `resume` ends right, and no key is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from kendali.audit.actor import SYSTEM
from kendali.vault import actions
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.models import Epoch, EpochChange
from kendali.vault.tests.conftest import Keys

BEFORE = [
    *("started", "begun", "batch", "wrapped", "exported", "compared", "slot", "in_slots", "slots_read", "samples"),
]
AFTER = ["switched", "forgotten", "swept", "effective"]


def killed(keys: Keys, what: str, step: str) -> None:
    """A process of its own on this test's database, dead at that step."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}&port={database['PORT']}"
    source = Path(settings.PACKAGE).parent
    done = subprocess.run(
        [sys.executable, "-m", "kendali.vault.tests.killed_change", what, step],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "kendali.settings",
            "DATABASE_URL": url,
            "DATABASE_OWNER_URL": url,
            "PGPASSWORD": str(database["PASSWORD"]),
            "KENDALI_STORE": settings.KENDALI_STORE,
            "KENDALI_SECRET_KEY": "only for this test, long enough to be accepted " * 2,
            "KENDALI_INSTALLATION_KEY": "A" * 43 + "=",
            "PYTHONPATH": str(source),
        },
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]


def after_the_crash(keys: Keys, kept: dict[object, bytes]) -> None:
    assert {package: actions.package_key(package) for package in kept} == kept  # type: ignore[arg-type]


@pytest.mark.parametrize("step", BEFORE)
def test_killed_before_the_switch_the_new_epoch_is_discarded(lasting_keys: Keys, step: str) -> None:
    keys = lasting_keys
    kept = {package: actions.new_package_key(package) for package in (uuid4() for _ in range(3))}
    killed(keys, "change", step)
    after_the_crash(keys, kept)  # works on, before anybody resumes
    with pytest.raises(KeysError) as error:
        actions.change_epoch(actor=SYSTEM, at=timezone.now())
    assert error.value.code == "change_open"
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DISCARDED
    assert actions.current_epoch().number == 1
    assert not list(keys.folder.glob("keys/*/epoch-000002*"))
    after_the_crash(keys, kept)
    assert actions.change_epoch(actor=SYSTEM, at=timezone.now()).status == EpochChange.DONE
    after_the_crash(keys, kept)


@pytest.mark.parametrize("step", AFTER)
def test_killed_after_the_switch_it_goes_on_to_the_end(lasting_keys: Keys, step: str) -> None:
    keys = lasting_keys
    kept = {package: actions.new_package_key(package) for package in (uuid4() for _ in range(3))}
    gone = uuid4()
    actions.new_package_key(gone)
    actions.destroy_package_key(gone, 1, at=timezone.now())
    killed(keys, "change", step)
    after_the_crash(keys, kept)
    assert actions.current_epoch().number == 2
    if step in {"switched", "forgotten"}:
        assert not actions.destruction_effective(gone, 1)
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DONE
    assert not list(keys.folder.glob("keys/*/epoch-000001*"))
    assert actions.destruction_effective(gone, 1)
    with pytest.raises(KeyDestroyedError):
        actions.package_key(gone)
    after_the_crash(keys, kept)


def test_a_resumption_may_be_killed_too(lasting_keys: Keys) -> None:
    keys = lasting_keys
    kept = {uuid4(): b""}
    kept = {package: actions.new_package_key(package) for package in kept}
    killed(keys, "change", "in_slots")
    killed(keys, "resume", "discarding")
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DISCARDED
    killed(keys, "change", "switched")
    killed(keys, "resume", "swept")
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DONE
    assert list(Epoch.objects.values_list("number", "status")) == [
        (3, "current"),
        (2, "discarded"),
        (1, "retired"),
    ]
    after_the_crash(keys, kept)
