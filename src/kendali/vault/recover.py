"""Back to a working installation: sheet + one off-host file + the newest vault in the store.

With the database lost, its rows about keys are built anew from the vault, destroyed keys stay destroyed (tombstones are
replayed), and the master goes into the slots of this machine. With only the key files lost, the database is kept and
the slots are filled again. Nothing is written before sheet, copy and vault have proved to belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.db import transaction

from kendali.archive import vaults
from kendali.archive.age import Identity
from kendali.archive.epochs import Master
from kendali.archive.errors import AgeError, ArchiveError
from kendali.archive.recovery import RecoverySheet
from kendali.archive.slots import MARK, Place, open_offhost
from kendali.archive.stores import Store
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.vault import exports, rules, slot_answers
from kendali.vault.errors import KeysError
from kendali.vault.locks import one_change
from kendali.vault.models import Epoch, PackageKey, Sheet, SlotAnswer, VaultExport
from kendali.vault.package_keys import registered_slots, the_store
from kendali.vault.sheets import keep_sheet


@dataclass(frozen=True, slots=True)
class Recovered:
    """`vault` None: the database was there, only slots were filled. `keys` opened, `destroyed` stayed destroyed;
    `unopened` are keys of the vault that the master does not open (none, unless something is damaged)."""

    epoch: int
    vault: int | None
    keys: int
    destroyed: int
    unopened: list[str]
    slots: list[SlotAnswer]


def recover(*, identity: Identity, offhost: Path, places: Sequence[Place], actor: Actor, at: datetime) -> Recovered:
    """`offhost`: an off-host file, or the folder that holds it. KeysError or SlotError say what does not fit."""
    verdict = rules.enough_slots([place.kind for place in places])
    if not verdict:
        raise KeysError(verdict.reason, **verdict.facts)
    with one_change():
        masters = _masters(identity, offhost)
        current = Epoch.objects.filter(status=Epoch.CURRENT).first()
        if current is not None:
            return _refill(current, masters, identity, places, actor, at)
        master, vault, data = newest_vault(the_store(), masters)
        recipient = str(identity.recipient())
        buried = tombstones(the_store(), master)
        dead = {(key.package, key.generation): key.at for key in (*vault.destroyed, *buried)}
        unopened = _unopened(vault, master)
        epoch = keep_epochs(master, vault, the_store(), at)
        _fill(places, epoch, master, recipient, at)
        with transaction.atomic():
            Epoch.objects.filter(pk=epoch.pk).update(status=Epoch.CURRENT, current_at=vault.at)
            _rows(vault, epoch, dead, data)
            keep_sheet(RecoverySheet(recipient, identity), at=at, confirmed_at=at)
            facts = {"epoch": master.number, "vault": vault.number, "keys": len(vault.keys), "destroyed": len(dead)}
            audit.record("keys.recovered", actor=actor, at=at, obj=epoch, facts=facts)
        epoch.refresh_from_db()
        answers = slot_answers.open_samples(registered_slots(), epoch)
        return Recovered(master.number, vault.number, len(vault.keys), len(dead), unopened, answers)


def _masters(identity: Identity, offhost: Path) -> list[Master]:
    """Newest epoch first; an error only when none opens."""
    files = sorted(offhost.glob("epoch-*.age"), reverse=True) if offhost.is_dir() else [offhost]
    files = [file for file in files if file.is_file()]
    if not files:
        raise KeysError("offhost_none", location=str(offhost))
    opened = []
    for file in files:
        try:
            opened.append(open_offhost(file.read_bytes(), identity))
        except ArchiveError as error:
            failed = error
    if not opened:
        code = "offhost_not_opened" if isinstance(failed, AgeError) else failed.code
        raise KeysError(code, location=str(offhost), **{k: v for k, v in failed.facts.items() if k != "location"})
    return sorted(opened, key=lambda master: master.number, reverse=True)


def newest_vault(store: Store, masters: Sequence[Master]) -> tuple[Master, vaults.Vault, bytes]:
    """The newest vault that a master of ours authenticates, trying the newest epoch first; vaults of epochs that were
    discarded, or damaged ones, are passed over."""
    numbers = exports.vault_numbers(store)
    for master in masters:
        for number in numbers:
            data = store.read(vaults.vault_name(number))
            try:
                if vaults.epoch_of(data) == master.number:
                    return master, vaults.from_bytes(data, master), data
            except vaults.VaultError:
                continue
    raise KeysError("vault_none", store=store.url, epoch=masters[0].number)


def tombstones(store: Store, master: Master) -> list[vaults.DestroyedKey]:
    """A tombstone that claims this epoch and is not authentic stops the recovery: passing over it could bring a
    destroyed key back."""
    found = []
    for entry in store.entries("vault"):
        if entry.key.startswith("vault/tombstone-"):
            try:
                found.append(vaults.tombstone_from_bytes(store.read(entry.key), master))
            except vaults.VaultError as error:
                raise KeysError("tombstone_bad", name=entry.key) from error
    return [buried for buried in found if buried is not None]


def _unopened(vault: vaults.Vault, master: Master) -> list[str]:
    bad = []
    for key in vault.keys:
        try:
            master.unwrap(key.wrapped, package=key.package, generation=key.generation)
        except ArchiveError:
            bad.append(f"{key.package}/{key.generation}")
    return bad


def keep_epochs(master: Master, vault: vaults.Vault, store: Store, at: datetime) -> Epoch:
    """The current epoch and, so that no number is used twice, every other number that a vault in the store names."""
    for number in exports.vault_numbers(store):
        try:
            other = vaults.epoch_of(store.read(vaults.vault_name(number)))
        except vaults.VaultError:
            continue
        if other != master.number:
            status = Epoch.RETIRED if other < master.number else Epoch.DISCARDED
            Epoch.objects.get_or_create(
                number=other, defaults={"status": status, "fingerprint": "", "created_at": at, "ended_at": at}
            )
    epoch, _ = Epoch.objects.get_or_create(
        number=master.number, defaults={"fingerprint": master.fingerprint, "created_at": vault.at}
    )
    return epoch


def _rows(vault: vaults.Vault, epoch: Epoch, dead: dict[tuple[UUID, int], datetime], data: bytes) -> None:
    alive = [key for key in vault.keys if (key.package, key.generation) not in dead]
    PackageKey.objects.bulk_create(
        [
            PackageKey(
                package=key.package, generation=key.generation, epoch=epoch, wrapped=key.wrapped, created_at=vault.at
            )
            for key in alive
        ]
        + [
            PackageKey(package=package, generation=generation, epoch=epoch, created_at=vault.at, destroyed_at=gone)
            for (package, generation), gone in dead.items()
        ],
        batch_size=1000,
    )
    VaultExport.objects.create(
        number=vault.number,
        epoch=epoch,
        at=vault.at,
        keys=len(vault.keys),
        sha256=sha256(data).hexdigest(),
        store=the_store().url[:500],
    )


def _refill(
    epoch: Epoch,
    masters: Sequence[Master],
    identity: Identity,
    places: Sequence[Place],
    actor: Actor,
    at: datetime,
) -> Recovered:
    """The database is there: its epoch must be one that the off-host copy holds."""
    fitting = [m for m in masters if (m.number, m.fingerprint) == (epoch.number, epoch.fingerprint)]
    if not fitting:
        raise KeysError("recover_other", epoch=masters[0].number)
    recipient = str(identity.recipient())
    if not Sheet.objects.filter(recipient=recipient, replaced_at=None).exists():
        raise KeysError("sheet_other")
    _fill(places, epoch, fitting[0], recipient, at)
    answers = slot_answers.open_samples(registered_slots(), epoch)
    keys = PackageKey.objects.filter(epoch=epoch, wrapped__isnull=False).count()
    facts = {"epoch": epoch.number, "keys": keys, "slots": len(answers)}
    audit.record("keys.slots_refilled", actor=actor, at=at, obj=epoch, facts=facts)
    return Recovered(epoch.number, None, keys, 0, [], answers)


def _fill(places: Sequence[Place], epoch: Epoch, master: Master, recipient: str, at: datetime) -> None:
    """A folder that survived, of this installation, is taken over with its mark; one with other keys is refused."""
    for place in places:
        mark = Path(place.path) / MARK
        row = slot_answers.register(place, at=at, mark=mark.read_text().strip() if mark.is_file() else "")
        slot_answers.put_master(row, epoch, master, recipient)
