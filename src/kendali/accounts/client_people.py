"""The people of a client say Ya: making one, or changing how one comes in, needs a second person and 24 hours."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_noop as _

from kendali.accounts import roles, sensitive
from kendali.accounts.models import Client, PasswordSetup, RoleGrant, SensitiveChange, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import record
from kendali.audit.actor import SYSTEM, Actor
from kendali.verdict import no

Kind = SensitiveChange.Kind
GUARDED = ("email", "name", "position")  # who the certificate says approved, and where the links go


def approves(person: User) -> Client | None:
    """The client for which this person says Ya, or shall from a change on that waits; None: nobody's approver."""
    grant = person.grants.filter(role=roles.CLIENT, ended_at=None).select_related("client").first()
    if grant is not None:
        return grant.client
    waiting = sensitive.pending(sensitive.subject_of(person)).filter(kind=Kind.APPROVER).select_related("client")
    row = waiting.first()
    return row.client if row is not None else None


def propose_role(*, user: User, actor: Actor, at: datetime, person: User, client: Client) -> SensitiveChange:
    summary = {"name": person.name, "email": person.email, "position": person.position}
    values = {"person": person.pk, "client": client.pk}
    return _propose("user.client_role", user, actor, at, person, client, summary, values)


def propose_changes(
    *, user: User, actor: Actor, at: datetime, person: User, client: Client, changes: Mapping[str, str]
) -> SensitiveChange:
    """`changes` out of GUARDED."""
    summary = {"name": person.name, "email": person.email} | {f"new_{field}": text for field, text in changes.items()}
    values = {"person": person.pk, "changes": dict(changes)}
    return _propose("user.changed", user, actor, at, person, client, summary, values)


def propose_step(do: str, *, user: User, actor: Actor, at: datetime, person: User, client: Client) -> SensitiveChange:
    """`do`: user.setup_link, user.factors or user.reactivated."""
    summary = {"name": person.name, "email": person.email}
    return _propose(do, user, actor, at, person, client, summary, {"person": person.pk})


def _propose(
    do: str,
    user: User,
    actor: Actor,
    at: datetime,
    person: User,
    client: Client,
    summary: Mapping[str, object],
    values: dict[str, Any],
) -> SensitiveChange:
    return sensitive.propose(
        user=user,
        actor=actor,
        at=at,
        do=do,
        client=client,
        subject=sensitive.subject_of(person),
        summary=summary,
        values=values,
        old_address=person.email,
    )


OWN_FACTORS = "user.own_factors"


def own_factors_changed(
    *, person: User, actor: Actor, at: datetime, added: Mapping[int, str], removed: Set[str]
) -> None:
    """An approver added or removed a second factor: until a second person has confirmed it, and 24 hours more, answers
    of this person are refused. `added`: primary key → type. Nothing happens for anybody else. Raises RuleRefused where
    an earlier change is confirmed and still waits."""
    client = approves(person)
    if client is None or not (added or removed):
        return
    waiting = sensitive.pending(sensitive.subject_of(person)).filter(do=OWN_FACTORS).first()
    before: dict[str, Any] = sensitive.values_of(waiting) if waiting else {"added": [], "kinds": []}
    kinds = sorted({*before["kinds"], *added.values(), *removed})
    values = {"added": sorted({*before["added"], *added}), "kinds": kinds}
    summary = {"name": person.name, "email": person.email, "factor": kinds}
    if waiting is not None:
        sensitive.amend(waiting, summary=summary, values=values)
        return
    _propose(OWN_FACTORS, person, actor, at, person, client, summary, values)


def _stays(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    """The person has made the change already; what ends now is the time in which their answers do not count."""


def _take_away(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    """Refused: what was added goes; what the person removed, only they can add again."""
    Authenticator.objects.filter(pk__in=values.get("added", ())).delete()


def had_a_link(person: User) -> bool:
    """The first link goes out with the account; any later one could hand the account to somebody else."""
    return person.last_login is not None or PasswordSetup.objects.filter(user=person).exists()


def remove_factors(person: User, *, actor: Actor, at: datetime) -> int:
    count: int
    count, _by_model = Authenticator.objects.filter(user_id=person.pk).delete()
    if count:
        record("user.factors_reset", actor=actor, at=at, obj=person)
    return count


def _grant(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    from kendali.accounts.actions import keep_apart

    person, client = _person(values), Client.objects.get(pk=values["client"])
    keep_apart(person, roles.CLIENT)
    if person.grants.filter(role=roles.CLIENT, client=client, ended_at=None).exists():
        raise RuleRefused(no(_("This person already has this role.")))
    RoleGrant.objects.create(user=person, role=roles.CLIENT, client=client, granted_by=row.proposed_by, granted_at=at)
    record("user.role_granted", actor=SYSTEM, at=at, obj=person, client=client, facts={"role": roles.CLIENT})


def _change(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    person, changes = _person(values), values["changes"]
    email = changes.get("email")
    if email and User.objects.filter(email__iexact=email).exclude(pk=person.pk).exists():
        raise RuleRefused(no(_("There is already a user with this e-mail address.")))
    for field, value in changes.items():
        setattr(person, field, value)
    person.save(update_fields=list(changes))
    record("user.changed", actor=SYSTEM, at=at, obj=person, facts={"fields": sorted(changes)})


def _link(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    from kendali.accounts.actions import make_setup_link

    make_setup_link(actor=SYSTEM, at=at, person=_person(values))


def _factors(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    remove_factors(_person(values), actor=SYSTEM, at=at)


def _reactivate(row: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    person = _person(values)
    User.objects.filter(pk=person.pk).update(is_active=True)
    record("user.reactivated", actor=SYSTEM, at=at, obj=person)


def _person(values: dict[str, Any]) -> User:
    return User.objects.get(pk=values["person"])


for doing in (
    sensitive.Doing(
        "user.client_role", Kind.APPROVER, _("%(name)s (%(position)s, %(email)s) gets a login and says Ya."), _grant
    ),
    sensitive.Doing("user.changed", Kind.APPROVER, _("Data of %(name)s, who says Ya with a login, change."), _change),
    sensitive.Doing("user.reactivated", Kind.APPROVER, _("%(name)s may log in and say Ya again."), _reactivate),
    sensitive.Doing("user.setup_link", Kind.FACTORS, _("%(name)s gets a new link to choose a password."), _link),
    sensitive.Doing(
        OWN_FACTORS, Kind.FACTORS, _("%(name)s changed their own second factors: %(factor)s."), _stays, _take_away
    ),
    sensitive.Doing("user.factors", Kind.FACTORS, _("The second factors of %(name)s are removed."), _factors),
):
    sensitive.register(doing)
