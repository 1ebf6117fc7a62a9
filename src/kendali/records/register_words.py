"""Words and colours of the register's rows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kendali.records.words import Pill

STATES: dict[str, Pill] = {
    "in_force": Pill(_("in force"), "active"),
    "expired": Pill(_("past retention"), "soon"),
    "partly_deleted": Pill(_("partly deleted"), "soon"),
    "not_wholly_destroyed": Pill(_("not wholly destroyed yet"), "held"),
    "destroyed": Pill(_("wholly destroyed"), "done"),
}
