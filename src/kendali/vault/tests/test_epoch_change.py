"""The change of epoch: its order, its ends, two at once, slots that are away, what a destroyed key means afterwards."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from kendali.archive import slots as archive_slots
from kendali.archive import vaults
from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError
from kendali.archive.slots import places
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.vault import actions, epoch_change
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.locks import one_change
from kendali.vault.models import Epoch, EpochChange, PackageKey, SlotAnswer
from kendali.vault.package_keys import master_of
from kendali.vault.tests.conftest import Keys


def change() -> EpochChange:
    return actions.change_epoch(actor=SYSTEM, at=timezone.now())


def some_keys(count: int = 3) -> dict[UUID, bytes]:
    return {package: actions.new_package_key(package) for package in (uuid4() for _ in range(count))}


@contextmanager
def away(keys: Keys, slot: str) -> Iterator[None]:
    os.rename(keys.path(slot), keys.path(slot + "-away"))
    yield
    os.rename(keys.path(slot + "-away"), keys.path(slot))


def test_a_change_goes_through_every_step_in_order(keys: Keys) -> None:
    made = some_keys()
    done = change()
    assert done.status == "done"
    assert [step.name for step in done.steps.all()] == list(epoch_change.STEPS)
    assert actions.current_epoch().number == 2
    assert {package: actions.package_key(package) for package in made} == made
    assert not list(keys.folder.glob("keys/*/epoch-000001*"))
    assert PackageKey.objects.filter(epoch__number=1, wrapped__isnull=False).count() == 0
    looked = SlotAnswer.objects.filter(operation="look", epoch__number=1, answer="absent")
    assert looked.count() == 3
    verbs = list(Entry.objects.filter(verb__startswith="keys.change").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["keys.change_started", "keys.change_done"]


def test_many_keys_are_wrapped_in_batches(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch_change, "BATCH", 3)
    made = some_keys(10)
    batches: list[str] = []
    actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=batches.append)
    assert batches.count("batch") == 4
    assert {package: actions.package_key(package) for package in made} == made


def test_a_key_made_during_the_change_is_not_left_behind(keys: Keys) -> None:
    made: dict[UUID, bytes] = {}

    def reached(step: str) -> None:
        if step == epoch_change.WRAPPED:
            made.update(some_keys(1))

    actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=reached)
    assert made
    assert {package: actions.package_key(package) for package in made} == made


def test_a_key_wanted_between_the_last_wrap_and_the_switch_waits_for_it(lasting_keys: Keys) -> None:
    made: list[tuple[UUID, bytes]] = []
    started = threading.Event()

    def make_one() -> None:
        package = uuid4()
        started.set()
        made.append((package, actions.new_package_key(package)))
        connection.close()

    thread = threading.Thread(target=make_one)

    def reached(step: str) -> None:
        if step == epoch_change.EXPORTED:
            thread.start()
            started.wait(60)
        if step == epoch_change.SWITCHED:
            assert not made

    actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=reached)
    thread.join(60)
    ((package, key),) = made
    assert actions.package_key(package) == key
    assert PackageKey.objects.get(package=package).epoch.number == 2


def test_of_two_changes_at_once_one_is_refused(lasting_keys: Keys) -> None:
    answers: list[str] = []

    def second() -> None:
        try:
            change()
        except KeysError as error:
            answers.append(error.code)
        finally:
            connection.close()

    def reached(step: str) -> None:
        if step == epoch_change.WRAPPED:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(60)

    actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=reached)
    assert answers == ["change_elsewhere"]
    assert list(Epoch.objects.values_list("number", "status")) == [(2, "current"), (1, "retired")]


def test_a_carrier_that_was_overtaken_does_not_switch(keys: Keys) -> None:
    def reached(step: str) -> None:
        if step == epoch_change.SAMPLES:  # as a second process does that believes this one dead
            EpochChange.objects.update(attempt=9)

    with pytest.raises(KeysError) as error:
        actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=reached)
    assert error.value.code == "change_overtaken"
    assert actions.current_epoch().number == 1


def test_a_slot_away_before_the_change_makes_it_pending_and_nothing_else(keys: Keys) -> None:
    made = some_keys()
    with away(keys, "slot-2"):
        waiting = change()
        assert (waiting.status, waiting.new) == ("pending", None)
        with pytest.raises(KeysError) as error:
            change()
        assert error.value.code == "change_open"
        assert actions.resume(actor=SYSTEM, at=timezone.now()).status == "pending"  # type: ignore[union-attr]
        assert actions.current_epoch().number == 1
    assert actions.resume(actor=SYSTEM, at=timezone.now()).status == "done"  # type: ignore[union-attr]
    assert {package: actions.package_key(package) for package in made} == made


def test_a_slot_lost_before_the_switch_discards_the_new_epoch(keys: Keys) -> None:
    made = some_keys()

    def reached(step: str) -> None:
        if step == epoch_change.COMPARED:
            os.rename(keys.path("slot-2"), keys.path("slot-2-away"))

    with pytest.raises(KeysError) as error:
        actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=reached)
    assert error.value.code == "change_discarded"
    assert Epoch.objects.get(number=2).status == "discarded"
    assert not list(keys.folder.glob("keys/*/epoch-000002*"))
    assert {package: actions.package_key(package) for package in made} == made
    os.rename(keys.path("slot-2-away"), keys.path("slot-2"))
    assert change().new.number == 3  # type: ignore[union-attr]


def test_a_slot_lost_after_the_switch_is_pending_until_it_was_seen_empty(keys: Keys) -> None:
    package, old = uuid4(), master_of(actions.current_epoch())
    actions.new_package_key(package)
    actions.destroy_package_key(package, 1, at=timezone.now())

    def reached(step: str) -> None:
        if step == epoch_change.SWITCHED:
            os.rename(keys.path("slot-2"), keys.path("slot-2-away"))

    waiting = actions.change_epoch(actor=SYSTEM, at=timezone.now(), reached=reached)
    assert waiting.status == "pending"
    assert "slot-2" in str(waiting.steps.last().facts)  # type: ignore[union-attr]
    verdict = actions.destruction_effective(package, 1)
    assert not verdict
    assert "slot-2" in str(verdict.facts)
    os.rename(keys.path("slot-2-away"), keys.path("slot-2"))
    assert (keys.path("slot-2") / "epoch-000001.key").exists()
    assert actions.resume(actor=SYSTEM, at=timezone.now()).status == "done"  # type: ignore[union-attr]
    assert actions.destruction_effective(package, 1)
    assert not (keys.path("slot-2") / f"epoch-{old.number:06d}.key").exists()


def test_a_withdrawn_slot_that_never_answered_stays_left_over(keys: Keys) -> None:
    actions.add_slot(places(f"{keys.folder}/keys/slot-3")[0], actor=SYSTEM, at=timezone.now())
    package = uuid4()
    actions.new_package_key(package)
    actions.destroy_package_key(package, 1, at=timezone.now())
    os.rename(keys.path("slot-3"), keys.path("lost"))
    location = str(keys.path("slot-3"))
    actions.withdraw_slot(location, statement="Hilang di perjalanan", actor=SYSTEM, at=timezone.now())
    assert change().status == "pending"
    assert not actions.destruction_effective(package, 1)
    late = uuid4()
    actions.new_package_key(late)  # made under epoch 2, which the lost slot never held
    actions.destroy_package_key(late, 1, at=timezone.now())
    os.rename(keys.path("lost"), keys.path("slot-3"))
    assert actions.resume(actor=SYSTEM, at=timezone.now()).status == "done"  # type: ignore[union-attr]
    assert actions.destruction_effective(package, 1)
    assert not actions.destruction_effective(late, 1)
    assert change().status == "done"
    assert actions.destruction_effective(late, 1)


def test_a_destroyed_key_is_beyond_everything_current_and_an_old_master_kept_aside_still_opens_it(keys: Keys) -> None:
    made = some_keys(2)
    gone, kept = made
    actions.export_vault(at=timezone.now())
    aside = archive_slots.Slot("keyfile", str(keys.path("slot-1")), _mark(keys)).read(1)
    actions.destroy_package_key(gone, 1, at=timezone.now())
    change()
    assert actions.destruction_effective(gone, 1)
    assert not actions.destruction_effective(kept, 1)
    with pytest.raises(KeyDestroyedError):
        actions.package_key(gone)
    current = master_of(actions.current_epoch())
    assert made[gone] not in _all_that_opens(keys, current).values()
    assert made[kept] in _all_that_opens(keys, current).values()
    # the positive control: the vaults of the old epoch are still in the store, and only its master is missing
    assert _all_that_opens(keys, aside)[gone] == made[gone]


def _all_that_opens(keys: Keys, master: Master) -> dict[UUID, bytes]:
    """Every wrapped key in the database and in every vault of the store, tried with this master."""
    wrapped = [(row.package, row.generation, bytes(row.wrapped)) for row in PackageKey.objects.all() if row.wrapped]
    for entry in keys.store.entries("vault"):
        data = keys.store.read(entry.key)
        if vaults.vault_number(entry.key) and vaults.epoch_of(data) == master.number:
            wrapped += [(key.package, key.generation, key.wrapped) for key in vaults.from_bytes(data, master).keys]
    opened = {}
    for package, generation, sealed in wrapped:
        try:
            opened[package] = master.unwrap(sealed, package=package, generation=generation)
        except ArchiveError:
            continue
    return opened


def _mark(keys: Keys) -> str:
    return (keys.path("slot-1") / archive_slots.MARK).read_text().strip()


def test_resuming_without_anything_open_is_an_error(keys: Keys) -> None:
    with pytest.raises(KeysError) as error:
        actions.resume(actor=SYSTEM, at=timezone.now())
    assert error.value.code == "change_nothing_open"


def test_the_lock_is_free_again_after_an_error(keys: Keys) -> None:
    with pytest.raises(ZeroDivisionError), one_change():
        raise ZeroDivisionError
    assert change().status == "done"
