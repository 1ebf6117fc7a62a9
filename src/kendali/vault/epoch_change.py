"""The change of epoch, in this order and no other (design: "Epochs"):

wrap every live key anew → vault to the store → both read back → new master into all slots, read back → a fresh process
opens samples from each slot → switch → old master deleted in every slot, looked for, each answer kept → only now is
a destruction effective. Each finished step is a row. A crash before the switch: `resume` discards the new epoch; after
it: `resume` goes on to the end. A slot that is away: pending ("tertunda"), never done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone

from kendali.archive import vaults
from kendali.archive.epochs import Master, new_master
from kendali.archive.errors import ArchiveError
from kendali.archive.slots import SlotError
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.vault import exports, slot_answers
from kendali.vault.errors import KeysError, sentence
from kendali.vault.leftovers import leftovers, sweep
from kendali.vault.locks import keys_stand_still, one_change
from kendali.vault.models import Epoch, EpochChange, EpochChangeStep, PackageKey, SlotAnswer
from kendali.vault.package_keys import current_epoch, insist_on_no_recovery, master_of, registered_slots, the_store

BATCH = 1000  # keys wrapped per transaction

# The steps, as they are written down; before SWITCHED a crash discards, from it on a crash is carried to the end.
BEGUN, WRAPPED, EXPORTED, COMPARED = "begun", "wrapped", "exported", "compared"
IN_SLOTS, SLOTS_READ, SAMPLES, SWITCHED = "in_slots", "slots_read", "samples", "switched"
FORGOTTEN, SWEPT, EFFECTIVE = "forgotten", "swept", "effective"
STEPS = (
    *(BEGUN, WRAPPED, EXPORTED, COMPARED, IN_SLOTS, SLOTS_READ, SAMPLES),
    *(SWITCHED, FORGOTTEN, SWEPT, EFFECTIVE),
)

Reached = Callable[[str], None]


def change_epoch(*, actor: Actor, at: datetime, reached: Reached = lambda step: None) -> EpochChange:
    """Start and carry a change as far as it goes: `done` or `pending`.

    KeysError: "in_recovery", "change_elsewhere", "change_open", or "change_discarded" with the reason (the old epoch
    stays).
    `reached` is told each step as it is finished.
    """
    insist_on_no_recovery()
    with one_change():
        if EpochChange.objects.filter(status__in=EpochChange.OPEN).exists():
            raise KeysError("change_open")
        with transaction.atomic():
            change = EpochChange.objects.create(old=current_epoch(), started_at=at)
            audit.record("keys.change_started", actor=actor, at=at, obj=change, facts={"old": change.old.number})
        reached("started")
        return _Carrier(change, actor, reached, at - timezone.now()).from_the_start()


def resume(*, actor: Actor, at: datetime, reached: Reached = lambda step: None) -> EpochChange | None:
    """Bring an interrupted or pending change to its end; or, where none is open, sweep masters that were left behind
    (None). KeysError("change_nothing_open") when there is neither."""
    insist_on_no_recovery()
    with one_change():
        change = EpochChange.objects.filter(status__in=EpochChange.OPEN).select_related("old", "new").first()
        if change is None:
            if not leftovers():
                raise KeysError("change_nothing_open")
            answers = sweep()
            audit.record("keys.swept", actor=actor, at=at, facts=_counts(answers))
            return None
        if EpochChange.objects.filter(pk=change.pk, attempt=change.attempt).update(attempt=F("attempt") + 1) != 1:
            raise KeysError("change_overtaken")
        change.attempt += 1
        audit.record("keys.change_resumed", actor=actor, at=at, obj=change, facts={"attempt": change.attempt})
        carrier = _Carrier(change, actor, reached, at - timezone.now())
        if change.new is not None and change.new.status == Epoch.CURRENT:
            return carrier.to_the_end()
        if change.status == EpochChange.PENDING:
            return carrier.from_the_start()
        return carrier.discard("interrupted")


@dataclass
class _Carrier:
    change: EpochChange
    actor: Actor
    reached: Reached
    ahead: timedelta  # how far the caller's clock is from this computer's

    def __post_init__(self) -> None:
        self.change.ahead = self.ahead  # for what the slots answer

    def now(self) -> datetime:
        return timezone.now() + self.ahead

    def step(self, name: str, **facts: object) -> None:
        EpochChangeStep.objects.create(
            change=self.change, attempt=self.change.attempt, name=name, at=self.now(), facts=facts
        )
        self.reached(name)

    def from_the_start(self) -> EpochChange:
        looks = [slot_answers.look(slot, self.change.old, self.change) for slot in registered_slots()]
        if away := [str(answer.slot) for answer in looks if answer.answer not in {"present", "absent"}]:
            return self.wait(away)
        try:
            self.prepare_and_switch()
        except ArchiveError as error:
            if error.code == "change_overtaken":
                raise
            self.discard(error.code)
            raise KeysError("change_discarded", why=sentence(error)) from error
        return self.to_the_end()

    def prepare_and_switch(self) -> None:
        old = master_of(self.change.old)
        new = self.begin()
        self.wrap(old, new)
        self.step(WRAPPED)
        with keys_stand_still():
            self.wrap(old, new)  # what was made since
            export = exports.write_vault(self.new, new, at=self.now())
            self.step(EXPORTED, number=export.number, keys=export.keys)
            self.step(COMPARED, keys=self.compare(old, new, export.number))
            self.fill_slots(new)
            self.prove_slots()
            self.switch()

    def begin(self) -> Master:
        """A number is never used twice, not even that of a discarded epoch."""
        highest = Epoch.objects.aggregate(highest=Max("number"))["highest"] or 0
        master = new_master(highest + 1)
        with transaction.atomic():
            self.change.new = Epoch.objects.create(
                number=master.number, fingerprint=master.fingerprint, created_at=self.now()
            )
            self.change.status = EpochChange.RUNNING
            self.change.save(update_fields=["new", "status"])
        self.step(BEGUN, epoch=master.number)
        return master

    @property
    def new(self) -> Epoch:
        if self.change.new is None:
            raise KeysError("change_overtaken")
        return self.change.new

    def unwrapped_yet(self) -> QuerySet[PackageKey]:
        """Live keys of the old epoch that have no row in the new one."""
        done = PackageKey.objects.filter(epoch=self.new, package=OuterRef("package"), generation=OuterRef("generation"))
        return PackageKey.objects.filter(~Exists(done), epoch=self.change.old, wrapped__isnull=False)

    def wrap(self, old: Master, new: Master) -> None:
        while rows := list(self.unwrapped_yet().order_by("pk")[:BATCH]):
            PackageKey.objects.bulk_create([self.rewrapped(row, old, new) for row in rows])
            self.reached("batch")

    def rewrapped(self, row: PackageKey, old: Master, new: Master) -> PackageKey:
        key = old.unwrap(bytes(row.wrapped or b""), package=row.package, generation=row.generation)
        return PackageKey(
            package=row.package,
            generation=row.generation,
            epoch=self.new,
            wrapped=new.wrap(key, package=row.package, generation=row.generation),
            created_at=row.created_at,
        )

    def compare(self, old: Master, new: Master, number: int) -> int:
        """Read back from two places, database and store: each holds every key, and opens to the same 32 bytes."""
        live = PackageKey.objects.filter(wrapped__isnull=False).order_by("pk")
        name = vaults.vault_name(number)
        stored = {
            (key.package, key.generation): new.unwrap(key.wrapped, package=key.package, generation=key.generation)
            for key in vaults.from_bytes(the_store().read(name), new).keys
        }
        for place, epoch, master in (("database", self.change.old, old), ("database", self.new, new)):
            found = {
                (row.package, row.generation): master.unwrap(
                    bytes(row.wrapped or b""), package=row.package, generation=row.generation
                )
                for row in live.filter(epoch=epoch).iterator()
            }
            if found != stored:
                raise KeysError("read_back_differs", place=f"{place}, {name}")
        return len(stored)

    def fill_slots(self, new: Master) -> None:
        rows = registered_slots()
        for row in rows:
            self.expect(slot_answers.write(row, self.new, new, self.change))
            self.reached("slot")
        self.step(IN_SLOTS, slots=len(rows))
        for row in rows:
            self.expect(slot_answers.read_back(row, self.new, new, self.change))
        self.step(SLOTS_READ, slots=len(rows))

    def prove_slots(self) -> None:
        for answer in slot_answers.open_samples(registered_slots(), self.new, self.change):
            self.expect(answer)
        self.step(SAMPLES)

    def expect(self, answer: SlotAnswer) -> None:
        if answer.answer not in slot_answers.GOOD:
            code = "slot_unreachable" if answer.answer == "unreachable" else "slot_differs"
            raise SlotError(code, location=answer.slot.location, why=answer.detail, epoch=self.new.number)

    def switch(self) -> None:
        """Compare and swap: the old epoch must still be current, the new one prepared, and we its only carrier."""
        now = self.now()
        with transaction.atomic():
            mine = EpochChange.objects.select_for_update().filter(
                pk=self.change.pk, attempt=self.change.attempt, status=EpochChange.RUNNING
            )
            old = Epoch.objects.filter(pk=self.change.old_id, status=Epoch.CURRENT)
            new = Epoch.objects.filter(pk=self.new.pk, status=Epoch.CREATED)
            if (
                not mine
                or self.unwrapped_yet().exists()
                or old.update(status=Epoch.RETIRED, ended_at=now) != 1
                or new.update(status=Epoch.CURRENT, current_at=now) != 1
            ):
                raise KeysError("change_overtaken")
            EpochChangeStep.objects.create(
                change=self.change, attempt=self.change.attempt, name=SWITCHED, at=now, facts={}
            )
            facts = {"old": self.change.old.number, "new": self.new.number}
            audit.record("keys.switched", actor=self.actor, at=now, obj=self.change, facts=facts)
        self.reached(SWITCHED)

    def to_the_end(self) -> EpochChange:
        PackageKey.objects.filter(epoch=self.change.old).update(wrapped=None)
        self.step(FORGOTTEN)
        answers = sweep(self.change)
        self.step(SWEPT, **_counts(answers))
        if left := leftovers(self.change.old):
            return self.wait([str(slot) for slot, _ in left])
        self.step(EFFECTIVE)
        return self.end(EpochChange.DONE, "keys.change_done", {"old": self.change.old.number, "new": self.new.number})

    def wait(self, away: list[str]) -> EpochChange:
        self.step("pending", slots=away)
        return self.end(EpochChange.PENDING, "keys.change_pending", {"slots": away})

    def discard(self, why: str) -> EpochChange:
        """Only before the switch. What cannot be deleted because its slot is away stays known as left over."""
        if self.change.new is not None:
            for slot in registered_slots():
                slot_answers.erase(slot, self.change.new, self.change)
            self.reached("discarding")
        with transaction.atomic():
            if self.change.new is not None:
                PackageKey.objects.filter(epoch=self.change.new).update(wrapped=None)
                prepared = Epoch.objects.filter(pk=self.change.new.pk, status=Epoch.CREATED)
                if prepared.update(status=Epoch.DISCARDED, ended_at=self.now()) != 1:
                    raise KeysError("change_overtaken")
            return self.end(EpochChange.DISCARDED, "keys.change_discarded", {"why": why})

    def end(self, status: str, verb: str, facts: dict[str, object]) -> EpochChange:
        now = self.now()
        with transaction.atomic():
            mine = EpochChange.objects.filter(pk=self.change.pk, attempt=self.change.attempt)
            ended_at = None if status == EpochChange.PENDING else now
            if mine.update(status=status, ended_at=ended_at) != 1:
                raise KeysError("change_overtaken")
            audit.record(verb, actor=self.actor, at=now, obj=self.change, facts=facts)
        self.change.refresh_from_db()
        return self.change


def _counts(answers: list[SlotAnswer]) -> dict[str, object]:
    """How many places are empty now, and which are not known to be."""
    return {
        "absent": sum(answer.answer == "absent" for answer in answers),
        "left": sorted({str(answer.slot) for answer in answers if answer.answer != "absent"}),
    }
