"""Sources: connect one, look whether it answers, open its connector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from django.db import transaction

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.connectors import registry
from kendali.connectors.base import Connector, Deleter, Probe, Problem, RecordClass
from kendali.records import deletion_rules, secrets
from kendali.records.masking import mask_numbers
from kendali.records.models import Source


@contextmanager
def connected(source: Source) -> Iterator[Connector]:
    """The connector of a source, closed afterwards."""
    connector = registry.open(
        source.kind,
        cast(RecordClass, source.record_class),
        {**source.config, "zone": source.zone},
        secrets.open_source_secret(source.pk, bytes(source.secret)),
    )
    try:
        yield connector
    finally:
        connector.close()


@contextmanager
def deleting_connected(source: Source, *, at: datetime) -> Iterator[Deleter]:
    """The deleter of a source, closed afterwards; on workers only. RuleRefused while its credential is not in force,
    SourceError `bad_configuration` where nothing is to be deleted."""
    allowed = deletion_rules.may_use_credential(source.deleting_from, at)
    if not allowed:
        raise RuleRefused(allowed)
    deleter = registry.open_deleter(
        source.kind,
        cast(RecordClass, source.record_class),
        {**source.config, **source.deleting, "zone": source.zone},
        reading=secrets.open_source_secret(source.pk, bytes(source.secret)),
        deleting=secrets.open_deleting_secret(source.pk, bytes(source.deleting_secret)),
    )
    try:
        yield deleter
    finally:
        deleter.close()


@transaction.atomic
def connect(
    *,
    user: User,
    at: datetime,
    client: Client,
    kind: str,
    record_class: str,
    name: str,
    zone: str,
    config: dict[str, object],
    secret: dict[str, str],
) -> Source:
    actor = permissions.acting(user, "source.edit", client)
    source = Source.objects.create(
        client=client, kind=kind, record_class=record_class, name=name, zone=zone, config=config, created_at=at
    )
    if secret:
        source.secret = secrets.seal_source_secret(source.pk, secret)
        source.save(update_fields=["secret"])
    audit.record("source.connected", actor=actor, at=at, obj=source, client=client, facts={"kind": kind, "name": name})
    return source


@transaction.atomic
def change(
    *,
    user: User,
    at: datetime,
    source: Source,
    name: str,
    zone: str,
    active: bool,
    config: dict[str, object],
    secret: dict[str, str],
) -> None:
    """Passwords are write-only: an empty secret keeps what is stored."""
    actor = permissions.acting(user, "source.edit", source.client)
    before = {"name": source.name, "zone": source.zone, "active": source.active, "config": source.config}
    source.name, source.zone, source.active, source.config = name, zone, active, config
    kept = secrets.open_source_secret(source.pk, bytes(source.secret))
    given = {key: value for key, value in secret.items() if value}
    source.secret = secrets.seal_source_secret(source.pk, {**kept, **given})
    source.save()
    after = {"name": name, "zone": zone, "active": active, "config": config}
    changed = sorted([key for key in after if after[key] != before[key]] + (["secret"] if given else []))
    audit.record(
        "source.changed",
        actor=actor,
        at=at,
        obj=source,
        client=source.client,
        facts={"name": name, "fields": ", ".join(changed)},
    )


def probe(*, user: User, at: datetime, source: Source) -> Probe:
    """Look at the source (read only) and keep what was found on its page."""
    actor = permissions.acting(user, "source.probe", source.client)
    with connected(source) as connector:
        found = connector.probe()
    with transaction.atomic():
        keep_probe(source, found, at)
        audit.record(
            "source.probed",
            actor=actor,
            at=at,
            obj=source,
            client=source.client,
            facts={"name": source.name, "version": found.version, "problems": len(found.problems)},
        )
    return found


def plain(problem: Problem) -> dict[str, object]:
    """A problem as JSON values, without customers' numbers."""
    facts = {
        name: mask_numbers(value) if isinstance(value, str) else value
        for name, value in audit.plain(dict(problem.facts)).items()
    }
    return {"code": problem.code, "ref": problem.ref, "part": mask_numbers(problem.part), "facts": facts}


def keep_probe(source: Source, found: Probe, at: datetime) -> None:
    source.probed_at = at
    source.probe = {
        "version": found.version,
        "rights": list(found.rights),
        "clock_skew_seconds": found.clock_skew.total_seconds() if found.clock_skew is not None else None,
        "counts": dict(found.counts),
        "problems": [plain(problem) for problem in found.problems],
        "warnings": [plain(problem) for problem in found.warnings],
        **({"deleting": source.probe["deleting"]} if "deleting" in source.probe else {}),
    }
    source.save(update_fields=["probed_at", "probe"])
