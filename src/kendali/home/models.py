"""What this installation is, in one row; and who said that it may work again after a restore."""

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


class RecoveryConfirmation(models.Model):
    """One of the two yeses that end a recovery; `restored_entry` is the audit entry of the restore it answers."""

    restored_entry = models.BigIntegerField()
    role = models.CharField(max_length=40)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["restored_entry", "role"], name="home_recovery_once_a_role"),
            models.UniqueConstraint(fields=["restored_entry", "user"], name="home_recovery_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.restored_entry} {self.role}"
