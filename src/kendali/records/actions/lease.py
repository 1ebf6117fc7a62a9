"""The fence around a running order: only the worker that holds the current attempt may write.

A worker that was killed leaves a lease that runs out; its successor takes the next attempt. A worker that was only
paused finds its attempt outdated at its next heartbeat, and whatever it still tries is refused by the row.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from kendali.records.models import Escalation


class Busy(Exception):
    """Another worker holds a living lease; come back when it may have run out."""


class Fenced(Exception):
    """This attempt is over: paused, cancelled, or another worker took over. Write nothing more."""


def _lease() -> timedelta:
    return timedelta(seconds=3 * settings.KENDALI_HEARTBEAT_SECONDS)


@dataclass(slots=True)
class Fence:
    order_id: int
    attempt: int
    progress: dict[str, object] = field(default_factory=dict)
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

    def lock(self) -> Escalation:
        """Inside a transaction: the order's row, locked, still ours. Raises Fenced.

        A worker that is put to sleep in the middle of it would keep the lock for ever: the server ends its transaction.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{max(5, _lease().seconds)}s'")
        order = self._mine().select_for_update(of=("self",)).select_related("client", "source", "policy").first()
        if order is None:
            raise Fenced(f"order {self.order_id}, attempt {self.attempt}")
        return order

    def _mine(self) -> QuerySet[Escalation]:
        return Escalation.objects.filter(pk=self.order_id, attempt=self.attempt, status=Escalation.Status.RUNNING)


def take(order_id: int, owner: str) -> Fence | None:
    """The next attempt of a running order; None when it is not running (any more). Raises Busy."""
    now = timezone.now()
    running = Escalation.objects.filter(pk=order_id, status=Escalation.Status.RUNNING)
    free = running.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    if free.update(attempt=F("attempt") + 1, lease_owner=owner[:64], lease_until=now + _lease()):
        return Fence(order_id, Escalation.objects.values_list("attempt", flat=True).get(pk=order_id, lease_owner=owner))
    if running.exists():
        raise Busy
    return None


def release(fence: Fence) -> None:
    """Give the lease back, so that a successor need not wait for it to run out."""
    Escalation.objects.filter(pk=fence.order_id, attempt=fence.attempt).update(lease_until=None)


def orphaned() -> list[int]:
    """Running orders whose worker is gone."""
    return list(
        Escalation.objects.filter(status=Escalation.Status.RUNNING, lease_until__lt=timezone.now()).values_list(
            "pk", flat=True
        )
    )
