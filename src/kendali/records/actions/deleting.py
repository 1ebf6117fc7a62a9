"""How records are deleted at a source, and with which credential: another one than the one that reads.

Whoever could set it alone could delete past Kendali, or have Kendali delete elsewhere: so it is a guarded change (a
second person and 24 hours, accounts.sensitive). Until then what was in force stays in force; `Source.deleting_from`
says since when the present one may be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, sensitive
from kendali.accounts.models import SensitiveChange, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.connectors import registry
from kendali.connectors.base import Probe, RecordClass, SourceError
from kendali.records import secrets
from kendali.records.actions import sources
from kendali.records.models import Source
from kendali.verdict import no

DO = "source.deleting"
# Of one source, where they differ from the client's setting; "" = as the setting (records.actions.pacing).
LIMITS = ("window_from", "window_to", "per_second", "daily_quota")


def propose(
    *, user: User, at: datetime, source: Source, config: Mapping[str, object], secret: Mapping[str, str]
) -> SensitiveChange:
    """Secrets are write-only: an empty one keeps what is stored. Nothing changes before a second person confirms."""
    actor = permissions.acting(user, "source.edit", source.client)
    kind = registry.KINDS[source.kind]
    given = {name: value for name, value in secret.items() if value}
    kept = _kept_secret(source, config)
    whole = {**source.config, **config}
    if whole.get("delete_by", "none") != "none":
        if kind.missing_to_delete(whole, {**kept, **given}):
            raise RuleRefused(no(_("Fill in everything that this way of deleting needs.")))
        if whole.get("delete_user") and whole["delete_user"] == kind.complete(whole).get("user"):
            raise RuleRefused(no(_("Reading and deleting use different credentials: name another user.")))
    summary = {"name": source.name, "delete_by": config.get("delete_by", "none"), "user": config.get("delete_user", "")}
    with transaction.atomic():
        change = sensitive.propose(
            user=user, actor=actor, at=at, do=DO, client=source.client, subject=sensitive.subject_of(source),
            summary=summary, values={"source": source.pk, "config": dict(config), "secret": {**kept, **given}},
        )  # fmt: skip
        audit.record("deleting.proposed", actor=actor, at=at, obj=source, client=source.client)
    return change


def _kept_secret(source: Source, config: Mapping[str, object]) -> dict[str, str]:
    """What is stored goes on only for the same way of deleting: a token is no password."""
    if source.deleting.get("delete_by") != config.get("delete_by"):
        return {}
    return secrets.open_deleting_secret(source.pk, bytes(source.deleting_secret))


def waiting(source: Source) -> SensitiveChange | None:
    return sensitive.pending(sensitive.subject_of(source)).filter(do=DO).first()


def request_probe(*, user: User, at: datetime, source: Source) -> None:
    """Try the credential; a worker does it, because only workers open it. It deletes nothing."""
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    actor = permissions.acting(user, "source.probe", source.client)
    if not source.deleting and waiting(source) is None:
        raise RuleRefused(no(_("Enter first how deletion is done here.")))
    with transaction.atomic():
        audit.record("deleting.probed", actor=actor, at=at, obj=source, client=source.client)
        tasks.probe_deleting.defer(source_id=source.pk)


def probe(source: Source, *, at: datetime) -> None:
    """Of what waits for its second person, else of what is in force. What was found is kept on the source's page."""
    change = waiting(source)
    if change is not None:
        values = sensitive.values_of(change)
        config, secret = values["config"], values["secret"]
    else:
        config, secret = source.deleting, secrets.open_deleting_secret(source.pk, bytes(source.deleting_secret))
    result: dict[str, Any] = {"at": at.isoformat(), "waiting": change is not None, "rights": []}
    try:
        found = _probe(source, config, secret)
    except SourceError as error:
        result["problems"] = [{"code": error.code, "facts": audit.plain(error.facts)}]
    else:
        result["rights"] = list(found.rights)
        result["problems"] = [sources.plain(problem) for problem in (*found.problems, *found.warnings)]
    source.probe = {**source.probe, "deleting": result}
    source.save(update_fields=["probe"])


def _probe(source: Source, config: Mapping[str, Any], secret: Mapping[str, str]) -> Probe:
    deleter = registry.open_deleter(
        source.kind,
        cast(RecordClass, source.record_class),
        {**source.config, **config, "zone": source.zone},
        reading=secrets.open_source_secret(source.pk, bytes(source.secret)),
        deleting=secret,
    )
    try:
        return deleter.probe()
    finally:
        deleter.close()


def _apply(change: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    source = Source.objects.select_for_update().get(pk=values["source"])
    source.deleting = values["config"]
    source.deleting_secret = secrets.seal_deleting_secret(source.pk, values["secret"])
    source.deleting_from = at
    source.save(update_fields=["deleting", "deleting_secret", "deleting_from"])
    audit.record("deleting.changed", actor=SYSTEM, at=at, obj=source, client=source.client)


def connect() -> None:
    """Called when the app is ready."""
    sentence = _("Another way or credential of deleting at the source %(name)s: %(delete_by)s.")
    sensitive.register(sensitive.Doing(DO, SensitiveChange.Kind.DELETING, sentence, _apply))
