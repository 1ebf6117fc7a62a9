"""The roster: agents added, moved and ended, one by one or from a sheet; teams with who leads them. Every change goes
through the import's rule (`rules.roster_import`) and keeps the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import RoleGrant, Site, User
from kendali.accounts.own_actions import end_lent_calls
from kendali.accounts.permissions import RuleRefused
from kendali.accounts.roles import AGENT, SUPERVISOR, TEAM_LEADER
from kendali.audit import actions as audit
from kendali.civil_time import LATEST
from kendali.locks import Lock, take
from kendali.mystery.models import Agent, Membership, Shift, Team
from kendali.mystery.queries import roster
from kendali.mystery.rules import problems, roster_import, roster_rules
from kendali.mystery.rules.roster_import import Diff, Known
from kendali.mystery.rules.working_time import DAY
from kendali.verdict import no

Row = Mapping[str, str]


def known(day: date) -> Known:
    """What a row may name: areas, shifts, teams that stand on this day or will."""
    standing = roster.team_rows().filter(until=None) | roster.team_rows().filter(until__gte=day)
    return Known(
        areas=set(Site.objects.values_list("code", flat=True)),
        shifts=set(Shift.objects.values_list("code", flat=True)),
        teams={one.code: one.site.code for one in standing},
    )


def compared(rows: Sequence[Row], *, effective: date, complete: bool = False) -> Diff:
    """The dry run: what these rows would change. Nothing is written."""
    return roster_import.dry_run(
        rows, roster.memberships(), known=known(effective), effective=effective, complete=complete
    )


@transaction.atomic
def import_rows(
    *, user: User, at: datetime, rows: Sequence[Row], effective: date, complete: bool = False, file: str = ""
) -> Diff:
    """All of it, or nothing. Raises Refused, and RuleRefused with the first problem."""
    actor = permissions.acting(user, "roster.edit")
    diff = _apply(rows, effective, complete=complete)
    facts = {"file": file[:120], "effective": effective, "complete": complete, **counts(diff)}
    audit.record("roster.imported", actor=actor, at=at, facts=facts)
    return diff


def counts(diff: Diff) -> dict[str, int]:
    return {name: len(getattr(diff, name)) for name in ("added", "changed", "ended", "unchanged")}


@transaction.atomic
def add(*, user: User, at: datetime, member: roster_rules.Membership) -> Agent:
    """A new agent, or one who comes back. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "roster.edit")
    _apply([row_of(member)], member.since, only="added")
    agent = Agent.objects.get(number=member.agent)
    audit.record("agent.added", actor=actor, at=at, obj=agent, facts=_facts(member))
    return agent


@transaction.atomic
def move(*, user: User, at: datetime, member: roster_rules.Membership) -> Agent:
    """Another team, shift, name, login or extension from `since` on. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "roster.edit")
    diff = _apply([row_of(member)], member.since, only="changed")
    agent = Agent.objects.get(number=member.agent)
    before = diff.changed[0].before
    audit.record("agent.moved", actor=actor, at=at, obj=agent, facts={**_facts(member), "was": before.team})
    return agent


def back_or_move(*, user: User, at: datetime, member: roster_rules.Membership) -> Agent:
    """Moved where the agent is in the roster on that day, else taken back into it."""
    there = Membership.objects.filter(agent__number=member.agent, since__lte=member.since)
    standing = there.filter(until=None) | there.filter(until__gte=member.since)
    return (move if standing.exists() else add)(user=user, at=at, member=member)


@transaction.atomic
def end(*, user: User, at: datetime, agent: Agent, last: date) -> None:
    """`last`: the last day in the roster. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "roster.edit")
    take(Lock.ROSTER)
    now = roster.membership_rows().filter(agent=agent, since__lte=last).order_by("-since").first()
    if now is None:
        raise RuleRefused(no(_("This agent is not in the roster on that day.")))
    member = roster.of_row(now)
    if member.until is not None and member.until <= last:
        raise RuleRefused(no(_("This agent has left the roster already.")))
    row = {**row_of(member), "until": last.isoformat()}
    _apply([row], member.since, only="changed")
    audit.record("agent.ended", actor=actor, at=at, obj=agent, facts={"on": last, "team": member.team})


def row_of(member: roster_rules.Membership) -> dict[str, str]:
    """As a sheet has it."""
    texts = {name: getattr(member, name) for name in roster_import.COLUMNS}
    return {name: value.isoformat() if isinstance(value, date) else value or "" for name, value in texts.items()}


def _facts(member: roster_rules.Membership) -> dict[str, object]:
    return {"team": member.team, "area": member.area, "shift": member.shift, "since": member.since}


def _apply(rows: Sequence[Row], effective: date, *, complete: bool = False, only: str = "") -> Diff:
    """Compares again under the lock, and writes what came out. `only`: the one thing that a click may do."""
    take(Lock.ROSTER)
    diff = compared(rows, effective=effective, complete=complete)
    if diff.problems:
        raise RuleRefused(problems.verdict(diff.problems))
    if only == "added" and not diff.added:
        raise RuleRefused(no(_("This employee number is in the roster already.")))
    if only == "changed" and not diff.changed:
        raise RuleRefused(no(_("Nothing would change.") if diff.unchanged else _("This agent is not in the roster.")))
    _write(diff)
    return diff


def _write(diff: Diff) -> None:
    sites = {site.code: site for site in Site.objects.all()}
    agents = _agents([*diff.added, *(one.after for one in diff.changed)])
    for change in (*diff.changed, *diff.ended):
        before, after = change.before, change.after
        row = Membership.objects.filter(agent__number=before.agent, since=before.since)
        row.update(until=after.since - DAY if after.since > before.since else after.until)
    new = [*diff.added, *(one.after for one in diff.changed if one.after.since > one.before.since)]
    Membership.objects.bulk_create(
        Membership(
            agent=agents[one.agent], name=one.name, team=one.team, site=sites[one.area], shift=one.shift,
            login=one.login, extension=one.extension, since=one.since, until=one.until,
        )
        for one in new
    )  # fmt: skip


def _agents(members: Sequence[roster_rules.Membership]) -> dict[str, Agent]:
    """The people of these rows, by number; who is new is made, everybody has the newest name, and whoever has a log-in
    as an agent under this employee number is that person."""
    names = {one.agent: one.name for one in members}
    Agent.objects.bulk_create(
        (Agent(number=number, name=name) for number, name in names.items()),
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["name"],
    )
    found = {agent.number: agent for agent in Agent.objects.filter(number__in=names)}
    users = User.objects.filter(employee_number__in=names, agent=None, grants__role=AGENT, grants__ended_at=None)
    for person in users.distinct():
        Agent.objects.filter(number=person.employee_number, user=None).update(user=person)
    return found


# --- teams


@dataclass(frozen=True, slots=True)
class NewTeam:
    """A team from a day on: new, or with another TL or SPV."""

    code: str
    site: Site
    since: date
    leader: User | None = None
    supervisor: User | None = None


@transaction.atomic
def put_team(*, user: User, at: datetime, team: NewTeam) -> Team:
    """Ends the interval that stands on the day before. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "roster.edit")
    take(Lock.ROSTER)
    if not team.code.strip():
        raise RuleRefused(no(_("Give the team a code.")))
    held = Team.objects.select_related("site").filter(code=team.code).order_by("-since").first()
    _check_team(team, held)
    if held is not None and held.since == team.since:
        Team.objects.filter(pk=held.pk).update(leader=team.leader, supervisor=team.supervisor, until=None)
        row = Team.objects.get(pk=held.pk)
    else:
        if held is not None and (held.until is None or held.until >= team.since):
            Team.objects.filter(pk=held.pk).update(until=team.since - DAY)
        row = Team.objects.create(
            code=team.code, site=team.site, leader=team.leader, supervisor=team.supervisor, since=team.since
        )
    names = {"leader": str(team.leader or ""), "supervisor": str(team.supervisor or "")}
    facts = {"code": team.code, "area": team.site.name, "since": team.since, **names}
    audit.record("team.changed" if held else "team.added", actor=actor, at=at, obj=row, facts=facts)
    for person in filter(None, (team.leader, team.supervisor)):
        end_lent_calls(person, actor=actor, at=at)
    return row


def new_team(*, user: User, at: datetime, team: NewTeam) -> Team:
    """Like `put_team`, but never another team of the same code. Raises Refused, RuleRefused."""
    permissions.acting(user, "roster.edit")
    if Team.objects.filter(code=team.code).exists():
        raise RuleRefused(no(_("There is a team %(team)s already."), team=team.code))
    return put_team(user=user, at=at, team=team)


def _check_team(team: NewTeam, held: Team | None) -> None:
    if held is not None and held.since > team.since:
        raise RuleRefused(no(
            _("Team %(team)s has an entry from %(since)s on already."), team=team.code, since=held.since
        ))  # fmt: skip
    if held is not None and held.site_id != team.site.pk:
        raise RuleRefused(no(
            _("Team %(team)s belongs to area %(area)s: a team does not move, make a new one."),
            team=team.code, area=held.site.name,
        ))  # fmt: skip
    for person, roles, why in (
        (team.leader, {TEAM_LEADER, SUPERVISOR}, _("%(name)s does not have the role of a Team Leader/SPV.")),
        (team.supervisor, {SUPERVISOR}, _("%(name)s does not have the role of a Supervisor.")),
    ):
        if person is not None and not _holds(person, roles):
            raise RuleRefused(no(why, name=person.name))


def _holds(person: User, roles: Iterable[str]) -> bool:
    return RoleGrant.objects.filter(user=person, role__in=roles, ended_at=None).exists()


@transaction.atomic
def end_team(*, user: User, at: datetime, code: str, last: date) -> None:
    """Refused while somebody is in it afterwards. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "roster.edit")
    take(Lock.ROSTER)
    if last > LATEST:
        raise RuleRefused(no(_("This day is too far away.")))
    row = Team.objects.filter(code=code, since__lte=last).order_by("-since").first()
    if row is None or (row.until is not None and row.until <= last):
        raise RuleRefused(no(_("This team does not stand on that day.")))
    staying = sum(1 for one in roster.memberships(last + DAY) if one.team == code)
    if staying:
        raise RuleRefused(no(_("%(count)s agents are still in this team after that day: move them first."),
                             count=staying))  # fmt: skip
    Team.objects.filter(code=code, since__gt=last).delete()
    Team.objects.filter(pk=row.pk).update(until=last)
    audit.record("team.ended", actor=actor, at=at, obj=row, facts={"code": code, "on": last})
