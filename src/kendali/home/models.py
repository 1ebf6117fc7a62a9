"""What this installation is, in one row."""

from __future__ import annotations

from django.db import models


class Installation(models.Model):
    """The only row, made when the installation is set up; none yet: the first-run page asks.

    `recovery` (pemulihan): restored from a backup. Nothing is deleted or destroyed until QMR and administrator have
    confirmed that holds, approvals and journal agree with the last anchored chain head and with the sources.
    """

    class State(models.TextChoices):
        NORMAL = "normal"
        RECOVERY = "recovery"

    state = models.CharField(max_length=20, choices=State, default=State.NORMAL)
    name = models.CharField(max_length=200, blank=True)
    zone = models.CharField(max_length=40, default="Asia/Jakarta")
    created = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="home_installation_only_one"),
            models.CheckConstraint(
                condition=models.Q(state__in=["normal", "recovery"]), name="home_installation_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name or "Kendali"

    @classmethod
    def current(cls) -> Installation | None:
        return cls.objects.filter(pk=1).first()
