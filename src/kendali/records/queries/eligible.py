"""Which records of a client may be proposed, and why the others may not: one statement for preview and frozen list.

The rule is `records.proposal_rules.left_out`; the property test holds both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from kendali.records.models import Record
from kendali.records.queries.held import covers_sql, held_sql
from kendali.terms.models import DeletionClock

CLOCKS = {DeletionClock.LAST_ACTIVITY: "r.last_activity_at", DeletionClock.STARTED: "r.started_at"}
NEWEST_COPY = """LEFT JOIN LATERAL (SELECT x.* FROM records_recordversion x
    WHERE x.record_id = r.id AND x.destroyed_at IS NULL ORDER BY x.number DESC LIMIT 1) v ON true"""
CURRENT = "LEFT JOIN records_recordversion v ON v.id = r.version_id"

# {clock}, {version}, {reason} and {these} are filled in from the constants of this module, never from outside.
CLASSIFIED = """
SELECT r.id, r.source_id, r.ref, r.display, r.channel, {clock} AS clock, due.due_on, v.id AS version, v.keyed_digest,
  v.package_id, coalesce(r.size, v.length, 0) AS size, r.parts,
  date_trunc('month', {clock} AT TIME ZONE %(zone)s)::date AS month, {reason} AS reason
FROM records_record r JOIN records_source s ON s.id = r.source_id {version}
LEFT JOIN records_package p ON p.id = v.package_id
CROSS JOIN LATERAL (SELECT ({clock} AT TIME ZONE %(zone)s)::date AS day) at
CROSS JOIN LATERAL (SELECT (at.day + make_interval(months => %(months)s))::date AS last) period
-- Where the month has no such day PostgreSQL takes its last one; civil_time takes the first of the next month.
CROSS JOIN LATERAL (SELECT coalesce(%(due_on)s::date, period.last
  + CASE WHEN extract(day FROM period.last) <> extract(day FROM at.day) THEN 2 ELSE 1 END) AS due_on) due
WHERE s.client_id = %(client)s AND s.record_class = %(record_class)s AND {these}
"""
PAST = "r.deleted_at IS NULL AND ({clock} < %(cut)s OR {clock} IS NULL)"
CHOSEN = "r.deleted_at IS NULL AND r.id = ANY(%(records)s)"
DELETED = "r.deleted_at IS NOT NULL AND r.destroyed_at IS NULL AND r.id = ANY(%(records)s)"
# A contract ended: every copy there is, whether or not its record was deleted at the source.
EVERY_COPY = "r.destroyed_at IS NULL AND r.id = ANY(%(records)s)"
LATEST = "coalesce(r.deleted_at, r.last_activity_at, r.started_at, r.first_seen_at)"

IN_PROPOSAL = """EXISTS (SELECT FROM disposal_proposalitem i JOIN disposal_proposal q ON q.id = i.proposal_id
    WHERE i.subject = r.id AND NOT i.taken_out AND q.act = %(act)s AND q.status IN ('draft', 'asked', 'approved')
      AND q.id <> %(proposal)s AND (%(due_on)s::date IS NULL OR q.erasure_id IS NOT NULL))"""
# An erasure request, or the end of a contract, goes before an earlier refusal.
REFUSED = """(%(due_on)s::date IS NULL AND EXISTS (SELECT FROM disposal_proposalitem i
    JOIN disposal_proposal q ON q.id = i.proposal_id
    WHERE i.subject = r.id AND i.taken_out AND i.ask_again_on > %(today)s AND q.act = %(act)s))"""
DAMAGED = """EXISTS (SELECT FROM records_recordversion w JOIN records_package g ON g.id = w.package_id
    WHERE w.record_id = r.id AND g.status = 'damaged')"""
REASON_AT_SOURCE = f"""CASE
  WHEN {held_sql()} THEN 'held'
  WHEN r.vanished_at IS NOT NULL THEN 'vanished'
  WHEN {{clock}} IS NULL THEN 'no_date'
  WHEN due.due_on > %(today)s THEN 'not_due'
  WHEN {IN_PROPOSAL} THEN 'in_proposal'
  WHEN {REFUSED} THEN 'refused'
  WHEN EXISTS (SELECT FROM records_unbackupable u WHERE u.record_id = r.id AND u.status = 'confirmed')
    THEN 'unbackupable'
  WHEN p.id IS NULL THEN CASE WHEN {DAMAGED} THEN 'damaged' ELSE 'not_verified' END
  WHEN p.status = 'damaged' THEN 'damaged'
  WHEN p.status <> 'verified' OR NOT v.complete OR v.destroyed_at IS NOT NULL THEN 'not_verified'
  WHEN r.changed_at IS NOT NULL OR r.backup_clock IS NOT NULL THEN 'changed'
  WHEN r.source_state <> 'resolved' AND NOT %(open_eligible)s THEN 'open'
  WHEN v.compared_at < %(since)s THEN 'not_verified'
END"""
REASON_OF_COPY = f"""CASE
  WHEN {held_sql()} THEN 'held'
  WHEN due.due_on > %(today)s THEN 'not_due'
  WHEN {IN_PROPOSAL} THEN 'in_proposal'
  WHEN {REFUSED} THEN 'refused'
  WHEN v.id IS NULL THEN 'not_verified'
END"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at. `records` None = everything before `cut`; `due_on` is given for an erasure request, or where a
    contract ended.

    `since`: what was last compared with the source before it is left out; None = not asked."""

    act: str
    client: int
    record_class: str
    zone: str
    months: int
    today: date
    deletion_clock: str = DeletionClock.LAST_ACTIVITY
    cut: datetime | None = None
    records: Sequence[int] | None = None
    due_on: date | None = None
    since: datetime | None = None
    open_eligible: bool = False
    proposal: int = 0
    contract_ended: bool = False  # of backup copies: those of records that are still at the source, too

    def parameters(self) -> dict[str, Any]:
        return {
            "act": self.act, "client": self.client, "record_class": self.record_class, "zone": self.zone,
            "months": self.months, "today": self.today, "cut": self.cut, "due_on": self.due_on, "since": self.since,
            "records": list(self.records or ()), "open_eligible": self.open_eligible, "proposal": self.proposal,
        }  # fmt: skip


def classified(scope: Scope) -> str:
    """Every record in scope with its reason to be left out, NULL = it may be proposed."""
    backup = scope.act == "backup"
    copy = LATEST if scope.contract_ended else "r.deleted_at"
    copies = EVERY_COPY if scope.contract_ended else DELETED
    clock = copy if backup else CLOCKS[DeletionClock(scope.deletion_clock)]
    these = copies if backup else PAST if scope.records is None else CHOSEN
    reason = REASON_OF_COPY if backup else REASON_AT_SOURCE
    return CLASSIFIED.format(
        clock=clock,
        version=NEWEST_COPY if backup else CURRENT,
        reason=reason.format(clock=clock),
        these=these.format(clock=clock),
    )


FREEZE = """
WITH c AS MATERIALIZED ({classified}),
kept AS (
  INSERT INTO disposal_proposalitem (proposal_id, subject, source, ref, display, channel, month, clock, clock_rule,
    due_on, size, parts, version, keyed_digest, taken_out, taken_reason)
  SELECT %(proposal)s, id, source_id, ref, display, channel, month, clock, %(clock_rule)s,
    due_on, size, parts, version, keyed_digest, false, '' FROM c WHERE reason IS NULL ORDER BY month, id RETURNING 1
), apart AS (
  INSERT INTO disposal_leftout (proposal_id, subject, source, ref, display, clock, reason, facts)
  SELECT %(proposal)s, c.id, c.source_id, c.ref, c.display, c.clock, c.reason,
    CASE WHEN c.reason = 'held' THEN (SELECT jsonb_build_object('holds', jsonb_agg(h.number ORDER BY h.number))
      FROM disposal_hold h, records_record r, records_source s
      WHERE r.id = c.id AND s.id = r.source_id AND {covers}) ELSE '{{}}' END
  FROM c WHERE c.reason IS NOT NULL RETURNING 1
)
SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM apart)
"""


def freeze(scope: Scope, *, clock_rule: str) -> tuple[int, int]:
    """Write the lines of a proposal and what is left out of it; returns how many of each."""
    statement = FREEZE.format(classified=classified(scope), covers=covers_sql())
    with connection.cursor() as cursor:
        cursor.execute(statement, scope.parameters() | {"clock_rule": clock_rule})
        kept, apart = cursor.fetchone()
        return kept, apart


def to_compare(scope: Scope) -> list[tuple[int, int]]:
    """(source, version) of everything that may be proposed, by source and package."""
    statement = f"SELECT source_id, version FROM ({classified(scope)}) c WHERE reason IS NULL ORDER BY 1, package_id, 2"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, scope.parameters())
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class MonthOfChannel:
    """What would be proposed of one local month and one channel."""

    month: date
    channel: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One record that would be proposed."""

    record: int
    ref: str
    display: str
    channel: str
    source: str
    clock: datetime
    due_on: date
    size: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a proposal would hold. `left_out`: LeftOut.Reason → how many; `samples`: the oldest and the newest."""

    count: int
    size: int
    left_out: Mapping[str, int]
    months: Sequence[MonthOfChannel]
    oldest: datetime | None
    newest: datetime | None
    samples: Sequence[Sample]


SAMPLES = 5  # from either end
PREVIEW = """
WITH c AS MATERIALIZED ({classified})
(SELECT NULL::bigint, reason, month, channel, count(*), sum(size)::bigint, min(clock), max(clock), NULL::date
  FROM c GROUP BY reason, month, channel)
UNION ALL (SELECT id, NULL, NULL, NULL, 1, size, clock, clock, due_on
  FROM c WHERE reason IS NULL ORDER BY clock, id LIMIT %(samples)s)
UNION ALL (SELECT id, NULL, NULL, NULL, 1, size, clock, clock, due_on
  FROM c WHERE reason IS NULL ORDER BY clock DESC, id DESC LIMIT %(samples)s)
"""


def preview(scope: Scope) -> Preview:
    """One statement over the catalogue, and the names of the samples; nothing is written."""
    with connection.cursor() as cursor:
        cursor.execute(PREVIEW.format(classified=classified(scope)), scope.parameters() | {"samples": SAMPLES})
        rows = cursor.fetchall()
    left_out: dict[str, int] = {}
    months: list[MonthOfChannel] = []
    ends: list[datetime] = []
    samples: dict[int, tuple[datetime, date]] = {}
    for record, reason, month, channel, count, size, first, last, due_on in rows:
        if record is not None:
            samples[record] = (first, due_on)
        elif reason is not None:
            left_out[reason] = left_out.get(reason, 0) + count
        else:
            months.append(MonthOfChannel(month, channel, count, size))
            ends += [first, last]
    return Preview(
        count=sum(one.count for one in months),
        size=sum(one.size for one in months),
        left_out=left_out,
        months=sorted(months, key=lambda one: (one.month, one.channel)),
        oldest=min(ends, default=None),
        newest=max(ends, default=None),
        samples=_samples(samples),
    )


def _samples(found: Mapping[int, tuple[datetime, date]]) -> list[Sample]:
    rows = Record.objects.filter(pk__in=found).select_related("source")
    samples = [Sample(r.pk, r.ref, r.display, r.channel, r.source.name, *found[r.pk], size=r.size or 0) for r in rows]
    return sorted(samples, key=lambda one: (one.clock, one.record))
