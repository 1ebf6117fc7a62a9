"""Calling and filling in the form: jobs. A job may run twice and may die anywhere."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.mystery.actions import calling, kept


@app.periodic(cron="*/10 * * * *")
@app.task(queue="rescue", queueing_lock="miss_passed_calls")
def miss_passed(timestamp: int) -> None:
    """Slots that passed without a call."""
    calling.miss_passed(at=timezone.now())


@app.periodic(cron="20 19 * * *")
@app.task(queue="rescue", queueing_lock="tidy_test_calls")
def tidy_files(timestamp: int) -> None:
    """Files that a worker left between the store and its row."""
    kept.nightly(timezone.now())
