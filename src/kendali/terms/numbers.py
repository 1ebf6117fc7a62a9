"""Numbers like ESK-2026-0151: per kind and year, without gaps, from a locked row."""

from __future__ import annotations

from datetime import datetime
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
