"""The organisation this installation belongs to."""

from __future__ import annotations

from kendali.terms import settings

NAME = "organisation.name"


def organisation() -> str:
    """Its name, "" while nobody has given it one."""
    return str(settings.get(NAME)) if NAME in settings.DEFINITIONS else ""
