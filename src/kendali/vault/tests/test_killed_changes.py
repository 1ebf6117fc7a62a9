"""kill -9 at every step of a change of epoch; afterwards `resume` ends right, and no key is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from conftest import some
from kendali.audit.actor import SYSTEM
from kendali.locks import Lock, held
from kendali.vault import actions
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.models import Epoch, EpochChange
from kendali.vault.tests.conftest import Keys

Kill = Callable[[str, str], None]
BEFORE = some(*"started begun batch wrapped exported compared slot in_slots slots_read samples".split())
AFTER = some("switched", "forgotten", "swept", "effective")


@pytest.fixture
def killed(process_environment: dict[str, str], lasting_keys: Keys) -> Kill:
    """Runs a change, or a resumption, in a process of its own that is dead at that step."""

    def run(what: str, step: str) -> None:
        command = [sys.executable, "-m", "kendali.vault.tests.killed_change", what, step]
        environment = process_environment | {"KENDALI_STORE": settings.KENDALI_STORE}
        done = subprocess.run(command, env=environment, capture_output=True, timeout=120)
        assert done.returncode == -9, done.stderr.decode()[-2000:]
        with held(Lock.KEY_CHANGE):
            pass  # the server has seen, too, that it is dead

    return run


def after_the_crash(kept: dict[UUID, bytes]) -> None:
    assert {package: actions.package_key(package) for package in kept} == kept


@pytest.mark.parametrize("step", BEFORE)
def test_killed_before_the_switch_the_new_epoch_is_discarded(lasting_keys: Keys, killed: Kill, step: str) -> None:
    keys = lasting_keys
    kept = {package: actions.new_package_key(package) for package in (uuid4() for _ in range(3))}
    killed("change", step)
    after_the_crash(kept)  # works on, before anybody resumes
    with pytest.raises(KeysError) as error:
        actions.change_epoch(actor=SYSTEM, at=timezone.now())
    assert error.value.code == "change_open"
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DISCARDED
    assert actions.current_epoch().number == 1
    assert not list(keys.folder.glob("keys/*/epoch-000002*"))
    after_the_crash(kept)
    assert actions.change_epoch(actor=SYSTEM, at=timezone.now()).status == EpochChange.DONE
    after_the_crash(kept)


@pytest.mark.parametrize("step", AFTER)
def test_killed_after_the_switch_it_goes_on_to_the_end(lasting_keys: Keys, killed: Kill, step: str) -> None:
    keys = lasting_keys
    kept = {package: actions.new_package_key(package) for package in (uuid4() for _ in range(3))}
    gone = uuid4()
    actions.new_package_key(gone)
    actions.destroy_package_key(gone, 1, at=timezone.now())
    killed("change", step)
    after_the_crash(kept)
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
    after_the_crash(kept)


def test_a_resumption_may_be_killed_too(lasting_keys: Keys, killed: Kill) -> None:
    kept = {package: actions.new_package_key(package) for package in [uuid4()]}
    killed("change", "in_slots")
    killed("resume", "discarding")
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DISCARDED
    killed("change", "switched")
    killed("resume", "swept")
    ended = actions.resume(actor=SYSTEM, at=timezone.now())
    assert ended is not None
    assert ended.status == EpochChange.DONE
    assert list(Epoch.objects.values_list("number", "status")) == [
        (3, "current"),
        (2, "discarded"),
        (1, "retired"),
    ]
    after_the_crash(kept)
