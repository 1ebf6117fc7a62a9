"""Jobs of the accounts."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app


@app.task(name="accounts.send_setup_link", queue="mail", retry=RetryStrategy(max_attempts=9, exponential_wait=4))
def send_setup_link(*, setup_id: int) -> None:
    from kendali.accounts.setup_mail import send

    send(setup_id=setup_id)


@app.task(name="accounts.mail_sensitive_change", queue="mail", retry=RetryStrategy(max_attempts=9, exponential_wait=4))
def mail_sensitive_change(*, change_id: int, stage: str, email: str, language: str) -> None:
    from kendali.accounts.sensitive_notices import send

    send(change_id=change_id, stage=stage, email=email, language=language)


@app.periodic(cron="* * * * *")
@app.task(name="accounts.apply_sensitive_changes", queue="rescue", queueing_lock="apply_sensitive_changes")
def apply_sensitive_changes(timestamp: int) -> None:
    """What a second person confirmed takes effect when its 24 hours are over; the mail server is looked at again."""
    from django.utils import timezone

    from kendali.accounts import mail_server, sensitive

    sensitive.apply_due(timezone.now())
    mail_server.look(timezone.now())
