"""Who may call, as the lockout rules want it."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils import timezone

from kendali.accounts.models import RoleGrant
from kendali.mystery import models
from kendali.mystery.queries.calendars import Calendars
from kendali.mystery.rules.lockouts import Caller
from kendali.mystery.rules.machine import Role
from kendali.mystery.rules.windows import Duty, Span

AS = (Role.QC_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER)  # 5.1, 5.2; the first that is held


def callers(since: date | None = None) -> tuple[Caller, ...]:
    """code = e-mail. Who no longer holds a role that calls is left out. `since`: teams that ended before this day
    (default: today) are one's own no longer."""
    since = since or timezone.localdate()
    rows = models.Caller.objects.filter(active=True, user__is_active=True).select_related("user")
    found = list(rows.prefetch_related("known_in", "absences"))
    roles, sites = _roles([row.user_id for row in found])
    led = _led(since)
    calendars = Calendars()
    return tuple(
        Caller(
            code=row.user.email,
            role=role,
            duty=Duty(row.user.zone, Span(row.first, row.last), calendars.of(sites.get(row.user_id, "")), 1),
            gender=row.gender,
            teams=frozenset(led.get(row.user_id, ())),
            known_in=frozenset(site.code for site in row.known_in.all()),
            absent=tuple((one.first, one.last) for one in row.absences.all()),
            share=row.share,
        )
        for row in sorted(found, key=lambda row: row.user.email)
        if (role := next((one for one in AS if one in roles.get(row.user_id, ())), None)) is not None
    )


def _roles(users: list[int]) -> tuple[dict[int, set[str]], dict[int, str]]:
    """Roles in force, and the site of who works at one."""
    roles: dict[int, set[str]] = {}
    sites: dict[int, str] = {}
    grants = RoleGrant.objects.filter(user__in=users, ended_at=None).values_list("user_id", "role", "site__code")
    for user, role, site in grants:
        roles.setdefault(user, set()).add(role)
        if site:
            sites[user] = site
    return roles, sites


def _led(since: date) -> dict[int, set[str]]:
    led: dict[int, set[str]] = {}
    rows = models.Team.objects.filter(Q(until=None) | Q(until__gte=since))
    for code, leader, supervisor in rows.values_list("code", "leader_id", "supervisor_id"):
        for user in (leader, supervisor):
            if user is not None:
                led.setdefault(user, set()).add(code)
    return led
