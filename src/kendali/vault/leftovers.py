"""Where masters of ended epochs may still be, and whether a destroyed key is beyond reach."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Max

from kendali.vault import rules
from kendali.vault.models import Epoch, EpochChange, PackageKey, Slot, SlotAnswer
from kendali.vault.slot_answers import erase
from kendali.verdict import Verdict


def leftovers(*epochs: Epoch) -> list[tuple[Slot, Epoch]]:
    """Withdrawn slots count: a lost disk that was never seen empty may hold its master for ever."""
    ended = Epoch.objects.filter(ended_at__isnull=False)
    if epochs:
        ended = ended.filter(pk__in=[epoch.pk for epoch in epochs])
    by_slot = {slot.pk: slot for slot in Slot.objects.all()}
    by_epoch = {epoch.pk: epoch for epoch in ended}
    left = rules.leftovers(
        [rules.SlotFact(slot.pk, slot.registered_at) for slot in by_slot.values()],
        [rules.EndedEpoch(epoch.pk, epoch.ended_at) for epoch in by_epoch.values() if epoch.ended_at],
        last_looks(),
    )
    return [(by_slot[slot], by_epoch[epoch]) for slot, epoch in left]


def last_looks() -> dict[tuple[int, int], str]:
    looks = SlotAnswer.objects.filter(operation=SlotAnswer.LOOK)
    newest = looks.values("slot", "epoch").annotate(last=Max("pk")).values("last")
    return {(row.slot_id, row.epoch_id): row.answer for row in looks.filter(pk__in=newest)}


def sweep(change: EpochChange | None = None) -> list[SlotAnswer]:
    """Delete every master of an ended epoch wherever it may still be, and look; one answer per place."""
    return [erase(slot, epoch, change) for slot, epoch in leftovers()]


def destruction_effective(package_id: UUID, generation: int) -> Verdict:
    """Only when this is true may a certificate say that the backup copy is destroyed."""
    rows = list(PackageKey.objects.filter(package=package_id, generation=generation).select_related("epoch"))
    destroyed = bool(rows) and all(row.destroyed_at is not None for row in rows)
    epochs = [row.epoch for row in rows]
    still_open = sorted(epoch.number for epoch in epochs if epoch.ended_at is None)
    left = sorted({str(slot) for slot, _ in leftovers(*epochs)}) if epochs else []
    return rules.destruction_effective(destroyed, still_open, left)
