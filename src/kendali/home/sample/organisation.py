"""The sample organisation inside Kendali: people, clients, policies, sources with what reads and what deletes there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.db.models.functions import Least, Now

from kendali.accounts import actions as accounts
from kendali.accounts import permissions, sensitive
from kendali.accounts.models import Client, SensitiveChange, Site, User
from kendali.archive.recovery import RecoverySheet
from kendali.disposal.actions import approvers
from kendali.home.sample import disposals
from kendali.home.sample import people as plan
from kendali.records.actions import deleting as credentials
from kendali.records.actions import policies, scan, sources
from kendali.records.models import Record, Source
from kendali.terms.rules import Periods
from kendali.vault import actions as vault

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the sample's source systems are, as the program reaches them."""

    reader_url: str  # postgresql://… of the read-only role
    storage: Path
    monitor: Path
    deleter_url: str = (
        ""  # postgresql://… of the role that may delete; empty: nothing is deleted at the sample's sources
    )


def people(at: datetime) -> dict[str, User]:
    """The clients, the sites and the people with their roles, by key."""
    clients = {
        item.code: accounts.create_client(
            user=None, at=at, code=item.code, name=item.name, customer_word=item.customer_word, zone=item.zone
        )
        for item in plan.CLIENTS
    }
    sites = {
        name: accounts.create_site(user=None, at=at, code=plan.SITE_CODES[name], name=name, zone=zone)
        for name, zone in plan.SITES.items()
    }
    found = {person.key: _person(person, clients, sites, at) for person in plan.PEOPLE}
    # One password, hashed once: sixteen times would be a good part of the first start.
    User.objects.filter(pk__in=[user.pk for user in found.values()]).update(password=make_password(plan.PASSWORD))
    return found


def _person(person: plan.SamplePerson, clients: dict[str, Client], sites: dict[str, Site], at: datetime) -> User:
    user = accounts.create_user(
        user=None,
        at=at,
        email=person.email,
        name=person.name,
        position=person.position,
        employee_number=person.employee_number,
        language=person.language,
        zone=person.zone,
    )
    for role in person.roles:
        client = clients[person.client] if person.client else None
        accounts.grant_role(user=None, at=at, person=user, role=role, client=client, site=sites[person.site])
    return user


def retention(users: dict[str, User], at: datetime) -> None:
    for item in plan.POLICIES:
        client = Client.objects.get(code=item.client)
        periods = Periods(
            item.backup_after_years, item.lead_time.days, item.delete_after_years, item.backup_kept_months
        )
        policies.save(
            user=users["maya"],
            at=at,
            client=client,
            record_class=item.record_class,
            terms=policies.Terms(zone=client.zone, periods=periods),
            reason="Kontrak layanan, lampiran retensi data",
        )


def connect(users: dict[str, User], place: Place, at: datetime) -> list[Source]:
    return [_source(item, users["adi"], place, at) for item in plan.SOURCES]


def _source(item: plan.SampleSource, user: User, place: Place, at: datetime) -> Source:
    client = next(client for client in plan.CLIENTS if client.code == item.client)
    address, secret = _address(place.reader_url)
    if item.kind == "chatwoot":
        config = {**address, "account": str(client.account_id), "storage": str(place.storage)}
    else:
        config = {
            **address,
            "database": "postgresql",
            "table": f"{client.switch}.cdr",
            "monitor": str(place.monitor / client.switch),
        }
    return sources.connect(
        user=user,
        at=at,
        client=Client.objects.get(code=item.client),
        kind=item.kind,
        record_class=item.record_class,
        name=item.name,
        zone=client.zone,
        config=config,
        secret=secret,
    )


def deleting(kind: str, place: Place) -> tuple[dict[str, str], dict[str, str]]:
    """(settings, secret) of deleting at a source of the sample, in its database and below its folders."""
    if not place.deleter_url:
        return {}, {}
    address, secret = _address(place.deleter_url)
    ways = {"chatwoot": "sql", "asterisk": "files"}
    settings = {"delete_by": ways[kind], "delete_user": str(address["user"])}
    return settings, {f"delete_{name}": value for name, value in secret.items()}


def _address(url: str) -> tuple[dict[str, object], dict[str, str]]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    address = {
        "host": query.get("host") or unquote(parts.hostname or ""),
        "port": query.get("port") or str(parts.port or 5432),
        "dbname": parts.path.lstrip("/"),
        "user": unquote(parts.username or ""),
    }
    return dict(address), {"password": unquote(parts.password)} if parts.password else {}


def guarded(users: dict[str, User], found: list[Source], place: Place, at: datetime) -> datetime:
    """What one person alone must not set: how each source is deleted at, and who of the clients says Ya by link. Adi
    proposes, Rahma confirms a day later; what comes back is when all of it may be used."""
    if place.deleter_url:
        for source in found:
            config, secret = deleting(source.kind, place)
            credentials.propose(user=users["adi"], at=at, source=source, config=config, secret=secret)
    for item in plan.APPROVERS:
        approvers.propose_new(
            user=users["adi"], at=at, client=Client.objects.get(code=item.client), email=item.email, name=item.name,
            position=item.position,
        )  # fmt: skip
    usable = at
    for change in SensitiveChange.objects.filter(sensitive.PENDING, proposed_at=at).order_by("pk"):
        usable = max(usable, disposals.confirmed(change, by=users["rahma"], at=at + DAY))
    sensitive.apply_due(at + 2 * DAY)
    return usable


def typed_back(users: dict[str, User], sheet: RecoverySheet, at: datetime) -> None:
    """Adi shows that the recovery sheet is printed and can be read."""
    vault.confirm_sheet(sheet.confirmation, actor=permissions.acting(users["adi"], "keys.manage", at=at), at=at)


def scan_all(found: Iterable[Source], at: datetime) -> None:
    """As the product does it, on a clock that begins at that moment. What began later, later nights have seen."""
    clock = disposals.running_from(at)
    for source in found:
        scan.scan_now(source, at=clock(), clock=clock)
    seen = Least(F("last_activity_at") + DAY, Now())
    Record.objects.filter(first_seen_at__lt=F("last_activity_at")).update(first_seen_at=seen)
