"""The table of days off and the hours of each site: an edit is a new version with its reason, nothing is overwritten.

A clock that ended never moves (the database refuses); running ones move only by `clocks.recompute_all`, in the trail.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Site, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.civil_time import EARLIEST, LATEST, local_date
from kendali.locks import Lock, take
from kendali.mystery import office
from kendali.mystery.models import CalendarVersion, Clock, Workplace
from kendali.mystery.rules import calendar_days
from kendali.mystery.rules.calendar_days import DayOff, Row, Table
from kendali.mystery.rules.working_time import Week
from kendali.verdict import no

SEEDED = "Dari paket hari libur"
FIRST_MONTH_AHEAD = 11


def table() -> Table:
    """The table in force; empty before the first version."""
    version = office.newest_calendar()
    return calendar_days.of_rows(cast("list[Row]", version.days)) if version else ()


@transaction.atomic
def seed(*, at: datetime, actor: Actor = SYSTEM) -> CalendarVersion:
    """The first version: what is published for last year, this one and the next. Where there is one, that one."""
    take(Lock.CALENDAR)
    if (held := office.newest_calendar()) is not None:
        return held
    year, days = local_date(at, "Asia/Jakarta").year, cast("Table", ())
    for one in (year - 1, year, year + 1):
        days = calendar_days.with_year(days, one)
    return _new_version(days, actor=actor, at=at, reason=SEEDED, verb="calendar.seeded", facts={"year": year})


@transaction.atomic
def add_year(*, user: User | None, at: datetime, year: int) -> CalendarVersion | None:
    """What is published for a year, as a new version; None where the table has all of it already. `user` None: the
    yearly job. Days that the table has already stay as they are."""
    actor = permissions.acting(user, "calendar.edit") if user is not None else SYSTEM
    if not EARLIEST.year <= year <= LATEST.year:
        raise RuleRefused(no(_("This day is too far away.")))
    take(Lock.CALENDAR)
    if office.newest_calendar() is None:
        seed(at=at, actor=actor)
    before = table()
    days = calendar_days.with_year(before, year)
    if days == before:
        if user is not None:
            raise RuleRefused(no(_("Nothing is published for %(year)s that the table does not have."), year=year))
        return None
    return _new_version(days, actor=actor, at=at, reason=SEEDED, verb="calendar.year_added", facts={"year": year})


def keep_ahead(*, at: datetime) -> CalendarVersion | None:
    """The yearly job: from 1 November on the table reaches to the end of the next year, and gets the cuti bersama once
    a decree has them. Does nothing where nobody keeps a table: then the published days count anyway."""
    today = local_date(at, "Asia/Jakarta")
    if office.newest_calendar() is None or today.month < FIRST_MONTH_AHEAD:
        return None
    return add_year(user=None, at=at, year=today.year + 1)


@transaction.atomic
def put_day(*, user: User, at: datetime, day: DayOff, reason: str) -> CalendarVersion:
    """A day off added, renamed, or given other sites. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "calendar.edit")
    _needs_reason(reason)
    take(Lock.CALENDAR)
    allowed = calendar_days.acceptable(day, set(Site.objects.values_list("code", flat=True)))
    if not allowed:
        raise RuleRefused(allowed)
    before = _begun(at, actor)
    held = next((one for one in before if one.on == day.on), None)
    if held == day:
        raise RuleRefused(no(_("The table says this already.")))
    facts = {"day": day.on, "name": day.name, "sites": list(day.sites), "was": held.name if held else ""}
    verb = "calendar.day_changed" if held else "calendar.day_added"
    return _new_version(calendar_days.with_day(before, day), actor=actor, at=at, reason=reason, verb=verb, facts=facts)


@transaction.atomic
def remove_day(*, user: User, at: datetime, on: date, reason: str) -> CalendarVersion:
    """It is a working day again. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "calendar.edit")
    _needs_reason(reason)
    take(Lock.CALENDAR)
    before = _begun(at, actor)
    held = next((one for one in before if one.on == on), None)
    if held is None:
        raise RuleRefused(no(_("This day is not in the table.")))
    facts = {"day": on, "name": held.name}
    days = calendar_days.without(before, on)
    return _new_version(days, actor=actor, at=at, reason=reason, verb="calendar.day_removed", facts=facts)


@transaction.atomic
def save_workplace(*, user: User, at: datetime, site: Site, week: str, opens: time, closes: time) -> Workplace:
    """Week and office hours of a site, for clocks that start from now on: those that run or ended keep what they were
    counted with. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "calendar.edit")
    if week not in set(Week):
        raise RuleRefused(no(_("%(value)s is not known here."), value=week))
    if opens >= closes:
        raise RuleRefused(no(_("Office hours end before they begin.")))
    place = Workplace.objects.select_for_update().filter(site=site).first() or Workplace(site=site)
    place.week, place.opens, place.closes = week, opens, closes
    place.save()
    facts = {"site": site.name, "week": week, "opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
    audit.record("workplace.saved", actor=actor, at=at, obj=place, facts=facts)
    return place


def outdated_clocks(at: datetime) -> int:
    """Running clocks that were counted by an older version of the table; what is late already stays late."""
    version = office.newest_calendar()
    if version is None:
        return 0
    running = Clock.objects.filter(stopped_at=None, dropped_at=None, due_at__gt=at)
    return running.filter(calendar_version__lt=version.number).count()


def _begun(at: datetime, actor: Actor) -> Table:
    """The table to edit; before the first edit it is what is published."""
    return table() or calendar_days.of_rows(cast("list[Row]", seed(at=at, actor=actor).days))


def _new_version(
    days: Table, *, actor: Actor, at: datetime, reason: str, verb: str, facts: dict[str, Any]
) -> CalendarVersion:
    sites = list(Site.objects.values_list("code", flat=True))
    if not (works := calendar_days.works_at_all(days, sites)):
        raise RuleRefused(works)
    last = office.newest_calendar()
    version = CalendarVersion.objects.create(
        number=last.number + 1 if last else 1,
        days=calendar_days.rows_of(days),
        reason=reason.strip(),
        changed_by_id=actor.user_id,
        at=at,
    )
    audit.record(
        verb, actor=actor, at=at, obj=version, facts={"version": version.number, "reason": reason.strip(), **facts}
    )
    return version


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleRefused(no(_("Say why the table changes.")))
