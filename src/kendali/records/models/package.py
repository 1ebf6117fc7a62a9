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
        # No current key opens it any more. Its row stays as its tombstone; `destroyed_at` once its bytes are gone, too.
        DESTROYED = "destroyed", _("destroyed")

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
    # Which package key opens the keyring that counts; taking records out of a package makes the next one.
    key_generation = models.PositiveIntegerField(default=1, db_default=1)
    destroyed_at = models.DateTimeField(null=True)

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


class RegisteredCopy(models.Model):
    """A copy outside the store that somebody declared: of a package's bytes, of its key, or an export to a receiver.

    A destruction is not whole while a copy that it concerns is neither declared gone nor replaced, with evidence. What
    was handed to the client stays the client's: it is counted and named, and waits for nobody.
    """

    class Kind(models.TextChoices):
        BAG = "bag", _("copy of the package")
        KEY = "key", _("key file of the package")
        EXPORT = "export", _("export to a receiver")

    class End(models.TextChoices):
        GONE = "gone", _("declared gone")
        REPLACED = "replaced", _("replaced by its successor")

    package = models.ForeignKey(Package, models.PROTECT, related_name="copies")
    kind = models.CharField(max_length=8, choices=Kind)
    place = models.CharField(max_length=500)  # where it is, in words; no customer data
    recipient = models.CharField(max_length=100, blank=True, default="")  # age1… of the receiver of an export
    records = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")  # of the export's tag manifest
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    registered_by_name = models.CharField(max_length=200)
    registered_at = models.DateTimeField()
    end = models.CharField(max_length=8, choices=End, blank=True, default="")
    evidence = models.CharField(max_length=500, blank=True, default="")  # the number of the letter, who saw it
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_by_name = models.CharField(max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["package", "kind"], name="copy_of_package")]

    def __str__(self) -> str:
        return f"{self.package} · {self.place}"

    @property
    def client(self) -> Client:
        return self.package.source.client


class ContractEnd(models.Model):
    """The contract with a client ended: everything of theirs is returned, destroyed, or both. Append-only in spirit:
    a mistake is withdrawn with its reason, not removed."""

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="contract_ends")
    ended_on = models.DateField()
    reference = models.CharField(max_length=120)  # the number of the letter or the contract
    reason = models.TextField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=models.Q(withdrawn_at=None), name="one_end_of_a_contract"
            )
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.ended_on}"


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
