"""Asking slots, and keeping each answer as a row. Nothing here raises for a slot that is away: the answer says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from kendali.archive import slots
from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError
from kendali.archive.slot_samples import Sample, open_in_fresh_process
from kendali.archive.slots import OFFHOST, Place, SlotUnreachableError
from kendali.vault.models import Epoch, EpochChange, PackageKey, Sheet, Slot, SlotAnswer
from kendali.vault.package_keys import as_slot

SAMPLES = 20  # package keys that every slot has to open
GOOD = frozenset({"wrote", "same", "opened", "unchanged", "deleted", "absent"})


def keep(
    slot: Slot,
    epoch: Epoch,
    operation: str,
    answer: str,
    *,
    change: EpochChange | None = None,
    detail: str = "",
    digest: str = "",
) -> SlotAnswer:
    return SlotAnswer.objects.create(
        slot=slot,
        epoch=epoch,
        change=change,
        operation=operation,
        answer=answer,
        detail=detail[:200],
        digest=digest,
        at=timezone.now() + change.ahead if change else timezone.now(),
    )


def _ask(
    slot: Slot, epoch: Epoch, operation: str, ask: Callable[[], tuple[str, str]], change: EpochChange | None
) -> SlotAnswer:
    detail = ""
    try:
        answer, digest = ask()
    except SlotUnreachableError as error:
        answer, digest, detail = "unreachable", "", str(error.facts.get("why", error.code))
    except ArchiveError as error:
        answer, digest, detail = "differs", "", error.code
    return keep(slot, epoch, operation, answer, change=change, detail=detail, digest=digest)


def write(
    slot: Slot, epoch: Epoch, master: Master, change: EpochChange | None = None, recipient: str = ""
) -> SlotAnswer:
    place = as_slot(slot, recipient or current_recipient())
    return _ask(slot, epoch, SlotAnswer.WRITE, lambda: ("wrote", place.write(master)), change)


def read_back(slot: Slot, epoch: Epoch, master: Master, change: EpochChange | None = None) -> SlotAnswer:
    """A key file gives the same master; an off-host file the same bytes as were written."""

    def ask() -> tuple[str, str]:
        place = as_slot(slot)
        if slot.kind == OFFHOST:
            return ("same" if place.digest(epoch.number) == written_digest(slot, epoch) else "differs"), ""
        return ("same" if place.read(epoch.number) == master else "differs"), ""

    return _ask(slot, epoch, SlotAnswer.READ, ask, change)


def erase(slot: Slot, epoch: Epoch, change: EpochChange | None = None) -> SlotAnswer:
    """Delete the master of that epoch, then look whether it is gone; both answers are kept, the second is returned."""
    place = as_slot(slot)

    def delete() -> tuple[str, str]:
        place.delete(epoch.number)
        return "deleted", ""

    _ask(slot, epoch, SlotAnswer.DELETE, delete, change)
    return look(slot, epoch, change)


def look(slot: Slot, epoch: Epoch, change: EpochChange | None = None) -> SlotAnswer:
    place = as_slot(slot)
    return _ask(
        slot, epoch, SlotAnswer.LOOK, lambda: ("present" if place.holds(epoch.number) else "absent", ""), change
    )


def open_samples(rows: Sequence[Slot], epoch: Epoch, change: EpochChange | None = None) -> list[SlotAnswer]:
    """A fresh process opens package keys of this epoch with what each slot holds."""
    asked = [(as_slot(row), written_digest(row, epoch)) for row in rows]
    answers = open_in_fresh_process(epoch.number, epoch.fingerprint, asked, samples(epoch))
    return [
        keep(row, epoch, SlotAnswer.PROVE, found.answer, change=change, detail=found.detail)
        for row, found in zip(rows, answers, strict=True)
    ]


def samples(epoch: Epoch) -> list[Sample]:
    """The oldest and the newest, half each."""
    live = PackageKey.objects.filter(epoch=epoch, wrapped__isnull=False)
    chosen = [*live.order_by("pk")[: SAMPLES // 2], *live.order_by("-pk")[: SAMPLES // 2]]
    return [Sample(row.package, row.generation, bytes(row.wrapped or b"")) for row in chosen]


def written_digest(slot: Slot, epoch: Epoch) -> str:
    written = SlotAnswer.objects.filter(slot=slot, epoch=epoch, operation=SlotAnswer.WRITE, answer="wrote")
    return written.order_by("-pk").values_list("digest", flat=True).first() or ""


def current_recipient() -> str:
    return Sheet.objects.filter(replaced_at=None).values_list("recipient", flat=True).first() or ""


def register(place: Place, *, at: datetime, mark: str = "") -> Slot:
    """The row of a place, made and committed before anything is written there: no master in a place nobody knows."""
    with transaction.atomic():
        row, _ = Slot.objects.get_or_create(
            location=place.path,
            withdrawn_at=None,
            defaults={"kind": place.kind, "declared": place.declared, "mark": mark or uuid4().hex, "registered_at": at},
        )
    return row


def put_master(row: Slot, epoch: Epoch, master: Master, recipient: str) -> None:
    """Prepare the folder, write and read back; the slot's own error when it does not work, with its answer kept."""
    place = as_slot(row, recipient)
    place.prepare()
    for answer in (write(row, epoch, master, recipient=recipient), read_back(row, epoch, master)):
        if answer.answer not in GOOD:
            raise _error_of(place, epoch, answer)


def _error_of(place: slots.Slot, epoch: Epoch, answer: SlotAnswer) -> slots.SlotError:
    if answer.answer == "unreachable":
        return SlotUnreachableError("slot_unreachable", location=place.path, why=answer.detail)
    return slots.SlotError("slot_differs", location=place.path, epoch=epoch.number)
