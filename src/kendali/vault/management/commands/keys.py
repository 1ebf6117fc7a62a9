"""`kendali manage keys …`: show, prove, add and withdraw slots, change the epoch, print the sheet, export, recover."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from kendali.archive.age import Identity
from kendali.archive.errors import ArchiveError
from kendali.archive.recovery import GROUPS, SIZES, RecoverySheet, SheetError, check_group, from_typed, split
from kendali.archive.slots import places
from kendali.audit.actor import Actor
from kendali.vault import actions, overview, sheet_pdf
from kendali.vault.errors import sentence
from kendali.vault.models import Epoch, EpochChange, SlotAnswer
from kendali.vault.slot_actions import is_proof


class Command(BaseCommand):
    help = "Epochs, slots and the recovery sheet; see docs/keys.md."

    def add_arguments(self, parser: CommandParser) -> None:
        sub = parser.add_subparsers(dest="what", required=True)
        sub.add_parser("show", help="epochs, slots, what is pending")
        prove = sub.add_parser("prove", help="every slot opens sample package keys, in a fresh process")
        prove.add_argument("--with-sheet", action="store_true", help="type the sheet: off-host slots are opened, too")
        set_up = sub.add_parser("set-up", help="first epoch in the slots of KENDALI_KEYS, and the sheet")
        set_up.add_argument(
            "--pdf", type=Path, required=True, help="new file for the recovery sheet; print, then delete"
        )
        add = sub.add_parser("add-slot", help="[keyfile:|offhost:]/path[=where it is]")
        add.add_argument("place")
        withdraw = sub.add_parser("withdraw-slot", help="delete its masters and use it no more")
        withdraw.add_argument("location")
        withdraw.add_argument("--statement", required=True, help="what became of it; printed wherever it matters")
        sub.add_parser("change-epoch", help="new master; the old one is deleted in every slot")
        sub.add_parser("resume", help="bring an interrupted or pending change to its end")
        sheet = sub.add_parser("sheet", help="a new recovery sheet, or the confirmation of the printed one")
        way = sheet.add_mutually_exclusive_group(required=True)
        way.add_argument("--pdf", type=Path, help="new file for the sheet; print, then delete")
        way.add_argument("--confirm", action="store_true", help="type group 14 back from the paper")
        sheet.add_argument("--replace", action="store_true", help="although the present one was confirmed")
        sub.add_parser("export", help="all wrapped keys into the store, as vault-NNNNNN")
        sub.add_parser("reconcile", help="after restoring an older database: newer keys from slots and store")
        recover = sub.add_parser("recover", help="after losing the machine: sheet, off-host copy, newest vault")
        recover.add_argument(
            "--offhost", type=Path, required=True, help="the off-host file epoch-NNNNNN.age, or its folder"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.actor = Actor(user_id=None, name=f"Kendali ({getpass.getuser()})", role="system")
        try:
            getattr(self, options["what"].replace("-", "_"))(options)
        except ArchiveError as error:
            raise CommandError(sentence(error)) from error

    def say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)

    def show(self, options: dict[str, Any]) -> None:
        self.say(*overview.as_text())

    def prove(self, options: dict[str, Any]) -> None:
        identity = self.typed_sheet() if options["with_sheet"] else None
        self.report(actions.prove(actor=self.actor, at=timezone.now(), identity=identity))

    def report(self, answers: Iterable[SlotAnswer]) -> None:
        """Non-zero exit when a slot is not proved."""
        answers = list(answers)
        for answer in answers:
            self.say(f"{answer.slot}: {answer.get_answer_display()}" + (f" ({answer.detail})" if answer.detail else ""))
        if bad := [str(answer.slot) for answer in answers if not is_proof(answer)]:
            raise CommandError(_("Not proved: %(slots)s") % {"slots": ", ".join(bad)})

    def set_up(self, options: dict[str, Any]) -> None:
        if not Epoch.objects.filter(status=Epoch.CURRENT).exists():
            self.must_be_new(options["pdf"])
        sheet = actions.set_up(at=timezone.now(), actor=self.actor, slots=places(settings.KENDALI_KEYS))
        if sheet is None:
            self.say(_("Keys are set up already; nothing was changed."))
        else:
            self.print_sheet(sheet, options["pdf"])

    def add_slot(self, options: dict[str, Any]) -> None:
        (place,) = places(options["place"])
        self.report(actions.add_slot(place, actor=self.actor, at=timezone.now()))

    def withdraw_slot(self, options: dict[str, Any]) -> None:
        answers = actions.withdraw_slot(
            options["location"], statement=options["statement"], actor=self.actor, at=timezone.now()
        )
        for answer in answers:
            self.say(f"{answer.slot} {answer.epoch}: {answer.get_answer_display()}")

    def change_epoch(self, options: dict[str, Any]) -> None:
        self.ended(actions.change_epoch(actor=self.actor, at=timezone.now(), reached=self.say))

    def resume(self, options: dict[str, Any]) -> None:
        change = actions.resume(actor=self.actor, at=timezone.now(), reached=self.say)
        if change is not None:
            self.ended(change)
        else:
            self.say(*overview.leftovers_as_text())

    def ended(self, change: EpochChange) -> None:
        self.say(f"{change}: {change.get_status_display()}")
        if change.status == EpochChange.PENDING:
            raise CommandError(
                _("Pending: bring the slots below within reach, then: kendali manage keys resume")
                + "\n"
                + "\n".join(overview.waiting_for(change))
            )

    def sheet(self, options: dict[str, Any]) -> None:
        if options["confirm"]:
            typed = sys.stdin.readline() if not sys.stdin.isatty() else input(_("Group 14 of the printed sheet: "))
            actions.confirm_sheet(typed, actor=self.actor, at=timezone.now())
            self.say(_("Confirmed. From now on the recovery key is only on that paper; delete the PDF file."))
            return
        self.must_be_new(options["pdf"])
        sheet = actions.make_sheet(actor=self.actor, at=timezone.now(), replace=options["replace"])
        self.print_sheet(sheet, options["pdf"])

    def must_be_new(self, pdf: Path) -> None:
        if pdf.exists() or not pdf.parent.is_dir():
            raise CommandError(_("%(file)s must be a new file in an existing folder.") % {"file": pdf})

    def print_sheet(self, sheet: RecoverySheet, pdf: Path) -> None:
        content = sheet_pdf.render(sheet, at=timezone.now())
        handle = os.open(pdf, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        self.say(
            _("The recovery sheet is in %(file)s. Print it, then: kendali manage keys sheet --confirm") % {"file": pdf},
            _("Delete the file afterwards. The sheet cannot be printed again."),
        )

    def export(self, options: dict[str, Any]) -> None:
        export = actions.export_vault(at=timezone.now(), actor=self.actor)
        self.say(f"{export}: {export.keys} · SHA-256 {export.sha256} · {export.store}")

    def recover(self, options: dict[str, Any]) -> None:
        done = actions.recover(
            identity=self.typed_sheet(),
            offhost=options["offhost"],
            places=places(settings.KENDALI_KEYS),
            actor=self.actor,
            at=timezone.now(),
        )
        if done.vault is None:
            self.say(_("The slots of epoch %(epoch)s are filled again.") % {"epoch": done.epoch})
        else:
            facts = {"epoch": done.epoch, "vault": done.vault, "keys": done.keys, "destroyed": done.destroyed}
            self.say(_("Epoch %(epoch)s from vault %(vault)s: %(keys)s keys, %(destroyed)s stay destroyed.") % facts)
        self.say(*(f"! {name}" for name in done.unopened))
        self.report(done.slots)

    def reconcile(self, options: dict[str, Any]) -> None:
        done = actions.reconcile(actor=self.actor, at=timezone.now())
        facts = {"epoch": done.epoch, "added": done.added, "destroyed": done.destroyed}
        self.say(_("Epoch %(epoch)s: %(added)s keys added, %(destroyed)s destroyed again.") % facts)

    def typed_sheet(self) -> Identity:
        """Group by group with an immediate check at a terminal; all of it at once from a pipe."""
        if not sys.stdin.isatty():
            return from_typed(sys.stdin.read())
        groups: list[str] = []
        while len(groups) < GROUPS:
            typed = "".join(split(input(_("Group %(number)s of 14: ") % {"number": len(groups) + 1})))
            try:
                check_group(len(groups), typed, SIZES[len(groups)])
            except SheetError as error:
                self.stderr.write(sentence(error))
            else:
                groups.append(typed)
        return from_typed(" ".join(groups))
