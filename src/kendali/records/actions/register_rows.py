"""Batches of records in the Daftar Catatan: one row per verified package, kept in step with what became of it.

Set-based and idempotent: called where a package is verified and where an order ends, and once a night for all of them.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kendali import civil_time
from kendali.records.models import Package
from kendali.register.models import RegisterEntry
from kendali.terms import settings as terms
from kendali.terms.models import Policy

PREFIX = "records.package:"


def key_of(package: Package | UUID | str) -> str:
    return f"{PREFIX}{package.pk if isinstance(package, Package) else package}"


@transaction.atomic
def enter(packages: Iterable[Package], *, at: datetime) -> int:
    """Rows for verified packages that have none yet; returns how many were made."""
    missing = {key_of(package): package for package in packages if package.status == Package.Status.VERIFIED}
    known = set(RegisterEntry.objects.filter(key__in=missing).values_list("key", flat=True))
    rows = [_row(key, package, at) for key, package in missing.items() if key not in known]
    RegisterEntry.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _row(key: str, package: Package, at: datetime) -> RegisterEntry:
    source, policy = package.source, package.escalation.policy
    first, last = package.month, package.month.replace(day=monthrange(package.month.year, package.month.month)[1])
    kind = RegisterEntry.Kind(source.record_class)
    with translation.override("id"):
        words = {"kind": kind.label, "source": source.name, "month": date_format(package.month, "F Y")}
        title = _("%(kind)s, %(source)s, %(month)s") % words
    return RegisterEntry(
        key=key,
        kind=kind,
        classification=str(terms.get(f"register.code_{source.record_class}", source.client_id)),
        title=title,
        client=source.client,
        owner_unit=str(terms.get("register.owner_unit", source.client_id, source.record_class)),
        responsible=str(terms.get("register.responsible", source.client_id, source.record_class)),
        period_first=first,
        period_last=last,
        issued_on=last,
        medium=package.path,
        entered_at=at,
        changed_at=at,
        quantity=package.records,
        package=package.number,
        **_dates(package, policy, last),
    )


def _dates(package: Package, policy: Policy, last: date) -> dict[str, object]:
    """Of the youngest record of the batch: when the last of it had to be backed up, and when all of it has expired."""
    return {
        "backup_due_on": civil_time.add_years(last, policy.backup_after_years),
        "backed_up_on": package.verified_at and civil_time.local_date(package.verified_at, policy.zone),
        "drill": {
            "records": package.drill_records,
            "on": civil_time.local_date(package.drilled_at, policy.zone).isoformat(),
        }
        if package.drilled_at
        else {},
        "expires_on": civil_time.add_years(last, policy.delete_after_years),
    }


# A batch is counted over its package and every package that took its place (`Package.replaces`).
REFRESH = """
WITH RECURSIVE batch(root, package) AS (
  SELECT id, id FROM records_package WHERE id = ANY(%(roots)s)
  UNION ALL SELECT b.root, p.id FROM records_package p JOIN batch b ON p.replaces_id = b.package
), gone AS (
  SELECT b.root, count(*) AS quantity,
    count(r.deleted_at) AS deleted, max((r.deleted_at AT TIME ZONE s.zone)::date) AS deleted_on,
    count(v.destroyed_at) AS destroyed, max((v.destroyed_at AT TIME ZONE s.zone)::date) AS destroyed_on
  FROM batch b JOIN records_recordversion v ON v.package_id = b.package AND v.complete
  JOIN records_record r ON r.id = v.record_id JOIN records_source s ON s.id = r.source_id
  GROUP BY b.root
), touched AS (
  SELECT DISTINCT b.root, o.id, p.number, p.decided_at, c.zone
  FROM batch b JOIN records_recordversion v ON v.package_id = b.package
  JOIN records_disposalitem i ON i.record_id = v.record_id JOIN records_disposalorder o ON o.id = i.order_id
  JOIN disposal_proposal p ON p.id = o.proposal_id JOIN accounts_client c ON c.id = o.client_id
  WHERE o.status NOT IN ('returned', 'cancelled')
), paper AS (
  SELECT root, jsonb_agg('records.disposalorder:' || id ORDER BY id) AS orders,
    jsonb_agg(jsonb_build_object('number', number, 'on', (decided_at AT TIME ZONE zone)::date) ORDER BY id) AS approvals
  FROM touched GROUP BY root
)
UPDATE register_registerentry e SET
  quantity = gone.quantity, deleted_quantity = gone.deleted, destroyed_quantity = gone.destroyed,
  deleted_on = CASE WHEN gone.deleted > 0 THEN gone.deleted_on END,
  destroyed_on = CASE WHEN gone.destroyed > 0 THEN gone.destroyed_on END,
  orders = coalesce(paper.orders, '[]'), approvals = coalesce(paper.approvals, '[]'), changed_at = %(at)s
FROM gone LEFT JOIN paper ON paper.root = gone.root
WHERE e.key = 'records.package:' || gone.root
"""


# Two orders that end at once may share batches: everybody takes the rows in one order.
LOCK = """
SELECT FROM register_registerentry WHERE key IN (SELECT 'records.package:' || k FROM unnest(%(roots)s::uuid[]) k)
ORDER BY id FOR UPDATE
"""


@transaction.atomic
def refresh(packages: Collection[UUID], *, at: datetime) -> int:
    """Count again what is left of these batches; returns how many rows there are."""
    if not packages:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"roots": list(packages)})
        cursor.execute(REFRESH, {"roots": list(packages), "at": at})
        return int(cursor.rowcount)


ROOTS_OF_ORDER = """
WITH RECURSIVE touched(package) AS (
  SELECT DISTINCT v.package_id FROM records_disposalitem i JOIN records_recordversion v ON v.record_id = i.record_id
  WHERE i.order_id = %(order)s
  UNION SELECT p.replaces_id FROM records_package p JOIN touched t ON t.package = p.id WHERE p.replaces_id IS NOT NULL
)
SELECT t.package FROM touched t JOIN records_package p ON p.id = t.package WHERE p.replaces_id IS NULL
"""


def refresh_order(order_id: int, *, at: datetime) -> int:
    """The batches that an order touched."""
    with connection.cursor() as cursor:
        cursor.execute(ROOTS_OF_ORDER, {"order": order_id})
        return refresh([row[0] for row in cursor.fetchall()], at=at)


def refresh_all(*, at: datetime) -> int:
    """Every night: what nobody entered, and what changed without an order."""
    verified = Package.objects.filter(status=Package.Status.VERIFIED, replaces=None)
    missing = verified.exclude(pk__in=_entered()).select_related("source__client", "escalation__policy")
    enter(missing.iterator(chunk_size=500), at=at)
    return refresh(list(_entered()), at=at)


def _entered() -> list[UUID]:
    keys = RegisterEntry.objects.filter(key__startswith=PREFIX).values_list("key", flat=True)
    return [UUID(key.removeprefix(PREFIX)) for key in keys]
