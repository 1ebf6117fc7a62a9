"""Who acts, at which desk, by which calendar and terms: what the rules ask of the tables."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import holidays

from kendali.accounts.models import RoleGrant, User
from kendali.audit.actor import Actor
from kendali.mystery.models import CalendarVersion, Workplace
from kendali.mystery.rules.clock_rules import Mode, Terms
from kendali.mystery.rules.machine import Person, Role
from kendali.mystery.rules.sample_rules import Patience
from kendali.mystery.rules.working_time import Desk, Week, WorkCalendar
from kendali.terms import settings as terms


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


def clock_terms() -> Terms:
    budgets = tuple(terms.number(f"mystery.budget_{step}") for step in ("k1", "k2", "k3"))
    days = terms.number("mystery.clock_days")
    mode = Mode(str(terms.get("mystery.clock_mode")))
    return Terms(mode, days, (budgets[0], budgets[1], budgets[2]))


def patience() -> Patience:
    return Patience(terms.number("mystery.attempts"), timedelta(minutes=terms.number("mystery.attempts_apart")))
