"""Who works where and who leads them, as the rules want it: each answer is one or two queries, whatever the size."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from kendali.accounts.models import Site, User
from kendali.civil_time import local_date
from kendali.mystery import models
from kendali.mystery.rules import roster_rules
from kendali.mystery.rules.quotas import OUTCOME

AROUND = timedelta(days=1)  # the local day of an area is at most one away from the one of UTC


def of_row(row: models.Membership) -> roster_rules.Membership:
    """Needs `agent` and `site`."""
    return roster_rules.Membership(
        agent=row.agent.number, name=row.name, team=row.team, area=row.site.code, shift=row.shift, since=row.since,
        until=row.until, login=row.login, extension=row.extension,
    )  # fmt: skip


def of_team(row: models.Team) -> roster_rules.Team:
    """Needs `site`, `leader`, `supervisor`."""
    leader, supervisor = (one.email if one is not None else "" for one in (row.leader, row.supervisor))
    return roster_rules.Team(row.code, row.site.code, leader, supervisor, row.since, row.until)


def membership_rows(day_from: date | None = None) -> QuerySet[models.Membership]:
    """`day_from`: without those that ended before."""
    rows = models.Membership.objects.select_related("agent", "site")
    return rows.filter(Q(until=None) | Q(until__gte=day_from)) if day_from else rows


def memberships(day_from: date | None = None) -> list[roster_rules.Membership]:
    """agent = employee number, area = site code."""
    return [of_row(row) for row in membership_rows(day_from)]


def team_rows(day: date | None = None) -> QuerySet[models.Team]:
    """`day`: only those that stand on this day."""
    rows = models.Team.objects.select_related("site", "leader", "supervisor")
    return rows.filter(Q(until=None) | Q(until__gte=day), since__lte=day) if day else rows


def teams() -> list[roster_rules.Team]:
    """leader, supervisor = e-mail of the user, "" = nobody."""
    return [of_team(row) for row in team_rows()]


def zones() -> dict[str, str]:
    return dict(Site.objects.values_list("code", "zone"))


def agent_at(instant: datetime, *, agent: str = "", login: str = "", extension: str = "") -> models.Membership | None:
    """Whom a call reached; None where that names nobody, or two: then QA chooses."""
    named = Q(pk=None)
    for field, value in (("agent__number", agent), ("login", login), ("extension", extension)):
        named |= Q(**{field: value}) if value else Q(pk=None)
    day = local_date(instant, "UTC")
    rows = models.Membership.objects.select_related("agent", "site").filter(named, since__lte=day + AROUND)
    by_value = {of_row(row): row for row in rows.filter(Q(until=None) | Q(until__gte=day - AROUND))}
    here = {row.site.code: row.site.zone for row in by_value.values()}
    found = roster_rules.agent_at(by_value, instant, here, agent=agent, login=login, extension=extension)
    return by_value[found] if found is not None else None


def supervisor_of(team_code: str, day: date) -> User | None:
    row = team_rows(day).filter(code=team_code).order_by("-since").first()
    return row.supervisor if row is not None else None


def supervisors_of_area(site_code: str, day: date) -> list[User]:
    """Who answers for a call whose agent is not identified."""
    names = roster_rules.supervisors_of([of_team(row) for row in team_rows(day)], site_code, day)
    return list(User.objects.filter(email__in=names).order_by("name"))


def reachable(destination: models.Destination, shift: str, day: date) -> frozenset[str]:
    """The teams that a call may end at. Where the roster knows no agent, every team of the area: unknown is never
    taken for safe."""
    area = destination.site.code if destination.site is not None else OUTCOME
    return reachable_from(memberships(day), teams(), area=area, shift=shift, day=day)


def reachable_from(
    history: Iterable[roster_rules.Membership], standing: Iterable[roster_rules.Team], *, area: str, shift: str,
    day: date,
) -> frozenset[str]:  # fmt: skip
    """The same from rows that were read already, for many slots at once."""
    found = roster_rules.reachable_teams(history, day, area=area, shift=shift)
    return found or frozenset(one.code for one in standing if one.holds(day) and area in {OUTCOME, one.area})
