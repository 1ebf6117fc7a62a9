"""A source: one account of an omni-channel application, or one recording system, of one client."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kendali.terms.models import RecordClass


class Source(models.Model):
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="sources")
    kind = models.CharField(max_length=32)  # a key of kendali.connectors.registry.KINDS
    record_class = models.CharField(max_length=16, choices=RecordClass)
    name = models.CharField(_("name"), max_length=120)
    zone = models.CharField(_("time zone"), max_length=64, default="Asia/Jakarta")
    config = models.JSONField(default=dict)
    # Passwords: encrypted under the installation key, write-only in the pages.
    secret = models.BinaryField(default=bytes)
    # Deleting has its own settings and its own credential; only workers use them, and only from `deleting_from` on
    # (a second person and 24 h: accounts.SensitiveChange). Null: nothing may be deleted at this source.
    deleting = models.JSONField(default=dict)
    deleting_secret = models.BinaryField(default=bytes)
    deleting_from = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    probed_at = models.DateTimeField(null=True)
    probe = models.JSONField(default=dict)  # version, rights, skew, counts, problems
    counts = models.JSONField(default=dict)  # of the whole catalogue; `actions.counts.refresh`
    counted_at = models.DateTimeField(null=True)
    past_counted_at = models.DateTimeField(null=True)  # `actions.past.refresh`
    # Drafts made by themselves (`actions.periodic`): the month of the last try; wanted while an order was open.
    drafted_for = models.DateField(null=True)
    draft_wanted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "name"], name="source_name")]

    def __str__(self) -> str:
        return self.name


class DayCount(models.Model):
    """Records whose oldest content without a verified backup is of this local day: the radar is a sum over days.

    Cuts fall on local midnights, so a day is exact; a million records are some thousand days.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="days")
    day = models.DateField()
    waiting = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "day"], name="day_count")]

    def __str__(self) -> str:
        return f"{self.source} {self.day}: {self.waiting}"


class PastCount(models.Model):
    """Records past their period that are still at the source, by month of the deletion clock and by what the client
    was asked and said (`actions.past`): line (b) of KPI 7.1 and 7.2."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="past")
    month = models.DateField()
    state = models.CharField(max_length=16)  # queries.past.STATES
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "month", "state"], name="past_count")]

    def __str__(self) -> str:
        return f"{self.source} {self.month:%Y-%m} {self.state}: {self.count}"
