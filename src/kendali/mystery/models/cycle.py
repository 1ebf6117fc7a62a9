"""One month of mystery calling: what it takes over, its plan sealed by a digest, its end sealed by another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Cycle(models.Model):
    """`request`: the quotas asked for (margins, limits, terms), kept with seed and algorithms so that the plan can be
    drawn again. `dates`: due dates by milestone (`rules.cycle.Milestone`) as they stood when the plan was frozen."""

    class Status(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        PLANNED = "planned", _("plan frozen")
        CLOSED = "closed", _("calls closed")
        FROZEN = "frozen", _("frozen")

    month = models.DateField(unique=True)  # its first day
    status = models.CharField(max_length=16, choices=Status, default=Status.PREPARING)
    minimum = models.PositiveIntegerField(default=60)
    reserve_percent = models.PositiveSmallIntegerField(default=10)
    form = models.ForeignKey("documents.Revision", models.PROTECT, null=True, related_name="+")  # of new evaluations
    dates = models.JSONField(default=dict)
    request = models.JSONField(default=dict)
    seed = models.CharField(max_length=64, blank=True, default="")
    algorithms = models.JSONField(default=list)
    plan_digest = models.CharField(max_length=64, blank=True, default="")
    plan_problem = models.JSONField(default=dict)  # {"reason", "facts"} of the margin that fails
    drawing = models.JSONField(default=dict)  # progress of the job that draws: {"since", "by"}
    drawn_at = models.DateTimeField(null=True)
    plan_frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    plan_frozen_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    shortfall_reason = models.TextField(blank=True, default="")
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    frozen_at = models.DateTimeField(null=True)
    frozen_digest = models.CharField(max_length=64, blank=True, default="")  # over the digests of its rows
    frozen_layout = models.PositiveSmallIntegerField(default=1)  # of that digest: rules.frozen_row.REGISTER then
    frozen_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="preparing") | models.Q(plan_frozen_at__isnull=False),
                name="cycle_plan_frozen_when",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="frozen") | models.Q(frozen_at__isnull=False), name="cycle_frozen_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class CycleMaterial(models.Model):
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="materials")
    material = models.ForeignKey("mystery.Material", models.PROTECT, related_name="+")
    due_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "material"], name="cycle_material_once")]

    def __str__(self) -> str:
        return f"{self.cycle} {self.material.code}"


class CycleScenario(models.Model):
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="scenarios")
    version = models.ForeignKey("mystery.ScenarioVersion", models.PROTECT, related_name="+")
    due_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "version"], name="cycle_scenario_once")]

    def __str__(self) -> str:
        return f"{self.cycle} {self.version}"


class CycleSignature(models.Model):
    """The sign-off of the monthly register F-22: disusun QCO, diperiksa QA, diketahui Kordinator."""

    class Part(models.TextChoices):
        MADE = "made", _("made by")
        CHECKED = "checked", _("checked by")
        ACKNOWLEDGED = "acknowledged", _("acknowledged by")

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="signatures")
    part = models.CharField(max_length=16, choices=Part)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=120, blank=True, default="")
    digest = models.CharField(max_length=64)  # of the register as it was shown
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # A register that changed after it was signed is signed again.
            models.UniqueConstraint(fields=["cycle", "part", "digest"], name="cycle_signed_once")
        ]

    def __str__(self) -> str:
        return f"{self.cycle} {self.part}"
