"""A database that was restored from an older backup, brought up to what slots and store know since.

Keys made since come from the newest vault, keys destroyed since are destroyed again, a change of epoch that happened
since is taken over. Nothing that the database knows and the vault does not is lost within one epoch; across epochs a
key that the newer vault leaves out was destroyed before that epoch began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError
from kendali.archive.slots import KEYFILE
from kendali.archive.vaults import Vault
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.vault.errors import KeysError
from kendali.vault.locks import keys_stand_still, one_change
from kendali.vault.models import Epoch, EpochChange, PackageKey
from kendali.vault.package_keys import as_slot, current_epoch, registered_slots, the_store
from kendali.vault.recover import keep_epochs, newest_vault, tombstones

Place = tuple[UUID, int]  # package, generation


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`epoch` in force now; keys that were `added` from the vault, and `destroyed` again."""

    epoch: int
    added: int
    destroyed: int


def reconcile(*, actor: Actor, at: datetime) -> Reconciled:
    """Needs one reachable key file, no sheet. KeysError("vault_none") when the store has nothing of that epoch."""
    with one_change(), keys_stand_still():
        before = current_epoch()
        master, vault, _ = newest_vault(the_store(), _masters(before))
        if vault.epoch < before.number:
            raise KeysError("vault_none", store=the_store().url, epoch=before.number)
        dead = {(key.package, key.generation): key.at for key in (*vault.destroyed, *tombstones(the_store(), master))}
        with transaction.atomic():
            epoch = keep_epochs(master, vault, the_store(), at)
            if epoch.pk != before.pk:
                dead |= _take_over(before, epoch, vault, at)
            added = _add(epoch, vault, dead)
            destroyed = sum(_destroy(place, gone) for place, gone in dead.items())
            done = Reconciled(epoch.number, added, destroyed)
            facts = {"epoch": done.epoch, "added": added, "destroyed": destroyed}
            audit.record("keys.reconciled", actor=actor, at=at, obj=epoch, facts=facts)
    return done


def _masters(before: Epoch) -> list[Master]:
    """Every master that a key file of ours holds, newest epoch first."""
    found: dict[int, Master] = {}
    for row in registered_slots(kind=KEYFILE):
        slot = as_slot(row)
        try:
            for number in slot.numbers():
                found.setdefault(number, slot.read(number))
        except ArchiveError:
            continue
    if not found:
        raise KeysError("no_slot_opens", epoch=before.number, slots="–")
    return [found[number] for number in sorted(found, reverse=True)]


def _take_over(before: Epoch, epoch: Epoch, vault: Vault, at: datetime) -> Mapping[Place, datetime]:
    """The newer epoch is in force; what lived in the old one and is not in the newer vault was destroyed between."""
    EpochChange.objects.filter(status__in=EpochChange.OPEN).update(status=EpochChange.DISCARDED, ended_at=at)
    Epoch.objects.filter(status=Epoch.CREATED).exclude(pk=epoch.pk).update(status=Epoch.DISCARDED, ended_at=at)
    Epoch.objects.filter(pk=before.pk).update(status=Epoch.RETIRED, ended_at=at)
    Epoch.objects.filter(pk=epoch.pk).update(status=Epoch.CURRENT, current_at=vault.at, ended_at=None)
    kept = {(key.package, key.generation) for key in vault.keys}
    live = PackageKey.objects.filter(epoch=before, wrapped__isnull=False)
    gone = {place: at for place in live.values_list("package", "generation") if place not in kept}
    PackageKey.objects.filter(epoch=before, destroyed_at=None).exclude(wrapped=None).update(wrapped=None)
    return gone


def _add(epoch: Epoch, vault: Vault, dead: Mapping[Place, datetime]) -> int:
    known = set(PackageKey.objects.filter(epoch=epoch).values_list("package", "generation"))
    rows = [
        PackageKey(
            package=key.package, generation=key.generation, epoch=epoch, wrapped=key.wrapped, created_at=vault.at
        )
        for key in vault.keys
        if (key.package, key.generation) not in known and (key.package, key.generation) not in dead
    ]
    PackageKey.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _destroy(place: Place, at: datetime) -> bool:
    package, generation = place
    rows = PackageKey.objects.filter(package=package, generation=generation, destroyed_at=None)
    return rows.update(wrapped=None, destroyed_at=at) > 0
