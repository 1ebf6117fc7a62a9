"""Looking for text: asked of the source while it is there, then of the client's packages, with progress."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class TextSearch(models.Model):
    """One search for a text of conversations. The text may be personal data: it is sealed, and goes after a day."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("finished")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="+")
    text_sealed = models.BinaryField()
    reason = models.TextField()
    status = models.CharField(max_length=16, choices=Status, default=Status.RUNNING)
    done = models.PositiveIntegerField(default=0)  # sources asked and packages read
    total = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    matches = models.ManyToManyField("records.Record", related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)
