"""The filled form F-22 of one sample, in revisions; an evaluation is pinned to the form version it was filled with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Evaluation(models.Model):
    """`answers`, `said`, `unticked`: rules.plain of rules.answers.Submission. `saved`: counts every saving of a draft,
    so that an older one from a phone that was offline never overwrites a newer one. Scores in [0, 1], null = none;
    `score`: rules.plain of rules.scoring.Score with all applied weights."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        VERIFIED = "verified", _("verified")
        RETRACTED = "retracted", _("retracted")

    sample = models.ForeignKey("mystery.Sample", models.PROTECT, related_name="evaluations")
    revision = models.PositiveSmallIntegerField()
    form = models.ForeignKey("documents.Revision", models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    answers = models.JSONField(default=list)
    said = models.JSONField(default=dict)
    unticked = models.JSONField(default=dict)
    saved = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=40, blank=True, default="")  # that saved it last, and its how-manieth edit
    edit = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)  # past the limit from call to submission
    raw = models.DecimalField(max_digits=22, decimal_places=20, null=True)
    final = models.DecimalField(max_digits=22, decimal_places=20, null=True)
    score = models.JSONField(default=dict)
    failed_form = models.BooleanField(default=False)  # an item pulled the whole form to 0
    retract_reason = models.TextField(blank=True, default="")
    retracted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retracted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["sample", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "revision"], name="evaluation_revision_once"),
            models.UniqueConstraint(fields=["sample"], condition=~Q(status="retracted"), name="evaluation_one_stands"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(submitted_at__isnull=False) | Q(status="retracted"),
                name="evaluation_submitted_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample} r{self.revision}"
