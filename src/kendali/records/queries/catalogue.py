"""Lists of catalogue records by state: on indexes, by keyset, with the counts kept beside the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from kendali import civil_time
from kendali.records import life, rules
from kendali.records.actions import counts
from kendali.records.actions.escalations import retention_of
from kendali.records.models import Record, Source, Unbackupable
from kendali.records.queries import life as disposal
from kendali.terms.models import BackupClock, Policy

STATES = ("overdue", "due", "backed_up", "changed", "vanished", "not_computable", "unbackupable", *life.STATES)
NEVER = datetime.min.replace(tzinfo=UTC)  # nothing is older: without a policy nothing is due
BY_CLOCK = ("overdue", "due", "changed")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is listed: one source, one state ("" = everything), local days of the date the list is ordered by."""

    source: Source
    state: str = ""
    since: date | None = None
    until: date | None = None


def order(selection: Selection) -> tuple[str, ...]:
    """By the backup clock where that is what waits, without a date by number, else by the last activity."""
    if selection.state in BY_CLOCK:
        return ("backup_clock", "id")
    if selection.state in life.STATES:
        return disposal.order(selection.state)
    return ("id",) if selection.state in ("not_computable", "vanished") else ("-last_activity_at", "-id")


def records(selection: Selection, at: datetime) -> QuerySet[Record]:
    """The rows of a selection, unordered. A state that the kept counts say is empty asks the catalogue nothing."""
    rows = Record.objects.filter(source=selection.source)
    if selection.state and selection.source.counts.get(selection.state) == 0:
        return rows.none()
    rows = _in_state(rows, selection, at)
    return _between(rows, selection)


def _in_state(rows: QuerySet[Record], selection: Selection, at: datetime) -> QuerySet[Record]:
    waiting = rows.filter(backup_clock__isnull=False, vanished_at=None).exclude(Exists(confirmed()))
    cuts, clock = _today(selection.source, at)
    match selection.state:
        case "overdue":
            return waiting.filter(**{f"{clock}__lt": cuts.overdue}) if cuts else rows.none()
        case "due":
            return waiting.filter(**{f"{clock}__gte": cuts.overdue, f"{clock}__lt": cuts.due}) if cuts else rows.none()
        case "changed":
            return rows.filter(changed_at__isnull=False, backup_clock__isnull=False, vanished_at=None)
        case "backed_up":
            return rows.filter(version__isnull=False, changed_at=None, last_activity_at__isnull=False)
        case "vanished":
            return rows.filter(vanished_at__isnull=False)
        case "not_computable":
            return rows.filter(started_at=None, version=None, vanished_at=None)
        case state if state in life.STATES:
            return disposal.in_state(rows, selection.source, state, at)
        case "unbackupable":
            return rows.filter(Exists(confirmed()), last_activity_at__isnull=False)
    return rows.filter(last_activity_at__isnull=False)


def confirmed() -> QuerySet[Unbackupable]:
    return Unbackupable.objects.filter(record=OuterRef("pk"), status=Unbackupable.Status.CONFIRMED)


def _between(rows: QuerySet[Record], selection: Selection) -> QuerySet[Record]:
    name = order(selection)[0].lstrip("-")
    if name == "id":
        return rows
    zone = selection.source.zone
    if selection.since:
        rows = rows.filter(**{f"{name}__gte": civil_time.start_of_day(selection.since, zone)})
    if selection.until:
        rows = rows.filter(**{f"{name}__lt": civil_time.start_of_day(selection.until + timedelta(days=1), zone)})
    return rows


def _today(source: Source, at: datetime) -> tuple[rules.Cuts | None, str]:
    """The two instants of today, and the column that is compared with them; None while there is no policy: then nothing
    is due."""
    policy = Policy.objects.filter(
        client=source.client_id, record_class=source.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    if policy is None:
        return None, counts.counted_from(BackupClock.OLDEST_UNCOVERED)
    return rules.cuts(civil_time.local_date(at, policy.zone), retention_of(policy)), counts.counted_from(
        policy.backup_clock
    )


def states(rows: Sequence[Record], source: Source, at: datetime) -> list[str]:
    """The state of each row, by the two rules; a handful of queries whatever the number of rows."""
    both = zip(_backup(rows, source, at), disposal.states(rows, at), strict=True)
    return [life.stronger(backup, later) for backup, later in both]


def _backup(rows: Sequence[Record], source: Source, at: datetime) -> list[rules.State]:
    cuts, clock = _today(source, at)
    apart = set(
        Unbackupable.objects.filter(record__in=rows, status=Unbackupable.Status.CONFIRMED).values_list(
            "record_id", flat=True
        )
    )
    now = cuts or rules.Cuts(due=NEVER, overdue=NEVER)
    return [
        rules.state(
            rules.Facts(
                started_at=row.started_at,
                backup_clock=getattr(row, clock) if row.backup_clock else None,
                has_version=row.version_id is not None,
                changed_at=row.changed_at,
                vanished_at=row.vanished_at,
                unbackupable=row.pk in apart,
            ),
            now,
        )
        for row in rows
    ]
