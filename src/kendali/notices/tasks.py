"""E-mail jobs: deferred with the notice's row, repeated with growing pauses for about a day."""

from __future__ import annotations

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

ATTEMPTS = 9
REPEAT = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=4)


@app.task(name="notices.send", queue="mail", retry=REPEAT, pass_context=True)
def send_notice(context: JobContext, *, notice_id: int) -> None:
    from kendali.notices.delivery import attempt

    attempt(notice_id=notice_id, last=context.job.attempts + 1 >= ATTEMPTS)
