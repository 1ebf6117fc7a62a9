"""What people do with their own account: password, tokens, sessions, deputies."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from kendali import civil_time
from kendali.accounts.models import ApiToken, Deputy, PasswordSetup, RoleGrant, User, UserSession
from kendali.accounts.permissions import SCOPES, RuleRefused, acting, rights
from kendali.accounts.roles import QC_OFFICER, SUPERVISOR, TEAM_LEADER
from kendali.audit.actions import record
from kendali.audit.actor import Actor
from kendali.verdict import no

PROFILE_FIELDS = ("name", "language", "theme", "zone")
DAY = timedelta(days=1)
LONGEST_DEPUTYSHIP = timedelta(days=366)


def as_self(user: User) -> Actor:
    """Everybody may keep their own account; the trail shows one of their roles beside the name."""
    own = sorted(right.role for right in rights(user) if right.principal_id is None)
    return Actor(user.pk, user.name, own[0] if own else "")


@transaction.atomic
def change_profile(*, user: User, at: datetime, changes: Mapping[str, str]) -> None:
    changed = [field for field in PROFILE_FIELDS if field in changes and getattr(user, field) != changes[field]]
    if not changed:
        return
    for field in changed:
        setattr(user, field, changes[field])
    user.save(update_fields=changed)
    record("account.changed", actor=as_self(user), at=at, obj=user, facts={"fields": changed})


@transaction.atomic
def change_password(*, user: User, at: datetime, password: str, keep: bytes | None) -> None:
    """New password; all sessions but `keep` (its key hash) end. ValidationError: the password is too weak."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_sessions(user, at, keep)
    record("account.password_changed", actor=as_self(user), at=at, obj=user)


@transaction.atomic
def set_first_password(*, setup: PasswordSetup, at: datetime, password: str) -> None:
    """By the link: once. Refused when the link was used meanwhile; ValidationError when the password is weak."""
    person = setup.user
    validate_password(password, person)
    if PasswordSetup.objects.filter(pk=setup.pk, used_at=None, expires_at__gt=at).update(used_at=at) != 1:
        raise RuleRefused(no("This link was already used or has expired. Ask your administrator for a new one."))
    person.set_password(password)
    person.save(update_fields=["password"])
    _end_sessions(person, at, None)
    record("account.password_set", actor=as_self(person), at=at, obj=person)


@transaction.atomic
def create_token(
    *, user: User, at: datetime, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """The row and its secret, which exists nowhere else: show it once."""
    actor = acting(user, "token.own")
    chosen = [scope for scope in SCOPES if scope in set(scopes)]
    if not chosen:
        raise RuleRefused(no("Choose at least one scope."))
    prefix = secrets.token_hex(4)
    secret = f"kdl_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        scopes=chosen,
        created_at=at,
        expires_at=expires_at,
    )
    record("token.created", actor=actor, at=at, obj=token, facts={"scopes": chosen})
    return token, secret


@transaction.atomic
def revoke_token(*, user: User, at: datetime, token: ApiToken) -> None:
    """One's own token, or as administrator anybody's."""
    actor = as_self(user) if token.user_id == user.pk else acting(user, "user.edit")
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at) == 1:
        token.revoked_at = at
        record("token.revoked", actor=actor, at=at, obj=token)


def authenticate_token(secret: str, *, at: datetime) -> User | None:
    """The person of a token, limited to its scopes (permissions.can looks at them); None: not a valid token."""
    digest = hashlib.sha256(secret.encode()).digest()
    parts = secret.split("_", 2)
    if len(parts) != 3:
        return None
    valid = ApiToken.objects.filter(prefix=parts[1], revoked_at=None, user__is_active=True)
    token = valid.filter(Q(expires_at=None) | Q(expires_at__gt=at)).select_related("user").first()
    if token is None or not secrets.compare_digest(bytes(token.secret_hash), digest):
        return None
    if token.last_used_at is None or at - token.last_used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    user = token.user
    user.token_scopes = frozenset(token.scopes)
    return user


@transaction.atomic
def name_deputy(*, user: User, at: datetime, deputy: User, role: str, starts: date, ends: date) -> Deputy:
    """Somebody who acts in one of my roles from `starts` to `ends`, both included."""
    if not RoleGrant.objects.filter(user=user, role=role, ended_at=None).exists():
        raise RuleRefused(no("You can only name a deputy for a role of your own."))
    if deputy.pk == user.pk or not deputy.is_active:
        raise RuleRefused(no("Choose another active person."))
    if ends < starts or ends - starts > LONGEST_DEPUTYSHIP:
        raise RuleRefused(no("The last day must not be before the first, nor more than a year after it."))
    if ends < civil_time.local_date(at, user.zone):
        raise RuleRefused(no("These days are over: choose a last day from today on."))
    _keep_clients_apart(user, deputy, role)
    _keep_calls_unknown(deputy, role)
    overlap = Deputy.objects.filter(principal=user, role=role, ended_at=None, starts__lte=ends, ends__gte=starts)
    if overlap.exists():
        raise RuleRefused(no("You already have a deputy for this role in these days."))
    row = Deputy.objects.create(principal=user, deputy=deputy, role=role, starts=starts, ends=ends, named_at=at)
    facts = {"role": role, "deputy": deputy.name, "starts": starts, "ends": ends}
    record("deputy.named", actor=as_self(user), at=at, obj=user, facts=facts)
    from kendali.notices.actions import notify

    notify([deputy], kind="deputy.named", facts={**facts, "principal": user.name}, url="/akun/", at=at)
    return row


def _keep_clients_apart(user: User, deputy: User, role: str) -> None:
    """What one person may not combine, a deputy may not lend together (actions.grant_role has the rule)."""
    from kendali.accounts.actions import keep_apart

    keep_apart(deputy, role)
    clients = set(user.grants.filter(role="client", ended_at=None).values_list("client_id", flat=True))
    theirs = set(deputy.grants.filter(role="client", ended_at=None).values_list("client_id", flat=True))
    if role == "client" and not theirs & clients:
        raise RuleRefused(no("The deputy of a client's person must work for the same client."))


def _keep_calls_unknown(deputy: User, role: str) -> None:
    """A plan keeps callers from their own teams (mystery-calling 5.1, 5.2); a deputy's are another's."""
    if role == QC_OFFICER and deputy.grants.filter(role__in=(TEAM_LEADER, SUPERVISOR), ended_at=None).exists():
        raise RuleRefused(
            no("Who leads a team cannot stand in for a QC Officer: the calls to that team would be known to it.")
        )


def end_lent_calls(person: User, *, actor: Actor, at: datetime) -> None:
    """The other order: who comes to lead a team stands in for no QC Officer from now on. It ends at once, because only
    the QC Officer could end it, and is away; who is told names another deputy."""
    lent = person.deputy_for.filter(role=QC_OFFICER, ended_at=None, ends__gte=timezone.localdate(at) - DAY)
    for row in lent.select_related("principal", "deputy").select_for_update(of=("self",)):
        _end(row, actor=actor, at=at)
        facts = {"deputy": person.name, "principal": row.principal.name, "role": row.role}
        record("deputy.gave_way", actor=actor, at=at, obj=person, facts=facts)
        from kendali.notices.actions import notify

        notify([row.principal, person], kind="deputy.gave_way", facts=facts, url="/akun/pengganti/", at=at)


@transaction.atomic
def end_deputy(*, user: User, at: datetime, deputy: Deputy) -> None:
    """By the principal, or by an administrator."""
    actor = as_self(user) if deputy.principal_id == user.pk else acting(user, "user.edit")
    _end(deputy, actor=actor, at=at)


def _end(deputy: Deputy, *, actor: Actor, at: datetime) -> None:
    if Deputy.objects.filter(pk=deputy.pk, ended_at=None).update(ended_at=at) == 1:
        deputy.ended_at = at
        facts = {"role": deputy.role, "deputy": deputy.deputy.name}
        record("deputy.ended", actor=actor, at=at, obj=deputy.principal, facts=facts)


@transaction.atomic
def end_session(*, user: User, at: datetime, session: UserSession) -> None:
    """The next request of that session is logged out (sessions.py)."""
    if session.user_id != user.pk:
        raise RuleRefused(no("This is not your session."))
    if UserSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=at) == 1:
        record("account.session_ended", actor=as_self(user), at=at, obj=user, facts={"count": 1})


@transaction.atomic
def end_other_sessions(*, user: User, at: datetime, keep: bytes) -> int:
    count = _end_sessions(user, at, keep)
    if count:
        record("account.session_ended", actor=as_self(user), at=at, obj=user, facts={"count": count})
    return count


def _end_sessions(user: User, at: datetime, keep: bytes | None) -> int:
    open_ones = UserSession.objects.filter(user=user, ended_at=None)
    if keep is not None:
        open_ones = open_ones.exclude(key_hash=keep)
    return open_ones.update(ended_at=at)
