"""The vault written to the write-once store, read back and compared before it counts."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from kendali.archive import vaults
from kendali.archive.epochs import Master
from kendali.archive.errors import StoreExistsError
from kendali.archive.stores import Store
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.vault.errors import KeysError
from kendali.vault.models import Epoch, PackageKey, VaultExport
from kendali.vault.package_keys import current_epoch, master_of, the_store
from kendali.vault.slot_answers import current_recipient


def export_vault(*, at: datetime, actor: Actor = SYSTEM) -> VaultExport:
    """All keys of the current epoch; the way back when the database is lost."""
    epoch = current_epoch()
    export = write_vault(epoch, master_of(epoch), at=at)
    audit.record("keys.exported", actor=actor, at=at, obj=export, facts={"keys": export.keys, "epoch": epoch.number})
    return export


def write_vault(epoch: Epoch, master: Master, *, at: datetime) -> VaultExport:
    store = the_store()
    number = 1 + max(
        VaultExport.objects.order_by("-number").values_list("number", flat=True).first() or 0, newest_number(store)
    )
    while True:
        data = vaults.to_bytes(vault_of(epoch, number, at), master)
        try:
            store.put(vaults.vault_name(number), data)
            break
        except StoreExistsError:  # another process was a moment earlier
            number += 1
    if store.read(vaults.vault_name(number)) != data:
        raise KeysError("read_back_differs", place=vaults.vault_name(number))
    return VaultExport.objects.create(
        number=number,
        epoch=epoch,
        at=at,
        keys=PackageKey.objects.filter(epoch=epoch, wrapped__isnull=False).count(),
        sha256=sha256(data).hexdigest(),
        store=store.url[:500],
    )


def vault_of(epoch: Epoch, number: int, at: datetime) -> vaults.Vault:
    rows = list(PackageKey.objects.filter(epoch=epoch).order_by("pk"))
    return vaults.Vault(
        number=number,
        epoch=epoch.number,
        recipient=current_recipient(),
        at=at,
        keys=tuple(vaults.WrappedKey(r.package, r.generation, bytes(r.wrapped)) for r in rows if r.wrapped is not None),
        destroyed=tuple(
            vaults.DestroyedKey(r.package, r.generation, r.destroyed_at) for r in rows if r.destroyed_at is not None
        ),
    )


def vault_numbers(store: Store) -> list[int]:
    """Newest first."""
    found = (vaults.vault_number(entry.key) for entry in store.entries("vault"))
    return sorted((number for number in found if number is not None), reverse=True)


def newest_number(store: Store) -> int:
    return next(iter(vault_numbers(store)), 0)
