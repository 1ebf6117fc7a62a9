"""What a proof changes: versions and records are marked, names and phones go, lines and journal get their outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.records.actions.destruction_plan import OPEN, UNDER_WAY, Fence, Outcome, Status, close_intents, erasure
from kendali.records.models import (
    DisposalItem,
    DisposalOrder,
    Package,
    Record,
    RecordVersion,
    TextSearch,
    VersionDestruction,
)

BATCH = 1000


def wait(
    fence: Fence, rows: Sequence[VersionDestruction], code: str, facts: Mapping[str, object], *, pending: bool
) -> None:
    """Not proved yet, and why. `pending`: something has to be brought within reach first."""
    with transaction.atomic():
        fence.lock()
        for row in rows:
            row.proof = {**row.proof, "problem": {"code": code, "facts": audit.plain(dict(facts))}}
            row.status = Status.PENDING if pending else row.status
        VersionDestruction.objects.bulk_update(rows, ["proof", "status"], batch_size=BATCH)


def settle(
    order: DisposalOrder,
    fence: Fence,
    package: Package,
    proved: Mapping[VersionDestruction, dict[str, object]],
    *,
    whole: bool,
) -> None:
    """One transaction for what was proved of one package."""
    now = fence.clock()
    for row, proof in proved.items():
        row.status, row.proof, row.at = Status.PROVED, proof, now
        row.epoch = int(str(proof["epoch"]))
    with transaction.atomic():
        fence.lock()
        VersionDestruction.objects.bulk_update(list(proved), ["status", "proof", "at", "epoch"], batch_size=BATCH)
        versions = [row.version_id for row in proved]
        RecordVersion.objects.filter(pk__in=versions, destroyed_at=None).update(destroyed_at=now)
        _records({row.item.record_id for row in proved}, now)
        _lines(order, fence, {row.item_id for row in proved}, now)
        if whole:
            Package.objects.filter(pk=package.pk, destroyed_at=None).update(destroyed_at=now)
        first = next(iter(proved.values()))
        facts = {
            "number": package.number,
            "records": len({row.item.record_id for row in proved}),
            "order": order.number,
            "epoch": first["epoch"],
            "whole": whole,
        }
        audit.record("destruction.proved", actor=SYSTEM, at=now, obj=package, client=package.client, facts=facts)


# The last copy went: what still said whose record it was goes with it.
RECORDS = """
UPDATE records_record r SET destroyed_at = %(at)s, customer_name_hmac = NULL, customer_phone_hmac = NULL,
  customer_sealed = NULL
WHERE r.id = ANY(%(records)s) AND r.destroyed_at IS NULL
  AND NOT EXISTS (SELECT FROM records_recordversion v WHERE v.record_id = r.id AND v.destroyed_at IS NULL)
"""


def _records(records: set[int], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RECORDS, {"records": sorted(records), "at": at})
    found = TextSearch.matches.through.objects.filter(record_id__in=records)
    found.filter(record_id__in=Record.objects.filter(pk__in=records, destroyed_at__isnull=False)).delete()


def _lines(order: DisposalOrder, fence: Fence, items: set[int], at: datetime) -> None:
    """Lines whose every copy came to its end, with the outcome in the journal (I5)."""
    open_rows = VersionDestruction.objects.filter(item__in=items, status__in=OPEN).values("item")
    lines = list(DisposalItem.objects.filter(pk__in=items).exclude(pk__in=open_rows).prefetch_related("versions"))
    by_outcome: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        ends = [row.status for row in line.versions.all()]
        destroyed = ends.count(Status.PROVED)
        whole = Outcome.DELETED if destroyed == len(ends) else Outcome.FAILED
        line.facts = {**line.facts, "copies": [len(ends), destroyed], "epochs": _epochs(line)}
        by_outcome[whole].add(line.pk)
        if not erasure(order) and line.outcome in UNDER_WAY:
            line.outcome, line.settled_at = whole, at
    for outcome, ended in by_outcome.items():
        close_intents(order, fence, ended, outcome, at)
    DisposalItem.objects.bulk_update(lines, ["facts", "outcome", "settled_at"], batch_size=BATCH)


def _epochs(line: DisposalItem) -> list[int]:
    return sorted({row.epoch for row in line.versions.all() if row.epoch is not None})


def close_failed(order: DisposalOrder, fence: Fence) -> None:
    """Lines whose last open copy failed: measured, and never counted as destroyed."""
    rows = VersionDestruction.objects.filter(item__order=order, status=Status.FAILED)
    items = set(rows.filter(item__settled_at=None).values_list("item_id", flat=True))
    with transaction.atomic():
        fence.lock()
        _lines(order, fence, items, fence.clock())
