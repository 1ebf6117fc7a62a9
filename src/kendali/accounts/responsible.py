"""One Team Leader answers for a record class of a client, with a deputy (records-control, decision 11).

They are told first: of the periodic drafts, the reminders and what a Team Leader has to do next. Where nobody is named,
or none of the named may act any more, everybody with the role is told. What one may do does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, Responsible, RoleGrant, User
from kendali.accounts.permissions import CAN, RuleRefused
from kendali.accounts.roles import TEAM_LEADER
from kendali.audit.actions import record
from kendali.notices import actions as notices
from kendali.terms.models import RecordClass
from kendali.verdict import Verdict, no


def name(
    *, user: User, at: datetime, client: Client, record_class: str, leader: User | None, deputy: User | None = None
) -> Responsible | None:
    """`leader` None: nobody is named any more, so everybody with the role is told again. Raises Refused."""
    actor = permissions.acting(user, "responsible.name", client)
    for verdict in _problems(client, record_class, leader, deputy):
        raise RuleRefused(verdict)
    try:
        with transaction.atomic():
            Client.objects.select_for_update(no_key=True).get(pk=client.pk)
            before = current(client, record_class)
            if before is not None and (before.leader, before.deputy) == (leader, deputy):
                return before
            Responsible.objects.filter(client=client, record_class=record_class, ended_at=None).update(ended_at=at)
            row = None
            if leader is not None:
                row = Responsible.objects.create(
                    client=client, record_class=record_class, leader=leader, deputy=deputy, named_by=user, named_at=at
                )
            if before is None and row is None:
                return None
            facts = {
                "client": client.name, "record_class": record_class, "leader": leader.name if leader else "",
                "deputy": deputy.name if deputy else "–",
            }  # fmt: skip
            verb = "responsible.named" if row else "responsible.ended"
            record(verb, actor=actor, at=at, obj=row or before, client=client, facts=facts)
            told = [one for one in (leader, deputy) if one is not None and one.pk != user.pk]
            notices.notify(told, kind="responsible.named", at=at, url="/radar/", facts=facts)
            return row
    except IntegrityError as error:
        raise RuleRefused(no(_("Somebody else named them in the same moment: look at it again."))) from error


def _problems(client: Client, record_class: str, leader: User | None, deputy: User | None) -> Iterable[Verdict]:
    if record_class not in RecordClass.values:
        yield no(_("Choose one of the values offered."))
    if leader is None and deputy is not None:
        yield no(_("Name the responsible Team Leader first, then the deputy."))
    if leader is not None and leader == deputy:
        yield no(_("The deputy is another person."))
    may = {one.pk for one in candidates(client)}
    for one in (leader, deputy):
        if one is not None and one.pk not in may:
            yield no(_("%(name)s is no Team Leader of %(client)s."), name=one.name, client=client.name)


def candidates(client: Client) -> list[User]:
    """Team Leaders of this client by a role of their own."""
    grants = RoleGrant.objects.filter(Q(client=None) | Q(client=client), role=TEAM_LEADER, ended_at=None)
    people = User.objects.filter(pk__in=grants.values("user"), is_active=True)
    return list(people.order_by("name"))


def current(client: Client | int, record_class: str) -> Responsible | None:
    rows = Responsible.objects.select_related("leader", "deputy")
    return rows.filter(client=client, record_class=record_class, ended_at=None).first()


def by_class(client_ids: Iterable[int]) -> dict[tuple[int, str], Responsible]:
    """Everybody named for these clients, in one query."""
    rows = Responsible.objects.filter(client__in=list(client_ids), ended_at=None).select_related("leader", "deputy")
    return {(row.client_id, row.record_class): row for row in rows}


def first(action: str, client: Client, record_class: str, *, at: datetime | None = None) -> list[User]:
    """Who is told first that `action` is to be done: of what only Team Leaders do, those who are named for it."""
    people = permissions.holders(action, client, at=at)
    row = current(client, record_class) if CAN[action] == {TEAM_LEADER} else None
    if row is None:
        return people
    named = _with_deputies({row.leader_id, row.deputy_id}, at or timezone.now())
    return [one for one in people if one.pk in named] or people


def _with_deputies(ids: set[int | None], at: datetime) -> set[int | None]:
    """Also who stands in for them these days (decision 12)."""
    rows = permissions.deputies_in_force(at)
    return ids | {row.deputy_id for row in rows if row.role == TEAM_LEADER and row.principal_id in ids}


class Desk:
    """What lies on one person's desk first; a few queries for a whole page. What another Team Leader is named for comes
    to everybody's desk when its time is over."""

    def __init__(self, user: User, at: datetime) -> None:
        self._user, self._at = user, at
        self._known: dict[tuple[int, str], bool] = {}

    def mine(self, client: Client, record_class: str, due: datetime | None = None) -> bool:
        if due is not None and due < self._at:
            return True
        key = (client.pk, record_class)
        if key not in self._known:
            people = first("escalation.raise", client, record_class, at=self._at)
            leads = any(one.pk == self._user.pk for one in people)
            self._known[key] = leads or not permissions.can(self._user, "escalation.raise", client)
        return self._known[key]
