"""What a phone tells afterwards: instants by its own clock, sent when the connection is back. No database, no clock.

A phone's clock may be wrong by any amount, but it is wrong by the same amount when the call is placed and when it is
sent: the difference at sending is taken away. What then lies after the receipt is brought back to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kendali.verdict import YES, Verdict, no

LONGEST = timedelta(hours=4)  # one call
WAITS = timedelta(days=3)  # a phone may be without connection so long
NOISE = timedelta(seconds=2)  # what the way to us takes; below it nothing is corrected
MAX_NOTE = 500
MAX_TOKEN = 40  # as the column


@dataclass(frozen=True, slots=True)
class Reported:
    """One call that was placed. Seconds, None = not measured; `token`: of the phone's own queue."""

    begun: datetime
    ended: datetime | None = None
    ivr: int | None = None
    queue: int | None = None
    ring: int | None = None
    talk: int | None = None
    hold: int | None = None
    note: str = ""
    token: str = ""

    @property
    def seconds(self) -> tuple[int | None, ...]:
        return self.ivr, self.queue, self.ring, self.talk, self.hold

    @property
    def until_talk(self) -> timedelta:
        """From the first digit to the agent's voice."""
        return timedelta(seconds=sum(filter(None, (self.ivr, self.queue, self.ring))))


def corrected(told: datetime, sent: datetime, received: datetime) -> datetime:
    """`told` and `sent` by the phone's clock, `received` by ours."""
    skew = received - sent
    if abs(skew) < NOISE:
        skew = timedelta(0)
    return min(told + skew, received)


def may_report(told: Reported, received: datetime) -> Verdict:
    """Is this a call that can have happened so?"""
    if told.begun > received:
        return no("A call cannot begin after now.", code="future")
    if told.ended is not None and not told.begun <= told.ended <= received:
        return no("The call ended before it began, or after now.", code="order")
    if (told.ended or told.begun) - told.begun > LONGEST or not all(_in_a_call(one) for one in told.seconds):
        return no("No test call is longer than %(hours)s hours: give the right times.",
                  code="long", hours=int(LONGEST / timedelta(hours=1)))  # fmt: skip
    if received - told.begun > WAITS:
        return no("This call is reported more than %(days)s days after it: QA decides.",
                  code="old", days=WAITS.days)  # fmt: skip
    if len(told.note) > MAX_NOTE or len(told.token) > MAX_TOKEN:
        return no("This text is longer than %(most)s characters.", code="note", most=MAX_NOTE)
    return YES


def _in_a_call(seconds: int | None) -> bool:
    return seconds is None or 0 <= seconds <= LONGEST / timedelta(seconds=1)
