"""Materials, personas, scenarios, forms: jobs. A job may run twice and may die anywhere."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.mystery.actions import marking


@app.periodic(cron="30 17 * * *")  # 00.30 WIB
@app.task(queue="rescue", queueing_lock="mark_dependents")
def mark_dependents(timestamp: int) -> None:
    marking.tell(timezone.now())
