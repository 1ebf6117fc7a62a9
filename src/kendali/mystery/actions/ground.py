"""Shifts and the numbers that are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import ZONES, Client, Site, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.mystery.hours import clock
from kendali.mystery.models import Destination, Membership, Shift
from kendali.mystery.rules.windows import Span
from kendali.records.models import Source
from kendali.verdict import no

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
NUMBER = re.compile(r"\+?[0-9*#][0-9 ()*#-]{1,28}")
Hours = Sequence[Sequence[Sequence[int]]]  # seven days, Monday first, of [first, last] in minutes


@transaction.atomic
def save_shift(*, user: User, at: datetime, code: str, name: str, first: int, last: int, active: bool = True) -> Shift:
    """New, or changed under the same code. `first`, `last`: minutes; 22.00-06.00 is 1320, 1800. Raises Refused,
    RuleRefused."""
    actor = permissions.acting(user, "roster.edit")
    _check_names(code, name)
    _span(first, last)
    row = Shift.objects.select_for_update().filter(code=code).first()
    new, row = row is None, row or Shift(code=code)
    if not active and row.active and Membership.objects.filter(shift=code, until=None).exists():
        raise RuleRefused(no(_("Agents work in this shift: move them first.")))
    row.name, row.first, row.last, row.active = name.strip(), first, last, active
    row.save()
    facts = {"code": code, "name": row.name, "hours": clock(first, last), "active": active}
    audit.record("shift.added" if new else "shift.changed", actor=actor, at=at, obj=row, facts=facts)
    return row


@dataclass(frozen=True, slots=True)
class NewDestination:
    """`site` None: national routing, the area cannot be determined; `hours` empty: open all day, every day."""

    name: str
    number: str
    site: Site | None = None
    zone: str = "Asia/Jakarta"
    client: Client | None = None
    service: str = ""
    queue: str = ""
    hours: Hours = field(default_factory=list)
    source: Source | None = None
    active: bool = True


@transaction.atomic
def save_destination(*, user: User, at: datetime, code: str, given: NewDestination) -> Destination:
    """New, or changed under the same code. The zone is the one of the site where there is one. Raises Refused,
    RuleRefused."""
    actor = permissions.acting(user, "plan.assign")
    _check_names(code, given.name)
    if not NUMBER.fullmatch(given.number.strip()):
        raise RuleRefused(no(_("Write the number with digits only, as it is dialled.")))
    if given.zone not in dict(ZONES):
        raise RuleRefused(no(_("%(value)s is not known here."), value=given.zone))
    if given.source is not None and given.source.record_class != "recording":
        raise RuleRefused(no(_("%(source)s holds no recordings."), source=given.source.name))
    hours = _checked(given.hours)
    row = Destination.objects.select_for_update().filter(code=code).first()
    new, row = row is None, row or Destination(code=code)
    for name in ("name", "number", "service", "queue"):
        setattr(row, name, getattr(given, name).strip())
    row.site, row.client, row.source, row.active = given.site, given.client, given.source, given.active
    row.zone = given.site.zone if given.site is not None else given.zone
    row.hours = hours
    row.save()
    facts = {"code": code, "name": row.name, "area": given.site.name if given.site else "", "active": row.active}
    audit.record("destination.added" if new else "destination.changed", actor=actor, at=at, obj=row, facts=facts)
    return row


def _check_names(code: str, name: str) -> None:
    if not CODE.fullmatch(code):
        raise RuleRefused(no(_("A code has small letters, digits and hyphens only.")))
    if not name.strip():
        raise RuleRefused(no(_("Give it a name.")))


def _checked(hours: Hours) -> list[list[list[int]]]:
    if not hours:
        return []
    if len(hours) != 7:
        raise RuleRefused(no(_("Service hours are given for seven days.")))
    if not any(hours):
        raise RuleRefused(no(_("This number would never be open.")))
    return [[[_span(*one).first, _span(*one).last] for one in day] for day in hours]


def _span(first: int, last: int) -> Span:
    try:
        return Span(first, last)
    except ValueError:
        raise RuleRefused(no(_("These hours end before they begin, or are longer than a day."))) from None
