"""Carry a running order of deletion at the source to its end: the heart of the product (I1 to I5).

Rows are the truth: the job may run twice and may die anywhere. Each batch is `deletion_batch.one`; what a dead worker
left, and what the source only queued, is settled by looking (`settling`). An order ends when no line waits any more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Min
from django.utils import timezone

from kendali import __version__
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import StoreError
from kendali.connectors.base import Capabilities, Probe, SourceError
from kendali.records import deletion_rules as rules
from kendali.records.actions import (
    counts,
    deletion_facts,
    destruction,
    disposal_orders,
    incidents,
    journal,
    lease,
    register_rows,
    settling,
    sources,
)
from kendali.records.actions import deletion_batch as batches
from kendali.records.actions.deletion_batch import NotNow, Work
from kendali.records.actions.pacing import Bucket, Limits, has_time, limits_of, used_today
from kendali.records.actions.sources import plain
from kendali.records.models import DisposalItem, DisposalOrder, Source
from kendali.terms import recovery
from kendali.terms import settings as terms

OUTCOME = DisposalItem.Outcome
STATUS = DisposalOrder.Status
PATIENCE = 15.0
BATCH_SECONDS = 1.5  # aimed at; a hold waits for one batch
FIRST_BATCH = 50
COPIES_AGAIN = timedelta(hours=1)  # a slot that is away, or the change of epoch of the night
STANDS_STILL = 60  # seconds; then the server ends a transaction of a worker that was put to sleep in it
LOST_TRIES = 4  # a source that is gone: so often in a row, each time later
Clock = Callable[[], datetime]


class Later(Exception):
    """Nothing can be done before `at`."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at.isoformat())
        self.at = at


class Waits(Exception):
    """The run window closed or the day's quota is used up: the order pauses by itself."""

    def __init__(self, code: str, facts: Mapping[str, object]) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def run(order_id: int, *, worker: str, clock: Clock = timezone.now, patience: float = PATIENCE) -> None:
    """The job. Raises lease.Busy while another worker is at it; every other end is a row. `patience`: seconds that it
    waits in place for a source; for longer it gives the order back until then."""
    fence = lease.take(order_id, worker, lease.DISPOSALS)
    if fence is None:
        return
    fence.clock = clock
    order = DisposalOrder.objects.select_related("client", "proposal__policy").get(pk=order_id)
    fence.progress = dict(order.progress)
    until: datetime | None = None
    lease.let_no_transaction_stand_still(STANDS_STILL)
    try:
        _Run(order, fence, clock, patience).all()
    except lease.Fenced:
        return
    except Later as later:
        until = timezone.now() + (later.at - clock())
    except NotNow as refused:
        _refused(order, fence, refused, clock)
    except RuleRefused as refused:
        _stop(fence, str(refused.verdict.facts.get("code", "right")), refused.verdict.facts, clock)
    except Waits as waits:
        _wait(fence, waits, clock)
    except (SourceError, StoreError) as error:
        _stop(fence, error.code, dict(error.facts), clock)
    except Exception:
        until = timezone.now() + timedelta(seconds=30)  # `lease.orphaned` names it again
        raise
    finally:
        connection.close_if_unusable_or_obsolete()
        lease.let_no_transaction_stand_still(None)
        lease.release(fence, until=until)


@dataclass(slots=True)
class _Run:
    order: DisposalOrder
    fence: lease.Fence[DisposalOrder]
    clock: Clock
    patience: float
    ended: int = field(init=False, default=0)

    def all(self) -> None:
        self._not_before()
        self._begin_progress()
        if recovery.in_recovery():
            raise Later(self.clock() + timedelta(minutes=10))
        if self.order.status == STATUS.RUNNING:
            for source in self._sources(OUTCOME.WAITING):
                self._patiently(source, self._delete)
            self._waits_for_a_source()
            self._to_settling()
        self._settle()
        self._copies()
        self._finish()

    def _not_before(self) -> None:
        """The source asked for a pause (Retry-After), and an earlier attempt of this order wrote it down."""
        text = self.fence.progress.get("not_before")
        if isinstance(text, str) and (at := datetime.fromisoformat(text)) > self.clock():
            raise Later(at)
        self.fence.progress.pop("not_before", None)

    def _begin_progress(self) -> None:
        done = self.order.items.exclude(outcome__in=(OUTCOME.WAITING, OUTCOME.TAKEN_OUT)).count()
        self.fence.progress.update(
            phase="delete", since=timezone.now().isoformat(), start=done, done=done, total=self.order.list_count
        )
        self.fence.beat()

    def _sources(self, *outcomes: str) -> list[Source]:
        keys = self.order.items.filter(outcome__in=outcomes).values("source").distinct()
        return list(Source.objects.filter(pk__in=keys).select_related("client").order_by("pk"))

    # --- one source

    @contextmanager
    def _opened(self, source: Source) -> Iterator[Work]:
        """Both connections, the clock of the source, and what the certificate will say of it."""
        with sources.connected(source) as connector, sources.deleting_connected(source, at=self.clock()) as deleter:
            probe, able = deleter.probe(), deleter.capabilities()
            if probe.problems:
                problem = probe.problems[0]
                raise SourceError(problem.code, **plain(problem)["facts"])  # type: ignore[arg-type]
            self._note(source, probe, able)
            yield Work(
                self.fence, source, connector, deleter, deletion_facts.skew_of(able, probe.clock_skew), self.clock,
                terms.number("disposal.tries", source.client_id, source.record_class),
            )  # fmt: skip

    def _note(self, source: Source, probe: Probe, able: Capabilities) -> None:
        known = self.fence.progress.setdefault("sources", {})
        assert isinstance(known, dict)
        known[str(source.pk)] = {
            "version": probe.version, "how": able.deletes_by, "verify": able.verify,
            "leaves_behind": list(able.leaves_behind), "tool": f"Kendali {__version__}",
        }  # fmt: skip

    def _patiently(self, source: Source, act: Callable[[Source], None]) -> None:
        """A source that is gone comes back, or the order stops. After each loss what was under way is settled first."""
        while True:
            try:
                act(source)
                return
            except SourceError as error:
                lost = int(str(self.fence.progress.get("lost", 0))) + 1
                last = lost >= LOST_TRIES or error.code not in GONE
                self.fence.progress["lost"] = 0 if last else lost
                self.fence.beat()
                if last:
                    raise
                self._wait(2.0**lost)

    def _delete(self, source: Source) -> None:
        limits = limits_of(source)
        code = has_time(source, self.clock())
        if code:
            return
        with self._opened(source) as work, batches.Ahead(work.connector) as ahead:
            if settling.open_intents(work):
                raise Later(self.clock() + batches.FIRST_RETRY)
            bucket = Bucket(limits.rate(work.deleter.capabilities()))
            limited = bool(bucket.rate or limits.daily_quota)
            most = terms.number("disposal.batch_records", source.client_id, source.record_class)
            after, size = 0, min(FIRST_BATCH, most)
            while True:
                count = min(bucket.most(size), self._left_today(source, limits))
                lines = deletion_facts.next_items(self.order.pk, source.pk, after, count, self.clock())
                if not lines:
                    if not after:
                        return
                    after = 0  # once more from the start: what is to be tried again
                    continue
                self._take(bucket, len(lines))
                begun, after = time.monotonic(), lines[-1].item
                prints = ahead.of([line.ref for line in lines])
                if not limited:
                    following = deletion_facts.next_items(self.order.pk, source.pk, after, size, self.clock())
                    ahead.start([line.ref for line in following])
                self._count(batches.one(work, lines, prints))
                self.fence.progress["lost"] = 0
                size = self._next_size(size, time.monotonic() - begun, most)
                self._pause_asked(work, bucket)

    def _left_today(self, source: Source, limits: Limits) -> int:
        """How many calls the day's quota still has; Waits when the window closed or there is none left."""
        self._has_time(source, limits)
        if not limits.daily_quota:
            return sys.maxsize
        return limits.daily_quota - used_today(source, limits, self.clock())

    def _has_time(self, source: Source, limits: Limits) -> None:
        code = has_time(source, self.clock()) if limits.daily_quota or not limits.open(self.clock()) else ""
        if code:
            opens = limits.opens(self.clock()) if code == "outside_window" else limits.tomorrow(self.clock())
            raise Waits(code, {"source": source.name, "until": opens})

    def _waits_for_a_source(self) -> None:
        """Every source was asked. What still waits is to be tried later, or its window is closed."""
        for source in self._sources(OUTCOME.WAITING):
            self._has_time(source, limits_of(source))
        waiting = self.order.items.filter(outcome=OUTCOME.WAITING)
        found = waiting.aggregate(count=Count("pk"), first=Min("next_try_at"))
        if found["count"]:
            at = max(found["first"] or self.clock(), self.clock() + timedelta(seconds=1))
            self._wait((at - self.clock()).total_seconds())
            raise Later(self.clock())

    def _next_size(self, size: int, seconds: float, most: int) -> int:
        """Towards batches of 1.5 s, never beyond the setting; at most doubled at once."""
        fits = int(size * BATCH_SECONDS / max(seconds, 0.01))
        return max(1, min(fits, 2 * size, most))

    def _take(self, bucket: Bucket, count: int) -> None:
        while seconds := bucket.wait(count):
            self._wait(seconds)

    def _pause_asked(self, work: Work, bucket: Bucket) -> None:
        if work.retry_after:
            bucket.block(work.retry_after)
            if work.retry_after > self.patience:
                at = self.clock() + timedelta(seconds=work.retry_after)
                self.fence.progress["not_before"] = at.isoformat()
                self.fence.beat()
                raise Later(at)

    def _wait(self, seconds: float) -> None:
        """In place while it is short, keeping the lease; else the order is given back until then."""
        if seconds > self.patience:
            raise Later(self.clock() + timedelta(seconds=seconds))
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.fence.check()
            time.sleep(min(left, 0.2))

    def _count(self, ended: int) -> None:
        self.ended += ended
        self.fence.progress["done"] = int(str(self.fence.progress["start"])) + self.ended
        self.fence.check()

    # --- the end

    def _to_settling(self) -> None:
        with transaction.atomic():
            order = self.fence.lock()
            queued = order.items.filter(outcome=OUTCOME.QUEUED).count()
            if queued:
                disposal_orders.settling(order, queued=queued, at=self.clock())
                self.order = order

    def _settle(self) -> None:
        """Everything that is under way, until its end or until it is not yet time to look again."""
        self.fence.progress["phase"] = "read_back"
        for source in self._to_look_at():
            self._patiently(source, self._look)
        with transaction.atomic():
            order = self.fence.lock()
            settling.give_up(order, self.clock(), self._batch())
            disposal_orders.give_up_waiting(order, at=self.clock(), why="cancelled")
        left = self.order.items.filter(outcome__in=(OUTCOME.WAITING, OUTCOME.QUEUED))
        if left.exists():
            first = left.aggregate(first=Min("next_try_at"))["first"] or self.clock() + batches.FIRST_RETRY
            raise Later(max(first, self.clock() + timedelta(seconds=1)))

    def _to_look_at(self) -> list[Source]:
        return self._sources(OUTCOME.WAITING, OUTCOME.QUEUED)

    def _look(self, source: Source) -> None:
        try:
            with self._opened(source) as work:
                settling.open_intents(work)
                self._count(settling.queued(work))
        except RuleRefused:
            return  # its credential was withdrawn: after the deadline nobody knows

    def _copies(self) -> None:
        """An erasure request: every backup copy goes in the same order, after the source was looked at (decision 8)."""
        if self.order.proposal.erasure_id is not None and not destruction.erase_copies(self.order, self.fence):
            raise Later(self.clock() + COPIES_AGAIN)

    def _batch(self) -> journal.Batch:
        return journal.Batch(self.order.pk, self.fence.attempt, self.fence.owner)

    def _finish(self) -> None:
        now = self.clock()
        touched = Source.objects.filter(pk__in=self.order.items.values("source").distinct())
        for source in touched.select_related("client"):
            counts.refresh(source, at=now)
        with transaction.atomic():
            order = self.fence.lock()
            totals = dict(order.items.values_list("outcome").annotate(count=Count("pk")))
            order.progress = {**self.fence.progress, "phase": "finished", "done": order.list_count}
            order.save(update_fields=["progress"])
            incidents.plan_rechecks(order, at=now)
            disposal_orders.finished(order, totals=totals, at=now)
            register_rows.refresh_order(order.pk, at=now)


# Codes that a source may get over by itself.
GONE = frozenset({"connection_lost", "connection_refused", "host_unreachable", "too_slow", "source_failed", "busy"})


def _refused(order: DisposalOrder, fence: lease.Fence[DisposalOrder], refused: NotNow, clock: Clock) -> None:
    """A rule forbids the whole order: it stops, or its rest is given up because the approval ended."""
    code = str(refused.verdict.facts.get("code", ""))
    if code not in rules.ENDS_THE_REST:
        _stop(fence, code, refused.verdict.facts, clock)
        return
    with transaction.atomic():
        try:
            row = fence.lock()
        except lease.Fenced:
            return
        reason = refused.verdict.reason
        disposal_orders.give_up_rest(row, at=clock(), reason=reason)


def _stop(fence: lease.Fence[DisposalOrder], code: str, facts: Mapping[str, object], clock: Clock) -> None:
    with transaction.atomic():
        try:
            order = fence.lock()
        except lease.Fenced:
            return
        if order.status == STATUS.RUNNING:
            disposal_orders.stopped(order, code=code, facts=facts, at=clock())


def _wait(fence: lease.Fence[DisposalOrder], waits: Waits, clock: Clock) -> None:
    with transaction.atomic():
        try:
            order = fence.lock()
        except lease.Fenced:
            return
        disposal_orders.waits(order, code=waits.code, facts=waits.facts, at=clock())


__all__ = ["Later", "Waits", "run"]
