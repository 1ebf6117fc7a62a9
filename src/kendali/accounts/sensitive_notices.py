"""Who is told of a sensitive change: those who may stop it, the other approvers of the client, the old address.

People with a login get a notice (inbox and e-mail); addresses without one an e-mail. Apps above that know more
approvers of a client add them to APPROVERS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from kendali.accounts import permissions
from kendali.accounts.models import SensitiveChange, User
from kendali.audit.sentences import notices, say
from kendali.notices import mail
from kendali.notices.actions import notify

if TYPE_CHECKING:
    from kendali.accounts.models import Client


@dataclass(frozen=True, slots=True)
class Address:
    email: str
    language: str = "id"


# Approvers of a client who have no login; filled by the app that keeps them.
APPROVERS: list[Callable[[Client], Iterable[Address]]] = []


def tell(row: SensitiveChange, stage: str, *, at: datetime, outside: Sequence[str]) -> None:
    """`stage`: proposed, confirmed, applied, refused. Everybody once; `outside`: old addresses, "" is none."""
    from kendali.accounts import tasks

    people = {user.pk: user for user in [*permissions.holders("sensitive.confirm", row.client), *_approving(row)]}
    facts = facts_of(row)
    notify(people.values(), kind=f"sensitive.{stage}", facts=facts, url=f"/perubahan-penting/{row.pk}/", at=at)
    if not mail.configured():
        return
    told = {user.email.lower() for user in people.values()}
    found = [Address(email) for email in outside if email]
    if row.client is not None:
        found += [address for source in APPROVERS for address in source(row.client)]
    for address in found:
        if address.email.lower() not in told:
            told.add(address.email.lower())
            tasks.mail_sensitive_change.defer(
                change_id=row.pk, stage=stage, email=address.email, language=address.language
            )


def _approving(row: SensitiveChange) -> list[User]:
    """The client's own people; of a change that touches every client: those of all of them."""
    return permissions.holders("policy.decide", row.client)


def facts_of(row: SensitiveChange) -> dict[str, object]:
    return {
        "what": row.do,
        "name": row.summary.get("name", ""),
        "client": row.client.name if row.client else "",
        "by": row.proposed_by.name if row.proposed_by else "Kendali",
        "from": row.effective_at,
        "reason": row.refuse_reason,
    }


def send(*, change_id: int, stage: str, email: str, language: str) -> None:
    """One e-mail to an address without a login. Raises what the mail server said."""
    row = SensitiveChange.objects.select_related("client", "proposed_by").get(pk=change_id)
    with translation.override(language):
        sentence = say(notices()[f"sensitive.{stage}"], facts_of(row))
        context = {"sentence": sentence, "row": row, "stage": stage, "base": settings.BASE_URL}
        text = render_to_string("accounts/sensitive_mail.txt", context)
        html = render_to_string("accounts/sensitive_mail.html", context)
        subject = gettext("Kendali: a change of who may approve")
    mail.deliver(to=email, subject=subject, text=text, html=html)
