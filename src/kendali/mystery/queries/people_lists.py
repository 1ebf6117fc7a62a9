"""Lists of the roster pages: who is in it on a day, teams with their sizes."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.db.models import Q, QuerySet

from kendali.accounts.models import Site
from kendali.mystery.models import Agent, Membership, Shift, Team
from kendali.mystery.queries import roster

ORDER = ("name", "id")


def members(day: date, *, site: Site | None = None, team: str = "", text: str = "") -> QuerySet[Membership]:
    """Who is in the roster on this day."""
    rows = roster.membership_rows(day).filter(since__lte=day)
    if site is not None:
        rows = rows.filter(site=site)
    if team:
        rows = rows.filter(team=team)
    if text := text.strip():
        rows = rows.filter(
            Q(name__icontains=text) | Q(agent__number__icontains=text) | Q(login__icontains=text) | Q(extension=text)
        )
    return rows


def leaders(day: date) -> dict[str, Team]:
    return {one.code: one for one in roster.team_rows(day)}


def shift_names() -> dict[str, str]:
    return dict(Shift.objects.values_list("code", "name"))


def sizes(day: date) -> Counter[str]:
    """Agents of each team on this day."""
    return Counter(members(day).values_list("team", flat=True))


def intervals(agent: Agent) -> list[Membership]:
    """Newest first."""
    return list(Membership.objects.filter(agent=agent).select_related("site").order_by("-since"))
