"""The working days in force, of all sites at once."""

from __future__ import annotations

from kendali.mystery import models, office
from kendali.mystery.rules.working_time import Week, WorkCalendar


class Calendars:
    """The calendars in force of all sites, read once (two queries). A site without a workplace works five days."""

    def __init__(self, version: models.CalendarVersion | None = None) -> None:
        self.version = version or office.newest_calendar()
        self._weeks = dict(models.Workplace.objects.values_list("site__code", "week"))
        self._made: dict[str, WorkCalendar] = {}

    def of(self, site: str = "") -> WorkCalendar:
        if site not in self._made:
            week = Week(self._weeks.get(site, Week.FIVE_DAYS))
            days = self.version.dates(site) if self.version else office.published_days()
            self._made[site] = WorkCalendar(week, days, self.version.number if self.version else 0)
        return self._made[site]
