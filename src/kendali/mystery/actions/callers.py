"""Who calls: voice, hours, where the voice is known, the share of the load, absences."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import RoleGrant, Site, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.mystery.hours import clock
from kendali.mystery.models import Absence, Caller
from kendali.mystery.queries.callers import AS
from kendali.mystery.rules.windows import Span
from kendali.verdict import no

LARGEST_SHARE = 100


@dataclass(frozen=True, slots=True)
class NewCaller:
    """`first`, `last`: working hours in minutes, in the caller's own zone; `share` 0: only by hand."""

    gender: str = ""
    known_in: Collection[Site] = ()
    first: int = 480
    last: int = 1020
    share: int = 1
    active: bool = True


@transaction.atomic
def save(*, user: User, at: datetime, person: User, given: NewCaller) -> Caller:
    """A QC Officer, or a TL or Supervisor who helps (5.2). Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "plan.assign")
    if not RoleGrant.objects.filter(user=person, role__in=[one.value for one in AS], ended_at=None).exists():
        raise RuleRefused(no(_("Only a QC Officer, a Team Leader/SPV or a Supervisor may call.")))
    if given.gender not in {"", "f", "m"}:
        raise RuleRefused(no(_("%(value)s is not known here."), value=given.gender))
    if not 0 <= given.share <= LARGEST_SHARE:
        raise RuleRefused(no(_("The share of the load is at most %(most)s."), most=LARGEST_SHARE))
    try:
        hours = Span(given.first, given.last)
    except ValueError:
        raise RuleRefused(no(_("These hours end before they begin, or are longer than a day."))) from None
    row = Caller.objects.select_for_update().filter(user=person).first()
    new, row = row is None, row or Caller(user=person)
    row.gender, row.share, row.active = given.gender, given.share, given.active
    row.first, row.last = hours.first, hours.last
    row.save()
    row.known_in.set(given.known_in)
    facts = {
        "name": person.name, "hours": clock(row.first, row.last), "share": row.share, "active": row.active,
        "areas": sorted(site.name for site in given.known_in),
    }  # fmt: skip
    audit.record("caller.added" if new else "caller.changed", actor=actor, at=at, obj=row, facts=facts)
    return row


@transaction.atomic
def add_absence(*, user: User, at: datetime, caller: Caller, first: date, last: date, reason: str = "") -> Absence:
    """Days on which the plan gives this caller nothing. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "plan.assign")
    if last < first:
        raise RuleRefused(no(_("The absence ends before it begins.")))
    if Absence.objects.filter(caller=caller, first__lte=last, last__gte=first).exists():
        raise RuleRefused(no(_("These days are entered as an absence already.")))
    row = Absence.objects.create(caller=caller, first=first, last=last, reason=reason.strip())
    audit.record("caller.absent", actor=actor, at=at, obj=caller, facts={"first": first, "last": last})
    return row


@transaction.atomic
def remove_absence(*, user: User, at: datetime, absence: Absence) -> None:
    actor = permissions.acting(user, "plan.assign")
    facts = {"first": absence.first, "last": absence.last}
    caller = absence.caller
    absence.delete()
    audit.record("caller.present", actor=actor, at=at, obj=caller, facts=facts)
