"""Whether this installation is in recovery (pemulihan): restored from a backup, holds and approvals not yet confirmed.

Whatever deletes at a source, destroys a key or ends an epoch asks here first, in its own transaction. Nothing ever
enters recovery while it runs: a restore goes into an empty database.
"""

from __future__ import annotations

from django.apps import apps

RECOVERY = "recovery"


def in_recovery() -> bool:
    """The row belongs to the app above all others, and is known here by its name only."""
    rows = apps.get_model("home", "Installation")._default_manager
    return bool(rows.filter(pk=1, state=RECOVERY).exists())
