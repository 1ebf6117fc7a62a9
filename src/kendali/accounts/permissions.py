"""Who may do what: one line per action. Pages, API, worker and sentences all ask here.

The administrator keeps users, sources and settings, and approves, raises, executes and deletes nothing.
The auditor reads everything. A client sees only its own data. What mystery calling allows is in
`permissions_mystery`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kendali.accounts import roles
from kendali.accounts.permissions_mystery import MYSTERY
from kendali.accounts.roles import (
    ADMINISTRATOR,
    AGENT,
    AUDITOR,
    CLIENT,
    DOCUMENT_CONTROL,
    DOCUMENT_OWNER,
    MANAGER_OPERATION,
    QMR,
    TEAM_IT,
    TEAM_LEADER,
    WITNESS,
)
from kendali.audit.actor import Actor
from kendali.verdict import YES, Verdict, no

if TYPE_CHECKING:
    from kendali.accounts.models import Client, Deputy, User

PROCEDURE = {TEAM_LEADER, TEAM_IT, DOCUMENT_CONTROL, QMR, MANAGER_OPERATION, AUDITOR}
OVERSIGHT = {QMR, MANAGER_OPERATION}

CAN: dict[str, frozenset[str]] = {
    # Backup & deletion
    "radar.view": frozenset(PROCEDURE | {ADMINISTRATOR}),
    "escalation.view": frozenset(PROCEDURE | {ADMINISTRATOR}),
    "escalation.raise": frozenset({TEAM_LEADER}),
    "escalation.accept": frozenset({TEAM_IT}),
    "escalation.return": frozenset({TEAM_IT}),
    "escalation.run": frozenset({TEAM_IT}),
    "escalation.pause": frozenset({TEAM_IT}),
    "escalation.confirm": frozenset({TEAM_LEADER}),
    "escalation.cancel": frozenset({TEAM_LEADER}),
    "unbackupable.propose": frozenset({TEAM_LEADER}),
    "unbackupable.confirm": frozenset(OVERSIGHT),
    "package.view": frozenset(PROCEDURE | {ADMINISTRATOR}),
    "package.download": frozenset({TEAM_IT, DOCUMENT_CONTROL, QMR}),
    "package.verify": frozenset({TEAM_IT, QMR}),
    "store.view": frozenset(PROCEDURE | {ADMINISTRATOR}),
    "store.probe": frozenset({ADMINISTRATOR, TEAM_IT}),
    "drill.run": frozenset({TEAM_IT, QMR}),
    # Holds; the list put to the client, and its answer
    "hold.view": frozenset(PROCEDURE | {CLIENT}),
    "hold.place": frozenset({TEAM_LEADER, DOCUMENT_CONTROL, QMR, MANAGER_OPERATION, CLIENT}),
    "hold.release": frozenset(OVERSIGHT | {CLIENT}),
    "proposal.view": frozenset(PROCEDURE | {CLIENT}),
    "proposal.propose": frozenset({TEAM_LEADER}),
    "proposal.ask": frozenset({TEAM_LEADER}),
    "proposal.cancel": frozenset({TEAM_LEADER, CLIENT}),
    "proposal.letter": frozenset({TEAM_LEADER}),
    "proposal.decide": frozenset({CLIENT}),
    # Which Team Leader answers for a record class of a client, and who is that one's deputy
    "responsible.view": frozenset(PROCEDURE | {ADMINISTRATOR, CLIENT}),
    "responsible.name": frozenset({ADMINISTRATOR, MANAGER_OPERATION}),
    # One record: the catalogue line, its content, the search over both
    "record.view": frozenset(PROCEDURE | {CLIENT}),
    "record.search": frozenset(PROCEDURE),
    "record.open_content": frozenset({TEAM_LEADER, QMR, MANAGER_OPERATION, AUDITOR}),
    # What holds for a client
    "client_page.view": frozenset(PROCEDURE | {CLIENT, ADMINISTRATOR}),
    "policy.view": frozenset(PROCEDURE | {CLIENT, ADMINISTRATOR}),
    "policy.edit": frozenset(OVERSIGHT),
    "policy.decide": frozenset({CLIENT}),
    "register.view": frozenset(PROCEDURE | {CLIENT, DOCUMENT_OWNER}),
    # Certificates of destruction (Berita Acara): drawn up, signed by different people, void or corrected
    "certificate.view": frozenset(PROCEDURE | {CLIENT, DOCUMENT_OWNER, WITNESS}),
    "certificate.draft": frozenset({DOCUMENT_CONTROL}),
    "certificate.sign_executor": frozenset({TEAM_IT}),
    "certificate.sign_owner": frozenset({DOCUMENT_OWNER, TEAM_LEADER}),
    "certificate.witness": frozenset({WITNESS, AUDITOR, QMR, MANAGER_OPERATION}),
    "certificate.sign_client": frozenset({CLIENT}),
    "certificate.acknowledge": frozenset(OVERSIGHT),
    "certificate.cancel": frozenset({DOCUMENT_CONTROL}),
    "certificate.correct": frozenset({DOCUMENT_CONTROL}),
    "certificate.upload_copy": frozenset({DOCUMENT_CONTROL}),
    "register.edit": frozenset({DOCUMENT_CONTROL}),
    "dossier.view": frozenset(PROCEDURE | {DOCUMENT_OWNER}),
    "summary.view": frozenset(OVERSIGHT | {AUDITOR}),
    "summary.mail": frozenset({MANAGER_OPERATION}),
    # Orders to dispose of what the client approved, and what was seen again afterwards
    "disposal_order.view": frozenset(PROCEDURE | {ADMINISTRATOR, CLIENT}),
    "disposal_order.raise": frozenset({TEAM_LEADER}),
    "disposal_order.accept": frozenset({TEAM_IT}),
    "disposal_order.return": frozenset({TEAM_IT}),
    "disposal_order.arm": frozenset({TEAM_IT}),
    "disposal_order.pause": frozenset({TEAM_IT}),
    "disposal_order.cancel": frozenset({TEAM_LEADER, CLIENT}),
    "incident.view": frozenset(PROCEDURE),
    "incident.close": frozenset(OVERSIGHT),
    # Sources, keys, settings
    "source.view": frozenset(PROCEDURE | {ADMINISTRATOR}),
    "source.edit": frozenset({ADMINISTRATOR}),
    "source.probe": frozenset({ADMINISTRATOR, TEAM_IT}),
    "source.scan": frozenset({ADMINISTRATOR, TEAM_IT, TEAM_LEADER}),
    "keys.view": frozenset({ADMINISTRATOR, TEAM_IT, QMR, AUDITOR}),
    "keys.manage": frozenset({ADMINISTRATOR, TEAM_IT}),
    "settings.view": frozenset({ADMINISTRATOR, QMR, MANAGER_OPERATION, AUDITOR}),
    "settings.edit": frozenset({ADMINISTRATOR}),
    # After a restore: both must say that holds, approvals, journal and sources were compared
    "recovery.view": frozenset(PROCEDURE | {ADMINISTRATOR}),
    "recovery.confirm": frozenset({QMR, ADMINISTRATOR}),
    "health.view": frozenset({ADMINISTRATOR, TEAM_IT, AUDITOR}),
    # What one person alone must not change: approvers, their factors, the mail server, deleting credentials
    "sensitive.view": frozenset(OVERSIGHT | {ADMINISTRATOR, AUDITOR, CLIENT}),
    "sensitive.confirm": frozenset({ADMINISTRATOR, QMR}),
    "sensitive.refuse": frozenset({ADMINISTRATOR, QMR, CLIENT}),
    "approver.view": frozenset(PROCEDURE | {ADMINISTRATOR, CLIENT}),
    "approver.edit": frozenset({ADMINISTRATOR}),
    "letter.view": frozenset(PROCEDURE | {CLIENT}),
    # A customer asks for erasure (UU 27/2022): the client, who answers for the data, decides
    "erasure.view": frozenset(PROCEDURE | {CLIENT}),
    "erasure.enter": frozenset({TEAM_LEADER, DOCUMENT_CONTROL, CLIENT}),
    "erasure.propose": frozenset({TEAM_LEADER}),
    "erasure.refuse": frozenset({CLIENT}),
    "erasure.oversee": frozenset(OVERSIGHT),  # told when the clock runs out
    **MYSTERY,
    # People and the trail
    "anchor.receive": frozenset({QMR, CLIENT}),
    "audit.view": frozenset(OVERSIGHT | {AUDITOR, ADMINISTRATOR}),
    "user.view": frozenset({ADMINISTRATOR, AUDITOR}),
    "user.edit": frozenset({ADMINISTRATOR}),
    "client.view": frozenset({ADMINISTRATOR, AUDITOR}),
    "client.edit": frozenset({ADMINISTRATOR}),
    "token.own": frozenset(roles.ALL - {AGENT}),
}

# What belongs to no client and touches all of them: a role held for one client only does not give it.
WHOLE_HOUSE = frozenset(
    action
    for action in CAN
    if action.startswith(("user.", "keys.", "settings.", "store.", "health.")) or action == "client.edit"
)

# What an API token may be limited to; every action is in exactly one scope.
CONTENT_ACTIONS = frozenset({"record.open_content", "package.download"})
ADMINISTER_ACTIONS = frozenset(
    {
        "source.edit",
        "keys.manage",
        "settings.edit",
        "user.edit",
        "client.edit",
        "token.own",
        "sensitive.confirm",
        "sensitive.refuse",
        "approver.edit",
    }
)
SCOPES = ["read", "content", "operate", "administer"]


@dataclass(frozen=True, slots=True)
class Right:
    """A role in force now, the user's own (principal None) or as a deputy; client None = all clients."""

    role: str
    client_id: int | None
    principal_id: int | None = None
    principal_name: str | None = None


class Refused(PermissionDenied):
    """A permission or a rule said no; `verdict` holds the reason a person can read."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(gettext(verdict.reason) % dict(verdict.facts))
        self.verdict = verdict


class RuleRefused(Refused):
    """A rule said no, whoever asks: the thing is not in a state that allows it, or something is missing."""


def scope_of(action: str) -> str:
    if action in CONTENT_ACTIONS:
        return "content"
    if action in ADMINISTER_ACTIONS:
        return "administer"
    return "read" if action.endswith((".view", ".search")) else "operate"


def can(
    user: User | AnonymousUser, action: str, client: Client | int | None = None, *, at: datetime | None = None
) -> Verdict:
    """May this person do this, for this client (None: for any client at all)? KeyError: no such action."""
    allowed = CAN[action]
    if isinstance(user, AnonymousUser) or not user.is_active:
        return no(_("Log in first."))
    if user.token_scopes is not None and scope_of(action) not in user.token_scopes:
        return no(_("This token does not have the scope %(scope)s."), scope=scope_of(action))
    if any(right.role in allowed and covers(right, client, action) for right in rights(user, at=at)):
        return YES
    return no(_("Only %(roles)s may do this."), roles=", ".join(str(roles.LABELS[role]) for role in sorted(allowed)))


def acting(user: User, action: str, client: Client | int | None = None, *, at: datetime | None = None) -> Actor:
    """The permission check of an action, always asked of the database: who acts, in which role, for whom.

    A role of one's own goes before one held as a deputy. Raises Refused."""
    user.remembered_rights = None
    verdict = can(user, action, client, at=at)
    if not verdict:
        raise Refused(verdict)
    usable = [right for right in rights(user, at=at) if right.role in CAN[action] and covers(right, client, action)]
    right = min(usable, key=lambda r: (r.principal_id is not None, r.role))
    return Actor(user.pk, user.name, right.role, right.principal_name, right.principal_id)


def holders(action: str, client: Client | int | None = None, *, at: datetime | None = None) -> list[User]:
    """Everybody who can do this now, deputies included: who a notice goes to, who "menunggu tindakan" names."""
    from kendali.accounts.models import RoleGrant, User

    at = at or timezone.now()
    grants = RoleGrant.objects.filter(role__in=CAN[action], ended_at=None, user__is_active=True)
    if action in WHOLE_HOUSE:
        grants = grants.filter(client=None)
    elif client is not None:
        grants = grants.filter(Q(client=None) | Q(client_id=_id(client)))
    held = set(grants.values_list("user_id", "role"))
    ids = {user_id for user_id, _role in held}
    ids |= {row.deputy_id for row in deputies_in_force(at) if (row.principal_id, row.role) in held}
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("name"))


# A role of one's own, or one that somebody has whose deputy one is: who that is, and the days.
RIGHTS = """
SELECT g.role, g.client_id, NULL::bigint, '', '', NULL::date, NULL::date
FROM accounts_rolegrant g WHERE g.user_id = %(user)s AND g.ended_at IS NULL
UNION ALL
SELECT g.role, g.client_id, u.id, u.name, u.zone, d.starts, d.ends
FROM accounts_deputy d JOIN accounts_user u ON u.id = d.principal_id AND u.is_active
JOIN accounts_rolegrant g ON g.user_id = u.id AND g.role = d.role AND g.ended_at IS NULL
WHERE d.deputy_id = %(user)s AND d.ended_at IS NULL
"""


def rights(user: User, *, at: datetime | None = None) -> tuple[Right, ...]:
    """All roles in force for a person, remembered for the length of a page."""
    if user.remembered_rights is not None:
        remembered: tuple[Right, ...] = user.remembered_rights
        return remembered
    found = _rights(user, at or timezone.now())
    if user.remembers_rights:
        user.remembered_rights = found
    return found


def _rights(user: User, at: datetime) -> tuple[Right, ...]:
    """In one statement: it is asked in every action and on every page."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS, {"user": user.pk})
        for role, client_id, principal_id, name, zone, starts, ends in cursor.fetchall():
            if principal_id is None:
                found.append(Right(role, client_id))
            elif _on_day(at, zone, starts, ends):
                found.append(Right(role, client_id, principal_id, name))
    return tuple(found)


def deputies_in_force(at: datetime) -> list[Deputy]:
    from kendali.accounts.models import Deputy

    rows = Deputy.objects.filter(ended_at=None, principal__is_active=True).select_related("principal")
    return [row for row in rows if in_force(row, at)]


def in_force(row: Deputy, at: datetime) -> bool:
    """The days of a deputy are days where the principal works."""
    return _on_day(at, row.principal.zone, row.starts, row.ends)


def _on_day(at: datetime, zone: str, starts: date, ends: date) -> bool:
    return starts <= at.astimezone(ZoneInfo(zone)).date() <= ends


def same_person(a: User | int | None, b: User | int | None, *, since: datetime | None = None) -> bool:
    """For separation of duties a person and their deputy count as one (records-control, decision 12).

    Any deputyship between the two counts that was in force at any time from `since` (default: ever): a deputy who
    raised an order last week must not let the principal approve it today, after the deputyship has ended."""
    from kendali.accounts.models import Deputy

    if a is None or b is None:
        return False
    first, second = _id(a), _id(b)
    if first == second:
        return True
    pair = Q(principal=first, deputy=second) | Q(principal=second, deputy=first)
    rows = Deputy.objects.filter(pair, starts__lte=timezone.localdate())
    if since is not None:
        rows = rows.filter(ends__gte=timezone.localdate(since)).filter(Q(ended_at=None) | Q(ended_at__gte=since))
    return rows.exists()


def counted_as_one(people: Iterable[int | None], *, since: datetime | None = None) -> frozenset[int]:
    """These people with everybody who counts as one with one of them (`same_person`); one query."""
    from kendali.accounts.models import Deputy

    found = frozenset(one for one in people if one is not None)
    if not found:
        return found
    rows = Deputy.objects.filter(Q(principal__in=found) | Q(deputy__in=found), starts__lte=timezone.localdate())
    if since is not None:
        rows = rows.filter(ends__gte=timezone.localdate(since)).filter(Q(ended_at=None) | Q(ended_at__gte=since))
    pairs = rows.values_list("principal", "deputy")
    return found | {one for pair in pairs for one in pair}


def client_ids(user: User, action: str) -> frozenset[int] | None:
    """Clients for which this person may do it; None: for all of them."""
    ids = {right.client_id for right in rights(user) if right.role in CAN[action]}
    return None if None in ids else frozenset(number for number in ids if number is not None)


def covers(right: Right, client: Client | int | None, action: str = "") -> bool:
    if action in WHOLE_HOUSE:
        return right.client_id is None
    return client is None or right.client_id is None or right.client_id == _id(client)


def role_labels(codes: Iterable[str]) -> str:
    return ", ".join(str(roles.LABELS[code]) for code in codes)


def _id(thing: Client | User | int) -> int:
    return thing if isinstance(thing, int) else thing.pk
