"""The test ticket of a call: said to be tagged as a test and closed, or to be open after all."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.mystery.actions import stepping
from kendali.mystery.actions.moving import locked_sample
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import tickets as query


@transaction.atomic
def say(*, user: User, at: datetime, sample: Sample, closed: bool) -> Sample:
    """The same said again changes nothing. Raises Refused, RuleRefused."""
    actor = stepping.acting(user, "sample.ticket", at, person=sample.executor_id)
    # The cycle first, as a freeze takes them: it waits, or was before.
    cycle = Cycle.objects.select_for_update(no_key=True).get(pk=sample.cycle_id)
    row = locked_sample(sample.pk)
    row.cycle = cycle
    allowed = query.may_say(row, user, at)
    if not allowed:
        raise RuleRefused(allowed)
    if closed == (row.ticket_closed_at is not None):
        return row
    row.ticket_closed_at, row.ticket_closed_by = (at, user) if closed else (None, None)
    row.save(update_fields=["ticket_closed_at", "ticket_closed_by"])
    verb = "sample.ticket_closed" if closed else "sample.ticket_open"
    audit.record(verb, actor=actor, at=at, obj=row, facts={"number": row.number, "ticket": row.ticket})
    return row
