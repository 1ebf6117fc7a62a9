"""Nightly work on the keys."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app


@app.periodic(cron="20 2 * * *")
@app.task(name="vault.nightly", queueing_lock="vault.nightly")
def nightly(timestamp: int) -> None:
    from kendali.vault import watch

    watch.nightly(at=timezone.now())
