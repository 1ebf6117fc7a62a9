"""A database restored from an older backup, brought up to slots and store."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from kendali.audit.actor import SYSTEM
from kendali.vault import actions
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.models import Epoch, EpochChangeStep, PackageKey
from kendali.vault.overview import warnings
from kendali.vault.package_keys import registered_slots
from kendali.vault.tests.conftest import Keys


def opened(packages: list[UUID]) -> dict[UUID, bytes]:
    return {package: actions.package_key(package) for package in packages}


def restore(rows: list[PackageKey]) -> None:
    """The rows about keys as they were then."""
    PackageKey.objects.all().delete()
    PackageKey.objects.bulk_create(rows)


def test_within_one_epoch_newer_keys_come_back_and_destroyed_ones_do_not(keys: Keys) -> None:
    old, gone = uuid4(), uuid4()
    made = {package: actions.new_package_key(package) for package in (old, gone)}
    backup = list(PackageKey.objects.all())
    new = uuid4()
    made[new] = actions.new_package_key(new)
    actions.export_vault(at=timezone.now())
    actions.destroy_package_key(gone, 1, at=timezone.now())
    restore(backup)
    assert opened([gone]) == {gone: made[gone]}  # as the restored database believes
    done = actions.reconcile(actor=SYSTEM, at=timezone.now())
    assert (done.epoch, done.added, done.destroyed) == (1, 1, 1)
    assert opened([old, new]) == {old: made[old], new: made[new]}
    with pytest.raises(KeyDestroyedError):
        actions.package_key(gone)
    again = actions.reconcile(actor=SYSTEM, at=timezone.now())
    assert (again.added, again.destroyed) == (0, 0)


def test_a_key_that_no_vault_holds_yet_is_kept(keys: Keys) -> None:
    package = uuid4()
    key = actions.new_package_key(package)
    actions.reconcile(actor=SYSTEM, at=timezone.now())
    assert actions.package_key(package) == key


def test_a_change_of_epoch_since_the_backup_is_taken_over(lasting_keys: Keys) -> None:
    keys = lasting_keys
    kept, gone = uuid4(), uuid4()
    made = {package: actions.new_package_key(package) for package in (kept, gone)}
    backup = dump()
    actions.destroy_package_key(gone, 1, at=timezone.now())
    actions.change_epoch(actor=SYSTEM, at=timezone.now())
    later = uuid4()
    made[later] = actions.new_package_key(later)
    actions.export_vault(at=timezone.now())
    load(backup)
    with pytest.raises(KeysError):
        actions.package_key(kept)
    assert "keys reconcile" in " ".join(warnings(list(registered_slots())))
    done = actions.reconcile(actor=SYSTEM, at=timezone.now())
    assert done.epoch == 2
    assert opened([kept, later]) == {kept: made[kept], later: made[later]}
    with pytest.raises(KeyDestroyedError):
        actions.package_key(gone)
    assert list(Epoch.objects.values_list("number", "status")) == [(2, "current"), (1, "retired")]
    assert keys.store.read("vault/vault-000003")
    assert actions.change_epoch(actor=SYSTEM, at=timezone.now()).status == "done"
    assert opened([kept, later]) == {kept: made[kept], later: made[later]}


TABLES = "vault_epoch vault_slot vault_slotanswer vault_packagekey vault_vaultexport vault_sheet".split()


def dump() -> dict[str, list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        rows = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            rows[table] = cursor.fetchall()
    return rows


def load(backup: dict[str, list[tuple[Any, ...]]]) -> None:
    """A backup restored into a new database."""
    assert EpochChangeStep.objects.exists()
    connection.ops.execute_sql_flush([])
    with connection.cursor() as cursor:
        for table, rows in backup.items():
            for row in rows:
                cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)
            cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, 1000)")
