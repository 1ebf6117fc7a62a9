"""Jobs that keep jobs going."""

from __future__ import annotations

import logging

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from kendali.accounts.models import User
from kendali.audit.models import Anchor
from kendali.home import anchor_mail

log = logging.getLogger("kendali.worker")
# The sixth field is seconds. Tests use heartbeats of one second and look as often.
OFTEN = "* * * * * */2" if settings.KENDALI_HEARTBEAT_SECONDS < 5 else "* * * * * */10"
KEEP_JOBS_HOURS = 24 * 30


@app.periodic(cron=OFTEN)
@app.task(queueing_lock="rescue", pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Give the jobs of a worker that gave no sign for three heartbeats to another. Each job may run twice."""
    silent = 3 * settings.KENDALI_HEARTBEAT_SECONDS
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silent):
        log.warning(
            "job given to another worker", extra={"job": job.id, "task": job.task_name, "attempt": job.attempts}
        )
        await manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget", pass_context=True)
async def forget_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Rows are the truth; a finished job is only a trace of how it went."""
    await context.app.job_manager.delete_old_jobs(nb_hours=KEEP_JOBS_HOURS, include_failed=False)


@app.periodic(cron="40 17 * * *")  # half an hour after the anchor was written
@app.task(queueing_lock="mail_anchor")
def mail_anchor(timestamp: int) -> None:
    """A job for each receiver: one address that fails does not send the others a second mail."""
    anchor = anchor_mail.todays(timezone.now())
    if anchor is None:
        return
    for user in anchor_mail.receivers():
        mail_anchor_to.defer(anchor_id=anchor.pk, user_id=user.pk)


@app.task(queue="mail", retry=5)
def mail_anchor_to(*, anchor_id: int, user_id: int) -> None:
    anchor_mail.send(user=User.objects.get(pk=user_id), anchor=Anchor.objects.get(pk=anchor_id))
