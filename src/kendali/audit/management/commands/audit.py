"""`kendali manage audit verify`: is the trail whole?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kendali.audit.models import Entry
from kendali.audit.sentences import render
from kendali.audit.verify import Break, verify

REASONS = {
    "content": "its content is not what was written",
    "gap": "entries are missing here",
    "link": "it does not follow the entry before it",
    "anchor": "it is not the entry that was anchored in the write-once store",
}


class Command(BaseCommand):
    help = "Checks the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["verify"], help="verify: recompute the whole chain")

    def handle(self, *args: Any, **options: Any) -> None:
        checked = verify()
        if checked.broken is not None:
            raise CommandError(f"{self._named(checked.broken)}\n{checked.entries} entries before it are whole.")
        self.stdout.write(f"{checked.entries} entries, all whole; head {checked.head.hex()}")

    def _named(self, broken: Break) -> str:
        entry = Entry.objects.filter(pk=broken.entry_id).first()
        told = f" ({entry.at:%Y-%m-%d %H:%M} UTC: {render(entry)})" if entry else ""
        return f"Entry {broken.entry_id} is broken: {REASONS[broken.why]}{told}."
