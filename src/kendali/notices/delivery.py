"""One attempt to send a notice by e-mail; the row says how it went, so that failures are seen."""

from __future__ import annotations

from smtplib import SMTPException

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kendali.notices import mail
from kendali.notices.models import Notice

State = Notice.EmailState


def attempt(*, notice_id: int, last: bool) -> None:
    """Sends at most once per successful attempt; raises what the mail server said, so that the job is repeated."""
    try:
        with transaction.atomic():
            notice = Notice.objects.select_for_update(of=("self",)).select_related("user").get(pk=notice_id)
            if notice.email_state == State.SENT:
                return
            if not mail.configured() or not notice.user.is_active:
                Notice.objects.filter(pk=notice_id).update(email_state=State.NONE)
                return
            mail.send(notice)
            Notice.objects.filter(pk=notice_id).update(
                email_state=State.SENT,
                email_error="",
                emailed_at=timezone.now(),
                email_attempts=F("email_attempts") + 1,
            )
    except (OSError, SMTPException) as error:
        Notice.objects.filter(pk=notice_id).update(
            email_state=State.FAILED if last else State.RETRYING,
            email_error=str(error)[:300],
            email_attempts=F("email_attempts") + 1,
        )
        raise
