"""Certificates (Berita Acara) that wait for a person: to be sent out, or for this person's signature."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali.accounts.models import User
from kendali.records.queries.waiting_line import Waiting
from kendali.register import queries
from kendali.register.models import Certificate

SIGN: dict[str, str] = {
    "pelaksana": _("Sign the Berita Acara for %(client)s as the one who carried it out"),
    "pemilik": _("Sign the Berita Acara for %(client)s as owner of the documents"),
    "saksi": _("Sign the Berita Acara for %(client)s as witness"),
    "klien": _("Sign the Berita Acara for %(client)s"),
    "mengetahui": _("Acknowledge the Berita Acara for %(client)s"),
}


def lines(user: User, at: datetime) -> Iterator[Waiting]:
    for one in queries.drafts(user):
        yield _line(one, _("Check and sign the drafted Berita Acara for %(client)s"))
    for one, parts in queries.waiting(user):
        yield _line(one, SIGN[parts[0]])


def _line(one: Certificate, sentence: str) -> Waiting:
    return Waiting(
        due=None,
        sentence=sentence,
        detail=_("%(order)s · %(deleted)s of %(proposed)s records"),
        action=_("Open"),
        url=f"/berita-acara/{one.pk}/",
        number=str(one) if one.number else "",
        primary=True,
        facts={
            "client": one.client.name,
            "order": one.facts["basis"]["order"],
            "deleted": one.deleted,
            "proposed": one.proposed,
        },
    )
