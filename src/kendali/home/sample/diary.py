"""Several stories at once, each told in its own order, all of them played in the order of time.

A story is a generator: it yields the moment at which it wants to go on and is sent the moment at which it does. So the
rows of many stories come in the order in which they happened, as the audit trail wants them.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from kendali import civil_time
from kendali.records.calendar import days_off

Story = Generator[datetime, datetime, None]
MOMENT = timedelta(seconds=1)
STEP = timedelta(minutes=25)  # what happens within one step is over by then
ZONE = "Asia/Jakarta"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Moments at work, counted back from now."""

    now: datetime

    @property
    def today(self) -> date:
        return civil_time.local_date(self.now, ZONE)

    def ago(self, *, months: int = 0, days: int = 0, hour: int = 9, minute: int = 0) -> datetime:
        """On the working day that many calendar months and days ago, or the last one before it."""
        month = civil_time.add_months(self.today, -months)
        last = civil_time.next_month(month) - timedelta(days=1)
        day = month.replace(day=min(self.today.day, last.day)) - timedelta(days=days)
        while not civil_time.is_working_day(day, days_off()):
            day -= timedelta(days=1)
        return civil_time.start_of_day(day, ZONE) + timedelta(hours=hour, minutes=minute)

    def just(self, **before: float) -> datetime:
        """So long before now, at whatever hour that is."""
        return self.now - timedelta(**before)


def next_working_day(after: datetime, *, hour: int) -> datetime:
    day = civil_time.add_working_days(civil_time.local_date(after, ZONE), 1, days_off())
    return civil_time.start_of_day(day, ZONE) + timedelta(hours=hour)


def play(stories: Iterable[Story], brief: Iterable[Story] = ()) -> None:
    """Every story to its end; one step at a time, and none before the one before it is over. `brief`: stories of many
    small steps, each over at once."""
    order = count()
    waiting = [(next(story), next(order), story) for story in stories]
    small = [(next(story), next(order), story) for story in brief]
    quick = {number for _wanted, number, _story in small}
    waiting += small
    heapq.heapify(waiting)
    free = min(waiting)[0] if waiting else None
    while waiting:
        wanted, number, story = heapq.heappop(waiting)
        assert free is not None
        at = max(wanted, free)
        free = at + (MOMENT if number in quick else STEP)
        try:
            again = story.send(at)
        except StopIteration:
            continue
        number, before = next(order), number
        if before in quick:
            quick.add(number)
        heapq.heappush(waiting, (max(again, free), number, story))
