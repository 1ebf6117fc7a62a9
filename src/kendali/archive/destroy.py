"""Taking the keys of single records out of a package: a new keyring without them, under a new package key.

No byte of the archive is rewritten. The destruction is effective only when the old package key is gone for good (the
epoch change does that); until then the old generation still opens with it. Also what a proof looks at: whether a slot
opens, the sealed bytes that remain, and whether a removed package is really gone.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from typing import Final

from kendali.archive.errors import PackageError, StoreMissingError
from kendali.archive.package import (
    KEYRINGS,
    forget_keyrings,
    keyring_generations,
    keyring_key,
    load_keyring,
    package_id_of,
)
from kendali.archive.reader import Package, pieces
from kendali.archive.stores import Store

_READ: Final = 1 << 20


def replace_keyring(
    store: Store, package_id: str, *, old_key: bytes, new_key: bytes, slots: Collection[int]
) -> tuple[str, int]:
    """Store the keyring minus exactly `slots` as the next generation, sealed under `new_key`; (object, generation).

    It is read back from the store and compared byte for byte with the old one: new = old minus exactly the list.
    `new_key` must be durable before. Raises PackageError ``no_key`` for a slot that has none (any more).
    """
    if old_key == new_key:
        raise PackageError("same_package_key")
    old, _ = load_keyring(store, package_id, old_key)
    generation = keyring_generations(store, package_id)[0] + 1
    key = keyring_key(package_id, generation)
    store.put(key, old.without(slots).seal(new_key, package_id, generation))
    check_keyring(store, package_id, old_key=old_key, new_key=new_key, slots=slots)
    return key, generation


def check_keyring(store: Store, package_id: str, *, old_key: bytes, new_key: bytes, slots: Collection[int]) -> None:
    """PackageError ``keyring_differs`` unless what is stored under `new_key` is the old keyring minus `slots`."""
    old, _ = load_keyring(store, package_id, old_key)
    new, generation = load_keyring(store, package_id, new_key)
    if not new.is_without(old, slots):
        raise PackageError("keyring_differs", key=keyring_key(package_id, generation))


def forget_old_keyrings(store: Store, package_id: str, package_key: bytes) -> list[str]:
    """Delete the generations before the one that `package_key` opens; the names that could not be deleted are not in
    the answer. Raises SealError when the key opens none."""
    _, newest = load_keyring(store, package_id, package_key)
    older = [generation for generation in keyring_generations(store, package_id) if generation < newest]
    forget_keyrings(store, package_id, older)
    left = keyring_generations(store, package_id)
    return [keyring_key(package_id, generation) for generation in older if generation not in left]


def slots_of(package: Package, refs: Collection[str]) -> dict[str, list[int]]:
    """The slots of these records; every part of a record has its own. A ref without a sealed unit has an empty list."""
    found = {record.ref: sorted(record.parts.values()) for record in package.records(refs)}
    return {ref: found.get(ref, []) for ref in refs}


def sealed_sha256(package: Package, slot: int) -> str:
    """SHA-256 (hex) of the sealed bytes under a slot as they lie in the store, whether or not a key opens them."""
    line, digest = package.line(slot), sha256()
    key, end = f"{package.path}/{line.file}", line.offset + line.length
    for start in range(line.offset, end, _READ):
        digest.update(package.store.read_range(key, start, min(_READ, end - start)))
    return digest.hexdigest()


def opens(package: Package, slot: int) -> bool:
    """True: the unit opens to its last, authenticated byte. False: it has no key (any more). Everything else raises:
    a missing file, a damaged one or a store that does not answer proves nothing."""
    try:
        unit = package.unit(slot)
    except PackageError as error:
        if error.code == "no_key":
            return False
        raise
    for _name, stream in unit.files:
        for _piece in pieces(stream):
            pass
    return True


def remove_bytes(store: Store, path: str) -> None:
    """Take a package and its keyrings out of the store. Twice is no error; looking afterwards is `what_is_left`."""
    with suppress(StoreMissingError):
        store.remove_package(path)
    for entry in [*store.entries(path), *store.entries(f"{KEYRINGS}/{package_id_of(path)}")]:
        with suppress(StoreMissingError):
            store.delete(entry.key)


def what_is_left(store: Store, path: str) -> list[str]:
    """Names of objects of this package that the store still lists. An empty list proves nothing by itself: a store that
    lost its disk lists nothing, either; read something that must be there as well."""
    return [entry.key for place in (path, f"{KEYRINGS}/{package_id_of(path)}") for entry in store.entries(place)]
