"""Counting what is past its period, whenever something moved; its jobs are found through `tasks`."""

from __future__ import annotations

from contextlib import suppress

from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from kendali.records.actions import past
from kendali.records.models import Source


@app.periodic(cron="* * * * *")
@app.task(queue="scan", queueing_lock="count_past")
def count_past(timestamp: int) -> None:
    """A minute after an answer, a hold or the end of an order the radar's line (b) is right again."""
    for source in past.stale(timezone.now()):
        with suppress(AlreadyEnqueued):
            count_past_of.configure(queueing_lock=f"past-{source.pk}").defer(source_id=source.pk)


@app.task(queue="scan", retry=2)
def count_past_of(*, source_id: int) -> None:
    past.refresh(Source.objects.select_related("client").get(pk=source_id), at=timezone.now())
