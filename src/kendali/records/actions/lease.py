"""The fence around a running order: only the worker that holds the current attempt may write.

A worker that was killed leaves a lease that runs out; its successor takes the next attempt. A worker that was only
paused finds its attempt outdated at its next heartbeat, and whatever it still tries is refused by the row.

One fence for every kind of order that a worker carries out: BACKUPS (escalations) and DISPOSALS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from kendali.records.models import DisposalOrder, Escalation

O = TypeVar("O", Escalation, DisposalOrder)  # noqa: E741


class Busy(Exception):
    """Another worker holds a living lease; come back when it may have run out."""


class Fenced(Exception):
    """This attempt is over: paused, cancelled, or another worker took over. Write nothing more."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[O]):
    """Which rows are orders, in which statuses a worker is at them, and what is read together with a locked row."""

    model: type[O]
    statuses: Sequence[str]
    related: Sequence[str]


BACKUPS = Kind(Escalation, (Escalation.Status.RUNNING,), ("client", "source", "policy"))
DISPOSALS = Kind(
    DisposalOrder,
    (DisposalOrder.Status.RUNNING, DisposalOrder.Status.SETTLING),
    ("client", "proposal__policy", "proposal__erasure"),
)


def _lease() -> timedelta:
    return timedelta(seconds=3 * settings.KENDALI_HEARTBEAT_SECONDS)


def let_no_transaction_stand_still(seconds: int | None) -> None:
    """From now on, in every transaction of this connection: a worker that sleeps in one keeps its rows from nobody for
    longer. None: as before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "RESET idle_in_transaction_session_timeout"
            if seconds is None
            else f"SET idle_in_transaction_session_timeout = '{seconds:d}s'"
        )


def idle_seconds(at_least: int) -> int:
    """How long the server lets a transaction of a worker stand still."""
    return max(at_least, _lease().seconds)


@dataclass(slots=True)
class Fence(Generic[O]):
    order_id: int
    attempt: int
    of: Kind[O]
    owner: str = ""
    progress: dict[str, object] = field(default_factory=dict)
    clock: Callable[[], datetime] = timezone.now  # of what is written about the order; the lease has the computer's own
    _beat_at: float = 0.0

    def check(self) -> None:
        """Prolong the lease and show the progress, at most twice a heartbeat; raises Fenced."""
        now = time.monotonic()
        if now - self._beat_at >= min(1.0, settings.KENDALI_HEARTBEAT_SECONDS / 2):
            self._beat_at = now
            self.beat()

    def beat(self) -> None:
        mine = self._mine().update(lease_until=timezone.now() + _lease(), progress=self.progress)
        if not mine:
            raise Fenced(f"order {self.order_id}, attempt {self.attempt}")

    def lock(self, *, at_least: int = 5) -> O:
        """Inside a transaction: the order's row, locked, still ours. Raises Fenced.

        A worker that is put to sleep in the middle of it would keep the lock for ever: the server ends its transaction
        after a lease's time, but not before `at_least` seconds.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{idle_seconds(at_least)}s'")
        order = self._mine().select_for_update(of=("self",)).select_related(*self.of.related).first()
        if order is None:
            raise Fenced(f"order {self.order_id}, attempt {self.attempt}")
        return order

    def _mine(self) -> QuerySet[O]:
        return _rows(self.of).filter(pk=self.order_id, attempt=self.attempt)


def _rows(of: Kind[O]) -> QuerySet[O]:
    return of.model._default_manager.filter(status__in=of.statuses)


def take(order_id: int, owner: str, of: Kind[O]) -> Fence[O] | None:
    """The next attempt of a running order; None when it is not running (any more). Raises Busy."""
    now = timezone.now()
    running = _rows(of).filter(pk=order_id)
    free = running.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    if free.update(attempt=F("attempt") + 1, lease_owner=owner[:64], lease_until=now + _lease()):
        attempt = of.model._default_manager.values_list("attempt", flat=True).get(pk=order_id, lease_owner=owner[:64])
        return Fence(order_id, attempt, of, owner)
    if running.exists():
        raise Busy
    return None


def release(fence: Fence[O], *, until: datetime | None = None) -> None:
    """Give the lease back, so that a successor need not wait for it to run out. `until`: nothing can be done before;
    `orphaned` names the order again from then on."""
    rows = fence.of.model._default_manager.filter(pk=fence.order_id, attempt=fence.attempt)
    rows.update(lease_until=until)


def orphaned(of: Kind[O]) -> list[int]:
    """Running orders whose worker is gone, or whose time has come."""
    return list(_rows(of).filter(lease_until__lt=timezone.now()).values_list("pk", flat=True))
