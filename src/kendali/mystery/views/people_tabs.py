"""The sections of the roster: who may not see them, sees no tab of them either."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from kendali.accounts import permissions
from kendali.accounts.models import User


def tabs(user: User, here: str) -> list[tuple[str, str, bool]]:
    """(text, address, whether it is this one) for <c-tabs>."""
    found = [("roster", _("Agents")), ("roster_teams", _("Teams")), ("roster_shifts", _("Shifts"))]
    if permissions.can(user, "plan.view"):
        found += [("roster_destinations", _("Numbers that are called")), ("roster_callers", _("Callers"))]
    return [(text, reverse(name), name == here) for name, text in found]
