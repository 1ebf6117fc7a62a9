"""When people work: holidays as an editable, versioned table, and the week and office hours of each site."""

from __future__ import annotations

from datetime import date, time

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kendali.mystery.models.codes import among
from kendali.mystery.rules.working_time import Week


class CalendarVersion(models.Model):
    """The whole table of days off as it stood from `at` on; an edit is a new version. The newest is in force.

    `days`: [{"date": "2026-03-20", "name": "…", "kind": "public" | "government" | "own", "estimated": false,
    "sites": []}], ordered by date; `sites`: codes, empty = everywhere.
    """

    number = models.PositiveIntegerField(unique=True)
    days = models.JSONField(default=list)
    reason = models.TextField(_("reason"), blank=True, default="")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"v{self.number}"

    def dates(self, site: str = "") -> frozenset[date]:
        """Days off at this site."""
        return frozenset(
            date.fromisoformat(one["date"]) for one in self.days if not one["sites"] or site in one["sites"]
        )


class Workplace(models.Model):
    """Week and office hours of a site (area): what H+2 and the hours left are counted in."""

    site = models.OneToOneField("accounts.Site", models.PROTECT, related_name="workplace")
    week = models.CharField(_("working days"), max_length=24, default=Week.FIVE_DAYS.value)
    opens = models.TimeField(_("office opens"), default=time(8))
    closes = models.TimeField(_("office closes"), default=time(17))

    class Meta:
        constraints = [
            among("week", Week, "workplace_week"),
            models.CheckConstraint(condition=models.Q(opens__lt=models.F("closes")), name="workplace_hours"),
        ]

    def __str__(self) -> str:
        return str(self.site)
