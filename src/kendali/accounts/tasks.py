"""Jobs of the accounts."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app


@app.task(name="accounts.send_setup_link", queue="mail", retry=RetryStrategy(max_attempts=9, exponential_wait=4))
def send_setup_link(*, setup_id: int) -> None:
    from kendali.accounts.setup_mail import send

    send(setup_id=setup_id)
