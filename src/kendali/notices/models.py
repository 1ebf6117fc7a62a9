"""What a person has to know or do, in the in-app inbox and by e-mail."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """`kind` names the sentence (sentences.py of the sending app), `facts` fill it in the reader's language."""

    class EmailState(models.TextChoices):
        NONE = "none", _("no e-mail")  # no mail server is set, or the person has no active account
        QUEUED = "queued", _("e-mail waiting")
        SENT = "sent", _("e-mail sent")
        RETRYING = "retrying", _("e-mail failed, tried again")
        FAILED = "failed", _("e-mail failed")

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="notices")
    at = models.DateTimeField()
    kind = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    due = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    email_state = models.CharField(max_length=10, choices=EmailState, default=EmailState.NONE)
    email_attempts = models.PositiveSmallIntegerField(default=0)
    email_error = models.CharField(max_length=300, blank=True)
    emailed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_inbox"),
            models.Index(fields=["user"], name="notice_unread", condition=models.Q(read_at=None)),
            models.Index(
                fields=["email_state"],
                name="notice_email_trouble",
                condition=models.Q(email_state__in=["retrying", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.user_id}"
