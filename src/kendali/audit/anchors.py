"""The head of the chain, written where nobody can overwrite it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from django.db import transaction

from kendali.archive.stores import Store
from kendali.audit.models import Anchor, Entry
from kendali.locks import Lock, take


@transaction.atomic
def anchor(store: Store, *, at: datetime) -> Anchor | None:
    """Writes `audit/YYYY/MM/DDTHHMMSSZ-<entry>.json` and notes it; None when nothing was added since the last anchor.

    The object comes first, so an anchor that is noted exists; a crash between leaves an object without a row, and the
    next run writes another. StoreError when the store does not take it: nothing is noted. One at a time: of two that
    come for the same head in one second the later would meet the object of the earlier."""
    take(Lock.AUDIT_ANCHOR)
    head = Entry.objects.order_by("-id").first()
    if head is None or Anchor.objects.filter(entry_id=head.pk).exists():
        return None
    day = at.astimezone(UTC)
    place = f"audit/{day:%Y/%m/%d}T{day:%H%M%S}Z-{head.pk:012d}.json"
    digest = bytes(head.hash)
    content = {"format": "kendali/1/audit-anchor", "at": day.isoformat(), "entry": head.pk, "hash": digest.hex()}
    store.put(place, json.dumps(content, sort_keys=True).encode() + b"\n")
    return Anchor.objects.create(at=at, entry_id=head.pk, hash=digest, place=place)
