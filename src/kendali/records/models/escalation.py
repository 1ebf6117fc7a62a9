"""Escalations (eskalasi): the Team Leader raises, Team IT accepts and runs, the Team Leader confirms."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kendali.terms.models import RecordClass


class Escalation(models.Model):
    """One order to back up: one client, one source, one record class, one cut-off, one frozen list."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        RAISED = "raised", _("raised")
        ACCEPTED = "accepted", _("accepted")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped by a problem")
        DONE = "done", _("finished")
        INCOMPLETE = "incomplete", _("finished with shortcomings")
        CONFIRMED = "confirmed", _("confirmed")
        RETURNED = "returned", _("returned")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (
        Status.DRAFT,
        Status.RAISED,
        Status.ACCEPTED,
        Status.RUNNING,
        Status.PAUSED,
        Status.STOPPED,
        Status.DONE,
        Status.INCOMPLETE,
    )

    # ESK-YYYY-nnnn, given when it is raised; null (not empty) so that several drafts are allowed to have none.
    number = models.CharField(max_length=24, unique=True, null=True)  # noqa: DJ001
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="escalations")
    source = models.ForeignKey("records.Source", models.PROTECT, related_name="escalations")
    record_class = models.CharField(max_length=16, choices=RecordClass)
    policy = models.ForeignKey("terms.Policy", models.PROTECT, related_name="+")
    cut_off = models.DateField()  # the last local date that is included
    cut_instant = models.DateTimeField()  # everything strictly before it
    periodic = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.RAISED)
    list_digest = models.CharField(max_length=64, default="")
    list_count = models.PositiveIntegerField(default=0)
    oldest_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of the hand-over that is waited for now
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)  # confirmed_by null = by itself after the deadline
    reason = models.TextField(default="")  # of a return, a cancellation or a stop
    problem = models.JSONField(default=dict)  # what stopped it: code, facts
    # Run status apart from paper status. The fence: only the worker that holds the current attempt may write.
    attempt = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, default="")
    lease_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)  # phase, done, total, bytes, rate, since
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(
                    status__in=[
                        "draft",
                        "raised",
                        "accepted",
                        "running",
                        "paused",
                        "stopped",
                        "done",
                        "incomplete",
                    ]
                ),
                name="one_open_escalation_per_source",
            )
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="escalation_newest")]

    def __str__(self) -> str:
        return self.number or str(_("draft"))


class EscalationItem(models.Model):
    """One line of the frozen list, and what became of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        BACKED_UP = "backed_up", _("backed up")
        UNCHANGED = "unchanged", _("already backed up, unchanged")
        PROBLEM = "problem", _("shortcoming")
        ABSENT = "absent", _("no longer at the source")

    WHOLE = (Outcome.BACKED_UP, Outcome.UNCHANGED)  # in a verified package

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="items", db_index=False)
    record = models.ForeignKey("records.Record", models.PROTECT, related_name="+")
    month = models.DateField()  # local month of its package
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.WAITING)
    version = models.ForeignKey("records.RecordVersion", models.PROTECT, null=True, related_name="+", db_index=False)
    problems = models.JSONField(default=list)  # [{code, part, facts}]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["escalation", "record"], name="escalation_record")]
        indexes = [models.Index(fields=["escalation", "outcome", "month", "record"], name="escalation_work")]

    def __str__(self) -> str:
        return f"{self.escalation} · {self.record}"
