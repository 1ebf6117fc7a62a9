"""What happened to one object, for its page."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Model

from kendali.audit.models import Entry
from kendali.audit.sentences import render


def history(obj: Model, *, limit: int = 100) -> list[tuple[datetime, str]]:
    """The newest `limit` entries about an object as (instant, sentence in the reader's language), newest first."""
    rows = Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("-id")[:limit]
    return [(entry.at, render(entry)) for entry in rows]
