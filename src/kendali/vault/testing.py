"""Keys for tests and throw-away environments: two key files and an off-host file below one folder."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from kendali.archive.recovery import RecoverySheet
from kendali.archive.slots import Place, places
from kendali.audit.actor import SYSTEM
from kendali.vault.slot_actions import set_up


def places_below(folder: Path) -> list[Place]:
    return places(f"{folder}/slot-1=Rak 1,{folder}/slot-2=Rak 2,offhost:{folder}/off-host=Kantor cabang")


def set_up_keys(folder: Path) -> RecoverySheet:
    """Keys below `folder`; KENDALI_STORE must already point to a store of this test."""
    sheet = set_up(at=timezone.now(), actor=SYSTEM, slots=places_below(folder))
    if sheet is None:
        raise RuntimeError(f"keys were set up before; store {settings.KENDALI_STORE}")
    return sheet
