"""What can go wrong in the archive: one root, a stable code, and facts that fill the sentence shown to a person."""

from __future__ import annotations

from collections.abc import Sequence


class ArchiveError(Exception):
    """`code` is stable and tested; `facts` never hold keys, names or content."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(f"{code} {facts}" if facts else code)
        self.code = code
        self.facts = facts


class AgeError(ArchiveError):
    """Not an age v1 file that this identity opens, or damaged, cut or extended."""


class SealError(ArchiveError):
    """Sealed bytes that do not open: other key, other place (aad), or changed."""


class PackageError(ArchiveError):
    """A package, keyring or unit that is not what the format says."""


class EmptyPackageError(PackageError):
    """Not one record could be copied whole, so there is no package. `records`: what was tried, with the problems."""

    def __init__(self, records: Sequence[object]) -> None:
        super().__init__("empty_package", tried=len(records))
        self.records = records


class StoreError(ArchiveError):
    """The store did not do it. Subclasses tell what a person or a retry can do about it."""


class StoreFullError(StoreError):
    """No space left (ENOSPC, EDQUOT): free some, then run again."""


class StoreRefusedError(StoreError):
    """The store said no: rights, credentials, a lock. A retry does not help."""


class StoreUnreachableError(StoreError):
    """The store is not there or does not answer: a retry may help."""


class StoreExistsError(StoreError):
    """Create-only: something of this name is there already. Nothing was changed."""


class StoreMissingError(StoreError):
    """Nothing of this name is there."""
