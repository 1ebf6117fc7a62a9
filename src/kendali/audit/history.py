"""What happened to one object, for its page."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Model

from kendali.audit.models import Entry
from kendali.audit.sentences import actor, render


class Happened(NamedTuple):
    at: datetime
    sentence: str
    actor: str = ""  # the name the sentence begins with, set in bold


def history(obj: Model, *, limit: int = 100) -> list[Happened]:
    """The newest `limit` entries about an object, newest first, for <c-history :entries="history">."""
    rows = Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("-id")[:limit]
    return [Happened(entry.at, render(entry), actor(entry)) for entry in rows]
