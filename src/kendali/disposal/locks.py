"""The one lock between a hold and a deletion (design, "Two databases, no common transaction").

A deletion batch holds its client's lock shared, placing or lifting a hold takes it exclusive: a hold waits for at most
one batch (2 s) and then wins; a batch that begins after a hold sees it. Both end with the transaction.
"""

from __future__ import annotations

from kendali.locks import Lock, take


def shared(client_id: int) -> None:
    """Taken by everything that deletes or destroys, before it looks for holds."""
    take(Lock.HOLDS, client_id, shared=True)


def exclusive(client_id: int) -> None:
    """Taken by whoever places or lifts a hold, before the row is written."""
    take(Lock.HOLDS, client_id)
