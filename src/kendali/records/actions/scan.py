"""The scan keeps the catalogue: what exists at a source, since when, what changed, what vanished.

Rows arrive by COPY into a temporary table and are merged by one statement a page: no query per record, constant memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.connectors.base import Connector, Listed, SourceError
from kendali.records import rules, secrets
from kendali.records.actions import counts, incidents, sources
from kendali.records.models import Record, Scan, Source

PAGE = 5000
Clock = Callable[[], datetime]
DEAD_AFTER = timedelta(minutes=10)  # a running scan without a heartbeat for so long was killed

STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS listed (
  ref text, display text, channel text, agent text, name_hmac bytea, phone_hmac bytea, started_at timestamptz,
  last_activity_at timestamptz, modified_at timestamptz, source_state text, parts integer, size bigint
) ON COMMIT DELETE ROWS
"""

# A record differs from its backup when the source admits a later modification, later content, or other parts.
MERGE = """
WITH merged AS (
  INSERT INTO records_record AS r (
    source_id, ref, display, channel, agent, customer_name_hmac, customer_phone_hmac, started_at, last_activity_at,
    modified_at, source_state, parts, size, backup_clock, first_seen_at, scan_id)
  SELECT %(source)s, ref, display, channel, agent, name_hmac, phone_hmac, started_at, last_activity_at,
    modified_at, source_state, parts, size, started_at, %(at)s, %(scan)s FROM listed
  ON CONFLICT (source_id, ref) DO UPDATE SET
    display = excluded.display, channel = excluded.channel, agent = excluded.agent,
    customer_name_hmac = excluded.customer_name_hmac, customer_phone_hmac = excluded.customer_phone_hmac,
    started_at = excluded.started_at, last_activity_at = excluded.last_activity_at,
    modified_at = excluded.modified_at, source_state = excluded.source_state,
    parts = excluded.parts, size = excluded.size, vanished_at = NULL, scan_id = excluded.scan_id,
    backup_clock = CASE WHEN r.version_id IS NULL THEN excluded.started_at ELSE r.backup_clock END,
    changed_at = CASE
      WHEN r.version_id IS NULL OR r.changed_at IS NOT NULL THEN r.changed_at
      WHEN excluded.modified_at IS DISTINCT FROM r.covered_modified_at OR excluded.parts <> r.parts
        OR excluded.last_activity_at > r.covered_until THEN %(at)s END
  RETURNING (xmax = 0) AS is_new, changed_at = %(at)s AS is_changed
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_changed) FROM merged
"""


def request(*, user: User, at: datetime, source: Source) -> Scan | None:
    """Scan on demand; None when one is running already (a second click makes no second scan)."""
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    actor = permissions.acting(user, "source.scan", source.client)
    with transaction.atomic():
        scan = begin(source, at)
        if scan is not None:
            audit.record(
                "source.scan_requested",
                actor=actor,
                at=at,
                obj=source,
                client=source.client,
                facts={"name": source.name},
            )
            tasks.run_scan.defer(scan_id=scan.pk)
        return scan


def begin(source: Source, at: datetime) -> Scan | None:
    """One scan at a time: None while one is running. One that was killed is declared failed first."""
    Scan.objects.filter(source=source, status=Scan.Status.RUNNING, heartbeat_at__lt=at - DEAD_AFTER).update(
        status=Scan.Status.FAILED, finished_at=at, problem={"code": "scan_killed", "facts": {}}
    )
    try:
        with transaction.atomic():
            return Scan.objects.create(source=source, started_at=at, heartbeat_at=at)
    except IntegrityError:
        return None


def scan_now(source: Source, *, at: datetime, actor: Actor = SYSTEM, clock: Clock = timezone.now) -> Scan | None:
    """Scan in this process, from beginning to end; None while another scan is running."""
    scan = begin(source, at)
    return None if scan is None else run(scan, actor=actor, clock=clock)


def run(scan: Scan, *, actor: Actor = SYSTEM, clock: Clock = timezone.now) -> Scan:
    """Carry a scan to its end. May be called again for the same scan: pages are merged, never doubled."""
    if scan.status != Scan.Status.RUNNING:
        return scan
    source = scan.source
    try:
        with sources.connected(source) as connector:
            sources.keep_probe(source, connector.probe(), clock())
            _read_all(scan, connector)
            _mark_vanished(scan)
            _find_uncovered(scan, connector)
        incidents.seen_by_scan(source, scan=scan.pk, begun=scan.started_at, at=clock())
        counts.refresh(source, at=clock())
    except SourceError as error:
        scan.status, scan.problem = Scan.Status.FAILED, {"code": error.code, "facts": dict(error.facts)}
    else:
        scan.status = Scan.Status.DONE
    scan.finished_at = clock()
    with transaction.atomic():
        scan.save()
        verb = "source.scanned" if scan.status == Scan.Status.DONE else "source.scan_failed"
        audit.record(
            verb,
            actor=actor,
            at=scan.finished_at,
            obj=source,
            client=source.client,
            facts={
                "name": source.name,
                "seen": scan.seen,
                "new": scan.new,
                "changed": scan.changed,
                "vanished": scan.vanished,
                "problem": scan.problem.get("code", ""),
            },
        )
    return scan


def _read_all(scan: Scan, connector: Connector) -> None:
    lookup, after = secrets.Lookup(), ""
    while page := connector.due(None, after, PAGE):
        with transaction.atomic():
            new, changed = _merge(scan, page, lookup)
            scan.seen, scan.new, scan.changed = scan.seen + len(page), scan.new + new, scan.changed + changed
            scan.heartbeat_at = timezone.now()
            scan.save(update_fields=["seen", "new", "changed", "heartbeat_at"])
        after = page[-1].ref


def _merge(scan: Scan, page: Sequence[Listed], lookup: secrets.Lookup) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY listed FROM STDIN") as copy:
            for item in page:
                copy.write_row(
                    (
                        item.ref,
                        item.display,
                        item.channel,
                        item.agent,
                        lookup.name(item.customer_name),
                        lookup.phone(item.customer_phone),
                        item.started_at,
                        item.last_activity_at,
                        item.modified_at,
                        item.state,
                        item.parts,
                        item.size,
                    )
                )
        cursor.execute(MERGE, {"source": scan.source_id, "scan": scan.pk, "at": scan.started_at})
        new, changed = cursor.fetchone()
        cursor.execute("TRUNCATE listed")
        return new, changed


def _mark_vanished(scan: Scan) -> None:
    """What a complete listing no longer shows; what we deleted ourselves did not just vanish. A later scan that sees it
    again takes the mark away."""
    gone = Record.objects.filter(source=scan.source, vanished_at=None, deleted_at=None).exclude(scan=scan)
    scan.vanished = gone.update(vanished_at=scan.started_at)


def _find_uncovered(scan: Scan, connector: Connector) -> None:
    """Changed records: since when is there content that no verified package holds?"""
    after = 0
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    while True:
        rows = list(
            Record.objects.filter(source=scan.source, changed_at__isnull=False, vanished_at=None, pk__gt=after)
            .order_by("pk")
            .values_list("pk", "ref", "covered_until", "started_at")[:PAGE]
        )
        if not rows:
            return
        oldest = connector.oldest_uncovered({ref: covered or epoch for _, ref, covered, _ in rows})
        clocks = [
            rules.backup_clock(started_at=started, covered=True, changed=True, oldest_uncovered=oldest.get(ref))
            for _, ref, _, started in rows
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_record AS r SET backup_clock = v.clock"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, clock) WHERE r.id = v.id",
                [[row[0] for row in rows], clocks],
            )
        after = rows[-1][0]
