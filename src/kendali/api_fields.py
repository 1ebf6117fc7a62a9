"""Types of fields that the API takes in, with the checks that the type of the language does not make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

FIRST_YEAR, LAST_YEAR = 1900, 2999


def _instant(given: datetime) -> datetime:
    """In UTC. PostgreSQL takes no offset of sixteen hours or more, and nothing here happened before telephones."""
    if not FIRST_YEAR <= given.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return given.replace(tzinfo=given.tzinfo or UTC).astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_instant)]
