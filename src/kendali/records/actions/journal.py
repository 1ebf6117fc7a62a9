"""The journal of deletions: an intent is committed before its call (I5), an outcome names its intent.

Lines are only added, by COPY and joined by SQL. Both acts write here: a destroyed backup copy has its
intent and outcome as well, and the database refuses an item that is "deleted" without them (migration 0003).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from kendali.records.models import DisposalItem

WAITING = DisposalItem.Outcome.WAITING


@dataclass(frozen=True, slots=True)
class Batch:
    """Who writes: one attempt of one order by one worker. `id` joins the lines that were at work together."""

    order: int
    attempt: int
    worker: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one item, with what was measured. `intent` None: no call was made for it, so no line either.
    `next_try_at`: for what is no end yet (waiting, queued)."""

    item: int
    record: int
    intent: int | None
    outcome: str
    facts: Mapping[str, object] = field(default_factory=dict)
    next_try_at: datetime | None = None


INTENTS = """
INSERT INTO records_journalentry (order_id, item_id, kind, outcome, attempt, batch, worker, facts, at)
SELECT %(order)s, i.item, 'intent', '', %(attempt)s, %(batch)s, %(worker)s, i.facts, %(at)s
FROM intended i ORDER BY i.item RETURNING item_id, id
"""
SEALED = """
UPDATE records_disposalitem d SET parts_sealed = i.parts, tries = d.tries + 1 FROM intended i WHERE d.id = i.item
"""


def intend(
    batch: Batch, items: Iterable[tuple[int, Mapping[str, object], bytes | None]], at: datetime
) -> dict[int, int]:
    """Write the intents: (item, facts, sealed parts). Item → id of its intent. Commit before the first call."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE intended (item bigint, facts jsonb, parts bytea) ON COMMIT DROP")
        with cursor.copy("COPY intended FROM STDIN") as copy:
            for item, facts, parts in items:
                copy.write_row((item, json.dumps(facts), parts))
        values: dict[str, Any] = {
            "order": batch.order,
            "attempt": batch.attempt,
            "batch": batch.id,
            "worker": batch.worker[:64],
            "at": at,
        }
        cursor.execute(INTENTS, values)
        found = dict(cursor.fetchall())
        cursor.execute(SEALED)
        return found


STAGE = """
CREATE TEMPORARY TABLE ended (
  item bigint, record bigint, intent bigint, outcome text, facts jsonb, next_try_at timestamptz
) ON COMMIT DROP
"""
OUTCOMES = """
INSERT INTO records_journalentry (order_id, item_id, intent_id, kind, outcome, attempt, batch, worker, facts, at)
SELECT %(order)s, e.item, e.intent, 'outcome', e.outcome, %(attempt)s, %(batch)s, %(worker)s, e.facts, %(at)s
FROM ended e WHERE e.intent IS NOT NULL ORDER BY e.item
"""
ITEMS = """
UPDATE records_disposalitem d SET outcome = e.outcome, facts = e.facts, next_try_at = e.next_try_at,
  settled_at = CASE WHEN e.outcome IN ('waiting', 'queued') THEN NULL ELSE %(at)s::timestamptz END
FROM ended e WHERE d.id = e.item AND d.outcome IN ('waiting', 'queued')
"""
RECORDS = """
UPDATE records_record r SET deleted_at = %(at)s FROM ended e WHERE r.id = e.record AND e.outcome = 'deleted'
"""


def end(batch: Batch, ended: Sequence[Ended], at: datetime, *, deletes_records: bool = True) -> None:
    """Outcome lines and items, in this order; `deletes_records`: the act is the deletion at the source."""
    if not ended:
        return
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY ended FROM STDIN") as copy:
            for one in ended:
                copy.write_row((one.item, one.record, one.intent, one.outcome, json.dumps(one.facts), one.next_try_at))
        values: dict[str, Any] = {
            "order": batch.order,
            "attempt": batch.attempt,
            "batch": batch.id,
            "worker": batch.worker[:64],
            "at": at,
        }
        cursor.execute(OUTCOMES, values)
        cursor.execute(ITEMS, values)
        if deletes_records:
            cursor.execute(RECORDS, values)
        cursor.execute("DROP TABLE ended")


OPEN = """
SELECT n.item_id, max(n.id) FROM records_journalentry n
WHERE n.order_id = %s AND n.kind = 'intent'
  AND NOT EXISTS (SELECT FROM records_journalentry o WHERE o.intent_id = n.id)
GROUP BY n.item_id ORDER BY n.item_id
"""
LAST_INTENT = """
SELECT n.item_id, max(n.id) FROM records_journalentry n
WHERE n.item_id = ANY(%s) AND n.kind = 'intent' GROUP BY n.item_id
"""


def open_intents(order: int) -> dict[int, int]:
    """Item → intent that has no outcome: what an attempt left behind that ended in the middle."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [order])
        return dict(cursor.fetchall())


def last_intents(items: Sequence[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(LAST_INTENT, [list(items)])
        return dict(cursor.fetchall())
