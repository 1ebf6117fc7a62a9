"""Carry a running escalation to its end: package by package, each written, read back, drilled, and only then counted.

Rows are the truth: the job may run twice and may die anywhere. A package counts when its row says verified, and that
happens in the same transaction that points the records to it, under the fence of the attempt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from kendali.archive import drill, stores, verify, writer
from kendali.archive.errors import ArchiveError, EmptyPackageError
from kendali.archive.package import PackageInfo, Progress, WrittenRecord, load_keyring
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.connectors.base import Connector, RecordClass, Sink, Snapshot, SourceError
from kendali.records.actions import counts, customers, escalations, lease, package_keys, register_rows, sources
from kendali.records.actions import store as store_actions
from kendali.records.actions.sources import plain
from kendali.records.actions.unchanged import left_out
from kendali.records.models import Escalation, EscalationItem, Package, PackageCheck
from kendali.terms import numbers
from kendali.terms import settings as terms
from kendali.vault import actions as vault

Fence = lease.Fence[Escalation]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Line:
    """One waiting line of the frozen list."""

    item: int
    record: int
    ref: str


class Damaged(Exception):
    """What was just written does not verify: the order stops, nothing of the package counts."""

    def __init__(self, package: Package, problems: Sequence[object]) -> None:
        super().__init__(package.number)
        self.package, self.problems = package, problems


def run(order_id: int, *, worker: str, clock: Clock = timezone.now) -> None:
    """The job. Raises lease.Busy while another worker is at it; every other end is a row."""
    fence = lease.take(order_id, worker, lease.BACKUPS)
    if fence is None:
        return
    fence.clock = clock
    order = Escalation.objects.select_related("client", "source", "policy").get(pk=order_id)
    until: datetime | None = None
    try:
        _abandon_earlier(order, fence)
        store_actions.require_usable(fence.clock())
        with sources.connected(order.source) as connector:
            store = stores.open_store(settings.KENDALI_STORE)
            for month, lines in _batches(order):
                if new := left_out(fence, connector, lines):
                    _one_package(order, fence, connector, store, month, new)
        _finish(fence)
        vault.export_vault(at=fence.clock())  # keys made today survive the loss of this machine tonight
    except lease.Fenced:
        return
    except (SourceError, ArchiveError) as error:
        _stop(fence, error.code, dict(error.facts))
    except Damaged as damaged:
        _stop(fence, "package_damaged", {"number": damaged.package.number, "problems": len(damaged.problems)})
    except Exception:
        until = timezone.now() + timedelta(seconds=30)  # `lease.orphaned` names it again
        raise
    finally:
        lease.release(fence, until=until)


def _abandon_earlier(order: Escalation, fence: Fence) -> None:
    """What an earlier attempt left half-done never counts; its bytes are removed by `packages.clean`."""
    left = Package.objects.filter(
        escalation=order, status__in=[Package.Status.WRITING, Package.Status.WRITTEN], attempt__lt=fence.attempt
    )
    if left.update(status=Package.Status.ABANDONED):
        facts = {"attempt": fence.attempt}
        audit.record(
            "escalation.taken_over", actor=SYSTEM, at=fence.clock(), obj=order, client=order.client, facts=facts
        )


def _batches(order: Escalation) -> Iterator[tuple[date, list[Line]]]:
    """Waiting lines by month, at most so many records and bytes a package. Each batch asks anew what still waits."""
    most, volume = terms.number("package.records"), terms.number("package.megabytes") * 1_000_000
    while True:
        waiting = order.items.filter(outcome=EscalationItem.Outcome.WAITING)
        first = waiting.order_by("month").values_list("month", flat=True).first()
        if first is None:
            return
        rows = (
            waiting.filter(month=first)
            .order_by("record_id")
            .values_list("pk", "record_id", "record__ref", "record__size")[:most]
        )
        lines: list[Line] = []
        size = 0
        for item, record, ref, length in rows.iterator(chunk_size=5000):
            size += length or 0
            if lines and size > volume:
                break
            lines.append(Line(item, record, ref))
        yield first, lines


def _one_package(
    order: Escalation, fence: Fence, connector: Connector, store: stores.Store, month: date, lines: list[Line]
) -> None:
    package, key = _begin(order, fence, month)
    reporter = _Reporter(order, fence, package, len(lines))
    watch = customers.Watch(order.source)

    def fill(sink: Sink) -> Iterator[Snapshot]:
        return connector.snapshot([line.ref for line in lines], watch.over(sink))

    try:
        written = writer.write_package(
            store, package_id=str(package.pk), info=_info(order, month), package_key=key, fill=fill,
            progress=reporter.copying, check=fence.check,
        )  # fmt: skip
    except EmptyPackageError as empty:
        _settle_without_package(fence, package, cast(Sequence[WrittenRecord], empty.records), lines)
        return
    _advance(
        package,
        Package.Status.WRITING,
        Package.Status.WRITTEN,
        path=written.path,
        size=written.size,
        written_at=fence.clock(),
        tagmanifest_sha256=written.tagmanifest_sha256,
        records=len(written.records),
    )
    package.refresh_from_db()
    checks = _read_back(order, fence, package, store, key, reporter)
    ring, _generation = load_keyring(store, str(package.pk), key)
    _settle(fence, package, written.records, lines, checks, watch.sealed(ring, written.records))


def _advance(package: Package, now: str, then: str, **changes: object) -> None:
    """A package that a successor has abandoned meanwhile stays abandoned."""
    if not Package.objects.filter(pk=package.pk, status=now).update(status=then, **changes):
        raise lease.Fenced(package.number)


def _info(order: Escalation, month: date) -> PackageInfo:
    return PackageInfo(
        client=order.client.code,
        source=f"source-{order.source_id}",
        record_class=cast(RecordClass, order.record_class),
        month=f"{month:%Y-%m}",
        organisation=str(terms.get("organisation.name")),
    )


def _begin(order: Escalation, fence: Fence, month: date) -> tuple[Package, bytes]:
    """Row and key are committed before the first byte of the package."""
    now = fence.clock()
    with transaction.atomic():
        fence.lock()
        package = Package.objects.create(
            number=numbers.take("PKT", now),
            escalation=order,
            attempt=fence.attempt,
            source=order.source,
            month=month,
            path=_info(order, month).path("0"),
            created_at=now,
        )
        package.path = _info(order, month).path(str(package.pk))
        package.save(update_fields=["path"])
    return package, vault.new_package_key(package.pk)


def _read_back(
    order: Escalation, fence: Fence, package: Package, store: stores.Store, key: bytes, reporter: _Reporter
) -> list[PackageCheck]:
    """Every byte from the store, then a restore drill. Problems: the package is damaged and the order stops."""
    checks = [read_every_byte(package, store, key, reporter.verifying, fence.check, fence.clock)]
    if not checks[0].problems:
        checks.append(_drill(order, package, store, key, fence))
    problems = [problem for check in checks for problem in check.problems]
    if problems:
        _advance(package, Package.Status.WRITTEN, Package.Status.DAMAGED, problems=problems)
        raise Damaged(package, problems)
    return checks


def read_every_byte(
    package: Package,
    store: stores.Store,
    key: bytes,
    show: Callable[[Progress], None],
    check: Callable[[], None],
    clock: Clock = timezone.now,
) -> PackageCheck:
    """Verify a package; the answer is not saved yet."""
    started, seen = clock(), Progress(0, 0, 0)

    def follow(progress: Progress) -> None:
        nonlocal seen
        seen = progress
        show(progress)

    problems = verify.verify_package(
        store, package.path, key, progress=follow, check=check, expected=package.tagmanifest_sha256,
        destroyed=package_keys.destroyed_slots(package))  # fmt: skip
    return PackageCheck(
        package=package, kind=PackageCheck.Kind.VERIFY, started_at=started, finished_at=clock(),
        records=seen.records, bytes=seen.size, problems=[plain(problem) for problem in problems],
    )  # fmt: skip


def _drill(order: Escalation, package: Package, store: stores.Store, key: bytes, fence: Fence) -> PackageCheck:
    started = fence.clock()
    found = drill.drill(store, package.path, key, sample=_sample(order, package), check=fence.check)
    return PackageCheck(
        package=package,
        kind=PackageCheck.Kind.DRILL,
        started_at=started,
        finished_at=fence.clock(),
        records=found.restored,
        bytes=found.size,
        problems=[plain(problem) for problem in found.problems],
    )


def _sample(order: Escalation, package: Package) -> int | None:
    """How many records the drill restores; None = all of them (setting drill.mode)."""
    if terms.get("drill.mode", order.client_id, order.record_class) == "all":
        return None
    percent = terms.number("drill.percent", order.client_id, order.record_class)
    return max(1, package.records * percent // 100)


GONE = "record_missing"  # the connector's word for a ref that the source no longer has
STAGE = """
CREATE TEMPORARY TABLE settled (
  item bigint, record bigint, outcome text, slot integer, keyed_digest bytea, length bigint,
  covered_until timestamptz, modified_at timestamptz, problems jsonb, customer bytea
)
"""
VERSIONS = """
INSERT INTO records_recordversion (record_id, number, package_id, slot, keyed_digest, length, complete, made_at,
  compared_at)
SELECT s.record, 1 + coalesce((SELECT max(v.number) FROM records_recordversion v WHERE v.record_id = s.record), 0),
  %(package)s, s.slot, s.keyed_digest, s.length, s.outcome = 'backed_up', %(at)s, %(at)s
FROM settled s WHERE s.keyed_digest IS NOT NULL
"""
RECORDS = """
UPDATE records_record r SET version_id = v.id, covered_until = s.covered_until, covered_modified_at = s.modified_at,
  backup_clock = NULL, changed_at = NULL, customer_sealed = s.customer
FROM settled s JOIN records_recordversion v ON v.record_id = s.record AND v.package_id = %(package)s
WHERE r.id = s.record AND s.outcome = 'backed_up'
"""
ITEMS = """
UPDATE records_escalationitem i SET outcome = s.outcome, problems = s.problems,
  version_id = (SELECT v.id FROM records_recordversion v WHERE v.record_id = s.record AND v.package_id = %(package)s)
FROM settled s WHERE i.id = s.item AND i.outcome = 'waiting'
"""


def _settle(
    fence: Fence,
    package: Package,
    records: Sequence[WrittenRecord],
    lines: list[Line],
    checks: list[PackageCheck],
    sealed: Mapping[str, bytes],
) -> None:
    """One transaction: the package counts, and every line has its outcome."""
    now = fence.clock()
    with transaction.atomic():
        order = fence.lock()
        backed_up = _give_outcomes(package, records, lines, now, sealed)
        PackageCheck.objects.bulk_create(checks)
        package.status, package.records, package.verified_at = Package.Status.VERIFIED, backed_up, now
        package.drilled_at, package.drill_records = now, checks[-1].records
        cycle = terms.number("fixity.cycle_days", order.client_id, order.record_class)
        package.next_check_at = now + timedelta(days=cycle)
        package.save()
        counts.refresh(package.source, at=now)
        register_rows.enter([package], at=now)
        audit.record(
            "package.verified",
            actor=SYSTEM,
            at=now,
            obj=order,
            client=order.client,
            facts={
                "number": package.number,
                "records": backed_up,
                "drilled": package.drill_records,
                "path": package.path,
                "tagmanifest_sha256": package.tagmanifest_sha256,
            },
        )


def _settle_without_package(
    fence: Fence, package: Package, records: Sequence[WrittenRecord], lines: list[Line]
) -> None:
    """Not one record of the batch could be copied whole: every line says why, and there is no package."""
    with transaction.atomic():
        fence.lock()
        _give_outcomes(package, [replace(record, keyed_digest=None) for record in records], lines, fence.clock(), {})
        Package.objects.filter(pk=package.pk).update(status=Package.Status.ABANDONED, path="")


def _give_outcomes(
    package: Package, records: Sequence[WrittenRecord], lines: list[Line], at: datetime, sealed: Mapping[str, bytes]
) -> int:
    """Versions, records and lines by three statements, whatever their number; returns how many are backed up.
    `sealed`: name and phone of the customer by ref."""
    written = {record.ref: record for record in records}
    backed_up = 0
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY settled FROM STDIN") as copy:
            for line in lines:
                outcome, row = _outcome(written.get(line.ref))
                backed_up += outcome == EscalationItem.Outcome.BACKED_UP
                copy.write_row((line.item, line.record, outcome, *row, sealed.get(line.ref)))
        for statement in (VERSIONS, RECORDS, ITEMS):
            cursor.execute(statement, {"package": package.pk, "at": at})
        cursor.execute("DROP TABLE settled")
    return backed_up


def _outcome(record: WrittenRecord | None) -> tuple[str, tuple[object, ...]]:
    """The outcome of one line, and slot, digest, length, covered until, modified at, problems for the stage."""
    if record is None or any(problem.code == GONE for problem in record.problems):
        return EscalationItem.Outcome.ABSENT, (None, None, 0, None, None, "[]")
    problems = json.dumps([plain(problem) for problem in record.problems])
    whole = record.keyed_digest is not None and not record.problems
    return (
        EscalationItem.Outcome.BACKED_UP if whole else EscalationItem.Outcome.PROBLEM,
        (record.slot, record.keyed_digest, record.length, record.covered_until, record.modified_at, problems),
    )


def _finish(fence: Fence) -> None:
    with transaction.atomic():
        order = fence.lock()
        backed_up = order.items.filter(outcome__in=EscalationItem.WHOLE).count()
        order.progress = {**fence.progress, "phase": "finished", "done": order.list_count}
        order.save(update_fields=["progress"])
        escalations.finished(order, shortcomings=order.list_count - backed_up, backed_up=backed_up, at=fence.clock())


def _stop(fence: Fence, code: str, facts: dict[str, object]) -> None:
    with transaction.atomic():
        try:
            order = fence.lock()
        except lease.Fenced:
            return
        escalations.stopped(order, code=code, facts=facts, at=fence.clock())


class _Reporter:
    """Turns the archive's callbacks into the order's progress row; the fence writes it at its heartbeat."""

    def __init__(self, order: Escalation, fence: Fence, package: Package, records: int) -> None:
        self.fence, self.records = fence, records
        self.before = order.items.exclude(outcome=EscalationItem.Outcome.WAITING).count()
        since = fence.progress.get("since") or datetime.isoformat(timezone.now())
        start = fence.progress.get("start", self.before)
        volume = fence.progress.get("bytes_before", 0)
        fence.progress.update(since=since, start=start, bytes_before=volume, total=order.list_count)
        fence.progress.update(package=package.number, month=f"{package.month:%Y-%m}")

    def copying(self, progress: Progress) -> None:
        self._show("copy", progress.records, progress.size)

    def verifying(self, progress: Progress) -> None:
        self._show(
            "verify", self.records, progress.size, percent=min(99, progress.records * 100 // max(1, self.records))
        )

    def _show(self, phase: str, records: int, size: int, percent: int = 0) -> None:
        self.fence.progress.update(phase=phase, done=self.before + records, bytes=size, percent=percent)
        self.fence.check()
