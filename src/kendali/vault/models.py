"""Epochs, slots and package keys as rows. No master is ever in here: the rows say where it lives and what was seen."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Epoch(models.Model):
    """One master's life. `fingerprint` is a keyed check value (archive.epochs.Master.fingerprint), no secret."""

    CREATED, CURRENT, RETIRED, DISCARDED = "created", "current", "retired", "discarded"
    STATUSES = [
        (CREATED, _("being prepared")),
        (CURRENT, _("in force")),
        (RETIRED, _("retired")),
        (DISCARDED, _("discarded")),
    ]

    number = models.PositiveIntegerField(unique=True)
    status = models.CharField(max_length=10, choices=STATUSES, default=CREATED)
    fingerprint = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    current_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="when it was retired or discarded")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["status"], condition=Q(status="current"), name="vault_one_current_epoch")
        ]

    def __str__(self) -> str:
        return f"EP-{self.number:06d}"


class Slot(models.Model):
    """A declared place of masters (archive.slots). `mark` is the text of the mark file in its folder."""

    kind = models.CharField(max_length=10, choices=[("keyfile", _("key file")), ("offhost", _("off-host file"))])
    location = models.CharField(max_length=500)
    declared = models.CharField(max_length=200, blank=True, help_text="where it is, in words")
    mark = models.CharField(max_length=32)
    registered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    statement = models.CharField(max_length=500, blank=True, help_text="what the person who withdrew it declared")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["location"], condition=Q(withdrawn_at=None), name="vault_one_slot_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.location}"


class EpochChange(models.Model):
    """One change from an epoch to the next. `attempt` counts who carries it: an older carrier is refused the switch."""

    RUNNING, PENDING, DONE, DISCARDED = "running", "pending", "done", "discarded"
    STATUSES = [
        (RUNNING, _("running")),
        (PENDING, _("pending")),
        (DONE, _("done")),
        (DISCARDED, _("discarded")),
    ]
    OPEN = (RUNNING, PENDING)
    ahead = timedelta(0)  # of whoever carries it: how far that clock is from this computer's; no column

    old = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="changes_from")
    new = models.OneToOneField(Epoch, on_delete=models.PROTECT, null=True, related_name="change_to")
    status = models.CharField(max_length=10, choices=STATUSES, default=RUNNING)
    attempt = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["old"], condition=Q(status__in=["running", "pending"]), name="vault_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new or '…'}"


class EpochChangeStep(models.Model):
    """A step that was finished; append-only."""

    change = models.ForeignKey(EpochChange, on_delete=models.PROTECT, related_name="steps")
    attempt = models.PositiveIntegerField()
    name = models.CharField(max_length=30)
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.change}: {self.name}"


class SlotAnswer(models.Model):
    """What one slot answered to one operation; append-only. `digest`: SHA-256 (hex) of the file as it was written."""

    WRITE, READ, PROVE, DELETE, LOOK = "write", "read", "prove", "delete", "look"
    OPERATIONS = [
        (WRITE, _("write")),
        (READ, _("read back")),
        (PROVE, _("open samples")),
        (DELETE, _("delete")),
        (LOOK, _("look whether it is gone")),
    ]
    ANSWERS = [
        ("wrote", _("written")),
        ("same", _("read back, the same")),
        ("opened", _("opened")),
        ("unchanged", _("unchanged")),
        ("deleted", _("deleted")),
        ("absent", _("no key there")),
        ("present", _("key still there")),
        ("differs", _("holds something else")),
        ("unreachable", _("not reachable")),
    ]

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="answers")
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="answers")
    change = models.ForeignKey(EpochChange, on_delete=models.PROTECT, null=True, related_name="answers")
    operation = models.CharField(max_length=10, choices=OPERATIONS)
    answer = models.CharField(max_length=12, choices=ANSWERS)
    detail = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["slot", "epoch", "operation", "-id"], name="vault_answer")]

    def __str__(self) -> str:
        return f"{self.slot} {self.operation}: {self.answer}"


class PackageKey(models.Model):
    """A package key wrapped under one epoch; `wrapped` is empty once that epoch ended or the key was destroyed.

    `generation` counts the keyrings of a package: destroying records in it makes a new keyring under a new key.
    """

    package = models.UUIDField()
    generation = models.PositiveIntegerField(default=1)
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="package_keys")
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["package", "generation", "epoch"], name="vault_one_wrapping")]

    def __str__(self) -> str:
        return f"{self.package}/{self.generation} {self.epoch}"


class VaultExport(models.Model):
    """A vault-NNNNNN in the store that was read back and compared after it was written; append-only."""

    number = models.PositiveIntegerField(unique=True)
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="exports")
    at = models.DateTimeField()
    keys = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    store = models.CharField(max_length=500)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"vault-{self.number:06d}"


class Sheet(models.Model):
    """A printed recovery sheet: the public half of its identity, and whether somebody proved to hold the paper."""

    recipient = models.CharField(max_length=80)
    confirmation = models.CharField(max_length=200, help_text="salted hash of the last group")
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(models.Value(1), condition=Q(replaced_at=None), name="vault_one_sheet")]

    def __str__(self) -> str:
        return self.recipient
