"""Numbers like ESK-2026-0151: per kind and year, without gaps, from a locked row."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection


def take(kind: str, at: datetime) -> str:
    """The next number of its year in the organisation's zone. A rolled-back transaction gives it back."""
    year = at.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO terms_numberseries (kind, year, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (kind, year) DO UPDATE SET last = terms_numberseries.last + 1 RETURNING last",
            [kind, year],
        )
        return f"{kind}-{year}-{cursor.fetchone()[0]:04d}"


def take_monthly(kind: str, month: date, count: int = 1) -> list[str]:
    """The next numbers of a month, like MC-2026-11-0001; so many at once, without gaps. Rolled back like `take`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO terms_numberseries (kind, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (kind, year) DO UPDATE SET last = terms_numberseries.last + EXCLUDED.last RETURNING last",
            [f"{kind}-{month:%m}", month.year, count],
        )
        last = cursor.fetchone()[0]
    return [f"{kind}-{month:%Y-%m}-{one:04d}" for one in range(last - count + 1, last + 1)]
