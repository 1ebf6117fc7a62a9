"""The e-mails to an approver without a login. Link and code are made while sending; no table and no job holds them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kendali.disposal.actions import invitations, taking_back
from kendali.disposal.models import Invitation
from kendali.notices import mail

SUBJECTS = {
    "invitation": _("Decide on list %(number)s: deletion of records of %(client)s"),
    "invitation-backup": _("Decide on list %(number)s: destruction of backup copies of %(client)s"),
    "reminder": _("Reminder: list %(number)s of %(client)s waits for your decision"),
    "code": _("Your code for list %(number)s"),
}


def send(*, invitation_id: str, what: str, number: int, at: datetime | None = None) -> None:
    """Nothing for a link that no longer works, or a code that a newer one replaced. Raises what the server said."""
    row = Invitation.objects.select_related("approver", "proposal__client").get(pk=uuid.UUID(invitation_id))
    now = at or timezone.now()
    usable = invitations.state(row, now) == "open" or (what == "code" and bool(taking_back.may(row, now)))
    if not usable or (what == "code" and number != row.codes):
        return
    with translation.override("id"):
        facts = {"number": row.proposal.number, "client": row.proposal.client.name}
        subject = gettext(SUBJECTS.get(f"{what}-{row.proposal.act}", SUBJECTS[what])) % facts
        context = {"row": row, "proposal": row.proposal, "person": row.approver, "what": what}
        if what == "code":
            context |= {"code": invitations.code_of(row), "minutes": 10}
        else:
            context |= {"link": f"{settings.BASE_URL.rstrip('/')}/persetujuan/{invitations.token(row)}/"}
        text = render_to_string("disposal/invitation_mail.txt", context)
        html = render_to_string("disposal/invitation_mail.html", context)
    mail.deliver(to=row.approver.email, subject=subject, text=text, html=html)
