"""The catalogue: what exists at a source, since when, and which version of it is in which package.

No content, no name, no phone number in clear: names and phones are sealed under a key that dies with the record and
found by keyed HMAC. States are computed from these facts (`records.rules.state`), not stored twice.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from kendali.accounts.models import Client


class Scan(models.Model):
    """One look through a source."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("finished")
        FAILED = "failed", _("failed")

    source = models.ForeignKey("records.Source", models.CASCADE, related_name="scans")
    status = models.CharField(max_length=16, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    seen = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    problem = models.JSONField(default=dict)  # code, facts

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(status="running"), name="one_running_scan_per_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M}"


class Record(models.Model):
    source = models.ForeignKey("records.Source", models.PROTECT, related_name="records", db_index=False)
    ref = models.TextField()  # the source's own stable id
    display = models.TextField(default="")
    channel = models.TextField(default="")
    agent = models.TextField(default="")
    customer_name_hmac = models.BinaryField(null=True)
    customer_phone_hmac = models.BinaryField(null=True)
    customer_sealed = models.BinaryField(null=True)  # name and phone, under the salt of its package
    started_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(null=True)
    modified_at = models.DateTimeField(null=True)
    source_state = models.TextField(default="resolved")
    parts = models.IntegerField(default=0)
    size = models.BigIntegerField(null=True)
    # Oldest content not in a verified package; null = everything is, or no date at all.
    backup_clock = models.DateTimeField(null=True)
    version = models.ForeignKey("records.RecordVersion", models.SET_NULL, null=True, related_name="+", db_index=False)
    covered_until = models.DateTimeField(null=True)
    covered_modified_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)  # seen to differ from its backup
    vanished_at = models.DateTimeField(null=True)
    # Act (a): seen before, deleted by us and missed after. Act (b): every backup copy of all versions gone.
    deleted_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField()
    scan = models.ForeignKey("records.Scan", models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "ref"], name="record_ref")]
        indexes = [
            models.Index(
                fields=["source", "backup_clock", "id"],
                name="record_not_backed_up",
                condition=models.Q(backup_clock__isnull=False, vanished_at__isnull=True),
            ),
            models.Index(fields=["source", "-last_activity_at", "-id"], name="record_by_activity"),
            models.Index(fields=["source", "display"], name="record_by_display"),
            models.Index(fields=["source", "agent", "-last_activity_at", "-id"], name="record_by_agent"),
            models.Index(fields=["source", "channel", "-last_activity_at", "-id"], name="record_by_channel"),
            models.Index(
                fields=["source", "deleted_at", "id"],
                name="record_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
            # The few that are listed apart must be found without a walk over the million.
            models.Index(
                fields=["source", "backup_clock", "id"],
                name="record_changed",
                condition=models.Q(changed_at__isnull=False),
            ),
            models.Index(
                fields=["source", "id"], name="record_vanished", condition=models.Q(vanished_at__isnull=False)
            ),
            models.Index(
                fields=["source", "id"], name="record_without_date", condition=models.Q(started_at__isnull=True)
            ),
            models.Index(
                fields=["customer_name_hmac"],
                name="record_by_name",
                condition=models.Q(customer_name_hmac__isnull=False),
            ),
            models.Index(
                fields=["customer_phone_hmac"],
                name="record_by_phone",
                condition=models.Q(customer_phone_hmac__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.display or self.ref

    @property
    def client(self) -> Client:
        return self.source.client


class RecordVersion(models.Model):
    """One version of a record, in exactly one verified package."""

    record = models.ForeignKey(Record, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    package = models.ForeignKey("records.Package", models.PROTECT, related_name="versions")
    slot = models.IntegerField(null=True)  # recordings: the slot of its key; conversations live in their month's tables
    keyed_digest = models.BinaryField()  # HMAC(record salt, fingerprint); never the plain digest
    length = models.BigIntegerField(default=0)
    # False: a part was missing at the source. It does not count as a backup, but it is there to be destroyed.
    complete = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    compared_at = models.DateTimeField()  # its fingerprint with the source's, last; at first when it was made
    destroyed_at = models.DateTimeField(null=True)  # no key known to the product opens it any more
    # The digests (hex) it had in packages that were since replaced; each was compared when it moved.
    former_digests = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["compared_at"], name="version_to_compare")]
        constraints = [models.UniqueConstraint(fields=["record", "number"], name="record_version")]

    def __str__(self) -> str:
        return f"{self.record} v{self.number}"


class Unbackupable(models.Model):
    """A record that cannot be backed up: proposed by the Team Leader, confirmed by the QMR, shown apart."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("cannot be backed up")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    record = models.ForeignKey(Record, models.PROTECT, related_name="unbackupable")
    status = models.CharField(max_length=16, choices=Status, default=Status.PROPOSED)
    reason = models.TextField()
    problem = models.TextField(default="")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=~models.Q(status="refused"), name="one_open_unbackupable"
            )
        ]

    def __str__(self) -> str:
        return str(self.record)

    @property
    def client(self) -> Client:
        return self.record.source.client
