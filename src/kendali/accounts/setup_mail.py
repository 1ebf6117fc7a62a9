"""The e-mail with the link to choose a password; the link is made while sending, no table holds it."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from kendali.accounts import setup_links
from kendali.accounts.models import PasswordSetup
from kendali.notices import mail


def send(*, setup_id: int) -> None:
    """Nothing is sent for a link that was used, replaced or has expired meanwhile. Raises what the server said."""
    now = timezone.now()
    setup = PasswordSetup.objects.select_related("user").get(pk=setup_id)
    if setup.used_at is not None or setup.expires_at <= now or not setup.user.is_active:
        return
    with translation.override(setup.user.language):
        context = {"person": setup.user, "link": setup_links.address(setup), "expires_at": setup.expires_at}
        subject = gettext("Choose your password for Kendali")
        text = render_to_string("accounts/setup_mail.txt", context)
        html = render_to_string("accounts/setup_mail.html", context)
    mail.deliver(to=setup.user.email, subject=subject, text=text, html=html)
