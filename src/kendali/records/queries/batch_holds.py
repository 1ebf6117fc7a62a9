"""Holds that touch a batch of records, lifted ones too: a column of the register and a page of the dossier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class BatchHold:
    number: str
    basis: str
    since: datetime
    lifted: datetime | None


# One branch per scope, each by its own index: a client's or a range's hold needs no look at single records.
TOUCHING = """
WITH RECURSIVE batch(root, package) AS (
  SELECT id, id FROM records_package WHERE id = ANY(%(packages)s::uuid[])
  UNION ALL SELECT b.root, p.id FROM records_package p JOIN batch b ON p.replaces_id = b.package
), place AS (
  SELECT p.id AS root, s.client_id, s.record_class, (p.month::timestamp AT TIME ZONE s.zone) AS first,
    ((p.month + interval '1 month')::timestamp AT TIME ZONE s.zone) AS past
  FROM records_package p JOIN records_source s ON s.id = p.source_id WHERE p.id = ANY(%(packages)s::uuid[])
), touching AS (
  SELECT p.root, h.id FROM place p JOIN disposal_hold h ON h.client_id = p.client_id AND h.scope = 'client'
    AND h.record_class IN ('', p.record_class)
  UNION SELECT p.root, h.id FROM place p JOIN disposal_hold h ON h.client_id = p.client_id AND h.scope = 'range'
    AND h.record_class IN ('', p.record_class) AND (h.starts_at IS NULL OR h.starts_at < p.past)
    AND (h.ends_at IS NULL OR h.ends_at > p.first)
  UNION SELECT b.root, t.hold_id FROM batch b JOIN records_recordversion v ON v.package_id = b.package
    JOIN disposal_heldsubject t ON t.subject = v.record_id
  UNION SELECT b.root, h.id FROM disposal_hold h JOIN records_record r
    ON r.customer_phone_hmac = h.customer_phone_hmac OR r.customer_name_hmac = h.customer_name_hmac
    JOIN records_source s ON s.id = r.source_id AND s.client_id = h.client_id AND h.record_class IN ('', s.record_class)
    JOIN records_recordversion v ON v.record_id = r.id JOIN batch b ON b.package = v.package_id
    WHERE h.scope = 'customer'
)
SELECT t.root::text, h.number, coalesce(nullif(h.legal_basis, ''), h.reason), h.placed_at, h.released_at
FROM touching t JOIN disposal_hold h ON h.id = t.id ORDER BY h.placed_at, h.id
"""


def of(packages: Sequence[str]) -> Mapping[str, list[BatchHold]]:
    """Package id → its holds, oldest first; one query."""
    if not packages:
        return {}
    found: dict[str, list[BatchHold]] = {}
    with connection.cursor() as cursor:
        cursor.execute(TOUCHING, {"packages": list(packages)})
        for root, *hold in cursor.fetchall():
            found.setdefault(root, []).append(BatchHold(*hold))
    return found
