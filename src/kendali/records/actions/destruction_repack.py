"""Single conversations out of a month: a new package without them, read back, and every other version points to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from kendali.archive import drill, stores
from kendali.archive.errors import PackageError
from kendali.archive.keyring import Keyring
from kendali.archive.package import load_keyring
from kendali.archive.repack import Repacked, repack_without
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.records.actions import backup, customers
from kendali.records.actions.destruction_keys import gone, retire, switch
from kendali.records.actions.destruction_plan import Fence, Target
from kendali.records.actions.package_keys import key_of
from kendali.records.actions.sources import plain
from kendali.records.models import DisposalOrder, Package, PackageCheck, RecordVersion
from kendali.terms import numbers
from kendali.terms import settings as terms
from kendali.vault import actions as vault

STAGE = """
CREATE TEMPORARY TABLE moved (ref text, old bytea, new bytea, customer bytea) ON COMMIT DROP
"""
VERSIONS = """
UPDATE records_recordversion v SET package_id = %(new)s, keyed_digest = m.new,
  former_digests = coalesce(v.former_digests, '[]') || to_jsonb(encode(m.old, 'hex'))
FROM moved m JOIN records_record r ON r.ref = m.ref AND r.source_id = %(source)s
WHERE v.record_id = r.id AND v.package_id = %(old)s AND v.keyed_digest = m.old
"""
# Name and phone are sealed under a key of the package that the record's current version lies in.
CUSTOMERS = """
UPDATE records_record r SET customer_sealed = m.customer
FROM moved m, records_recordversion v
WHERE r.ref = m.ref AND r.source_id = %(source)s AND r.version_id = v.id AND v.package_id = %(new)s
  AND r.customer_sealed IS NOT NULL
"""
OTHER_ORDERS = """
UPDATE records_versiondestruction d SET package_id = %(new)s FROM records_recordversion v
WHERE v.id = d.version_id AND v.package_id = %(new)s AND d.package_id = %(old)s AND d.status IN ('waiting', 'held')
"""


def repack(order: DisposalOrder, fence: Fence, package: Package, found: Sequence[Target]) -> None:
    """The old package dies whole as soon as the new one counts; what was held meanwhile makes it begin anew."""
    store, old_key = stores.open_store(settings.KENDALI_STORE), key_of(package)
    new = _row(package, fence)
    new_key = vault.new_package_key(new.pk)
    done = repack_without(
        store, package.path, old_key, {one.ref for one in found},
        new_path=new.path, new_key=new_key, check=fence.check,
    )  # fmt: skip
    Package.objects.filter(pk=new.pk).update(
        status=Package.Status.WRITTEN, written_at=fence.clock(), size=done.written.size,
        tagmanifest_sha256=done.written.tagmanifest_sha256, records=len(done.written.records),
    )  # fmt: skip
    new.refresh_from_db()
    checks = _read_back(store, new, new_key, fence)
    rings = [load_keyring(store, str(one.pk), key)[0] for one, key in ((package, old_key), (new, new_key))]
    sealed = _customers(package, rings[0], rings[1])
    with switch(order, fence, package, found) as row:
        _take_over(row, new, done, sealed, checks, fence.clock())
        retire(row)
        gone(order, row, found, at=fence.clock(), old_generation=row.key_generation, new_package_id=new.pk)


def _row(package: Package, fence: Fence) -> Package:
    """Its number and its key are committed before its first byte, as for a backup."""
    with transaction.atomic():
        fence.lock()
        now = fence.clock()
        new = Package(
            number=numbers.take("PKT", now),
            escalation=package.escalation,
            attempt=package.attempt,
            source=package.source,
            month=package.month,
            replaces=package,
            created_at=now,
        )
        new.path = f"{package.path.rsplit('/', 1)[0]}/{new.pk}"
        new.save(force_insert=True)
    return new


def _read_back(store: stores.Store, new: Package, key: bytes, fence: Fence) -> list[PackageCheck]:
    """Every byte from the store, then a restore drill; PackageError ``repack_unverified`` and nothing was changed."""
    checks = [backup.read_every_byte(new, store, key, lambda progress: None, fence.check)]
    started = fence.clock()
    whose = new.source.client_id, new.source.record_class
    percent = terms.number("drill.percent", *whose)
    sample = None if terms.get("drill.mode", *whose) == "all" else max(1, new.records * percent // 100)
    restored = drill.drill(store, new.path, key, sample=sample, check=fence.check)
    checks.append(
        PackageCheck(
            package=new, kind=PackageCheck.Kind.DRILL, started_at=started, finished_at=fence.clock(),
            records=restored.restored, bytes=restored.size, problems=[plain(one) for one in restored.problems],
        )
    )  # fmt: skip
    if problems := [problem for check in checks for problem in check.problems]:
        Package.objects.filter(pk=new.pk).update(status=Package.Status.ABANDONED, problems=problems)
        raise PackageError("repack_unverified", number=new.number, problems=len(problems))
    return checks


def _customers(package: Package, old: Keyring, new: Keyring) -> dict[str, bytes]:
    """Ref → name and phone, sealed again under the key that the record has in the new package."""
    rows = RecordVersion.objects.filter(package=package, record__version__package=package, destroyed_at=None)
    return {
        version.record.ref: sealed
        for version in rows.select_related("record").iterator(chunk_size=2000)
        if (sealed := customers.sealed_again(version.record, old, new)) is not None
    }


def _take_over(
    row: Package,
    new: Package,
    done: Repacked,
    sealed: Mapping[str, bytes],
    checks: list[PackageCheck],
    now: datetime,
) -> None:
    """Inside the transaction: every version that stays points to the new package, with its new digest."""
    values: dict[str, Any] = {"old": row.pk, "new": new.pk, "source": row.source_id}
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY moved FROM STDIN") as copy:
            for ref, (before, after) in done.moved.items():
                copy.write_row((ref, before, after, sealed.get(ref)))
        cursor.execute(VERSIONS, values)
        if cursor.rowcount != len(done.moved):
            raise PackageError("repack_versions", found=cursor.rowcount, wanted=len(done.moved))
        cursor.execute(CUSTOMERS, values)
        cursor.execute(OTHER_ORDERS, values)
    PackageCheck.objects.bulk_create(checks)
    new.status, new.verified_at, new.drilled_at, new.drill_records = row.status, now, now, checks[-1].records
    new.status = Package.Status.VERIFIED
    new.records = RecordVersion.objects.filter(package=new, complete=True).count()
    whose = new.source.client_id, new.source.record_class
    new.next_check_at = now + timedelta(days=terms.number("fixity.cycle_days", *whose))
    new.save()
    facts = {"number": new.number, "replaces": row.number, "records": new.records}
    audit.record("package.replaced", actor=SYSTEM, at=now, obj=new, client=new.source.client, facts=facts)
