"""Keys for machines: the overview and the proof. Sheets are paper; slots and epochs are handled at the machine."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.errors import HttpError

from kendali.accounts.access import require, signed_in
from kendali.accounts.permissions import acting
from kendali.vault import actions
from kendali.vault.errors import KeysError, sentence
from kendali.vault.models import SlotAnswer
from kendali.vault.overview import overview

router = Router(tags=["keys"])


class SlotOut(Schema):
    kind: str
    location: str
    declared: str
    answer: str | None
    at: datetime | None


class KeysOut(Schema):
    epoch: int | None
    fingerprint: str | None
    package_keys: int
    sheet_confirmed: bool
    vault: str | None
    change: str | None
    waiting_for: list[str]
    left_over: list[str]
    warnings: list[str]
    slots: list[SlotOut]


@router.get("/keys", response=KeysOut)
def show_keys(request: HttpRequest) -> dict[str, object]:
    """Where masters live and when each place was last proved; nothing in it is a secret."""
    require(signed_in(request), "keys.view")
    seen = overview()
    return {
        "epoch": seen.current.number if seen.current else None,
        "fingerprint": seen.current.fingerprint if seen.current else None,
        "package_keys": seen.live_keys,
        "sheet_confirmed": bool(seen.sheet and seen.sheet.confirmed_at),
        "vault": str(seen.export) if seen.export else None,
        "change": seen.change.status if seen.change else None,
        "waiting_for": seen.waiting,
        "left_over": [f"{slot}: {epoch}" for slot, epoch in seen.leftovers],
        "warnings": seen.warnings,
        "slots": [_slot(line.slot.kind, line.slot.location, line.slot.declared, line.proof) for line in seen.slots],
    }


@router.post("/keys/prove", response=list[SlotOut])
def prove_slots(request: HttpRequest) -> list[dict[str, object]]:
    """Every slot opens sample package keys in a fresh process; one answer per slot."""
    at = timezone.now()
    actor = acting(signed_in(request), "keys.manage", at=at)
    try:
        answers = actions.prove(actor=actor, at=at)
    except KeysError as error:
        raise HttpError(409, sentence(error)) from error
    return [_slot(row.slot.kind, row.slot.location, row.slot.declared, row) for row in answers]


def _slot(kind: str, location: str, declared: str, answer: SlotAnswer | None) -> dict[str, object]:
    return {
        "kind": kind,
        "location": location,
        "declared": declared,
        "answer": answer.answer if answer else None,
        "at": answer.at if answer else None,
    }
