"""Every night: the vault into the store, every slot proved; who keeps the keys is told when one is not."""

from __future__ import annotations

from datetime import datetime

from kendali.accounts.permissions import holders
from kendali.archive.errors import ArchiveError
from kendali.audit.actor import SYSTEM
from kendali.notices.actions import notify
from kendali.vault.exports import export_vault
from kendali.vault.models import Epoch
from kendali.vault.slot_actions import is_proof, prove


def nightly(*, at: datetime) -> None:
    """Nothing before the set-up. A slot that fails does not keep the vault from the store, nor the other way round."""
    if not Epoch.objects.filter(status=Epoch.CURRENT).exists():
        return
    bad = [str(answer.slot) for answer in prove(actor=SYSTEM, at=at) if not is_proof(answer)]
    if bad:
        _tell("keys.not_proved", {"slots": bad}, at)
    try:
        export_vault(at=at)
    except ArchiveError as error:
        _tell("keys.not_exported", {"why": error.code}, at)
        raise


def _tell(kind: str, facts: dict[str, object], at: datetime) -> None:
    notify(holders("keys.manage", at=at), kind=kind, facts=facts, url="/kunci/", at=at)
