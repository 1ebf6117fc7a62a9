"""What a person wants to know of the keys, for the page and for `keys show`. No secret is in reach of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kendali.archive.errors import ArchiveError
from kendali.archive.slots import KEYFILE, OFFHOST
from kendali.vault.errors import sentence
from kendali.vault.leftovers import leftovers
from kendali.vault.models import Epoch, EpochChange, PackageKey, Sheet, Slot, SlotAnswer, VaultExport
from kendali.vault.package_keys import as_slot, master_of, registered_slots
from kendali.vault.sheets import current_sheet

STATES = {"opened": "done", "unchanged": "done", "unreachable": "soon", "absent": "late", "differs": "late"}


@dataclass(frozen=True, slots=True)
class SlotLine:
    """`proof` is the last answer to opening samples; `state` the colour that goes with its word."""

    slot: Slot
    proof: SlotAnswer | None
    state: str
    word: str
    last_good: SlotAnswer | None


@dataclass(frozen=True, slots=True)
class Overview:
    epochs: list[Epoch]
    current: Epoch | None
    live_keys: int
    slots: list[SlotLine]
    withdrawn: list[Slot]
    sheet: Sheet | None
    export: VaultExport | None
    change: EpochChange | None
    waiting: list[str]
    leftovers: list[tuple[Slot, Epoch]]
    warnings: list[str]


def overview() -> Overview:
    slots = list(registered_slots())
    change = EpochChange.objects.filter(status__in=EpochChange.OPEN).select_related("old", "new").first()
    return Overview(
        epochs=list(Epoch.objects.all()[:50]),
        current=Epoch.objects.filter(status=Epoch.CURRENT).first(),
        live_keys=PackageKey.objects.filter(epoch__status=Epoch.CURRENT, wrapped__isnull=False).count(),
        slots=[_line(slot) for slot in slots],
        withdrawn=list(Slot.objects.filter(withdrawn_at__isnull=False)),
        sheet=current_sheet(),
        export=VaultExport.objects.first(),
        change=change,
        waiting=waiting_for(change) if change else [],
        leftovers=leftovers(),
        warnings=warnings(slots),
    )


def _line(slot: Slot) -> SlotLine:
    proofs = SlotAnswer.objects.filter(slot=slot, operation=SlotAnswer.PROVE).order_by("-pk")
    last = proofs.first()
    if last is None:
        return SlotLine(slot, None, "idle", _("not proved yet"), None)
    good = proofs.filter(answer__in=["opened", "unchanged"]).first()
    return SlotLine(slot, last, STATES.get(last.answer, "late"), str(last.get_answer_display()), good)


def waiting_for(change: EpochChange) -> list[str]:
    """The slots a pending change waits for, as its last step named them."""
    step = change.steps.filter(name="pending").last()
    return list(step.facts["slots"]) if step is not None else []


def warnings(slots: list[Slot]) -> list[str]:
    """What is weaker than it should be, though it works."""
    found = []
    sheet = current_sheet()
    if slots and not any(slot.kind == OFFHOST for slot in slots):
        found.append(_("No off-host slot: after losing this machine the recovery sheet opens nothing. Add one."))
    if sheet is not None and sheet.confirmed_at is None:
        found.append(_("The recovery sheet is not confirmed: nobody has shown that it was printed and can be read."))
    found += _unopened_epoch()
    disks: dict[int, list[str]] = {}
    for slot in slots:
        try:
            disks.setdefault(as_slot(slot).disk(), []).append(slot.location)
            if slot.kind == KEYFILE and not as_slot(slot).is_private():
                found.append(_("%(slot)s can be read by other accounts of its machine.") % {"slot": slot.location})
        except ArchiveError:
            continue
    found += [
        _("These slots are on one disk and are lost together: %(slots)s.") % {"slots": ", ".join(same)}
        for same in disks.values()
        if len(same) > 1
    ]
    return found


def _unopened_epoch() -> list[str]:
    epoch = Epoch.objects.filter(status=Epoch.CURRENT).first()
    try:
        if epoch is not None:
            master_of(epoch)
    except ArchiveError as error:
        again = _("Was the database restored from an older backup? Then type: kendali manage keys reconcile")
        return [f"{sentence(error)} {again}"]
    return []


def as_text() -> list[str]:
    seen = overview()
    if seen.current is None:
        return [_("There is no epoch yet. Type: kendali manage keys set-up")]
    lines = [
        _("Epoch %(epoch)s, in force since %(at)s, fingerprint %(fingerprint)s, %(keys)s package keys")
        % {
            "epoch": seen.current.number,
            "at": _moment(seen.current.current_at),
            "fingerprint": seen.current.fingerprint,
            "keys": seen.live_keys,
        }
    ]
    for line in seen.slots:
        at = f", {_moment(line.proof.at)}" if line.proof else ""
        lines.append(f"  {line.slot} · {line.slot.declared or '–'} · {line.word}{at}")
    if seen.export is not None:
        lines.append(f"{seen.export}: {_moment(seen.export.at)}, {seen.export.keys} · {seen.export.store}")
    if seen.sheet is not None:
        confirmed = _("confirmed") if seen.sheet.confirmed_at else _("not confirmed")
        lines.append(_("Recovery sheet: %(state)s") % {"state": confirmed} + f" · {seen.sheet.recipient}")
    if seen.change is not None:
        lines.append(f"{seen.change}: {seen.change.get_status_display()}")
        lines += [f"  {name}" for name in seen.waiting]
    return lines + leftovers_as_text() + [f"! {warning}" for warning in seen.warnings]


def leftovers_as_text() -> list[str]:
    return [
        _("A master of an ended epoch may still be there: %(slot)s, %(epoch)s") % {"slot": slot, "epoch": epoch}
        for slot, epoch in leftovers()
    ]


def _moment(at: object) -> str:
    return date_format(timezone.localtime(at), "j F Y H.i T") if at else "–"  # type: ignore[arg-type]
