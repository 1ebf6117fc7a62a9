"""Roster, callers, destinations, calendar, for machines."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Site, User
from kendali.mystery.actions import ground
from kendali.mystery.actions import roster as actions
from kendali.mystery.api import people_ground
from kendali.mystery.models import Agent, Membership, Shift, Team
from kendali.mystery.queries import people_lists, roster
from kendali.mystery.rules import roster_rules
from kendali.mystery.rules.roster_import import Change, Diff

router = Router(tags=["mystery calling"])
router.add_router("", people_ground.router)
PAGE = 100
BIGGEST = 2**31 - 1
Code = Field(min_length=1, max_length=40)


class MembershipOut(Schema):
    id: int
    agent: str = Field(alias="agent.number")
    name: str
    team: str
    area: str = Field(alias="site.code")
    shift: str
    login: str
    extension: str
    since: date
    until: date | None


class RosterPage(Schema):
    rows: list[MembershipOut]
    next: int | None


class RosterQuery(Schema):
    on: date | None = Field(None, description="as of this day; default: today")
    area: str = Field("", max_length=40)
    team: str = Field("", max_length=40)
    text: str = Field("", max_length=80)
    after: int = Field(0, ge=0, le=BIGGEST)


class AgentOut(Schema):
    number: str
    name: str
    user: str | None = Field(None, alias="user.email")
    intervals: list[MembershipOut]


class PlaceIn(Schema):
    """Where an agent works from `since` on; the area is the team's."""

    name: str = Field(min_length=1, max_length=200)
    team: str = Code
    shift: str = Code
    login: str = Field("", max_length=120)
    extension: str = Field("", max_length=20)
    since: date


class AgentIn(PlaceIn):
    number: str = Code


class LastDay(Schema):
    last: date


class RosterRow(Schema):
    agent: str = Field("", max_length=400)
    name: str = Field("", max_length=400)
    team: str = Field("", max_length=400)
    area: str = Field("", max_length=400)
    shift: str = Field("", max_length=400)
    since: str = Field("", max_length=40)
    until: str = Field("", max_length=40)
    login: str = Field("", max_length=400)
    extension: str = Field("", max_length=400)


class ImportIn(Schema):
    """`dry_run`: say what would change and write nothing; `complete`: whoever is missing leaves the roster."""

    rows: list[RosterRow] = Field(max_length=20_000)
    effective: date
    complete: bool = False
    dry_run: bool = True


class RosterProblem(Schema):
    place: str
    part: str
    reason: str
    facts: dict[str, Any]


class RosterChange(Schema):
    agent: str
    before_team: str
    after_team: str
    since: date
    until: date | None


class ImportOut(Schema):
    applied: bool
    added: list[str]
    changed: list[RosterChange]
    ended: list[RosterChange]
    unchanged: int
    problems: list[RosterProblem]


@router.get("/roster", response=RosterPage)
def list_roster(request: HttpRequest, asked: Query[RosterQuery]) -> dict[str, object]:
    """Who is in the roster on a day; pass `next` as `after`."""
    access.require(signed_in(request), "roster.view")
    site = get_object_or_404(Site, code=asked.area) if asked.area else None
    rows = people_lists.members(asked.on or timezone.localdate(), site=site, team=asked.team, text=asked.text)
    found = list(rows.filter(pk__gt=asked.after).order_by("pk")[: PAGE + 1])
    return {"rows": found[:PAGE], "next": found[PAGE - 1].pk if len(found) > PAGE else None}


def _agent(number: str) -> Agent:
    return get_object_or_404(Agent.objects.select_related("user"), number=number)


def _shown(row: Agent) -> dict[str, object]:
    intervals: list[Membership] = people_lists.intervals(row)
    for one in intervals:
        one.agent = row
    return {"number": row.number, "name": row.name, "user": row.user, "intervals": intervals}


@router.get("/agents/{str:number}", response=AgentOut)
def show_agent(request: HttpRequest, number: str) -> dict[str, object]:
    """With all intervals, newest first."""
    access.require(signed_in(request), "roster.view")
    return _shown(_agent(number))


def _member(number: str, data: PlaceIn) -> roster_rules.Membership:
    team = roster.team_rows().filter(code=data.team).order_by("-since").first()
    return roster_rules.Membership(
        agent=number, name=data.name.strip(), team=data.team, area=team.site.code if team else "", shift=data.shift,
        since=data.since, login=data.login.strip(), extension=data.extension.strip(),
    )  # fmt: skip


@router.post("/agents", response={201: AgentOut})
def add_agent(request: HttpRequest, data: AgentIn) -> Status[dict[str, object]]:
    user = signed_in(request)
    access.require(user, "roster.edit")
    row = actions.add(user=user, at=timezone.now(), member=_member(data.number.strip(), data))
    return Status(201, _shown(row))


@router.post("/agents/{str:number}/move", response=AgentOut)
def move_agent(request: HttpRequest, number: str, data: PlaceIn) -> dict[str, object]:
    """Another team, shift, name, login or extension from a day on, or back into the roster."""
    user = signed_in(request)
    access.require(user, "roster.edit")
    row = _agent(number)
    actions.back_or_move(user=user, at=timezone.now(), member=_member(row.number, data))
    return _shown(_agent(number))


@router.post("/agents/{str:number}/end", response=AgentOut)
def end_agent(request: HttpRequest, number: str, data: LastDay) -> dict[str, object]:
    user = signed_in(request)
    access.require(user, "roster.edit")
    row = _agent(number)
    actions.end(user=user, at=timezone.now(), agent=row, last=data.last)
    return _shown(row)


@router.post("/roster/import", response=ImportOut)
def import_roster(request: HttpRequest, data: ImportIn) -> dict[str, object]:
    """What the rows would change, or, with `dry_run` false, all of it in one transaction."""
    user = signed_in(request)
    access.require(user, "roster.edit")
    rows = [one.dict() for one in data.rows]
    if data.dry_run:
        return _told(actions.compared(rows, effective=data.effective, complete=data.complete), applied=False)
    diff = actions.import_rows(
        user=user, at=timezone.now(), rows=rows, effective=data.effective, complete=data.complete
    )
    return _told(diff, applied=True)


def _told(diff: Diff, *, applied: bool) -> dict[str, object]:
    return {
        "applied": applied,
        "added": [one.agent for one in diff.added],
        "changed": [_change(one) for one in diff.changed],
        "ended": [_change(one) for one in diff.ended],
        "unchanged": len(diff.unchanged),
        "problems": [
            {"place": one.place, "part": one.part, "reason": one.reason % dict(one.facts), "facts": dict(one.facts)}
            for one in diff.problems
        ],
    }


def _change(one: Change) -> dict[str, object]:
    return {
        "agent": one.after.agent, "before_team": one.before.team, "after_team": one.after.team,
        "since": one.after.since, "until": one.after.until,
    }  # fmt: skip


# --- teams and shifts


class TeamOut(Schema):
    code: str
    area: str = Field(alias="site.code")
    leader: str | None = Field(None, alias="leader.email")
    supervisor: str | None = Field(None, alias="supervisor.email")
    since: date
    until: date | None


class TeamIn(Schema):
    """`leader`, `supervisor`: e-mail addresses, empty = nobody."""

    area: str = Code
    leader: str = Field("", max_length=254)
    supervisor: str = Field("", max_length=254)
    since: date


class ShiftOut(Schema):
    code: str
    name: str
    first: int = Field(description="minutes since local midnight")
    last: int = Field(description="beyond 1440 on the next day")
    active: bool


class ShiftIn(Schema):
    name: str = Field(min_length=1, max_length=80)
    first: int = Field(ge=0, lt=1440)
    last: int = Field(gt=0, le=2880)
    active: bool = True


@router.get("/teams", response=list[TeamOut])
def list_teams(request: HttpRequest) -> list[Team]:
    """All intervals of all teams, newest of each first."""
    access.require(signed_in(request), "roster.view")
    return list(roster.team_rows())


@router.put("/teams/{str:code}", response=TeamOut)
def put_team(request: HttpRequest, code: str, data: TeamIn) -> Team:
    """A new team, or another TL or Supervisor from a day on."""
    user = signed_in(request)
    access.require(user, "roster.edit")
    team = actions.NewTeam(
        code=code, site=get_object_or_404(Site, code=data.area), since=data.since, leader=_person(data.leader),
        supervisor=_person(data.supervisor),
    )  # fmt: skip
    return actions.put_team(user=user, at=timezone.now(), team=team)


def _person(email: str) -> User | None:
    return get_object_or_404(User, email__iexact=email.strip(), is_active=True) if email.strip() else None


@router.post("/teams/{str:code}/end", response=list[TeamOut])
def end_team(request: HttpRequest, code: str, data: LastDay) -> list[Team]:
    user = signed_in(request)
    access.require(user, "roster.edit")
    get_object_or_404(Team.objects.filter(code=code).order_by("-since")[:1])
    actions.end_team(user=user, at=timezone.now(), code=code, last=data.last)
    return list(roster.team_rows().filter(code=code))


@router.get("/shifts", response=list[ShiftOut])
def list_shifts(request: HttpRequest) -> list[Shift]:
    access.require(signed_in(request), "roster.view")
    return list(Shift.objects.all())


@router.put("/shifts/{slug:code}", response=ShiftOut)
def save_shift(request: HttpRequest, code: str, data: ShiftIn) -> Shift:
    user = signed_in(request)
    access.require(user, "roster.edit")
    return ground.save_shift(user=user, at=timezone.now(), code=code, **data.dict())
