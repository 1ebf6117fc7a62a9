"""Holidays of the contact centre's calendar, for deadlines: Indonesian public and government days off."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=1)
def days_off() -> Container[date]:
    """`date in days_off()`; years are filled in as they are asked for."""
    return holidays.country_holidays("ID", categories=("public", "government"))
