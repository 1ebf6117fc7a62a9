"""The two advisory locks of the keys (PostgreSQL), both dying with the process that holds them.

KEY_CHANGE: one epoch change, set-up or recovery at a time, held for the whole of it; a second one is refused at once.
KEYS: package keys come and go under it shared; an epoch change holds it exclusively from its last wrapped key to the
switch, so that no key is left behind in the old epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kendali.locks import Lock, held, held_if_free, take
from kendali.vault.errors import KeysError


@contextmanager
def one_change() -> Iterator[None]:
    """KeysError("change_elsewhere") when another process is at it."""
    with held_if_free(Lock.KEY_CHANGE) as ours:
        if not ours:
            raise KeysError("change_elsewhere")
        yield


@contextmanager
def keys_stand_still() -> Iterator[None]:
    """No package key is made or destroyed meanwhile; they wait."""
    with held(Lock.KEYS):
        yield


def share_keys() -> None:
    """Inside a transaction that makes or destroys a package key: held to its end."""
    take(Lock.KEYS, shared=True)
