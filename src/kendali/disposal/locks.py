"""The one lock between a hold and a deletion (design, "Two databases, no common transaction").

A deletion batch holds its client's lock shared, placing or lifting a hold takes it exclusive: a hold waits for at most
one batch (2 s) and then wins; a batch that begins after a hold sees it. Both end with the transaction.
"""

from __future__ import annotations

from django.db import connection

_SPACE = 0x4B44  # the first half of the key: nobody else in this database uses it


def shared(client_id: int) -> None:
    """Taken by everything that deletes or destroys, before it looks for holds."""
    _lock("pg_advisory_xact_lock_shared", client_id)


def exclusive(client_id: int) -> None:
    """Taken by whoever places or lifts a hold, before the row is written."""
    _lock("pg_advisory_xact_lock", client_id)


def _lock(function: str, client_id: int) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("this lock ends with its transaction, and there is none")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_SPACE, client_id])
