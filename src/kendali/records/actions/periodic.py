"""Drafts that the product makes by itself: once a month for each source, and after an alarm.

On the first working day of a month, or on the next day on which a worker runs: the source says for which month it was
tried. Where an order is open, a draft follows when that order has ended.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from kendali import civil_time
from kendali.accounts.permissions import RuleRefused
from kendali.records.actions import escalations
from kendali.records.calendar import days_off
from kendali.records.models import Escalation, Source
from kendali.terms import settings as terms


def draft_periodic(*, at: datetime) -> list[Escalation]:
    """Eskalasi berkala (decision 11): each source whose month has had its first working day, once a month."""
    drafts = []
    for source in Source.objects.filter(active=True, client__active=True).select_related("client"):
        today = civil_time.local_date(at, source.zone)
        month = today.replace(day=1)
        if today < civil_time.first_working_day(today, days_off()):
            continue
        if not terms.get("escalation.periodic", source.client_id, source.record_class):
            continue
        with transaction.atomic():
            rows = Source.objects.filter(Q(drafted_for=None) | Q(drafted_for__lt=month), pk=source.pk)
            made = draft(source, at=at, periodic=True) if rows.update(drafted_for=month) else None
        if made is not None:
            drafts.append(made)
    return drafts


def draft(source: Source, *, at: datetime, periodic: bool = False) -> Escalation | None:
    """None: nothing is due, or an order is open; then a draft follows it."""
    try:
        with transaction.atomic():
            return escalations.draft_one(source, at=at, periodic=periodic)
    except RuleRefused:
        return None
    except IntegrityError:
        Source.objects.filter(pk=source.pk).update(draft_wanted_at=at)
        return None


def draft_wanted(*, at: datetime) -> list[Escalation]:
    """Sources whose open order has ended since a draft was wanted; each once."""
    is_open = Escalation.objects.filter(source=OuterRef("pk"), status__in=Escalation.OPEN)
    rows = Source.objects.filter(~Exists(is_open), draft_wanted_at__isnull=False, active=True, client__active=True)
    drafts = []
    for source in rows.select_related("client"):
        with transaction.atomic():
            mine = Source.objects.filter(pk=source.pk, draft_wanted_at=source.draft_wanted_at)
            made = draft(source, at=at) if mine.update(draft_wanted_at=None) else None
        if made is not None:
            drafts.append(made)
    return drafts
