"""Working days: jobs. A job may run twice and may die anywhere."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.mystery.actions import calendar


@app.periodic(cron="30 18 * * *")  # 01.30 WIB; from November on the decree of the next year may be there
@app.task(queue="mystery", queueing_lock="next_year_of_days_off")
def next_year_of_days_off(timestamp: int) -> None:
    """The days off of the next year as a new version, once they are published; does nothing where it has them."""
    calendar.keep_ahead(at=timezone.now())
