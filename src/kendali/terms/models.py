"""What was agreed: retention policies per client and record class, and settings; every change is a new version."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordClass(models.TextChoices):
    CONVERSATION = "conversation", _("Conversation history")
    RECORDING = "recording", _("Call recording")


class BackupClock(models.TextChoices):
    OLDEST_UNCOVERED = "oldest_uncovered", _("the oldest content that is not in a verified package")
    STARTED = "started_at", _("the start of the record")


class DeletionClock(models.TextChoices):
    LAST_ACTIVITY = "last_activity_at", _("the last activity (last message, end of the call)")
    STARTED = "started_at", _("the start of the record")


class Policy(models.Model):
    """One version of the retention agreed with a client for one record class (ISO 9001:2015 clause 7.5.3.2 f)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for the client")
        EFFECTIVE = "effective", _("in force")
        SUPERSEDED = "superseded", _("superseded")
        REFUSED = "refused", _("refused")

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="policies")
    record_class = models.CharField(max_length=16, choices=RecordClass)
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=Status, default=Status.EFFECTIVE)
    backup_clock = models.CharField(max_length=32, choices=BackupClock, default=BackupClock.OLDEST_UNCOVERED)
    deletion_clock = models.CharField(max_length=32, choices=DeletionClock, default=DeletionClock.LAST_ACTIVITY)
    zone = models.CharField(max_length=64, default="Asia/Jakarta")
    backup_after_years = models.PositiveSmallIntegerField(default=1)
    lead_days = models.PositiveSmallIntegerField(default=30)
    delete_after_years = models.PositiveSmallIntegerField(default=2)
    # Chosen with the client, no default: how long the backup copy lives after deletion at the source.
    backup_copy_months = models.PositiveSmallIntegerField()
    reason = models.TextField()
    created_by = models.ForeignKey(django_settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(django_settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "record_class", "version"], name="policy_version"),
            models.UniqueConstraint(
                fields=["client", "record_class"], condition=models.Q(status="effective"), name="one_effective_policy"
            ),
            models.UniqueConstraint(
                fields=["client", "record_class"], condition=models.Q(status="waiting"), name="one_waiting_policy"
            ),
            models.CheckConstraint(
                condition=models.Q(backup_after_years__gte=1, delete_after_years__gt=models.F("backup_after_years")),
                name="deletion_after_backup",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} · {self.get_record_class_display()} · v{self.version}"


class Setting(models.Model):
    """One version of one setting; `client` null = for the whole organisation, `record_class` "" = for both classes.

    Meaning: `terms.settings`."""

    key = models.CharField(max_length=64)
    client = models.ForeignKey("accounts.Client", models.PROTECT, null=True, related_name="+")
    record_class = models.CharField(max_length=16, choices=RecordClass, blank=True, default="")
    value = models.JSONField()
    version = models.PositiveIntegerField()
    reason = models.TextField()
    created_by = models.ForeignKey(django_settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "client", "record_class", "version"], name="setting_version", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(record_class="") | models.Q(client__isnull=False),
                name="setting_of_a_class_and_client",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class NumberSeries(models.Model):
    """Numbers without gaps, per kind and year: the row is locked by whoever takes the next one."""

    kind = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="number_series")]

    def __str__(self) -> str:
        return f"{self.kind}-{self.year}"
