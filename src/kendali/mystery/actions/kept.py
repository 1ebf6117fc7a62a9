"""The copies of recordings that calls keep in the store: destroyed with their record, and never forgotten there.

A copy of a record of the voice recording system goes when that record's backup copies are destroyed
(`records.actions.kept_copies`): the key that alone opens it is forgotten, its object deleted, then looked for, in the
listing and by a read. A path in the store is named by a Recording, or by a LeftFile until it is gone: a worker may die
anywhere.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kendali.archive import stores
from kendali.archive.errors import StoreError, StoreMissingError
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.mystery.models import LeftFile, Recording
from kendali.records.models import DisposalItem, DisposalOrder

FOLDER = "test-calls"
SETTLED = timedelta(hours=1)  # by then whoever wrote a file has named it, or never will
log = logging.getLogger(__name__)


class RecordingsOfCalls:
    """What `kept_copies` asks and orders."""

    what = _("recordings of test calls")

    def kept(self, records: QuerySet[DisposalItem, int]) -> dict[int, int]:
        rows = Recording.objects.filter(record__in=records, destroyed_at=None).exclude(path="")
        return Counter(number for number in rows.values_list("record_id", flat=True) if number is not None)

    def destroy(self, record: int, *, order: DisposalOrder, at: datetime) -> None:
        """Raises StoreError, ``kept_listed`` where it lies on."""
        rows = Recording.objects.select_for_update(of=("self",)).select_related("sample")
        for row in rows.filter(record=record, destroyed_at=None).order_by("pk"):
            remove(row.path)
            _look(row.path)
            row.destroyed_at, row.destroyed_by, row.key, row.peaks = at, order, None, []
            row.save(update_fields=["destroyed_at", "destroyed_by", "key", "peaks"])
            facts = {"number": row.sample.number, "order": order.number}
            audit.record("sample.recording_destroyed", actor=SYSTEM, at=at, obj=row.sample, facts=facts)


def remove(path: str) -> None:
    """Twice is no error. Raises StoreError."""
    with suppress(StoreMissingError):
        stores.open_store(settings.KENDALI_STORE).delete(path)


def _look(path: str) -> None:
    """It is neither listed nor read. What a lock or an older copy of the store keeps of it has no key any more."""
    store = stores.open_store(settings.KENDALI_STORE)
    if any(entry.key == path for entry in store.entries(FOLDER)):
        raise StoreError("kept_listed", key=path)
    with suppress(StoreMissingError):
        store.read(path)
        raise StoreError("kept_listed", key=path)


# --- what was written and is no recording (any more)


def leave(path: str, at: datetime) -> None:
    """From now on this path is to be removed, unless a Recording names it first (`keep`)."""
    LeftFile.objects.get_or_create(path=path, defaults={"at": at})


def keep(path: str) -> None:
    """A Recording names it, in the same transaction."""
    LeftFile.objects.filter(path=path).delete()


def tidy(path: str) -> None:
    """Now, or else tonight: nobody is told of it."""
    try:
        with transaction.atomic():
            row = LeftFile.objects.select_for_update(skip_locked=True).filter(path=path).first()
            if row is not None:
                remove(path)
                row.delete()
    except StoreError as error:
        log.warning("a recording of a test call is still in the store: %s", error.code)


def nightly(at: datetime) -> None:
    for path in LeftFile.objects.filter(at__lt=at - SETTLED).order_by("pk").values_list("path", flat=True)[:1000]:
        tidy(path)
