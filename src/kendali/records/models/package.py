"""Packages: one BagIt bag per client, source, record class and month, written once, verified after writing."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from kendali.accounts.models import Client


class Package(models.Model):
    class Status(models.TextChoices):
        WRITING = "writing", _("being written")
        WRITTEN = "written", _("written, being read back")
        VERIFIED = "verified", _("verified")
        DAMAGED = "damaged", _("damaged")
        ABANDONED = "abandoned", _("abandoned")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=24, unique=True)  # PKT-YYYY-nnnn
    escalation = models.ForeignKey("records.Escalation", models.PROTECT, related_name="packages")
    attempt = models.PositiveIntegerField()  # of the escalation that wrote it
    source = models.ForeignKey("records.Source", models.PROTECT, related_name="packages")
    # Taking single conversations out of a month makes a new package without them; the old one is destroyed.
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    month = models.DateField()
    status = models.CharField(max_length=16, choices=Status, default=Status.WRITING)
    path = models.TextField(default="")
    records = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    tagmanifest_sha256 = models.CharField(max_length=64, default="")
    created_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    drilled_at = models.DateTimeField(null=True)
    drill_records = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    problems = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["next_check_at"], name="package_next_check", condition=models.Q(status="verified")),
            models.Index(fields=["source", "-month", "-number"], name="package_by_month"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def client(self) -> Client:
        return self.source.client


class PackageCheck(models.Model):
    """One reading of every byte of a package (fixity), or one restore drill."""

    class Kind(models.TextChoices):
        VERIFY = "verify", _("every byte read back")
        DRILL = "drill", _("restore drill")

    package = models.ForeignKey(Package, models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=8, choices=Kind)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    records = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.package} {self.kind} {self.finished_at:%Y-%m-%d}"


class StoreLook(models.Model):
    """What the archive's store really does, tried with an object of our own; the newest look per address counts."""

    url = models.TextField()  # without credentials
    at = models.DateTimeField()
    usable = models.BooleanField()
    lock_days = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)  # [{code, ok, facts}]

    class Meta:
        indexes = [models.Index(fields=["url", "-at"], name="store_look_newest")]

    def __str__(self) -> str:
        return f"{self.url} {self.at:%Y-%m-%d %H:%M}"


class ContentOpening(models.Model):
    """Somebody opened the content of a record, and said why. The permission lasts for `until`."""

    record = models.ForeignKey("records.Record", models.PROTECT, related_name="openings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.record} {self.user} {self.at:%Y-%m-%d %H:%M}"
