"""Taking the keys of an order's versions away, package by package. Each has one point of no return, a transaction:

prepared outside (a new keyring without the slots, a new month without the conversations, nothing for a whole package),
then holds, approval and date are asked once more under the client's lock, and the row of the package says from now on
what counts. A worker that dies before leaves the old package as it was; one that dies after it, keys to be destroyed,
which `bury` does whenever it is called. No key is lost: the new one was read back before the old one goes.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID, uuid4

import pyarrow as pa
from django.conf import settings
from django.db import transaction

from kendali.archive import destroy, stores
from kendali.archive.errors import AgeError, PackageError, SealError
from kendali.archive.package import package_id_of
from kendali.archive.reader import Package as OpenPackage
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.locks import Lock, held_if_free
from kendali.records.actions import destruction_plan as plan
from kendali.records.actions.destruction_plan import Fence, Status, Target
from kendali.records.actions.package_keys import TAKEN, key_of
from kendali.records.models import (
    DisposalItem,
    DisposalOrder,
    JournalEntry,
    Package,
    Record,
    RecordVersion,
    VersionDestruction,
)
from kendali.vault import actions as vault

USABLE = (Package.Status.VERIFIED, Package.Status.DAMAGED)
# What a package that cannot be read as it was written raises; a store that does not answer is none of these.
DAMAGE = (PackageError, AgeError, SealError, pa.ArrowException, ValueError, OSError)


class AgainError(Exception):
    """Between preparing and committing something was held or done by others: look at the package anew."""


@contextmanager
def one_at_a_time(package: UUID, fence: Fence) -> Iterator[None]:
    """Two orders never prepare the same package at once. The lock only saves work: rows decide, see `switch`."""
    while True:
        with held_if_free(Lock.PACKAGE, str(package)) as ours:
            if ours:
                yield
                return
        fence.check()
        time.sleep(0.2)


def take_away(order: DisposalOrder, fence: Fence, package_id: UUID) -> None:
    """Until nothing of this package waits: with a hold in between it is prepared again without what is held."""
    from kendali.records.actions.destruction_repack import repack

    with one_at_a_time(package_id, fence):
        while True:
            fence.check()
            package = Package.objects.select_related("source__client", "escalation").get(pk=package_id)
            _tidy(package, fence.clock())
            if not (found := _begin(order, fence, package)):
                return
            try:
                if package.status not in USABLE:
                    _already_gone(order, fence, package, found)
                elif not survivors(package, found):
                    _whole(order, fence, package, found)
                elif package.source.record_class == "recording":
                    _replace(order, fence, package, found)
                else:
                    repack(order, fence, package, found)
            except AgainError:
                continue
            except DAMAGE as error:
                _failed(order, fence, package, found, error)
            else:
                bury(package_id, at=fence.clock())


def survivors(package: Package, found: Sequence[Target]) -> bool:
    """Whether anything else in it is still alive: then the package itself stays, or lives on in a new one."""
    going = [one.version for one in found]
    live = RecordVersion.objects.filter(package=package, destroyed_at=None).exclude(destructions__status__in=TAKEN)
    return live.exclude(pk__in=going).exists()


def _tidy(package: Package, at: datetime) -> None:
    """What an attempt that died left: keys that no row of a package counts, and packages that never took over."""
    with transaction.atomic():
        row = Package.objects.select_for_update().get(pk=package.pk)
        for generation in vault.living(row.pk):
            if generation > row.key_generation:
                vault.destroy_package_key(row.pk, generation, at=at)
        half = Package.objects.filter(replaces=row, status__in=[Package.Status.WRITING, Package.Status.WRITTEN])
        half.update(status=Package.Status.ABANDONED)


def _begin(order: DisposalOrder, fence: Fence, package: Package) -> list[Target]:
    """What may go of this package, each with its intent in the journal (I5); committed before anything is touched."""
    now, batch = fence.clock(), uuid4()
    with transaction.atomic():
        locked = fence.lock()
        found = plan.targets(order, package)
        if not found:
            return []
        why = plan.judge(locked, {one.record for one in found}, now)
        plan.leave(order, fence, why, found, now)
        found = [one for one in found if one.record not in why]
        intents = [
            JournalEntry(
                order=order, item_id=one.item, kind=JournalEntry.Kind.INTENT, attempt=fence.attempt, batch=batch,
                worker=fence.owner[:64], facts={"package": package.number, "version": one.version}, at=now,
            )
            for one in found
        ]  # fmt: skip
        JournalEntry.objects.bulk_create(intents, batch_size=1000)
    return found


@contextmanager
def switch(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[Target]) -> Iterator[Package]:
    """The point of no return, in one transaction: ours, allowed for every one of them, and the package as we knew it.

    AgainError rolls back what was begun in it: something is held now, or another order was faster."""
    now = fence.clock()
    with transaction.atomic():
        locked = fence.lock()
        why = plan.judge(locked, {one.record for one in found}, now)
        row = Package.objects.select_for_update().get(pk=package.pk)
        same = (row.status, row.key_generation) == (package.status, package.key_generation)
        waiting = VersionDestruction.objects.filter(pk__in=[one.row for one in found], status=Status.WAITING)
        if why or not same or waiting.count() != len(found):
            raise AgainError
        yield row


def gone(
    order: DisposalOrder,
    row: Package,
    found: Sequence[Target],
    *,
    at: datetime,
    proofs: dict[int, dict[str, object]] | None = None,
    **changes: object,
) -> None:
    """Inside `switch`: these versions have no key from now on; their records are in no package that counts."""
    for start in range(0, len(found), 1000):
        some = list(VersionDestruction.objects.filter(pk__in=[one.row for one in found[start : start + 1000]]))
        for one in some:
            one.status, one.at = Status.KEYS_REPLACED, at
            one.proof = (proofs or {}).get(one.pk, {})
            for name, value in changes.items():
                setattr(one, name, value)
        VersionDestruction.objects.bulk_update(some, ["status", "at", "proof", *changes])
    versions = [one.version for one in found]
    Record.objects.filter(version__in=versions).update(version=None, covered_until=None, covered_modified_at=None)
    lines = DisposalItem.objects.filter(pk__in={one.item for one in found}, outcome=DisposalItem.Outcome.WAITING)
    lines.update(outcome=DisposalItem.Outcome.QUEUED)
    facts = {"number": row.number, "records": len({one.record for one in found}), "order": order.number}
    audit.record("destruction.keys_taken", actor=SYSTEM, at=at, obj=row, client=row.source.client, facts=facts)


def _replace(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[Target]) -> None:
    """Recordings: a new keyring without their slots under a new package key, compared byte for byte."""
    store, name = stores.open_store(settings.KENDALI_STORE), package_id_of(package.path)
    old_key = key_of(package)
    opened = OpenPackage(store, package.path, old_key)
    slots = _slots(opened, found)
    proofs = {row: _before(opened, numbers, fence) for row, numbers in slots.items()}
    generation = vault.generations(package.pk)[-1] + 1
    new_key = vault.new_package_key(package.pk, generation)
    every = {slot for numbers in slots.values() for slot in numbers}
    destroy.replace_keyring(store, name, old_key=old_key, new_key=new_key, slots=every)
    with switch(order, fence, package, found) as row:
        if vault.package_key(row.pk, generation) != new_key:
            raise AgainError
        old, now = row.key_generation, fence.clock()
        Package.objects.filter(pk=row.pk).update(key_generation=generation)
        gone(order, row, found, at=now, proofs=proofs, old_generation=old, new_generation=generation)


def _slots(opened: OpenPackage, found: Sequence[Target]) -> dict[int, list[int]]:
    """Row → slots of its version in this package. A part more than the row knows of goes as well."""
    by_ref = destroy.slots_of(opened, {one.ref for one in found})
    slots = {one.row: [slot for slot in by_ref[one.ref] if opened.keyring.has(slot)] for one in found}
    if empty := [one.ref for one in found if not slots[one.row]]:
        raise PackageError("destroy_no_slot", package=opened.package_id, count=len(empty))
    return slots


def _before(opened: OpenPackage, slots: Sequence[int], fence: Fence) -> dict[str, object]:
    """The sealed bytes as they lie there: what is read back after the destruction must be these."""
    fence.check()
    return {"slots": list(slots), "sealed": {str(slot): destroy.sealed_sha256(opened, slot) for slot in slots}}


def _whole(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[Target]) -> None:
    """Nothing else lives in it: its key goes, and when that is effective its bytes."""
    with switch(order, fence, package, found) as row:
        if survivors(row, found):
            raise AgainError
        retire(row)
        gone(order, row, found, at=fence.clock(), old_generation=row.key_generation)


def retire(row: Package) -> None:
    Package.objects.filter(pk=row.pk).update(status=Package.Status.DESTROYED, next_check_at=None)


def _already_gone(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[Target]) -> None:
    """The package died with another order, or never counted: its keys are destroyed all the same, and proved."""
    with switch(order, fence, package, found) as row:
        retire(row)
        gone(order, row, found, at=fence.clock(), old_generation=row.key_generation)


def _failed(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[Target], error: Exception) -> None:
    """These copies are there as before; why is on the line, and never counted as destroyed."""
    code, now = getattr(error, "code", "unreadable"), fence.clock()
    with transaction.atomic():
        fence.lock()
        rows = VersionDestruction.objects.filter(pk__in=[one.row for one in found], status=Status.WAITING)
        rows.update(status=Status.FAILED, at=now, proof={"problem": {"code": code, "facts": {}}})
        facts = {"number": package.number, "records": len(found), "problem": code, "order": order.number}
        audit.record("destruction.failed", actor=SYSTEM, at=now, obj=package, client=package.client, facts=facts)


def bury(package_id: UUID, *, at: datetime) -> None:
    """Destroy every key of a package that its row no longer counts. Again and again without harm."""
    row = Package.objects.get(pk=package_id)
    for generation in vault.living(package_id):
        if row.status == Package.Status.DESTROYED or generation < row.key_generation:
            vault.destroy_package_key(package_id, generation, at=at)
    if row.status in USABLE:
        store = stores.open_store(settings.KENDALI_STORE)
        destroy.forget_old_keyrings(store, package_id_of(row.path), key_of(row))


def left_to_bury(packages: Collection[UUID]) -> list[UUID]:
    """Packages with a key that should be dead and is not: their worker died in between."""
    rows = Package.objects.filter(pk__in=packages)
    return [
        row.pk
        for row in rows
        if any(row.status == Package.Status.DESTROYED or g < row.key_generation for g in vault.living(row.pk))
    ]
