"""`kendali manage contract_end`: give a client whose contract ends everything back, sealed to its own age recipient."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kendali.accounts.models import Client
from kendali.archive.errors import ArchiveError
from kendali.audit.actor import Actor
from kendali.records.actions import contract_end


class Command(BaseCommand):
    help = "Every package of a client as a bag that only its own age key opens; may be stopped and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", help="the client's code, for example bank-nusantara")
        parser.add_argument("--recipient", required=True, help="age1… of the client; archive keys never leave")
        parser.add_argument("--into", type=Path, required=True, help="a folder; each package gets its own in it")

    def handle(self, **options: Any) -> None:
        client = Client.objects.filter(code=options["client"]).first()
        if client is None:
            raise CommandError(f"There is no client {options['client']}; the page of clients lists their codes.")
        try:
            options["into"].mkdir(parents=True, exist_ok=True)
            done = contract_end.return_everything(
                actor=Actor(user_id=None, name=f"Kendali ({getpass.getuser()})", role="system"),
                at=timezone.now(),
                client=client,
                recipient=options["recipient"],
                into=options["into"].absolute(),
                told=lambda number, records: self.stdout.write(f"{number}: {records} records"),
            )
        except (ArchiveError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.records} records in {done.packages} packages; {done.before} packages were there from an earlier run"
        )
        for number, code in done.problems:
            self.stderr.write(f"{number}: {code}")
        if done.problems:
            raise CommandError(f"{len(done.problems)} packages were not handed out whole: see above, run it again.")
