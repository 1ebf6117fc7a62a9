"""`kendali manage restore FOLDER`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kendali.home.backup import BackupProblem, ToolProblem, restore


class Command(BaseCommand):
    help = "Restores a backup of Kendali into an empty database, also one of a newer PostgreSQL."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what `manage backup` wrote")

    def handle(self, *_: Any, folder: Path, **options: Any) -> None:
        try:
            restored = restore(folder.absolute(), at=timezone.now())
        except (BackupProblem, ToolProblem) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"kendali: restored the backup of {restored.created}, up to audit entry {restored.entry}")
        self.stdout.write(
            'kendali: the installation is in recovery ("pemulihan"): nothing is deleted or destroyed until QMR and'
            " administrator have confirmed that holds, approvals and journal agree with the last anchored audit entry"
            " and with the sources"
        )
        if not restored.same_key:
            self.stdout.write(
                "kendali: KENDALI_INSTALLATION_KEY is not the one of the backup: set the right one, or enter the"
                " passwords of sources and stores again"
            )
