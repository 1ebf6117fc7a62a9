"""Packages after they were written: read again in a cycle, alarmed when damaged, cleaned when abandoned."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from kendali.accounts import permissions, responsible
from kendali.accounts.models import User
from kendali.archive import stores
from kendali.archive.errors import StoreMissingError
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.notices import actions as notices
from kendali.records.actions import backup, counts, package_keys, periodic
from kendali.records.models import Package, PackageCheck
from kendali.terms import settings as terms
from kendali.terms.recovery import in_recovery
from kendali.vault import actions as vault


def due_for_check(*, at: datetime, limit: int = 100) -> list[Package]:
    return list(
        Package.objects.filter(status=Package.Status.VERIFIED, next_check_at__lte=at).order_by("next_check_at")[:limit]
    )


def check(*, package: Package, user: User | None = None) -> PackageCheck:
    """Read every byte of one package again (fixity). An unreachable store says nothing about the package:
    StoreUnreachableError passes through and the check stays due."""
    if user is not None:
        permissions.acting(user, "package.verify", package.source.client)
    store = stores.open_store(settings.KENDALI_STORE)
    key = package_keys.key_of(package)
    done = backup.read_every_byte(package, store, key, lambda progress: None, lambda: None)
    _keep(package, done)
    return done


def _keep(package: Package, done: PackageCheck) -> None:
    at = done.finished_at
    with transaction.atomic():
        now = Package.objects.select_for_update().get(pk=package.pk)
        if (now.status, now.key_generation) != (package.status, package.key_generation):
            return  # records were taken out of it meanwhile: what was read is not what it is now, and it stays due
        done.save()
        if done.problems:
            _damaged(package, done, at)
            return
        whose = package.source.client_id, package.source.record_class
        package.next_check_at = at + timedelta(days=terms.number("fixity.cycle_days", *whose))
        package.save(update_fields=["next_check_at"])
        audit.record(
            "package.checked",
            actor=SYSTEM,
            at=at,
            obj=package,
            client=package.source.client,
            facts={"number": package.number},
        )


def _damaged(package: Package, done: PackageCheck, at: datetime) -> None:
    """Its records are not backed up any more: they are due again, and a draft for a new backup waits."""
    package.status, package.problems, package.next_check_at = Package.Status.DAMAGED, done.problems, None
    package.save(update_fields=["status", "problems", "next_check_at"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_record r SET version_id = NULL, backup_clock = r.started_at, covered_until = NULL,"
            " covered_modified_at = NULL FROM records_recordversion v"
            " WHERE v.package_id = %s AND v.record_id = r.id AND r.version_id = v.id",
            [package.pk],
        )
        lost = cursor.rowcount
    counts.refresh(package.source, at=at)
    client = package.source.client
    audit.record(
        "package.damaged",
        actor=SYSTEM,
        at=at,
        obj=package,
        client=client,
        facts={"number": package.number, "problems": len(done.problems)},
    )
    people = {
        user.pk: user
        for action in ("escalation.run", "escalation.raise", "unbackupable.confirm")
        for user in responsible.first(action, client, package.source.record_class, at=at)
    }
    notices.notify(
        people.values(),
        kind="package.damaged",
        at=at,
        url=f"/paket/{package.pk}/",
        facts={"number": package.number, "count": lost},
    )
    periodic.draft(package.source, at=at)  # none where the source no longer has them: the alarm above says so


def clean(*, at: datetime) -> int:
    """Remove the bytes of abandoned packages and temporary files older than a day; returns how many packages."""
    store = stores.open_store(settings.KENDALI_STORE)
    day_old = at - timedelta(days=1)
    stores.clean_temporary(store, day_old)
    cleaned = 0
    for package in Package.objects.filter(status=Package.Status.ABANDONED, path__gt="", created_at__lt=day_old):
        with suppress(StoreMissingError):  # it never got as far as its name
            store.remove_package(package.path)
        if not in_recovery():  # nothing counts in it, and what a copy of the store kept of it dies with the next epoch
            for generation in vault.living(package.pk):
                vault.destroy_package_key(package.pk, generation, at=at)
        Package.objects.filter(pk=package.pk).update(path="")
        cleaned += 1
    return cleaned
