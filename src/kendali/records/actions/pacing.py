"""How fast and when the engine may delete: run window, daily quota, calls a second, and what the source asks for.

Settings per client and record class (disposal.*); a source may have its own, in its settings for deleting, under the
same names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kendali import civil_time
from kendali.connectors.base import Capabilities
from kendali.records import deletion_rules as rules
from kendali.records.models import DisposalItem, DisposalOrder, JournalEntry, Source
from kendali.terms import settings as terms

WAITS = ("outside_window", "quota_used")  # codes with which an order pauses by itself


@dataclass(frozen=True, slots=True)
class Limits:
    """0 = none. The window is in whole local hours of the source's zone."""

    zone: str
    window_from: int
    window_to: int
    per_second: int
    daily_quota: int

    def open(self, at: datetime) -> bool:
        return rules.window_open(self.window_from, self.window_to, at, self.zone)

    def opens(self, at: datetime) -> datetime:
        return rules.window_opens(self.window_from, at, self.zone)

    def tomorrow(self, at: datetime) -> datetime:
        return civil_time.start_of_day(civil_time.local_date(at, self.zone) + timedelta(days=1), self.zone)

    def rate(self, capabilities: Capabilities) -> float:
        """Records a second, 0 = as fast as it goes: the slower of our setting and what the source can take."""
        return min(filter(None, (self.per_second, capabilities.max_rps or 0)), default=0)


def limits_of(source: Source) -> Limits:
    own = source.deleting or {}

    def number(name: str) -> int:
        value = own.get(name)
        return (
            int(value)
            if value not in (None, "")
            else terms.number(f"disposal.{name}", source.client_id, source.record_class)
        )

    return Limits(
        zone=source.zone,
        window_from=number("window_from"),
        window_to=number("window_to"),
        per_second=number("per_second"),
        daily_quota=number("daily_quota"),
    )


def used_today(source: Source, limits: Limits, at: datetime) -> int:
    """Delete calls of this source since local midnight, by the journal."""
    since = civil_time.start_of_day(civil_time.local_date(at, limits.zone), limits.zone)
    intents = JournalEntry.objects.filter(kind=JournalEntry.Kind.INTENT, at__gte=since)
    return intents.filter(item__source=source).count()


def may_start(order: DisposalOrder, at: datetime) -> bool:
    """One of its sources can be worked at now; an order with nothing left may always go on to its end."""
    waiting = order.items.filter(outcome=DisposalItem.Outcome.WAITING).values("source").distinct()
    sources = list(Source.objects.filter(pk__in=waiting))
    return not sources or any(has_time(source, at) == "" for source in sources)


def has_time(source: Source, at: datetime) -> str:
    """ "" = yes, else the code of what it waits for (WAITS)."""
    limits = limits_of(source)
    if not limits.open(at):
        return "outside_window"
    if limits.daily_quota and used_today(source, limits, at) >= limits.daily_quota:
        return "quota_used"
    return ""


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` a second, at most two seconds' worth at once; rate 0 = no limit."""

    rate: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False, default=0.0)
    _at: float = field(init=False, default=0.0)
    _blocked: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._at, self._tokens = self.clock(), max(1.0, 2 * self.rate)

    def most(self, wanted: int) -> int:
        """How many a batch may have, so that it fits into the two seconds that a batch may last."""
        return wanted if not self.rate else max(1, min(wanted, int(2 * self.rate)))

    def wait(self, count: int) -> float:
        """Seconds until `count` may go; 0 = now, and they are taken."""
        now = self.clock()
        if now < self._blocked:
            return self._blocked - now
        if not self.rate:
            return 0.0
        self._tokens = min(max(1.0, 2 * self.rate), self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens >= count:
            self._tokens -= count
            return 0.0
        return (count - self._tokens) / self.rate

    def block(self, seconds: float) -> None:
        """Retry-After: nothing goes before."""
        self._blocked = max(self._blocked, self.clock() + seconds)
