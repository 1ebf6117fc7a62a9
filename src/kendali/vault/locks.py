"""The two advisory locks of the keys (PostgreSQL), both dying with the process that holds them.

CHANGE: one epoch change, set-up or recovery at a time, held for the whole of it; a second one is refused at once.
KEYS: package keys come and go under it shared; an epoch change holds it exclusively from its last wrapped key to the
switch, so that no key is left behind in the old epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from kendali.vault.errors import KeysError

CHANGE = "hashtext('kendali.vault.change')"
KEYS = "hashtext('kendali.vault.keys')"


@contextmanager
def one_change() -> Iterator[None]:
    """KeysError("change_elsewhere") when another process is at it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({CHANGE})")
        if not cursor.fetchone()[0]:
            raise KeysError("change_elsewhere")
    try:
        yield
    finally:
        _release(CHANGE)


@contextmanager
def keys_stand_still() -> Iterator[None]:
    """No package key is made or destroyed meanwhile; they wait."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({KEYS})")
    try:
        yield
    finally:
        _release(KEYS)


def share_keys() -> None:
    """Inside a transaction that makes or destroys a package key: held to its end."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({KEYS})")


def _release(lock: str) -> None:
    """A connection that broke has released it already."""
    if connection.connection is not None and not connection.connection.closed:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock({lock})")
