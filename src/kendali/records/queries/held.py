"""I3 in SQL: the one predicate for "a hold covers this record". The rule in Python: `disposal.rules.holds_on`."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from kendali.records.models import Record

# Over the aliases r (records_record), s (its records_source), h (disposal_hold).
COVERS = """
h.status = 'active' AND h.client_id = {s}.client_id AND h.record_class IN ('', {s}.record_class) AND CASE h.scope
  WHEN 'client' THEN true
  WHEN 'record' THEN EXISTS (SELECT FROM disposal_heldsubject x WHERE x.hold_id = h.id AND x.subject = {r}.id)
  WHEN 'customer' THEN
    (h.customer_name_hmac = {r}.customer_name_hmac) IS TRUE OR (h.customer_phone_hmac = {r}.customer_phone_hmac) IS TRUE
  WHEN 'range' THEN
    (h.ends_at IS NULL OR coalesce({r}.started_at, {r}.last_activity_at) IS NULL
      OR coalesce({r}.started_at, {r}.last_activity_at) < h.ends_at)
    AND (h.starts_at IS NULL OR coalesce({r}.last_activity_at, {r}.started_at) IS NULL
      OR coalesce({r}.last_activity_at, {r}.started_at) >= h.starts_at)
  ELSE true END
"""


def held_sql(record: str = "r", source: str = "s") -> str:
    """A condition for a statement where `record` is records_record and `source` its records_source; no parameters."""
    return f"EXISTS (SELECT FROM disposal_hold h WHERE {covers_sql(record, source)})"


def covers_sql(record: str = "r", source: str = "s") -> str:
    """The same with the hold at hand as `h`, for a statement that wants its number."""
    return COVERS.format(r=record, s=source)


# The records first, once: the planner does not know how few they are.
OF = f"""
WITH r AS MATERIALIZED (
  SELECT id, source_id, customer_name_hmac, customer_phone_hmac, started_at, last_activity_at
  FROM records_record WHERE id = ANY(%s::bigint[])
)
SELECT r.id, array_agg(h.number ORDER BY h.number)
FROM r JOIN records_source s ON s.id = r.source_id JOIN disposal_hold h ON {covers_sql()} GROUP BY r.id
"""  # noqa: S608


def of(records: Iterable[Record | int]) -> dict[int, list[str]]:
    """Record → numbers of the active holds that cover it; a record that is missing here is free. One query.

    Whoever deletes asks under `disposal.locks.shared`, otherwise a hold may come between."""
    keys = [one if isinstance(one, int) else one.pk for one in records]
    with connection.cursor() as cursor:
        cursor.execute(OF, [keys])
        return dict(cursor.fetchall())
