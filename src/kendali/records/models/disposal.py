"""Disposal orders: the Team Leader sends, Team IT accepts and arms, a worker carries out; one paper for both acts.

The journal is the only deletion log that some sources will ever have: it is only added to, an intent is written before
its delete call (I5), and what became of it is what a read-back showed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kendali.disposal.models import Act

if TYPE_CHECKING:
    from kendali.accounts.models import Client


class DisposalOrder(models.Model):
    """One order to carry out what the client approved: ESP-YYYY-nnnn (source) or EPS-YYYY-nnnn (backup copy)."""

    class Status(models.TextChoices):
        RAISED = "raised", _("raised")
        ACCEPTED = "accepted", _("accepted")
        ARMED = "armed", _("armed")  # starts when waiting period and run window allow
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped by a problem")
        SETTLING = "settling", _("waiting for read-back")  # queued deletions, slots that did not answer
        DONE = "done", _("finished")
        RETURNED = "returned", _("returned")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (
        Status.RAISED,
        Status.ACCEPTED,
        Status.ARMED,
        Status.RUNNING,
        Status.PAUSED,
        Status.STOPPED,
        Status.SETTLING,
    )

    number = models.CharField(max_length=24, unique=True)
    act = models.CharField(max_length=16, choices=Act)
    proposal = models.ForeignKey("disposal.Proposal", models.PROTECT, related_name="orders")
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="disposal_orders")
    status = models.CharField(max_length=16, choices=Status, default=Status.RAISED)
    list_digest = models.CharField(max_length=64)  # the approved (final) list
    list_count = models.PositiveIntegerField(default=0)
    waiting_until = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of the hand-over that is waited for now
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    armed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    armed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")  # of a return, a cancellation or a stop
    problem = models.JSONField(default=dict)
    # The fence: only the worker that holds the current attempt may write.
    attempt = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)  # phase, done, total, bytes, rate, since

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"],
                condition=models.Q(
                    status__in=["raised", "accepted", "armed", "running", "paused", "stopped", "settling"]
                ),
                name="one_open_order_per_proposal",
            )
        ]
        indexes = [models.Index(fields=["-raised_at", "-id"], name="disposal_newest")]

    def __str__(self) -> str:
        return self.number


class DisposalItem(models.Model):
    """One record of an order, and what became of it (I6: every line carries a measured verdict)."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        QUEUED = "queued", _("accepted by the source, not gone yet")  # not an end: blocks the certificate
        DELETED = "deleted", _("deleted")
        ALREADY_ABSENT = "already_absent", _("already absent")
        TAKEN_OUT = "taken_out", _("taken out by the client")
        HELD = "held", _("held")
        CHANGED = "changed", _("changed")
        CANCELLED = "cancelled", _("cancelled or expired")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")

    ENDS = (
        Outcome.DELETED,
        Outcome.ALREADY_ABSENT,
        Outcome.TAKEN_OUT,
        Outcome.HELD,
        Outcome.CHANGED,
        Outcome.CANCELLED,
        Outcome.REFUSED,
        Outcome.FAILED,
        Outcome.UNKNOWN,
    )

    order = models.ForeignKey(DisposalOrder, models.PROTECT, related_name="items", db_index=False)
    record = models.ForeignKey("records.Record", models.PROTECT, related_name="disposals")
    source = models.ForeignKey("records.Source", models.PROTECT, related_name="+", db_index=False)
    clock = models.DateTimeField()
    due_on = models.DateField()
    size = models.BigIntegerField(default=0)
    keyed_digest = models.BinaryField()
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.WAITING)
    facts = models.JSONField(default=dict)  # seen before, gone after: {"rows": [n, m], …}; hold; reason
    parts_sealed = models.BinaryField(null=True)  # what was there, to be looked for again
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "record"], name="disposal_record")]
        indexes = [models.Index(fields=["order", "outcome", "source", "id"], name="disposal_work")]

    def __str__(self) -> str:
        return f"{self.order} · {self.record}"


class JournalEntry(models.Model):
    """Append-only. An *intent* is committed before the delete call, an *outcome* names its intent."""

    class Kind(models.TextChoices):
        INTENT = "intent", _("intent")
        OUTCOME = "outcome", _("outcome")

    order = models.ForeignKey(DisposalOrder, models.PROTECT, related_name="journal", db_index=False)
    item = models.ForeignKey(DisposalItem, models.PROTECT, related_name="journal")
    intent = models.ForeignKey("self", models.PROTECT, null=True, related_name="outcomes")
    kind = models.CharField(max_length=8, choices=Kind)
    outcome = models.CharField(max_length=16, choices=DisposalItem.Outcome, blank=True, default="")
    attempt = models.PositiveIntegerField()
    batch = models.UUIDField()
    worker = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["order", "id"], name="journal_of_order"),
            # How many calls of today, for a source's daily quota.
            models.Index(fields=["at"], name="journal_intent_at", condition=models.Q(kind="intent")),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.kind} {self.outcome}"


class VersionDestruction(models.Model):
    """Act (b) for one version of a record: the package that lost its key, the epoch, the proof."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        KEYS_REPLACED = "keys_replaced", _("keys replaced, old ones not gone yet")
        PENDING = "pending", _("not wholly destroyed yet")  # a slot or a registered copy did not answer
        PROVED = "proved", _("destroyed and proved")
        HELD = "held", _("held")  # a hold that was placed before its keys went: it stays as it is
        FAILED = "failed", _("failed")

    item = models.ForeignKey(DisposalItem, models.PROTECT, related_name="versions")
    version = models.ForeignKey("records.RecordVersion", models.PROTECT, related_name="destructions")
    package = models.ForeignKey("records.Package", models.PROTECT, related_name="+")
    slot = models.IntegerField(null=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    old_generation = models.PositiveIntegerField(null=True)
    new_generation = models.PositiveIntegerField(null=True)
    new_package = models.ForeignKey("records.Package", models.PROTECT, null=True, related_name="+")
    epoch = models.PositiveIntegerField(null=True)  # in which the key is absent
    proof = models.JSONField(default=dict)  # failed read, neighbour that opens, digest of the bytes that remain
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="destruction_of_version")]
        indexes = [models.Index(fields=["package", "status"], name="destruction_of_package")]

    def __str__(self) -> str:
        return f"{self.item} v{self.version_id}"


class Recheck(models.Model):
    """A later look at the source for what was certified as gone (H+7 and H+30)."""

    order = models.ForeignKey(DisposalOrder, models.PROTECT, related_name="rechecks")
    days = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    checked = models.PositiveIntegerField(default=0)
    seen_again = models.PositiveIntegerField(default=0)
    problem = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "days"], name="recheck_once")]
        indexes = [models.Index(fields=["due_at"], name="recheck_due", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.order} H+{self.days}"


class Incident(models.Model):
    """Muncul kembali: a record that was certified as deleted is seen at the source again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=24, unique=True)  # INS-YYYY-nnnn
    record = models.ForeignKey("records.Record", models.PROTECT, related_name="incidents")
    order = models.ForeignKey(DisposalOrder, models.PROTECT, null=True, related_name="incidents")
    found_at = models.DateTimeField()
    found_by = models.CharField(max_length=16)  # recheck, scan, fingerprint
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    explanation = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record"], condition=models.Q(closed_at=None), name="one_open_incident")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def client(self) -> Client:
        return self.record.source.client
