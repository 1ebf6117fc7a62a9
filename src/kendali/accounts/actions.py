"""Administration of people, roles and clients. `user=None` is Kendali itself: set-up and the sample organisation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kendali.accounts import client_people, own_actions, roles
from kendali.accounts.models import Client, PasswordSetup, RoleGrant, SensitiveChange, Site, User, UserSession
from kendali.accounts.permissions import RuleRefused, acting
from kendali.audit.actions import record
from kendali.audit.actor import SYSTEM, Actor
from kendali.audit.models import Entry
from kendali.verdict import no

SETUP_LINK_LIVES = timedelta(days=3)
LOCKED_FOR = timedelta(hours=settings.AXES_COOLOFF_TIME)
USER_FIELDS = ("email", "name", "position", "employee_number", "language", "zone")
CLIENT_FIELDS = ("code", "name", "customer_word", "zone", "active")


@transaction.atomic
def create_user(
    *,
    user: User | None,
    at: datetime,
    email: str,
    name: str,
    position: str = "",
    employee_number: str = "",
    language: str = "id",
    zone: str = "Asia/Jakarta",
    password: str | None = None,
) -> User:
    """A new person without roles. `password` only from set-up commands; people choose theirs by a link."""
    actor = _administrator(user, "user.edit")
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise RuleRefused(no("There is already a user with this e-mail address."))
    person = User(
        email=email, name=name, position=position, employee_number=employee_number, language=language, zone=zone
    )
    person.set_password(password)
    person.save()
    record("user.created", actor=actor, at=at, obj=person)
    return person


@transaction.atomic
def change_user(*, user: User, at: datetime, person: User, changes: Mapping[str, str]) -> User:
    """Change columns out of USER_FIELDS; the trail names the columns, not their values. Whoever says Ya for a client
    keeps name, position and address until a second person has confirmed (accounts.sensitive)."""
    actor = _administrator(user, "user.edit")
    wanted = {field: changes[field] for field in USER_FIELDS if field in changes}
    if "email" in wanted:
        wanted["email"] = wanted["email"].strip().lower()
        taken = User.objects.filter(email__iexact=wanted["email"]).exclude(pk=person.pk)
        if taken.exists():
            raise RuleRefused(no("There is already a user with this e-mail address."))
    wanted = {field: value for field, value in wanted.items() if getattr(person, field) != value}
    client = client_people.approves(person)
    if client is not None:
        guarded = {field: wanted.pop(field) for field in client_people.GUARDED if field in wanted}
        if guarded:
            client_people.propose_changes(user=user, actor=actor, at=at, person=person, client=client, changes=guarded)
    if not wanted:
        return person
    for field, value in wanted.items():
        setattr(person, field, value)
    person.save(update_fields=list(wanted))
    record("user.changed", actor=actor, at=at, obj=person, facts={"fields": list(wanted)})
    return person


@transaction.atomic
def deactivate_user(*, user: User, at: datetime, person: User) -> None:
    """No log-in, no token, no session from now on. Nobody can do this to themselves."""
    actor = _administrator(user, "user.edit")
    if person.pk == user.pk:
        raise RuleRefused(no("You cannot deactivate yourself; ask another administrator."))
    if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False) != 1:
        return
    person.is_active = False
    person.tokens.filter(revoked_at=None).update(revoked_at=at)
    UserSession.objects.filter(user=person, ended_at=None).update(ended_at=at)
    record("user.deactivated", actor=actor, at=at, obj=person)


@transaction.atomic
def reactivate_user(*, user: User, at: datetime, person: User) -> None:
    actor = _administrator(user, "user.edit")
    client = client_people.approves(person)
    if client is not None and not person.is_active:
        client_people.propose_step("user.reactivated", user=user, actor=actor, at=at, person=person, client=client)
        return
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True) != 1:
        return
    person.is_active = True
    record("user.reactivated", actor=actor, at=at, obj=person)


@transaction.atomic
def grant_role(
    *,
    user: User | None,
    at: datetime,
    person: User,
    role: str,
    client: Client | None = None,
    site: Site | None = None,
) -> RoleGrant | SensitiveChange:
    """Give a role for one client, or for all (client None). A client's own people need their client, and a second
    administrator or the QMR, and 24 hours: the answer is then the change that waits (accounts.sensitive)."""
    actor = _administrator(user, "user.edit")
    if role not in roles.ALL:
        raise ValueError(f"no such role: {role}")
    if role == roles.CLIENT and client is None:
        raise RuleRefused(no("The role of a client needs the client it belongs to."))
    keep_apart(person, role)
    if person.grants.filter(role=role, client=client, site=site, ended_at=None).exists():
        raise RuleRefused(no("This person already has this role."))
    if role == roles.CLIENT and user is not None and client is not None:
        return client_people.propose_role(user=user, actor=actor, at=at, person=person, client=client)
    grant = RoleGrant.objects.create(user=person, role=role, client=client, site=site, granted_by=user, granted_at=at)
    record("user.role_granted", actor=actor, at=at, obj=person, client=client, facts={"role": role})
    if role in (roles.TEAM_LEADER, roles.SUPERVISOR):
        own_actions.end_lent_calls(person, actor=actor, at=at)
    return grant


def keep_apart(person: User, role: str) -> None:
    """Who keeps users and sources, and who only reads, must not also do the procedure's work; nor a client."""
    held = set(person.grants.filter(ended_at=None).values_list("role", flat=True))
    lent = person.deputy_for.filter(ended_at=None, ends__gte=timezone.localdate()).values_list("role", flat=True)
    held |= set(lent)
    for alone in (roles.ADMINISTRATOR, roles.CLIENT, roles.AUDITOR):
        others = (held | {role}) - {alone, roles.WITNESS}
        if alone in held | {role} and others:
            raise RuleRefused(
                no(
                    "%(alone)s cannot be combined with %(other)s in one person.",
                    alone=str(roles.LABELS[alone]),
                    other=str(roles.LABELS[min(others)]),
                )
            )


@transaction.atomic
def end_role(*, user: User, at: datetime, grant: RoleGrant) -> None:
    """End a role; the last administrator stays, otherwise nobody could repair anything."""
    actor = _administrator(user, "user.edit")
    if grant.role == roles.ADMINISTRATOR:
        rest = RoleGrant.objects.filter(role=roles.ADMINISTRATOR, ended_at=None, user__is_active=True)
        if not rest.exclude(pk=grant.pk).exists():
            raise RuleRefused(no("This is the last administrator; give the role to somebody else first."))
    if RoleGrant.objects.filter(pk=grant.pk, ended_at=None).update(ended_at=at) != 1:
        return
    grant.ended_at = at
    record("user.role_ended", actor=actor, at=at, obj=grant.user, client=grant.client, facts={"role": grant.role})


@transaction.atomic
def send_setup_link(*, user: User | None, at: datetime, person: User) -> PasswordSetup | SensitiveChange:
    """A link to choose a password, by e-mail; earlier links stop working. Without a mail server the page shows it.
    A second link to somebody who says Ya for a client waits for a second person (accounts.sensitive)."""
    actor = _administrator(user, "user.edit")
    if not person.is_active:
        raise RuleRefused(no("This user is not active."))
    client = client_people.approves(person)
    if user is not None and client is not None and client_people.had_a_link(person):
        return client_people.propose_step(
            "user.setup_link", user=user, actor=actor, at=at, person=person, client=client
        )
    return make_setup_link(actor=actor, at=at, person=person)


def make_setup_link(*, actor: Actor, at: datetime, person: User) -> PasswordSetup:
    from kendali.accounts import tasks
    from kendali.notices import mail

    PasswordSetup.objects.filter(user=person, used_at=None).update(expires_at=at)
    setup = PasswordSetup.objects.create(user=person, created_at=at, expires_at=at + SETUP_LINK_LIVES)
    by_mail = mail.configured()
    if by_mail:
        tasks.send_setup_link.defer(setup_id=setup.pk)
    verb = "user.setup_link_sent" if by_mail else "user.setup_link_shown"
    record(verb, actor=actor, at=at, obj=person)
    return setup


@transaction.atomic
def reset_factors(*, user: User, at: datetime, person: User) -> SensitiveChange | None:
    """Somebody lost the telephone: without second factors the password alone opens, until new ones are added."""
    actor = _administrator(user, "user.edit")
    if person.pk == user.pk:
        raise RuleRefused(no("Remove your own second factor on the page of your account."))
    client = client_people.approves(person)
    if client is not None:
        return client_people.propose_step("user.factors", user=user, actor=actor, at=at, person=person, client=client)
    client_people.remove_factors(person, actor=actor, at=at)
    return None


@transaction.atomic
def release_lockout(*, user: User, at: datetime, person: User) -> int:
    """Forget the failed log-ins of one person; returns how many there were."""
    from axes.utils import reset

    actor = _administrator(user, "user.edit")
    count = int(reset(username=person.email))
    if count:
        record("user.lockout_released", actor=actor, at=at, obj=person)
    return count


def is_locked_out(person: User) -> bool:
    """Somebody guessed this person's password too often, from one address at least."""
    from axes.models import AccessAttempt

    tries = AccessAttempt.objects.filter(username=person.email, attempt_time__gt=timezone.now() - LOCKED_FOR)
    return bool(tries.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT).exists())


@transaction.atomic
def note_lockout(*, email: str, at: datetime) -> None:
    """One entry for each lock; nothing for an address that nobody has."""
    person = User.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        return
    earlier = Entry.objects.filter(object_type="accounts.user", object_id=str(person.pk), verb="user.locked_out")
    if not earlier.filter(at__gt=at - LOCKED_FOR).exists():
        record("user.locked_out", actor=SYSTEM, at=at, obj=person)


@transaction.atomic
def create_client(
    *,
    user: User | None,
    at: datetime,
    code: str,
    name: str,
    customer_word: str = "pelanggan",
    zone: str = "Asia/Jakarta",
) -> Client:
    actor = _administrator(user, "client.edit")
    if Client.objects.filter(code=code).exists() or Client.objects.filter(name__iexact=name).exists():
        raise RuleRefused(no("There is already a client with this code or name."))
    client = Client.objects.create(code=code, name=name, customer_word=customer_word, zone=zone)
    record("client.created", actor=actor, at=at, obj=client)
    return client


@transaction.atomic
def change_client(*, user: User, at: datetime, client: Client, changes: Mapping[str, object]) -> Client:
    """Change columns out of CLIENT_FIELDS; a client with records is deactivated, never deleted."""
    actor = _administrator(user, "client.edit")
    changed = [field for field in CLIENT_FIELDS if field in changes and getattr(client, field) != changes[field]]
    if not changed:
        return client
    for field in changed:
        setattr(client, field, changes[field])
    client.save(update_fields=changed)
    record("client.changed", actor=actor, at=at, obj=client, facts={"fields": changed})
    return client


@transaction.atomic
def create_site(*, user: User | None, at: datetime, code: str, name: str, zone: str = "Asia/Jakarta") -> Site:
    actor = _administrator(user, "client.edit")
    if Site.objects.filter(code=code).exists():
        raise RuleRefused(no("There is already an area with this code."))
    site = Site.objects.create(code=code, name=name, zone=zone)
    record("site.created", actor=actor, at=at, obj=site)
    return site


def _administrator(user: User | None, action: str) -> Actor:
    return SYSTEM if user is None else acting(user, action)
