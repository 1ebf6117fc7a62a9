"""Who acts, at which desk, by which calendar and terms: what the rules ask of the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate

import holidays

from kendali.accounts.models import RoleGrant, User
from kendali.audit.actor import Actor
from kendali.mystery.models import CalendarVersion, Workplace
from kendali.mystery.rules.clock_rules import Mode, Terms
from kendali.mystery.rules.machine import Person, Role
from kendali.mystery.rules.sample_rules import Patience
from kendali.mystery.rules.working_time import Desk, Week, WorkCalendar
from kendali.terms import settings as terms
from kendali.terms.models import Setting


def person(actor: Actor) -> Person:
    """For the machines: a deputy counts as the one acted for, so that nobody judges his own work through another."""
    return Person(actor.principal_id or actor.user_id or 0, Role(actor.role) if actor.user_id else Role.SYSTEM)


# --- calendars


def newest_calendar() -> CalendarVersion | None:
    return CalendarVersion.objects.order_by("-number").first()


@lru_cache(maxsize=1)
def published_days() -> holidays.HolidayBase:
    """Until somebody keeps a table: public and government days off (cuti bersama) as the package knows them."""
    return holidays.country_holidays("ID", categories=("public", "government"))


def work_calendar(site: str = "", version: CalendarVersion | None = None) -> WorkCalendar:
    """The calendar in force at this site (code; "" = of the organisation)."""
    version = version or newest_calendar()
    week = Workplace.objects.filter(site__code=site).values_list("week", flat=True).first()
    days = version.dates(site) if version else published_days()
    return WorkCalendar(Week(week or Week.FIVE_DAYS), days, version.number if version else 0)


def calendar_numbered(site: str, number: int) -> WorkCalendar:
    """The calendar of this site as it stood in that version; 0 = before anybody kept a table."""
    week = Workplace.objects.filter(site__code=site).values_list("week", flat=True).first()
    version = CalendarVersion.objects.filter(number=number).first() if number else None
    return WorkCalendar(Week(week or Week.FIVE_DAYS), version.dates(site) if version else published_days(), number)


def site_of(user: User) -> str:
    """Code of the site a person works at, by the roles held there; "" = the whole house."""
    grant = RoleGrant.objects.filter(user=user, ended_at=None, site__isnull=False).select_related("site").first()
    return grant.site.code if grant is not None and grant.site is not None else ""


def desk_of(user: User | None, site: str = "") -> Desk:
    """Where the person who must act sits; where nobody is named, the desk of the site."""
    site = site or (site_of(user) if user is not None else "")
    place = Workplace.objects.filter(site__code=site).select_related("site").first()
    zone = user.zone if user is not None else place.site.zone if place else "Asia/Jakarta"
    calendar = work_calendar(site)
    return Desk(zone, calendar, place.opens, place.closes) if place else Desk(zone, calendar)


# --- terms in force


CLOCKS = ("mystery.clock_mode", "mystery.clock_days", "mystery.budget_k1", "mystery.budget_k2", "mystery.budget_k3")


def clock_terms(at: datetime | None = None) -> Terms:
    """In force now; `at`: as they stood then, for clocks that began then: what was late is not changed by a setting.
    Budgets that go down or past the limit are taken up or down to it, so that a setting stops nobody's work."""
    values = {key: terms.get(key) for key in CLOCKS} if at is None else _as_they_stood(at)
    mode, days, *budgets = (values[key] for key in CLOCKS)
    limit = int(days)
    k1, k2, k3 = (min(int(one), limit) for one in accumulate(map(int, budgets), max))
    return Terms(Mode(str(mode)), limit, (k1, k2, k3))


def _as_they_stood(at: datetime) -> dict[str, int | str | bool]:
    rows = Setting.objects.filter(client=None, key__in=CLOCKS, created_at__lte=at).order_by("version")
    return {key: terms.DEFINITIONS[key].default for key in CLOCKS} | dict(rows.values_list("key", "value"))


def patience() -> Patience:
    return Patience(terms.number("mystery.attempts"), timedelta(minutes=terms.number("mystery.attempts_apart")))
