"""The key of a package that counts now, and which of its slots were destroyed on purpose."""

from __future__ import annotations

from django.conf import settings

from kendali.archive import stores
from kendali.archive.reader import Package as OpenPackage
from kendali.records.models import Package, VersionDestruction
from kendali.vault import actions as vault
from kendali.vault.errors import KeyDestroyedError

# From here on the keys of a version are gone from what opens its package.
TAKEN = (
    VersionDestruction.Status.KEYS_REPLACED,
    VersionDestruction.Status.PENDING,
    VersionDestruction.Status.PROVED,
)


def key_of(package: Package) -> bytes:
    """While records are taken out of a package it gets another key: the row says which one counts. Raises KeysError."""
    try:
        return vault.package_key(package.pk, package.key_generation)
    except KeyDestroyedError:
        package.refresh_from_db(fields=["key_generation", "status"])
        return vault.package_key(package.pk, package.key_generation)


def opened(package: Package) -> OpenPackage:
    """With its keyring open; keep it only as long as the work takes. Raises ArchiveError."""
    return OpenPackage(stores.open_store(settings.KENDALI_STORE), package.path, key_of(package))


def destroyed_slots(package: Package) -> frozenset[int]:
    """Slots whose keys were taken out on purpose: not damage. A slot of none of these without a key still is."""
    rows = VersionDestruction.objects.filter(package=package, status__in=TAKEN).values_list("slot", "proof")
    return frozenset(slot for one, proof in rows for slot in [one, *proof.get("slots", [])] if slot is not None)
