"""Looking for a package key everywhere the product keeps one now: the database, and the newest vault in the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from kendali.vault.models import PackageKey
from kendali.vault.package_keys import current_epoch, master_of, the_store
from kendali.vault.recover import newest_vault

Place = tuple[UUID, int]  # package, generation
FEW = 1000


@dataclass(frozen=True, slots=True)
class Absence:
    """What was looked at: the epoch in force, and the vault by number and SHA-256. `present`: found in either."""

    epoch: int
    vault: int
    vault_sha256: str
    present: frozenset[Place]


def look_for(keys: Collection[Place]) -> Absence:
    """Both places are read now; ArchiveError where one of them does not answer or is not authentic."""
    epoch = current_epoch()
    _master, vault, data = newest_vault(the_store(), [master_of(epoch)])
    wanted = set(keys)
    exported = {(key.package, key.generation) for key in vault.keys}
    return Absence(epoch.number, vault.number, sha256(data).hexdigest(), frozenset(wanted & (exported | _rows(wanted))))


def _rows(wanted: set[Place]) -> set[Place]:
    packages, found = sorted({package for package, _ in wanted}), set()
    for start in range(0, len(packages), FEW):
        rows = PackageKey.objects.filter(package__in=packages[start : start + FEW], wrapped__isnull=False)
        found |= set(rows.values_list("package", "generation"))
    return found


def generations(package: UUID) -> list[int]:
    """Every generation a package key ever had, oldest first."""
    return sorted(set(PackageKey.objects.filter(package=package).values_list("generation", flat=True)))


def living(package: UUID) -> list[int]:
    """The generations that were not destroyed."""
    rows = PackageKey.objects.filter(package=package, destroyed_at=None)
    return sorted(set(rows.values_list("generation", flat=True)))
