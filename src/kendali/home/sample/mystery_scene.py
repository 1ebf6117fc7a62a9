"""Who plays in the months of the sample, and when they are at work."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random

from kendali import civil_time
from kendali.accounts.models import User
from kendali.home.sample.diary import ZONE, Story
from kendali.mystery import office
from kendali.mystery.models import Cycle, Finding
from kendali.mystery.queries import roster
from kendali.mystery.rules.roster_rules import Membership
from kendali.mystery.rules.working_time import Desk, instant_after

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Places that lie behind each other: what comes first goes on to the last of them, so that all of them are taken soon.
ON_THE_WAY = ("at_supervisor", "in_progress", "disputed", "follow_up_reported")
WEEKS, FORGOTTEN = 15, 5  # working days before today from which they stay, and until which one is left to escalate
STALE = timedelta(days=3)  # a place that nobody came to for so long wants somebody


@dataclass
class Scene:
    """`coming`: stories that begin now; `endings`: months that are not frozen yet."""

    users: dict[str, User]
    now: datetime
    coming: list[Story] = field(default_factory=list)
    endings: list[Cycle] = field(default_factory=list)
    recordings: int = 0
    unfinished: bool = False  # one form is left as a draft, so that something waits for Qori also on a Sunday
    refused: list[str] = field(default_factory=list)
    resting: dict[str, datetime] = field(default_factory=dict)  # by place: since when the last one is there

    def __post_init__(self) -> None:
        for user in self.users.values():
            user.remembers_rights = True  # as for the length of a page: within one action they are asked once

    def __getitem__(self, key: str) -> User:
        return self.users[key]

    @property
    def today(self) -> date:
        return civil_time.local_date(self.now, ZONE)

    @cached_property
    def desk(self) -> Desk:
        """Of the head office: 8 to 17, Monday to Friday."""
        return Desk(ZONE, office.work_calendar())

    @cached_property
    def agents(self) -> list[Membership]:
        return roster.memberships()

    def at_work(self, day: date, *, hour: int) -> datetime:
        """On that day, or the last working day before it."""
        while not self.desk.calendar.works_on(day):
            day -= timedelta(days=1)
        return civil_time.start_of_day(day, ZONE) + timedelta(hours=hour)

    def later(self, at: datetime, hours: float) -> datetime:
        """After so many office hours, and some odd minutes."""
        return instant_after(at, timedelta(hours=hours), self.desk)

    def in_time(self, at: datetime, hours: float) -> datetime:
        """The same for a finding; those of the last week take longer, so that each step has some that wait."""
        return self.later(at, hours * (3 if at > self.now - timedelta(days=7) else 1))

    @cached_property
    def last_weeks(self) -> datetime:
        """From here on the states are kept filled, however many days off there are until today."""
        return self._working_days_ago(WEEKS)

    @cached_property
    def _long_ago(self) -> datetime:
        return self._working_days_ago(FORGOTTEN)

    def _working_days_ago(self, days: int) -> datetime:
        day = self.today
        while days:
            day -= timedelta(days=1)
            days -= self.desk.calendar.works_on(day)
        return civil_time.start_of_day(day, ZONE)

    def stay(self, place: str, at: datetime) -> Generator[datetime, datetime, datetime]:
        """In the last weeks: until another one comes to the same place; the last one is there today."""
        behind = ON_THE_WAY[ON_THE_WAY.index(place) + 1 :] if place in ON_THE_WAY else ()
        if at < self.last_weeks or any(one not in self.resting for one in behind):
            return at
        since = self.resting[place] = at
        while self.resting[place] == since:
            at = yield self.later(at, 2)
        return at

    def wants(self, place: str, at: datetime) -> bool:
        """Nobody came there lately: this one does, whatever was drawn for it."""
        return at >= self.last_weeks and at - self.resting.get(place, at - 2 * STALE) > STALE

    def forgets(self, at: datetime) -> bool:
        """One is left lying long enough to reach the Kordinator."""
        if not self.last_weeks <= at < self._long_ago or "forgotten" in self.resting:
            return False
        self.resting["forgotten"] = at
        return True

    def lacks(self, state: str, at: datetime) -> bool:
        return at >= self.last_weeks and not Finding.objects.filter(state=state).exists()

    def qa(self, rnd: Random) -> User:
        return self.users[rnd.choice(("qanita", "qadri"))]

    def other_qa(self, one: User | None) -> User:
        return self.users["qadri" if one is not None and one.pk == self.users["qanita"].pk else "qanita"]

    def owner(self, user_id: int | None) -> User | None:
        return next((one for one in self.people if one.pk == user_id), None)

    @cached_property
    def people(self) -> list[User]:
        known = {one.pk: one for one in self.users.values()}
        return [known.get(one.pk, one) for one in User.objects.filter(is_active=True)]


def fate(number: str) -> float:
    """In [0, 1), evenly spread over the numbers of a month: every kind of ending is there each month."""
    return int(number.rpartition("-")[2]) * 0.618034 % 1


def chance(*what: object) -> Random:
    return Random(" ".join(map(str, what)))  # noqa: S311
