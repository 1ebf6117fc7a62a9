"""Counts of what is past its period, kept beside the catalogue so that the radar never counts a million rows.

Made anew when the catalogue was scanned and when a list, an answer, a hold or an order changed since (`stale`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q

from kendali import civil_time
from kendali.disposal.models import Hold, Proposal
from kendali.records.models import DisposalOrder, PastCount, Source
from kendali.records.queries.held import held_sql
from kendali.terms.models import DeletionClock, Policy

CLOCKS = {DeletionClock.LAST_ACTIVITY: "r.last_activity_at", DeletionClock.STARTED: "r.started_at"}
# The newest list that was put to the client decides; one that ran out or became void leaves the record late.
CLASSIFIED = """
WITH line AS (
  SELECT DISTINCT ON (i.subject) i.subject, i.taken_out, p.status, p.valid_until
  FROM disposal_proposalitem i JOIN disposal_proposal p ON p.id = i.proposal_id
  WHERE p.client_id = %(client)s AND p.record_class = %(record_class)s AND p.act = 'source'
    AND p.status IN ('asked', 'approved', 'refused', 'voided', 'expired', 'closed')
  ORDER BY i.subject, p.id DESC
), past AS (
  SELECT r.id, r.display, r.ref, r.channel, {clock} AS clock,
    date_trunc('month', {clock} AT TIME ZONE %(zone)s)::date AS month, CASE
    WHEN {held} THEN 'held'
    WHEN l.taken_out OR l.status = 'refused' THEN 'refused'
    WHEN l.status = 'asked' THEN 'asked'
    WHEN l.status = 'approved' AND l.valid_until > %(at)s THEN 'approved'
    WHEN l.status IN ('approved', 'expired', 'voided') AND l.valid_until IS NOT NULL THEN 'late'
    WHEN EXISTS (SELECT FROM records_unbackupable u WHERE u.record_id = r.id AND u.status = 'confirmed')
      OR r.source_state <> 'resolved' THEN 'apart'
    ELSE 'not_asked' END AS state
  FROM records_record r JOIN records_source s ON s.id = r.source_id LEFT JOIN line l ON l.subject = r.id
  WHERE r.source_id = %(source)s AND r.deleted_at IS NULL AND r.vanished_at IS NULL AND {clock} < %(cut)s
)
"""
LINES = "SELECT display, ref, channel, clock, state FROM past ORDER BY clock, id"
COUNT = """
INSERT INTO records_pastcount (source_id, month, state, count)
SELECT %(source)s, month, state, count(*) FROM past GROUP BY month, state
"""


@transaction.atomic
def refresh(source: Source, *, at: datetime) -> None:
    """One pass over one source; nothing is past its period while there is no policy."""
    Source.objects.select_for_update().get(pk=source.pk)
    PastCount.objects.filter(source=source).delete()
    policy = Policy.objects.filter(
        client=source.client_id, record_class=source.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    if policy is not None:
        _count(source, policy, at)
    Source.objects.filter(pk=source.pk).update(past_counted_at=at)
    source.past_counted_at = at


def _count(source: Source, policy: Policy, at: datetime) -> None:
    statement, values = _classified(source, policy, at)
    with connection.cursor() as cursor:
        cursor.execute(statement + COUNT, values)


def lines(source: Source, at: datetime) -> Iterator[tuple[object, ...]]:
    """(number, id at the source, channel, clock, state) of every record past its period, oldest first."""
    policy = Policy.objects.filter(
        client=source.client_id, record_class=source.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    if policy is None:
        return
    statement, values = _classified(source, policy, at)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(statement + LINES, values)
        while rows := cursor.fetchmany(BATCH):
            yield from rows


BATCH = 5_000


def _classified(source: Source, policy: Policy, at: datetime) -> tuple[str, dict[str, Any]]:
    """The statement up to `past`, and its values."""
    today = civil_time.local_date(at, policy.zone)
    statement = CLASSIFIED.format(clock=CLOCKS[DeletionClock(policy.deletion_clock)], held=held_sql())
    values: dict[str, Any] = {
        "client": source.client_id,
        "record_class": source.record_class,
        "zone": policy.zone,
        "source": source.pk,
        "at": at,
        "cut": civil_time.cut_instant(today, policy.delete_after_years, policy.zone),
    }
    return statement, values


def stale(at: datetime) -> list[Source]:
    """Sources whose counts are older than their last scan, an answer, a hold, an order, a policy, or this day."""
    changed = _changed()
    return [
        source
        for source in Source.objects.filter(active=True).select_related("client")
        if source.past_counted_at is None
        or civil_time.local_date(source.past_counted_at, source.zone) < civil_time.local_date(at, source.zone)
        or (source.counted_at is not None and source.counted_at > source.past_counted_at)
        or changed.get(source.client_id, source.past_counted_at) > source.past_counted_at
    ]


def _changed() -> dict[int, datetime]:
    """Client → the last moment at which something moved records between the columns; a few rows a client."""
    found: dict[int, datetime] = {}
    asked = [
        (Proposal.objects.exclude(status="draft"), ("asked_at", "decided_at")),
        (Hold.objects.all(), ("placed_at", "released_at")),
        (DisposalOrder.objects.filter(~Q(finished_at=None)), ("finished_at",)),
        (Policy.objects.all(), ("created_at", "decided_at")),
    ]
    for rows, names in asked:
        latest = rows.values("client").annotate(**{f"last_{name}": Max(name) for name in names})
        for row in latest:
            moments = [row[f"last_{name}"] for name in names if row[f"last_{name}"]]
            if row["client"] in found:
                moments.append(found[row["client"]])
            if moments:
                found[row["client"]] = max(moments)
    return found
