"""After the keys are gone: the change of epoch, the bytes of whole packages, and the look that proves each version.

A failed read counts only together with "key absent in epoch n" (database and newest vault were read), a neighbour that
still opens (or: none is left), and sealed bytes that are unchanged, or gone on purpose. A store, a slot or a file that
does not answer proves nothing: then the version stays "not wholly destroyed yet", and a later run looks again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.conf import settings

from kendali.archive import destroy, stores
from kendali.archive.errors import ArchiveError, StoreError
from kendali.archive.reader import Package as OpenPackage
from kendali.audit.actor import SYSTEM
from kendali.records import destruction_rules as rules
from kendali.records.actions import destruction_keys as keys
from kendali.records.actions import destruction_settle as settling
from kendali.records.actions.destruction_plan import Fence, Status
from kendali.records.actions.kept_copies import Problem
from kendali.records.actions.package_keys import TAKEN, opened
from kendali.records.models import DisposalOrder, Package, RecordVersion, RegisteredCopy, VersionDestruction
from kendali.vault import actions as vault
from kendali.vault.absence import Absence
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.models import EpochChange
from kendali.verdict import Verdict

NEIGHBOURS = 5  # how many are tried before "no neighbour opens" is believed


def change_epoch(*, at: datetime) -> EpochChange | None:
    """One change for everything whose keys were taken since the last; an interrupted one is carried on first. None:
    there is nothing to change, or another process is at it."""
    begun = EpochChange.objects.filter(status__in=EpochChange.OPEN).exists()
    if not begun and not waiting_for_epoch():
        return None
    try:
        change = vault.resume(actor=SYSTEM, at=at) if begun else vault.change_epoch(actor=SYSTEM, at=at)
        if begun and (change is None or change.status != EpochChange.PENDING) and waiting_for_epoch():
            change = vault.change_epoch(actor=SYSTEM, at=at)
    except KeysError as error:
        if error.code in {"change_elsewhere", "change_open", "change_nothing_open"}:  # another process was faster
            return None
        raise
    return change


def waiting_for_epoch() -> bool:
    """Whether a key that was destroyed could still be unwrapped with a master that is in force or left over."""
    rows = VersionDestruction.objects.filter(status__in=[Status.KEYS_REPLACED, Status.PENDING])
    pairs = rows.exclude(old_generation=None).values_list("package_id", "old_generation").distinct()
    return any(not vault.destruction_effective(package, generation or 0) for package, generation in pairs)


def prove(order: DisposalOrder, fence: Fence, left: Mapping[int, Problem] = MappingProxyType({})) -> None:
    """Look at everything of this order whose keys were taken; what is proved is settled, the rest says why not. `left`:
    records of which a copy outside the packages is still there, and why."""
    rows = VersionDestruction.objects.filter(item__order=order, status__in=[Status.KEYS_REPLACED, Status.PENDING])
    by_package: dict[UUID, list[VersionDestruction]] = defaultdict(list)
    for row in rows.select_related("item__record", "version").order_by("package_id", "pk"):
        by_package[row.package_id].append(row)
    done = 0
    for package_id, found in by_package.items():
        fence.progress.update(phase="prove", done=done, total=sum(map(len, by_package.values())))
        fence.check()
        package = Package.objects.select_related("source__client").get(pk=package_id)
        for row in found:
            if problem := left.get(row.item.record_id):
                settling.wait(fence, [row], problem.code, problem.facts, pending=True)
        if ready := [row for row in found if row.item.record_id not in left]:
            _package(order, fence, package, ready)
        done += len(found)


def _package(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[VersionDestruction]) -> None:
    if problem := _not_yet(package, found):
        settling.wait(fence, found, problem.code, problem.facts, pending=problem.code != "epoch")
        return
    whole = package.status == Package.Status.DESTROYED
    try:
        proofs = _whole(package, found, fence.clock()) if whole else _slots(package, found, fence)
    except ArchiveError as error:
        settling.wait(fence, found, error.code, dict(error.facts), pending=True)
        return
    for verdict, rows in _sorted(proofs):
        settling.wait(fence, rows, str(verdict.facts.get("code")), {}, pending=True)
    proved = {row: proof for row, (verdict, proof) in proofs.items() if verdict}
    if proved:
        settling.settle(order, fence, package, proved, whole=whole)


def _sorted(
    proofs: Mapping[VersionDestruction, tuple[Verdict, dict[str, object]]],
) -> Iterable[tuple[Verdict, list[VersionDestruction]]]:
    """What is not proved, by its reason."""
    groups: dict[str, tuple[Verdict, list[VersionDestruction]]] = {}
    for row, (verdict, _proof) in proofs.items():
        if not verdict:
            groups.setdefault(verdict.reason, (verdict, []))[1].append(row)
    return groups.values()


def _not_yet(package: Package, found: Sequence[VersionDestruction]) -> Problem | None:
    """Every generation that could open what was taken has to be beyond reach, and registered copies gone."""
    for generation in sorted(_generations(package, found)):
        verdict = vault.destruction_effective(package.pk, generation)
        if not verdict:
            slots = verdict.facts.get("slots")
            return Problem("slots" if slots else "epoch", {"slots": slots} if slots else {})
    if waits := open_copies(package):
        return Problem("copies", {"copies": [f"{copy.get_kind_display()}: {copy.place}" for copy in waits]})
    return None


def _generations(package: Package, found: Sequence[VersionDestruction]) -> set[int]:
    if package.status == Package.Status.DESTROYED:
        return set(vault.generations(package.pk))
    return {row.old_generation for row in found if row.old_generation is not None}


def open_copies(package: Package) -> list[RegisteredCopy]:
    """Registered copies that this destruction waits for. Bytes of recordings are worthless without their keys, a key
    file is not; a package that went whole leaves no copy behind. What was handed to the client waits for nobody."""
    kinds = [RegisteredCopy.Kind.KEY]
    if package.status == Package.Status.DESTROYED:
        kinds.append(RegisteredCopy.Kind.BAG)
    return list(RegisteredCopy.objects.filter(package=package, kind__in=kinds, end=""))


# --- single slots of a package that lives on


def _slots(
    package: Package, found: Sequence[VersionDestruction], fence: Fence
) -> dict[VersionDestruction, tuple[Verdict, dict[str, object]]]:
    absence = vault.look_for([(package.pk, row.old_generation or 0) for row in found])
    place = opened(package)
    neighbour = _neighbour(package, place)
    proofs = {}
    for row in found:
        fence.check()
        slots, before = row.proof.get("slots", []), row.proof.get("sealed", {})
        read = [destroy.opens(place, slot) for slot in slots]
        after = {str(slot): destroy.sealed_sha256(place, slot) for slot in slots}
        seen = rules.Seen(
            key_absent=(package.pk, row.old_generation) not in absence.present,
            opened=any(read) if read else None,
            neighbour_opened=neighbour is not None,
            sealed_before=_joined(before),
            sealed_after=_joined(after),
        )
        proofs[row] = (
            rules.proved(seen),
            _proof(absence, row, fence.clock(), read="no_key", neighbour=neighbour, sealed_after=after),
        )
    return proofs


def _joined(sums: Mapping[str, str]) -> str:
    return " ".join(f"{slot}:{sums[slot]}" for slot in sorted(sums))


def _neighbour(package: Package, place: OpenPackage) -> int | None:
    """A slot of this package that opens to its last byte with the same key that no longer opens what was destroyed."""
    live = RecordVersion.objects.filter(package=package, destroyed_at=None, slot__isnull=False)
    live = live.exclude(destructions__status__in=TAKEN).order_by("length", "pk")
    for slot in live.values_list("slot", flat=True)[:NEIGHBOURS]:
        try:
            if slot is not None and destroy.opens(place, slot):
                return slot
        except StoreError:
            raise
        except ArchiveError:
            continue  # it is damaged: that is the fixity check's to say
    return None


# --- a whole package


def _whole(
    package: Package, found: Sequence[VersionDestruction], at: datetime
) -> dict[VersionDestruction, tuple[Verdict, dict[str, object]]]:
    """The attempt to open it comes first, while its bytes are still there; then they go, and are looked for."""
    store = stores.open_store(settings.KENDALI_STORE)
    read = _attempt(package)
    _check_bytes(store, package)
    destroy.remove_bytes(store, package.path)
    # Reading the newest vault from the same store says that the store was there when it listed nothing.
    absence = vault.look_for([(package.pk, generation) for generation in vault.generations(package.pk)])
    left = destroy.what_is_left(store, package.path)
    alive = keys.survivors(package, [])
    neighbour = _in_successor(found)
    seen = rules.Seen(
        key_absent=not absence.present,
        opened=read is None,
        neighbour_opened=neighbour,
        none_left=not alive,
        bytes_gone=not left,
    )
    verdict = rules.proved(seen)
    return {
        row: (verdict, _proof(absence, row, at, read=read, neighbour=neighbour, bytes="gone", none_left=not alive))
        for row in found
    }


def _attempt(package: Package) -> str | None:
    """The code with which opening it fails; None: it opened."""
    try:
        opened(package)
    except KeyDestroyedError as error:
        return error.code
    return None


def _check_bytes(store: stores.Store, package: Package) -> None:
    """What is about to be removed is what was written: a removal on purpose, not a loss that looks like one. After an
    interrupted removal there is nothing left to compare."""
    from hashlib import sha256

    from kendali.archive.bag import TAGMANIFEST
    from kendali.archive.errors import PackageError

    if f"{package.path}/{TAGMANIFEST}" not in destroy.what_is_left(store, package.path):
        return
    found = sha256(store.read(f"{package.path}/{TAGMANIFEST}")).hexdigest()
    if found != package.tagmanifest_sha256:
        raise PackageError("tagmanifest_changed", number=package.number)


def _in_successor(found: Sequence[VersionDestruction]) -> bool | None:
    """Of a month that was written anew: one conversation of it still opens, and none of these is in it. None: there is
    no successor. Where that one was destroyed, too, since, nothing is left to open."""
    ids = {row.new_package_id for row in found if row.new_package_id is not None}
    for successor in Package.objects.filter(pk__in=ids, status__in=keys.USABLE):
        place = opened(successor)
        refs = {row.item.record.ref for row in found if row.new_package_id == successor.pk}
        if any(True for _ in place.records(refs)):
            return False
        live = RecordVersion.objects.filter(package=successor, destroyed_at=None).order_by("pk")
        ref = live.values_list("record__ref", flat=True).first()
        return ref is not None and any(rows.num_rows for rows in place.conversation(ref).values())
    return None


def _proof(absence: Absence, row: VersionDestruction, at: datetime, **seen: object) -> dict[str, object]:
    """What is kept with the version; no content, no name, nothing that confirms a guess."""
    looked = {"epoch": absence.epoch, "vault": absence.vault, "vault_sha256": absence.vault_sha256}
    return {**row.proof, **looked, **seen, "at": at.isoformat(), "problem": None}
