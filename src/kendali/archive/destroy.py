"""Taking the keys of single records out of a package: a new keyring without them, under a new package key.

No byte of the archive is rewritten. The destruction is effective only when the old package key is gone for good (the
epoch change does that); until then the old generation still opens with it.
"""

from __future__ import annotations

from collections.abc import Collection

from kendali.archive.errors import PackageError
from kendali.archive.package import forget_keyrings, keyring_generations, keyring_key, load_keyring
from kendali.archive.stores import Store


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
