"""`kendali manage package`: hand a package over to somebody, or its key to the archive's own command."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kendali.archive import stores
from kendali.archive.errors import ArchiveError
from kendali.archive.export import export_package
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.records.actions import copies, package_keys
from kendali.records.models import Package, RegisteredCopy


class Command(BaseCommand):
    help = "export: sealed anew to a receiver's own age recipient; key: one line for python -m kendali.archive."

    def add_arguments(self, parser: CommandParser) -> None:
        sub = parser.add_subparsers(dest="what", required=True)
        export = sub.add_parser("export", help="a bag that age, tar and DuckDB open (docs/open-without-kendali.md)")
        export.add_argument("number", help="for example PKT-2026-0912")
        export.add_argument("--recipient", required=True, help="age1… of the receiver; archive keys never leave")
        export.add_argument("--into", type=Path, required=True, help="a new folder")
        key = sub.add_parser("key", help="the package's key; keep it as you would keep the records themselves")
        key.add_argument("number")
        key.add_argument("--into", type=Path, required=True, help="a new file, NAME.key")

    def handle(self, **options: Any) -> None:
        package = Package.objects.select_related("source__client").filter(number=options["number"]).first()
        if package is None or package.status not in (Package.Status.VERIFIED, Package.Status.DAMAGED):
            raise CommandError(f"There is no written package {options['number']}; the page of packages lists them.")
        try:
            getattr(self, options["what"])(package, options)
        except (ArchiveError, OSError) as error:
            raise CommandError(str(error)) from error

    def export(self, package: Package, options: dict[str, Any]) -> None:
        store = stores.open_store(settings.KENDALI_STORE)
        key = package_keys.key_of(package)
        done = export_package(store, package.path, key, recipient=options["recipient"], into=options["into"])
        copies.keep(
            _actor(), at=timezone.now(), package=package, kind=RegisteredCopy.Kind.EXPORT, place=str(options["into"]),
            recipient=options["recipient"], records=done.records, sha256=done.tagmanifest_sha256,
        )  # fmt: skip
        self._told("package.exported", package, {"recipient": options["recipient"], "records": done.records})
        self.stdout.write(f"{done.records} records in {options['into']}; see docs/open-without-kendali.md")

    def key(self, package: Package, options: dict[str, Any]) -> None:
        line = f"{package.pk} {package_keys.key_of(package).hex()}\n"
        handle = os.open(options["into"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(line)
        place = f"{socket.gethostname()}:{options['into'].absolute()}"
        copies.keep(_actor(), at=timezone.now(), package=package, kind=RegisteredCopy.Kind.KEY, place=place)
        self._told("package.key_exported", package, {})
        self.stdout.write(f"key of {package.number} in {options['into']}; package: {package.path}")

    def _told(self, verb: str, package: Package, facts: dict[str, object]) -> None:
        audit.record(
            verb,
            actor=_actor(),
            at=timezone.now(),
            obj=package,
            client=package.client,
            facts={"number": package.number, **facts},
        )


def _actor() -> Actor:
    return Actor(user_id=None, name=f"Kendali ({getpass.getuser()})", role="system")
