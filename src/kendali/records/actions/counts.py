"""Counts kept beside the catalogue, so that no page counts a million rows. Refreshed where the catalogue changes."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from kendali.accounts.models import Client
from kendali.records.models import Source
from kendali.terms.models import BackupClock, Policy

DAYS = """
INSERT INTO records_daycount (source_id, day, waiting)
SELECT %(source)s, 
  (CASE WHEN %(by_start)s THEN r.started_at ELSE r.backup_clock END AT TIME ZONE %(zone)s)::date, count(*)
FROM records_record r
WHERE r.source_id = %(source)s AND r.backup_clock IS NOT NULL AND r.vanished_at IS NULL
  AND NOT EXISTS (SELECT FROM records_unbackupable u WHERE u.record_id = r.id AND u.status = 'confirmed')
GROUP BY 2
"""
TOTALS = """
SELECT count(*) AS total,
  count(*) FILTER (WHERE r.version_id IS NOT NULL) AS backed_up,
  count(*) FILTER (WHERE r.changed_at IS NOT NULL AND r.vanished_at IS NULL) AS changed,
  count(*) FILTER (WHERE r.vanished_at IS NOT NULL AND r.deleted_at IS NULL) AS vanished,
  count(*) FILTER (WHERE r.deleted_at IS NOT NULL) AS deleted,
  count(*) FILTER (WHERE r.started_at IS NULL AND r.version_id IS NULL AND r.vanished_at IS NULL) AS not_computable,
  count(*) FILTER (WHERE r.source_state <> 'resolved' AND r.vanished_at IS NULL) AS open,
  (SELECT count(*) FROM records_unbackupable u JOIN records_record x ON x.id = u.record_id
   WHERE x.source_id = %(source)s AND u.status = 'confirmed') AS unbackupable
FROM records_record r WHERE r.source_id = %(source)s
"""


def counted_from(clock: str) -> str:
    """Of a record that waits for a backup: the column that a policy with this clock counts from."""
    return "started_at" if clock == BackupClock.STARTED else "backup_clock"


@transaction.atomic
def refresh(source: Source, *, at: datetime) -> None:
    policy = Policy.objects.filter(
        client=source.client_id, record_class=source.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    by_start = policy is not None and policy.backup_clock == BackupClock.STARTED
    zone = policy.zone if policy else source.zone
    Source.objects.select_for_update().get(pk=source.pk)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_daycount WHERE source_id = %s", [source.pk])
        cursor.execute(DAYS, {"source": source.pk, "zone": zone, "by_start": by_start})
        cursor.execute(TOTALS, {"source": source.pk})
        names = [column.name for column in cursor.description]
        source.counts = dict(zip(names, cursor.fetchone(), strict=True))
    source.counted_at = at
    source.save(update_fields=["counts", "counted_at"])


def refresh_client(client: Client, record_class: str, *, at: datetime) -> None:
    for source in Source.objects.filter(client=client, record_class=record_class):
        refresh(source, at=at)
