"""The sections of a person's account, the same on every one of its pages."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext


def account_tabs(here: str, *, tokens: bool) -> list[tuple[str, str, bool]]:
    """(text, address, is current) for <c-tabs>."""
    sections = [
        ("account", gettext("Profile")),
        ("password", gettext("Password")),
        ("mfa_index", gettext("Second factor")),
        ("sessions", gettext("Sessions")),
        ("deputies", gettext("Deputies")),
        *([("tokens", gettext("API tokens"))] if tokens else []),
    ]
    return [(text, reverse(name), name == here) for name, text in sections]
