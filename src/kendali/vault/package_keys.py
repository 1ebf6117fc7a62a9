"""Package keys: made, opened, destroyed. The key itself leaves this module only as the return value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from kendali.archive import epochs, slots, vaults
from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError, StoreExistsError
from kendali.archive.stores import Store, open_store
from kendali.terms.recovery import in_recovery
from kendali.vault.errors import KeyDestroyedError, KeysError, KeyUnknownError
from kendali.vault.locks import share_keys
from kendali.vault.models import Epoch, PackageKey, Slot


def new_package_key(package_id: UUID, generation: int = 1) -> bytes:
    """32 fresh bytes, wrapped under the current epoch in a row that is committed before they are returned.

    Call it outside any transaction (RuntimeError otherwise): keys are durable before the first package byte.
    """
    key = epochs.new_package_key()
    try:
        with transaction.atomic(durable=True):
            share_keys()
            epoch = current_epoch()
            PackageKey.objects.create(
                package=package_id,
                generation=generation,
                epoch=epoch,
                wrapped=master_of(epoch).wrap(key, package=package_id, generation=generation),
                created_at=timezone.now(),
            )
    except IntegrityError as error:
        raise KeysError("package_key_exists", package=package_id, generation=generation) from error
    return key


def package_key(package_id: UUID, generation: int | None = None) -> bytes:
    """The key of a package, read from the database and opened with what a slot holds now.

    `generation` None: the newest. KeyDestroyedError, KeyUnknownError, or KeysError("no_slot_opens").
    """
    for last in (False, True):  # the epoch may end between the row and the slot: then look once more
        row = _row(package_id, generation)
        try:
            return master_of(row.epoch).unwrap(
                bytes(row.wrapped or b""), package=row.package, generation=row.generation
            )
        except KeysError:
            if last or Epoch.objects.filter(pk=row.epoch_id, status=Epoch.CURRENT).exists():
                raise
    raise AssertionError("unreachable")


def _row(package_id: UUID, generation: int | None) -> PackageKey:
    rows = (
        PackageKey.objects.filter(package=package_id).select_related("epoch").order_by("-generation", "-epoch__number")
    )
    if generation is not None:
        rows = rows.filter(generation=generation)
    row = rows.filter(epoch__status=Epoch.CURRENT).first()
    if row is None and rows.filter(destroyed_at__isnull=False).exists():
        raise KeyDestroyedError("package_key_destroyed", package=package_id)
    if row is None:
        raise KeyUnknownError("package_key_unknown", package=package_id)
    if row.destroyed_at is not None:
        raise KeyDestroyedError("package_key_destroyed", package=package_id)
    return row


def destroy_package_key(package_id: UUID, generation: int, *, at: datetime) -> None:
    """Forget the wrapped key in every row, and say so in the store, so that no older vault brings it back.

    Nothing is destroyed for certain before every epoch that ever wrapped it has ended and left every slot:
    `destruction_effective` answers that. Twice is no error. KeysError("in_recovery") after a restore.
    """
    with transaction.atomic():
        insist_on_no_recovery()
        share_keys()
        rows = PackageKey.objects.filter(package=package_id, generation=generation, destroyed_at=None)
        if not rows.exists():
            if PackageKey.objects.filter(package=package_id, generation=generation).exists():
                return
            raise KeyUnknownError("package_key_unknown", package=package_id)
        rows.update(wrapped=None, destroyed_at=at)
        _bury(vaults.DestroyedKey(package_id, generation, at))


def insist_on_no_recovery() -> None:
    if in_recovery():
        raise KeysError("in_recovery")


def _bury(destroyed: vaults.DestroyedKey) -> None:
    content = vaults.tombstone_to_bytes(destroyed, master_of(current_epoch()))
    name = vaults.tombstone_name(destroyed.package, destroyed.generation)
    try:
        the_store().put(name, content)
    except StoreExistsError:  # an earlier attempt that did not get as far as its row
        return
    if the_store().read(name) != content:
        raise KeysError("read_back_differs", place=name)


def current_epoch() -> Epoch:
    """KeysError("not_set_up") before the first."""
    epoch = Epoch.objects.filter(status=Epoch.CURRENT).first()
    if epoch is None:
        raise KeysError("not_set_up")
    return epoch


def master_of(epoch: Epoch) -> Master:
    """From the first key file that gives the right one; damaged and absent slots are passed over."""
    tried: list[str] = []
    for row in registered_slots(kind=slots.KEYFILE):
        try:
            master = as_slot(row).read(epoch.number)
        except ArchiveError as error:
            tried.append(f"{row.location} ({error.code})")
            continue
        if master.fingerprint == epoch.fingerprint:
            return master
        tried.append(f"{row.location} (slot_differs)")
    raise KeysError("no_slot_opens", epoch=epoch.number, slots=", ".join(tried) or "–")


def registered_slots(**only: str) -> Sequence[Slot]:
    return list(Slot.objects.filter(withdrawn_at=None, **only).order_by("pk"))


def as_slot(row: Slot, recipient: str = "") -> slots.Slot:
    return slots.Slot(row.kind, row.location, row.mark, recipient)


def the_store() -> Store:
    return open_store(settings.KENDALI_STORE)
