"""Who owns the cause of a failure, and by which name a finding of that owner is known within its sample.

Source: mystery-calling "One finding per sample and cause owner": an agent's failure is the supervisor's of the agent's
team, Access the department's that is set for it, all else the department head's.
"""

from __future__ import annotations

from datetime import date

from kendali.accounts import roles
from kendali.accounts.models import RoleGrant, User
from kendali.civil_time import local_date
from kendali.mystery.models import Sample
from kendali.mystery.queries import roster
from kendali.mystery.rules.finding_rules import Owner
from kendali.mystery.rules.form import Cause
from kendali.terms import settings as terms

SUPERVISOR, DEPARTMENT, ACCESS = "supervisor", "department", "access"


def owner_of(cause: Cause) -> str:
    """What `rules.answers.findings` groups by: "supervisor", "department", or "access" where another department
    answers for it."""
    if cause is Cause.AGENT:
        return SUPERVISOR
    return ACCESS if cause is Cause.ACCESS and access_department() else DEPARTMENT


def kind_of(owner: str) -> Owner:
    return Owner.SUPERVISOR if owner == SUPERVISOR else Owner.DEPARTMENT


def person_of(owner: str, sample: Sample) -> User | None:
    """None: nobody, or several, could be meant; then QA chooses before forwarding."""
    if owner == SUPERVISOR:
        return supervisor_of(sample)
    return access_head() if owner == ACCESS else department_head()


def supervisor_of(sample: Sample) -> User | None:
    """Of the agent's team at the call; agent unknown: of the area and shift, the first where there are several (QA may
    choose another before forwarding)."""
    at = sample.called_at or sample.opens
    day = local_date(at, sample.agent_site.zone if sample.agent_site is not None else sample.zone)
    if sample.agent_team:
        return roster.supervisor_of(sample.agent_team, day)
    found = roster.supervisors_of_area(area_of(sample), day)
    if len(found) < 2:
        return _only(found)
    return _on_duty(sample, day) or found[0]


def _on_duty(sample: Sample, day: date) -> User | None:
    here = (row for row in roster.memberships(day) if row.area == area_of(sample) and row.shift == sample.shift)
    codes = sorted({row.team for row in here if row.since <= day})
    return next((user for code in codes if (user := roster.supervisor_of(code, day)) is not None), None)


def area_of(sample: Sample) -> str:
    """Code of the site that answered; the frozen area where that is not known."""
    return sample.agent_site.code if sample.agent_site is not None else sample.area


def access_department() -> str:
    return str(terms.get("mystery.access_department")).strip()


def access_head() -> User | None:
    """Who answers for Access: the person of the setting, else the only department head."""
    named = access_department()
    if not named:
        return department_head()
    return User.objects.filter(email__iexact=named, is_active=True).first()


def department_head() -> User | None:
    return _only(people(roles.DEPARTMENT_HEAD))


def people(role: str) -> list[User]:
    """Everybody who holds this role, without deputies."""
    held = RoleGrant.objects.filter(role=role, ended_at=None).values("user")
    return list(User.objects.filter(pk__in=held, is_active=True).order_by("name"))


def owners_of(kind: Owner) -> list[User]:
    """Who may be chosen to answer for a finding."""
    return people(roles.SUPERVISOR if kind is Owner.SUPERVISOR else roles.DEPARTMENT_HEAD)


def _only(found: list[User]) -> User | None:
    return found[0] if len(found) == 1 else None
