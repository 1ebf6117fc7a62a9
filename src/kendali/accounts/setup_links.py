"""Links by which a new person chooses a password: a signature over the row, so that no table holds the secret."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from kendali.accounts.models import PasswordSetup

SALT = "kendali.accounts.setup"


def address(setup: PasswordSetup) -> str:
    """The whole address, for an e-mail or for an administrator without a mail server."""
    path = reverse("password_setup", args=[signing.dumps(setup.pk, salt=SALT)])
    return settings.BASE_URL.rstrip("/") + path


def find(secret: str, at: datetime) -> PasswordSetup | None:
    """The row, while the link still works: unused, not expired, of an active person."""
    try:
        number = signing.loads(secret, salt=SALT)
    except signing.BadSignature:
        return None
    usable = PasswordSetup.objects.filter(pk=number, used_at=None, expires_at__gt=at, user__is_active=True)
    return usable.select_related("user").first()
