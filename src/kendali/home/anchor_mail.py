"""The head of the audit chain by mail, once a day: a copy where the operator of Kendali cannot change it.

QMR and clients keep it; `kendali manage audit verify` prints the head to compare with.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.audit.models import Anchor
from kendali.notices import mail


def receivers() -> list[User]:
    """QMR, and the people of every active client; each once."""
    people = {
        user.pk: user
        for client in Client.objects.filter(active=True)
        for user in permissions.holders("anchor.receive", client)
    }
    return list(people.values())


def todays(at: datetime) -> Anchor | None:
    """The newest anchor of the last day; None when nothing happened since, or no mail server is set."""
    if not mail.configured():
        return None
    return Anchor.objects.filter(at__gt=at - timedelta(days=1), at__lte=at).first()


def send(*, user: User, anchor: Anchor) -> None:
    """One mail in the person's language. Raises OSError, SMTPException; the job repeats it."""
    with translation.override(user.language):
        subject = _("Head of Kendali's audit trail: entry %(entry)s") % {"entry": anchor.entry_id}
        text = _(
            "Please keep this mail. Entry %(entry)s of the audit trail has the digest\n\n%(digest)s\n\nIf the trail is "
            "ever changed before this entry, its digest will differ. Nothing needs to be done.\n\n%(address)s"
        ) % {"entry": anchor.entry_id, "digest": bytes(anchor.hash).hex(), "address": settings.BASE_URL}
    mail.deliver(to=user.email, subject=subject, text=text, html=f"<pre>{escape(text)}</pre>")
