"""The mail server is set in the environment, beyond Kendali's rights; whoever changes it could read links and codes.

So Kendali remembers a keyed fingerprint of it. A different one becomes a sensitive change: a person must confirm it,
and decisions by link are refused until 24 hours after that (records-control, "Who does what").
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import sensitive
from kendali.accounts.models import SensitiveChange
from kendali.audit.actor import SYSTEM

DO = "mail_server.change"
SUBJECT = "mail_server"


def fingerprint() -> str:
    """Of everything that decides where mail goes and as whom; not of the password, which may change every month."""
    facts = [settings.EMAIL_BACKEND] if not settings.KENDALI_MAIL else [
        settings.EMAIL_BACKEND,
        settings.EMAIL_HOST,
        str(settings.EMAIL_PORT),
        settings.EMAIL_HOST_USER,
        str(settings.EMAIL_USE_TLS),
        str(settings.EMAIL_USE_SSL),
        settings.DEFAULT_FROM_EMAIL,
    ]  # fmt: skip
    key = HKDF(SHA256(), length=32, salt=None, info=b"kendali/1/mail-server").derive(settings.KENDALI_INSTALLATION_KEY)
    return hmac.new(key, "\0".join(facts).encode(), hashlib.sha256).hexdigest()


def look(at: datetime) -> SensitiveChange | None:
    """At every start, and now and then: is it the mail server that was confirmed? The change that waits, else None.

    The first server an installation ever has is taken as it is: there is nobody yet who could be deceived."""
    with transaction.atomic():
        known, now = _known(), fingerprint()
        waiting = list(sensitive.pending(SUBJECT))
        if known is None:
            _remember(now, at)
            return None
        stale = [row for row in waiting if row.summary.get("fingerprint") != now or known == now]
        sensitive.withdraw(stale, at=at, reason="the environment names another mail server again")
        if known == now:
            return None
        rest = [row for row in waiting if row not in stale]
        return rest[0] if rest else _propose(now, at)


def settled(at: datetime) -> bool:
    """Whether mail goes where somebody confirmed at least 24 hours ago: else no decision by link counts."""
    known = _known()
    return (known is None or known == fingerprint()) and sensitive.fresh(None, SUBJECT, at) is None


def unconfirmed() -> bool:
    """Known to health: the mail server differs from the one that was confirmed."""
    known = _known()
    return known is not None and known != fingerprint()


def _known() -> str | None:
    row = SensitiveChange.objects.filter(subject=SUBJECT).exclude(applied_at=None).order_by("-applied_at").first()
    return None if row is None else str(row.summary["fingerprint"])


def _remember(now: str, at: datetime) -> None:
    summary = {"name": _host(), "fingerprint": now}
    SensitiveChange.objects.create(
        kind=SensitiveChange.Kind.MAIL_SERVER, do=DO, subject=SUBJECT, summary=summary, proposed_at=at, applied_at=at
    )


def _propose(now: str, at: datetime) -> SensitiveChange:
    summary = {"name": _host(), "fingerprint": now, "sender": settings.DEFAULT_FROM_EMAIL}
    return sensitive.propose(
        user=None, actor=SYSTEM, at=at, do=DO, client=None, subject=SUBJECT, summary=summary, values={}
    )


def _host() -> str:
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if settings.KENDALI_MAIL else "–"


def _nothing(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    """It is in force already; the row that is applied is what is remembered."""


sensitive.register(
    sensitive.Doing(
        DO, SensitiveChange.Kind.MAIL_SERVER, _("Kendali sends its mail through %(name)s, as %(sender)s."), _nothing
    )
)
