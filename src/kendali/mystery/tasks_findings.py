"""Findings and their clocks, disputes, coaching: jobs. A job may run twice and may die anywhere."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.mystery.actions import digests, escalating


@app.periodic(cron="*/5 * * * *")
@app.task(name="mystery.tell_clocks", queue="rescue", queueing_lock="mystery_tell_clocks")
def tell_clocks(timestamp: int) -> None:
    """Reminders and escalations of the H+2 clocks."""
    escalating.tell(at=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="mystery.send_digests", queue="rescue", queueing_lock="mystery_send_digests")
def send_digests(timestamp: int) -> None:
    """The morning mail, in each person's own morning."""
    digests.send(at=timezone.now())
