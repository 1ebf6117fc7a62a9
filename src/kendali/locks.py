"""Every advisory lock of the product (PostgreSQL) in one table, and the three ways to take one.

The table holds the key as SQL, and a key stays what it was when it was first released: during an upgrade a process of
the old version and one of the new keep each other out. So there are names and, older, numbers; new ones get a name.
A lock taken "of" something (a client, a package) has keys of two halves, which never meet the keys of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, unique

from django.db import connection


@unique
class Lock(Enum):
    """What one at a time does, and who takes it."""

    AUDIT_CHAIN = "hashtext('kendali.audit.chain')"  # the next entry of the trail: its trigger takes it, nobody else
    AUDIT_ANCHOR = "hashtext('kendali.audit.anchor')"  # the next anchor of the trail
    FIRST_RUN = "hashtext('kendali.home.first_run')"  # the organisation and its first user
    SEAL_IDENTITY = "hashtext('kendali.register.seal')"  # the certificate that seals
    KEY_CHANGE = "hashtext('kendali.vault.change')"  # an epoch change, a set-up, a recovery: for the whole of it
    KEYS = "hashtext('kendali.vault.keys')"  # package keys come and go under it shared
    CALENDAR = str(0x4B4D0001)  # an edit of the table of days off
    ROSTER = str(0x4B4D0002)  # a change of the roster: its rule looks at all of it
    HOLDS = str(0x4B44)  # of a client: a hold exclusive, a batch that deletes shared
    PACKAGE = "hashtext('kendali.records.package')"  # of a package: what prepares its destruction


def take(lock: Lock, of: int | str | None = None, *, shared: bool = False) -> None:
    """Waits for it and has it until the transaction ends; RuntimeError where there is none."""
    if not connection.in_atomic_block:
        raise RuntimeError("this lock ends with its transaction, and there is none")
    _ask(f"pg_advisory_xact_lock{'_shared' if shared else ''}", lock, of)


@contextmanager
def held(lock: Lock, of: int | str | None = None) -> Iterator[None]:
    """Waits for it and has it for the block, however many transactions that has, or until the process dies."""
    _ask("pg_advisory_lock", lock, of)
    try:
        yield
    finally:
        _release(lock, of)


@contextmanager
def held_if_free(lock: Lock, of: int | str | None = None) -> Iterator[bool]:
    """Waits for nobody: False where another connection has it, else like `held`."""
    if not _ask("pg_try_advisory_lock", lock, of):
        yield False
        return
    try:
        yield True
    finally:
        _release(lock, of)


def _release(lock: Lock, of: int | str | None) -> None:
    """A connection that broke has released it already."""
    if connection.connection is not None and not connection.connection.closed:
        _ask("pg_advisory_unlock", lock, of)


def _ask(function: str, lock: Lock, of: int | str | None) -> bool:
    """`of` a text counts by its hash; of two that share one, the second waits although it need not."""
    halves = [lock.value] if of is None else [lock.value, "hashtext(%s)" if isinstance(of, str) else "%s"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(halves)})", [] if of is None else [of])
        return bool(cursor.fetchone()[0])
