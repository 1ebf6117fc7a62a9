"""What an order lists but need not copy: the source moved a date of a record, or Kendali was told that it changed, and
its full fingerprint is still the one in its verified package. Every version of a record is in exactly one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F

from kendali.connectors.base import Connector
from kendali.records.actions import comparison, counts, lease
from kendali.records.models import Escalation, Package, RecordVersion

if TYPE_CHECKING:
    from kendali.records.actions.backup import Line

# Only what no scan and no comparison touched since it was read: what they found then is newer than our look.
RECORDS = """
UPDATE records_record r SET backup_clock = NULL, changed_at = NULL, covered_modified_at = r.modified_at,
  covered_until = greatest(r.covered_until, r.last_activity_at)
FROM unnest(%(versions)s::bigint[], %(scans)s::bigint[], %(compared)s::timestamptz[]) AS seen(version, scan, compared)
JOIN records_recordversion v ON v.id = seen.version AND v.compared_at = seen.compared
WHERE r.version_id = v.id AND r.scan_id IS NOT DISTINCT FROM seen.scan
RETURNING r.id
"""
ITEMS = """
UPDATE records_escalationitem i SET outcome = 'unchanged', version_id = r.version_id FROM records_record r
WHERE i.escalation_id = %(order)s AND i.record_id = r.id AND r.id = ANY(%(records)s) AND i.outcome = 'waiting'
"""


def left_out(fence: lease.Fence[Escalation], connector: Connector, lines: Sequence[Line]) -> list[Line]:
    """The lines that have to be copied. The others have their outcome, and the package they are in. SourceError."""
    versions = list(
        RecordVersion.objects.filter(
            record__in=[line.record for line in lines],
            record__version=F("pk"),
            complete=True,
            package__status=Package.Status.VERIFIED,
        ).select_related("record", "package")
    )
    kept: set[int] = set()
    for start in range(0, len(versions), comparison.BATCH):
        same = _same(versions[start : start + comparison.BATCH], connector)
        fence.check()
        if same:
            kept |= _keep(fence, same)
    return [line for line in lines if line.record not in kept]


def _same(versions: Sequence[RecordVersion], connector: Connector) -> list[RecordVersion]:
    now = connector.fingerprints([version.record.ref for version in versions])
    here = [version for version in versions if version.record.ref in now]
    compared, changed = comparison.compared(here, now)
    return [version for version in here if version.pk in compared and version.record_id not in changed]


def _keep(fence: lease.Fence[Escalation], same: Sequence[RecordVersion]) -> set[int]:
    now = fence.clock()
    with transaction.atomic(), connection.cursor() as cursor:
        order = fence.lock()
        cursor.execute(
            RECORDS,
            {
                "versions": [version.pk for version in same],
                "scans": [version.record.scan_id for version in same],
                "compared": [version.compared_at for version in same],
            },
        )
        records = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(ITEMS, {"order": order.pk, "records": records})
        RecordVersion.objects.filter(record__in=records, record__version=F("pk")).update(compared_at=now)
        counts.refresh(order.source, at=now)
    return set(records)
