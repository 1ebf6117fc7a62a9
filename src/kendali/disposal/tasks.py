"""Jobs of the paper side: what time does. Each may run twice."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kendali.disposal.actions import deadlines, erasures, holds


@app.periodic(cron="*/10 * * * *")
@app.task(queue="rescue", queueing_lock="run_out_proposals")
def run_out(timestamp: int) -> None:
    """Unanswered lists and approvals that were not carried out in time."""
    deadlines.lapse(at=timezone.now())
    deadlines.expire(at=timezone.now())


@app.periodic(cron="5 22,23,0 * * *")  # 05.05 to 07.05 WIB: early in the morning in each of the three zones
@app.task(queue="rescue", queueing_lock="remind_of_proposals")
def remind(timestamp: int) -> None:
    """The client of its answer, the Team Leader of what is to be asked again, whoever placed a hold of its review."""
    deadlines.remind(at=timezone.now())
    deadlines.ask_again(at=timezone.now())
    deadlines.ask_again_lines(at=timezone.now())
    holds.remind_of_reviews(at=timezone.now())


@app.task(name="disposal.mail_invitation", queue="mail", retry=RetryStrategy(max_attempts=9, exponential_wait=4))
def mail_invitation(*, invitation_id: str, what: str, number: int) -> None:
    """`what`: invitation, reminder or code; `number`: of the code."""
    from kendali.disposal.invitation_mail import send

    send(invitation_id=invitation_id, what=what, number=number)


@app.periodic(cron="*/10 * * * *")
@app.task(name="disposal.remind_of_erasures", queue="rescue", queueing_lock="remind_of_erasures")
def remind_of_erasures(timestamp: int) -> None:
    """The clock of 3 x 24 hours runs through nights and weekends."""
    erasures.remind(at=timezone.now())
