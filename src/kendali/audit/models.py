"""The audit trail: rows that are only ever added, each chained to the one before it.

The database computes `id`, `prev_hash` and `hash` (migration 0002); whatever Python sends for them is ignored.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One thing that happened. `facts` holds no customer content, name or phone number."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"))
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    role = models.CharField(max_length=40)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=80, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    client = models.ForeignKey("accounts.Client", null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    prev_hash = models.BinaryField(max_length=32, default=b"", editable=False)
    hash = models.BinaryField(max_length=32, default=b"", editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_object"),
            models.Index(fields=["client", "id"], name="audit_client"),
            models.Index(fields=["verb", "id"], name="audit_verb"),
            models.Index(fields=["actor_id", "id"], name="audit_actor"),
            models.Index(fields=["at"], name="audit_at"),
        ]
        constraints = [
            # Two entries with the same predecessor would be a fork of the chain.
            models.UniqueConstraint(fields=["prev_hash"], name="audit_no_fork"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.verb}"


class Anchor(models.Model):
    """The head of the chain as it was written to a place that cannot be overwritten."""

    at = models.DateTimeField()
    entry_id = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    place = models.CharField(max_length=200, help_text="path of the object in the write-once store")

    class Meta:
        ordering = ["-entry_id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.entry_id}"
