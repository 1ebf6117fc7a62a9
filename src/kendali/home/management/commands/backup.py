"""`kendali manage backup FOLDER`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kendali.home.backup import BackupProblem, ToolProblem, write


class Command(BaseCommand):
    help = "Backs up Kendali itself: database, newest vault, settings. Keys and archive are kept elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet")

    def handle(self, *_: Any, folder: Path, **options: Any) -> None:
        try:
            manifest = write(folder.absolute(), at=timezone.now())
        except (BackupProblem, ToolProblem) as problem:
            raise CommandError(str(problem)) from None
        size = sum(file["size"] for file in manifest["files"].values())
        self.stdout.write(f"kendali: backup written to {folder}: {', '.join(manifest['files'])} ({size / 1e6:.1f} MB)")
        self.stdout.write(
            "kendali: not in it, keep them elsewhere: KENDALI_SECRET_KEY and KENDALI_INSTALLATION_KEY, the slots with"
            " the epoch masters, the recovery sheet, the archive itself"
        )
