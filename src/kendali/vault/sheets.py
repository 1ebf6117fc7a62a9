"""The recovery sheet: made, typed back, replaced. Its secret passes through memory only."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from kendali.archive.recovery import GROUPS, SIZES, RecoverySheet, check_group, new_sheet, split
from kendali.archive.slots import OFFHOST
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.vault import slot_answers
from kendali.vault.errors import KeysError
from kendali.vault.locks import one_change
from kendali.vault.models import EpochChange, Sheet
from kendali.vault.package_keys import as_slot, current_epoch, master_of, registered_slots


def current_sheet() -> Sheet | None:
    return Sheet.objects.filter(replaced_at=None).first()


def make_sheet(*, actor: Actor, at: datetime, replace: bool = False) -> RecoverySheet:
    """A new recovery identity; every off-host slot is written anew to it, and must be reachable.

    A sheet that nobody confirmed is replaced freely. A confirmed one only by `replace`: copies of off-host files made
    before still open with the old paper, until the epoch is changed.
    """
    with one_change():
        if EpochChange.objects.filter(status__in=EpochChange.OPEN).exists():
            raise KeysError("change_open")
        before = current_sheet()
        if before is not None and before.confirmed_at is not None and not replace:
            raise KeysError("sheet_confirmed")
        epoch = current_epoch()
        master = master_of(epoch)
        sheet = new_sheet()
        offhost = registered_slots(kind=OFFHOST)
        for row in offhost:
            as_slot(row).holds(epoch.number)  # all of them answer, or none is touched
        for row in offhost:
            slot_answers.put_master(row, epoch, master, sheet.recipient)
        with transaction.atomic():
            Sheet.objects.filter(replaced_at=None).update(replaced_at=at)
            row_of_sheet = keep_sheet(sheet, at=at)
            facts = {"recipient": sheet.recipient, "slots": [str(row) for row in offhost]}
            audit.record("keys.sheet_made", actor=actor, at=at, obj=row_of_sheet, facts=facts)
    return sheet


def keep_sheet(sheet: RecoverySheet, *, at: datetime, confirmed_at: datetime | None = None) -> Sheet:
    """The public half and a salted hash of the last group; the secret is in no row, file or log."""
    return Sheet.objects.create(
        recipient=sheet.recipient,
        confirmation=make_password(sheet.confirmation),
        made_at=at,
        confirmed_at=confirmed_at,
    )


def confirm_sheet(typed: str, *, actor: Actor, at: datetime) -> Sheet:
    """Group 14 typed back from the paper. SheetError says what is wrong with it, KeysError that it is another's."""
    sheet = current_sheet()
    if sheet is None:
        raise KeysError("sheet_none")
    group = "".join(split(typed))
    check_group(GROUPS - 1, group, SIZES[-1])
    if not check_password(group, sheet.confirmation):
        raise KeysError("sheet_not_this")
    if sheet.confirmed_at is not None:
        return sheet
    with transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk, confirmed_at=None).update(confirmed_at=at)
        audit.record("keys.sheet_confirmed", actor=actor, at=at, obj=sheet, facts={"recipient": sheet.recipient})
    sheet.confirmed_at = at
    return sheet
