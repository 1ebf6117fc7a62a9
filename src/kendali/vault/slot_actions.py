"""Set-up of the first epoch, and slots: added, proved, withdrawn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kendali.archive.age import Identity
from kendali.archive.epochs import new_master
from kendali.archive.errors import ArchiveError
from kendali.archive.recovery import RecoverySheet, new_sheet
from kendali.archive.slots import OFFHOST, Place
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.vault import exports, rules, slot_answers
from kendali.vault.errors import KeysError
from kendali.vault.locks import one_change
from kendali.vault.models import Epoch, EpochChange, Slot, SlotAnswer
from kendali.vault.package_keys import as_slot, current_epoch, master_of, registered_slots, the_store
from kendali.vault.sheets import keep_sheet


def set_up(*, at: datetime, actor: Actor, slots: Sequence[Place]) -> RecoverySheet | None:
    """The first epoch, its slots and the recovery identity. None when that was done before: nothing is changed then.

    The sheet exists only in what is returned: print it (`sheet_pdf.render`) before it is forgotten; an unconfirmed
    sheet can be made anew by `sheets.make_sheet`. SlotError or KeysError say which place does not work; run it again.
    """
    verdict = rules.enough_slots([place.kind for place in slots])
    if not verdict:
        raise KeysError(verdict.reason, **verdict.facts)
    with one_change():
        if Epoch.objects.filter(status=Epoch.CURRENT).exists():
            return None
        if exports.vault_numbers(the_store()):
            raise KeysError("store_in_use", store=the_store().url)
        sheet, master = new_sheet(), new_master(1)
        epoch, _ = Epoch.objects.update_or_create(
            number=1, defaults={"fingerprint": master.fingerprint, "created_at": at, "status": Epoch.CREATED}
        )
        for place in slots:
            row = slot_answers.register(place, at=at)
            as_slot(row).prepare()
            as_slot(row).delete(1)  # of a set-up that was interrupted; nothing is wrapped under it
            slot_answers.put_master(row, epoch, master, sheet.recipient)
        with transaction.atomic():
            Epoch.objects.filter(pk=epoch.pk).update(status=Epoch.CURRENT, current_at=at)
            keep_sheet(sheet, at=at)
            facts = {"epoch": 1, "slots": [f"{place.kind}:{place.path}" for place in slots]}
            audit.record("keys.set_up", actor=actor, at=at, obj=epoch, facts=facts)
        exports.export_vault(at=at)
        return sheet


def add_slot(place: Place, *, actor: Actor, at: datetime) -> list[SlotAnswer]:
    """Register a place, write the current master to it, read it back and open samples with it in a fresh process.

    The row comes first, so that a place where a master may be is never unknown. Run it again after a failure.
    """
    with one_change():
        _no_open_change()
        epoch = current_epoch()
        master = master_of(epoch)
        recipient = slot_answers.current_recipient()
        row = slot_answers.register(place, at=at)
        slot_answers.put_master(row, epoch, master, recipient)
        answers = slot_answers.open_samples([row], epoch)
        facts = {"slot": str(row), "declared": row.declared, "answer": answers[0].answer}
        audit.record("keys.slot_added", actor=actor, at=at, obj=row, facts=facts)
    return answers


def withdraw_slot(location: str, *, statement: str, actor: Actor, at: datetime) -> list[SlotAnswer]:
    """Take a place out of use. Where it answers, all its masters are deleted and looked for; where it does not, every
    epoch it held stays listed as left over there, whatever the statement says."""
    with one_change():
        _no_open_change()
        row = Slot.objects.filter(location=os.path.normpath(location), withdrawn_at=None).first()
        if row is None:
            raise KeysError("slot_no_such", location=location)
        if not statement.strip():
            raise KeysError("slot_statement")
        if not rules.enough_slots([slot.kind for slot in registered_slots() if slot.pk != row.pk]):
            raise KeysError("slot_last")
        held = Epoch.objects.filter(answers__slot=row).distinct().order_by("number")
        answers = [slot_answers.erase(row, epoch) for epoch in held]
        with transaction.atomic():
            Slot.objects.filter(pk=row.pk).update(withdrawn_at=at, statement=statement[:500])
            facts = {"slot": str(row), "answers": [answer.answer for answer in answers], "statement": statement[:500]}
            audit.record("keys.slot_withdrawn", actor=actor, at=at, obj=row, facts=facts)
    return answers


def prove(*, actor: Actor, at: datetime, identity: Identity | None = None) -> list[SlotAnswer]:
    """Each registered slot opens sample package keys in a fresh process; one answer per slot, kept.

    With the sheet's `identity` off-host slots are opened, too; without it they are only compared with what was
    written. No slot is changed.
    """
    epoch = current_epoch()
    answers = slot_answers.open_samples(registered_slots(), epoch)
    if identity is not None:
        answers = [_with_sheet(answer, epoch, identity) for answer in answers]
    facts = {
        "epoch": epoch.number,
        "good": sum(answer.answer in slot_answers.GOOD - {"absent"} for answer in answers),
        "slots": len(answers),
        "bad": [str(answer.slot) for answer in answers if not is_proof(answer)],
    }
    audit.record("keys.proved", actor=actor, at=at, obj=epoch, facts=facts)
    return answers


def is_proof(answer: SlotAnswer) -> bool:
    return answer.answer in {"opened", "unchanged"}


def _with_sheet(answer: SlotAnswer, epoch: Epoch, identity: Identity) -> SlotAnswer:
    if answer.slot.kind != OFFHOST or answer.answer == "unreachable":
        return answer
    try:
        master = as_slot(answer.slot).read(epoch.number, identity)
        for sample in slot_answers.samples(epoch):
            master.unwrap(sample.wrapped, package=sample.package, generation=sample.generation)
        same = master.fingerprint == epoch.fingerprint
    except ArchiveError as error:
        return slot_answers.keep(answer.slot, epoch, SlotAnswer.PROVE, "differs", detail=error.code)
    return slot_answers.keep(answer.slot, epoch, SlotAnswer.PROVE, "opened" if same else "differs")


def _no_open_change() -> None:
    if EpochChange.objects.filter(status__in=EpochChange.OPEN).exists():
        raise KeysError("change_open")
