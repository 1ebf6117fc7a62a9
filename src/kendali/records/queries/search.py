"""Looking for records: by what identifies one (number, name, phone), or through the catalogue by date, agent, channel.

Names and phones are looked for by their keyed HMAC and never stand in an address. No COUNT, no OFFSET: a number, a name
or a phone finds by its own index, newest record first; everything else goes down the index of each source.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import QueryDict

from kendali import civil_time, keyset
from kendali.records.models import Record, Source

BY_ACTIVITY = ("-last_activity_at", "-id")
MOST_VALUES = 300


@dataclass(frozen=True, slots=True)
class Query:
    """`name` and `phone` are keyed HMACs (records.secrets.Lookup)."""

    number: str = ""
    since: date | None = None
    until: date | None = None
    name: bytes | None = None
    phone: bytes | None = None
    agent: str = ""
    channel: str = ""

    def used(self) -> list[str]:
        """The names of the fields that are filled in; all that the audit trail gets."""
        words = {"name": "customer_name", "phone": "customer_phone"}
        return [words.get(field.name, field.name) for field in fields(self) if getattr(self, field.name)]


def find(query: Query, sources: Sequence[Source], args: QueryDict) -> keyset.Page[Record]:
    """One page. Without anything to identify a record, those without a date are left out: they have no place."""
    if query.number or query.name or query.phone:
        rows = Record.objects.filter(_identified(query), source__in=sources)
        rows = _between(_with(rows, query), query, sources)
        return _complete(keyset.page(rows, ("-id",), args), sources)
    return _merged(query, sources, args)


def _identified(query: Query) -> Q:
    wanted = Q()
    if query.number:
        wanted &= Q(ref=query.number) | Q(display=query.number)
    if query.name:
        wanted &= Q(customer_name_hmac=query.name)
    if query.phone:
        wanted &= Q(customer_phone_hmac=query.phone)
    return wanted


def _with(rows: QuerySet[Record], query: Query) -> QuerySet[Record]:
    rows = rows.filter(agent=query.agent) if query.agent else rows
    return rows.filter(channel=query.channel) if query.channel else rows


def _between(rows: QuerySet[Record], query: Query, sources: Sequence[Source]) -> QuerySet[Record]:
    """Local days, in each source's own zone, of the last activity."""
    if not query.since and not query.until:
        return rows
    wanted = Q()
    for zone in {source.zone for source in sources}:
        there = Q(source__in=[source for source in sources if source.zone == zone])
        wanted |= there & _days(query, zone)
    return rows.filter(wanted)


def _days(query: Query, zone: str) -> Q:
    days = Q()
    if query.since:
        days &= Q(last_activity_at__gte=civil_time.start_of_day(query.since, zone))
    if query.until:
        days &= Q(last_activity_at__lt=civil_time.start_of_day(query.until + timedelta(days=1), zone))
    return days


def _merged(query: Query, sources: Sequence[Source], args: QueryDict) -> keyset.Page[Record]:
    """Every source is asked for a page by its own index; the pages are merged."""
    back = "before" in args
    pages = [keyset.page(_of_source(source, query), BY_ACTIVITY, args) for source in sources]
    rows = list(heapq.merge(*(page.rows for page in pages), key=_place, reverse=True))
    cut = rows[-keyset.LIMIT :] if back else rows[: keyset.LIMIT]
    more_newer = any(page.newer for page in pages) or (back and len(rows) > len(cut))
    more_older = any(page.older for page in pages) or (not back and len(rows) > len(cut))
    return _complete(
        keyset.Page(
            cut,
            newer=keyset.address(args, "before", BY_ACTIVITY, cut[0]) if cut and more_newer else "",
            older=keyset.address(args, "after", BY_ACTIVITY, cut[-1]) if cut and more_older else "",
        ),
        sources,
    )


def _of_source(source: Source, query: Query) -> QuerySet[Record]:
    rows = Record.objects.filter(source=source, last_activity_at__isnull=False)
    return _with(rows, query).filter(_days(query, source.zone))


def _place(row: Record) -> tuple[object, int]:
    return row.last_activity_at, row.pk


def _complete(page: keyset.Page[Record], sources: Sequence[Source]) -> keyset.Page[Record]:
    """Every row with the source that is at hand already."""
    known = {source.pk: source for source in sources}
    for row in page.rows:
        row.source = known[row.source_id]
    return page


VALUES = """
WITH RECURSIVE found AS (
  (SELECT {column} AS value FROM records_record WHERE source_id = %(source)s ORDER BY {column} LIMIT 1)
  UNION ALL
  SELECT (SELECT {column} FROM records_record WHERE source_id = %(source)s AND {column} > found.value
    ORDER BY {column} LIMIT 1) FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value <> '' LIMIT %(most)s
"""


def known_values(column: str, sources: Sequence[Source]) -> list[str]:
    """What an agent or a channel may be called: one step of the index per value, whatever the number of records."""
    if column not in ("agent", "channel"):
        raise ValueError(column)
    return sorted({value for source in sources for value in _values(column, source)}, key=str.casefold)


def _values(column: str, source: Source) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(VALUES.format(column=column), {"source": source.pk, "most": MOST_VALUES})
        for (value,) in cursor.fetchall():
            yield value
