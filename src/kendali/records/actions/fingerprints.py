"""The rolling comparison: rows written past the application move no date, only the content itself tells.

Every backed-up record's fingerprint at the source is compared with its verified backup once a cycle (setting
fingerprint.cycle_days, records-control decision 4). A record that differs needs a new backup.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from kendali.archive import stores
from kendali.archive.keyring import Keyring, keyed_digest
from kendali.archive.package import load_keyring
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.connectors.base import Connector
from kendali.records.actions import content, counts, sources
from kendali.records.models import Package, Record, RecordVersion, Source
from kendali.terms import settings as terms
from kendali.vault import actions as vault

BATCH = 1000


def compare(*, source: Source, at: datetime, most: int = 50_000) -> int:
    """Compare what is due of this source, oldest comparison first; returns how many differ. Raises SourceError."""
    cycle = terms.number("fingerprint.cycle_days", source.client_id, source.record_class)
    before = at - timedelta(days=cycle)
    due = list(
        RecordVersion.objects.filter(
            compared_at__lt=before,
            record__source=source,
            record__version=F("pk"),
            record__vanished_at=None,
            package__status=Package.Status.VERIFIED,
        )
        .select_related("record", "package")
        .order_by("compared_at", "pk")[:most]
    )
    if not due:
        return 0
    with sources.connected(source) as connector:
        changed = [
            pk for start in range(0, len(due), BATCH) for pk in _differing(due[start : start + BATCH], connector)
        ]
    with transaction.atomic():
        RecordVersion.objects.filter(pk__in=[version.pk for version in due]).update(compared_at=at)
        Record.objects.filter(pk__in=changed, changed_at=None).update(changed_at=at, backup_clock=F("started_at"))
        counts.refresh(source, at=at)
        audit.record(
            "source.compared",
            actor=SYSTEM,
            at=at,
            obj=source,
            client=source.client,
            facts={"name": source.name, "compared": len(due), "changed": len(changed)},
        )
    return len(changed)


def _differing(versions: Sequence[RecordVersion], connector: Connector) -> list[int]:
    """Records whose fingerprint at the source is not the one in the package. What is gone is the scan's to say."""
    return differing(versions, connector.fingerprints([version.record.ref for version in versions]))


def differing(versions: Sequence[RecordVersion], now: Mapping[str, bytes]) -> list[int]:
    """The records among these whose fingerprint `now` (by ref) is not the one in the package. Raises ArchiveError."""
    by_package: dict[object, list[RecordVersion]] = defaultdict(list)
    for version in versions:
        if version.record.ref in now:
            by_package[version.package_id].append(version)
    return [pk for group in by_package.values() for pk in _differing_in_package(group, now)]


def _differing_in_package(versions: Sequence[RecordVersion], now: Mapping[str, bytes]) -> list[int]:
    keyring = content.package_of(versions[0]).keyring
    found = []
    for version in versions:
        ref = version.record.ref
        if not hmac.compare_digest(keyed(keyring, version.slot, ref, now[ref]), bytes(version.keyed_digest)):
            found.append(version.record_id)
    return found


def keyed(keyring: Keyring, slot: int | None, ref: str, fingerprint: bytes) -> bytes:
    """What is kept of a fingerprint: of a recording under the key of its slot, of a conversation under its month's.
    PackageError `no_key` where that key was destroyed."""
    salt = keyring.conversation_salt(ref) if slot is None else keyring.salt(slot)
    return keyed_digest(salt, fingerprint)


class Keyrings:
    """Keyrings of packages, opened once and few at a time: they are keys. Raises ArchiveError."""

    MOST = 8

    def __init__(self) -> None:
        self._store: stores.Store | None = None
        self._open: OrderedDict[UUID, Keyring] = OrderedDict()

    def of(self, package: UUID) -> Keyring:
        ring = self._open.pop(package, None)
        if ring is None:
            if self._store is None:
                self._store = stores.open_store(settings.KENDALI_STORE)
            ring, _generation = load_keyring(self._store, str(package), vault.package_key(package))
        self._open[package] = ring
        while len(self._open) > self.MOST:
            self._open.popitem(last=False)
        return ring
