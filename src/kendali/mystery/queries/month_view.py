"""One month of the working calendar, as its page draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from kendali.accounts.models import Site
from kendali.mystery.models import CalendarVersion, Workplace
from kendali.mystery.queries.calendars import Calendars
from kendali.mystery.rules import calendar_days, cycle
from kendali.mystery.rules.calendar_days import Changed, DayOff, Row, Table


@dataclass(frozen=True, slots=True)
class Cell:
    on: date
    inside: bool  # of the month
    works: bool  # by the calendar of the organisation
    day_off: DayOff | None = None


@dataclass(frozen=True, slots=True)
class SiteMonth:
    """`off`: weekdays of the month on which this site does not work because of the table."""

    site: Site
    place: Workplace | None
    days: int
    off: tuple[DayOff, ...]


def table_of(version: CalendarVersion | None) -> Table:
    return calendar_days.of_rows(cast("list[Row]", version.days)) if version else ()


def grid(month: date, table: Table, calendars: Calendars) -> list[list[Cell]]:
    """Weeks from Monday to Sunday."""
    off = {one.on: one for one in table}
    calendar = calendars.of()
    first, last = month.replace(day=1), cycle.last_day(month)
    day = first - timedelta(days=first.weekday())
    weeks: list[list[Cell]] = []
    while day <= last:
        days = [day + timedelta(days=n) for n in range(7)]
        weeks.append([Cell(one, first <= one <= last, calendar.works_on(one), off.get(one)) for one in days])
        day += timedelta(days=7)
    return weeks


def sites(month: date, table: Table, calendars: Calendars) -> list[SiteMonth]:
    places = {one.site_id: one for one in Workplace.objects.all()}
    first, last = month.replace(day=1), cycle.last_day(month)
    here = [one for one in table if first <= one.on <= last and one.on.weekday() < 5]
    return [
        SiteMonth(
            site,
            places.get(site.pk),
            len(cycle.working_days(month, calendars.of(site.code))),
            tuple(one for one in here if not one.sites or site.code in one.sites),
        )
        for site in Site.objects.order_by("zone", "name")
    ]


def of_year(table: Table, year: int) -> Table:
    return tuple(one for one in table if one.on.year == year)


def versions(limit: int = 20) -> list[tuple[CalendarVersion, Changed]]:
    """The newest versions with what each changed against the one before."""
    rows = list(CalendarVersion.objects.select_related("changed_by").order_by("-number")[: limit + 1])
    tables = [table_of(row) for row in rows] + [()]
    pairs = zip(rows, tables, tables[1:], strict=False)
    return [(row, calendar_days.difference(before, after)) for row, after, before in pairs][:limit]
