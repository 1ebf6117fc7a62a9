"""What a store really does, tried with an object of our own: its promises are believed only when they were kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kendali.archive.errors import StoreError, StoreExistsError, StoreMissingError
from kendali.archive.folder_store import FolderStore
from kendali.archive.object_store import ObjectStore
from kendali.archive.stores import Store

PROBES: Final = "probes"
_FIRST: Final = b"kendali probe: written once\n"
_SECOND: Final = b"kendali probe: written again\n"


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise. `ok` None: not offered, or cannot be told; only False makes a store unusable."""

    code: str
    ok: bool | None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreProbe:
    """`lock_days`: how long the store keeps every object at least, in days (0: no lock). Longer than the lawful life of
    a record, and the store must be refused: what is in it cannot be taken out in time."""

    findings: tuple[Finding, ...]
    lock_days: int = 0

    @property
    def usable(self) -> bool:
        return all(finding.ok is not False for finding in self.findings)


def probe(store: Store) -> StoreProbe:
    """Writes, reads, lists and deletes one small object; never raises for what a person can repair."""
    key = f"{PROBES}/{secrets.token_hex(8)}"
    findings: list[Finding] = []
    try:
        store.put(key, _FIRST)
    except StoreError as error:
        return StoreProbe((Finding("writes", ok=False, facts={"error": error.code, **error.facts}),))
    findings.append(Finding("writes", ok=True))
    findings.append(_create_refuses_overwrite(store, key))
    findings.append(_finding("reads_back", lambda: store.read(key) == _FIRST))
    findings.append(_finding("reads_ranges", lambda: store.read_range(key, 8, 5) == _FIRST[8:13]))
    findings.append(_finding("lists", lambda: key in [entry.key for entry in store.entries(PROBES)]))
    lock_days = 0
    if isinstance(store, ObjectStore) and store.requests is not None:
        found, lock_days = _lock(store)
        findings.append(found)
    findings.append(_finding("deletes", lambda: _deletes(store, key)))
    if isinstance(store, FolderStore):
        findings.append(Finding("private", ok=_private(store), facts={"folder": store.url}))
        findings.append(Finding("space", ok=None, facts={"free": store.free()}))
    return StoreProbe(tuple(findings), lock_days)


def _finding(code: str, ask: object) -> Finding:
    try:
        return Finding(code, ok=bool(ask()))  # type: ignore[operator]
    except StoreError as error:
        return Finding(code, ok=False, facts={"error": error.code, **error.facts})


def _create_refuses_overwrite(store: Store, key: str) -> Finding:
    """An answer is not enough: some servers answer with an error and have written, or write and say nothing."""
    code = "create_refuses_overwrite"
    try:
        store.put(key, _SECOND)
    except StoreExistsError:
        return _finding(code, lambda: store.read(key) == _FIRST)
    except StoreError as error:
        return Finding(code, ok=False, facts={"error": error.code})
    return Finding(code, ok=False)


def _deletes(store: Store, key: str) -> bool:
    store.delete(key)
    try:
        store.read(key)
    except StoreMissingError:
        return True
    return False


def _lock(store: ObjectStore) -> tuple[Finding, int]:
    """Where a bucket offers a lock by default, a version of ours must survive an attempt to delete it."""
    code = "lock_refuses"
    if store.requests is None:
        return Finding(code, ok=None), 0
    try:
        lock = store.requests.lock()
        if not lock.offered or not lock.days:
            return Finding(code, ok=None, facts={"offered": lock.offered}), 0
        facts = {"mode": lock.mode, "days": lock.days}
        version = store.put_versioned(key := f"{PROBES}/lock-{secrets.token_hex(8)}", _FIRST)
        if not version:
            return Finding(code, ok=False, facts=facts | {"error": "no_version"}), lock.days
        held = not store.requests.delete_version(store.full_key(key), version) and store.read(key) == _FIRST
        return Finding(code, ok=held, facts=facts), lock.days
    except StoreError as error:
        return Finding(code, ok=False, facts={"error": error.code, **error.facts}), 0


def _private(store: FolderStore) -> bool:
    return not store.root.stat().st_mode & 0o077
