"""Short notes under a step: who did it, and when."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language

from kendali.accounts.models import User


def who(user: User | str | None, at: datetime | None) -> str:
    """ "Tari · 20 Nov 15.40"; the first name is enough under a step."""
    name = user.name if isinstance(user, User) else user or ""
    return " · ".join(filter(None, [name.split()[0] if name else "", when(at) if at else ""]))


def when(at: datetime) -> str:
    return date_format(localtime(at), "j M H:i" if get_language() == "en" else "j M H.i")
