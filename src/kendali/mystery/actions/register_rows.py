"""The set F-22 of a frozen month in the Daftar Catatan (procedure 10.2: one year, Document Control)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kendali.civil_time import add_years, local_date
from kendali.mystery.models import Cycle
from kendali.mystery.queries.forms import NUMBER
from kendali.mystery.rules.cycle import last_day
from kendali.mystery.rules.sample_rules import KEPT_YEARS
from kendali.register.models import RegisterEntry
from kendali.terms import settings as terms

PREFIX = "mystery.f22:"


def key_of(row: Cycle) -> str:
    return f"{PREFIX}{row}"


def enter(row: Cycle, *, at: datetime) -> RegisterEntry:
    """In the transaction of the freeze; the same month is entered once."""
    issued = local_date(at, settings.TIME_ZONE)
    with translation.override("id"):
        title = _("F-22 %(month)s") % {"month": date_format(row.month, "F Y")}
    entry, _new = RegisterEntry.objects.get_or_create(
        key=key_of(row),
        defaults={
            "kind": RegisterEntry.Kind.FORM,
            "classification": NUMBER,
            "title": title,
            "owner_unit": str(terms.get("register.owner_unit")),
            "responsible": str(terms.get("register.responsible")),
            "period_first": row.month,
            "period_last": last_day(row.month),
            "issued_on": issued,
            "expires_on": add_years(issued, KEPT_YEARS),
            "quantity": row.frozen_count,
            "medium": "Kendali",
            "entered_at": at,
            "changed_at": at,
        },
    )
    return entry
