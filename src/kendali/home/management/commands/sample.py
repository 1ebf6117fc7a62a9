"""`kendali manage sample`: the sample organisation, and source systems of any size for it to work on."""

from __future__ import annotations

import os
import shutil
import sys
import time
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from psycopg import sql

from kendali import civil_time
from kendali.accounts.models import User
from kendali.archive.recovery import RecoverySheet
from kendali.archive.slots import places
from kendali.audit.actor import SYSTEM
from kendali.home.models import Installation
from kendali.home.sample import history, make, mystery_people, organisation, stories
from kendali.home.sample import people as plan
from kendali.home.sample.diary import Calendar
from kendali.terms.models import Setting
from kendali.vault import actions as vault
from kendali.vault import sheet_pdf


class Command(BaseCommand):
    help = "Makes the sample organisation, or other source systems for it."
    stealth_options = ("prepared",)  # waits until Kendali has its tables; sources are made before

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--conversations", type=int, default=make.CONVERSATIONS)
        parser.add_argument("--recordings", type=int, default=make.RECORDINGS)
        parser.add_argument("--seed", type=int, default=make.SEED)
        parser.add_argument(
            "--until", type=date.fromisoformat, help="the last day of the sources' three years; default: today"
        )
        parser.add_argument("--no-past", action="store_true", help="leave out what was done in earlier months")
        parser.add_argument(
            "--replace", action="store_true", help="drop the sample's source systems and make them anew"
        )

    def handle(self, **options: Any) -> None:
        owner, reader = _url("KENDALI_SAMPLE_OWNER_URL"), _url("KENDALI_SAMPLE_READER_URL")
        deleter = os.environ.get("KENDALI_SAMPLE_DELETER_URL", "")
        place = organisation.Place(reader, _folder("storage"), _folder("monitor"), deleter)
        if options["replace"]:
            _drop(owner, place)
        today = options["until"] or civil_time.local_date(timezone.now(), settings.TIME_ZONE)
        self._timed(
            "source systems",
            make.make_sample,
            owner,
            owner,
            storage=place.storage,
            monitor=place.monitor,
            today=today,
            conversations=options["conversations"],
            recordings=options["recordings"],
            seed=options["seed"],
            reader_role=_role(reader),
            deleter_role=_role(deleter) if deleter else None,
        )
        options.get("prepared", lambda: None)()
        if User.objects.exists():
            self.stdout.write("kendali: the sources are new; scan them on their pages or wait for the night")
            self.stdout.write("kendali: what was deleted before may be there again; then it is an incident")
            return
        self._organisation(place, past=not options["no_past"])

    def _organisation(self, place: organisation.Place, *, past: bool) -> None:
        """Without a past it was founded just now, and nobody has entered how to delete at its sources."""
        now = timezone.now()
        founded = Calendar(now).ago(months=history.FOUNDED, hour=8) if past else now
        Installation.objects.get_or_create(pk=1, defaults={"name": plan.ORGANISATION, "created": founded})
        for key, value in (("organisation.name", plan.ORGANISATION), ("register.owner_unit", plan.UNIT)):
            Setting.objects.create(key=key, value=value, version=1, reason="sample", created_at=founded)
        sheet = self._timed("keys", _set_up_keys, founded)
        users = organisation.people(founded)
        organisation.retention(users, founded)
        found = organisation.connect(users, place, founded)
        self._timed("floor of the contact centre", mystery_people.make, founded)
        if past:
            if sheet is not None:
                organisation.typed_back(users, sheet, founded + timedelta(minutes=30))
            organisation.guarded(users, found, place, founded + timedelta(hours=1))
        self._timed("scan", organisation.scan_all, found, founded + timedelta(days=3) if past else now)
        if past:
            office = history.office(users, found, now, deletes=bool(place.deleter_url))
            _hurry("SET synchronous_commit = off")  # thousands of small transactions, of a past that can be made again
            self._timed("nine months of work", history.tell, office, stories.all_of(office))
            _hurry("RESET synchronous_commit")

    def _timed(self, what: str, work: Any, *arguments: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            found = work(*arguments, **options)
        except (ValueError, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateSchema) as problem:
            raise CommandError(f"{problem}. Type: kendali manage sample --replace") from problem
        self.stdout.write(f"kendali: sample: {what}: {time.monotonic() - began:.1f} s")
        sys.stdout.flush()
        return found


def _url(name: str) -> str:
    if name not in os.environ:
        raise CommandError(f"{name} is not set: the sample needs an empty database of its own (docs/operations.md)")
    return os.environ[name]


def _folder(name: str) -> Path:
    return Path(settings.HOME) / "omnichannel" / name


def _role(url: str) -> str:
    return psycopg.conninfo.conninfo_to_dict(url)["user"]  # type: ignore[return-value]


def _set_up_keys(now: datetime) -> RecoverySheet | None:
    """The first epoch, and the recovery sheet as a file: a real installation prints it and deletes the file."""
    sheet = vault.set_up(at=now, actor=SYSTEM, slots=places(settings.KENDALI_KEYS))
    if sheet is None:
        return None
    path = Path(settings.HOME) / "recovery-sheet.pdf"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(sheet_pdf.render(sheet, at=now, organisation=plan.ORGANISATION))
    return sheet


def _drop(owner: str, place: organisation.Place) -> None:
    with psycopg.connect(owner, autocommit=True) as connection:
        schemas = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname = 'public' OR nspname LIKE 'pbx\\_%'"
        ).fetchall()
        for (name,) in schemas:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
        connection.execute("CREATE SCHEMA public")
    for folder in (place.storage, place.monitor):
        shutil.rmtree(folder, ignore_errors=True)


def _hurry(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
