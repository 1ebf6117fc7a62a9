"""Registered copies: what left the store on purpose is known, so that a destruction can say what became of it.

A key file and an export are registered by the command that makes them; a copy of the store on a disk or tape by whoever
makes it. A destruction waits for those that could still open something (`destruction_proof.open_copies`).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.records.models import Package, RegisteredCopy
from kendali.terms import free_text
from kendali.verdict import no


@transaction.atomic
def register(*, user: User, at: datetime, package: Package, place: str) -> RegisteredCopy:
    """Somebody declares that a copy of this package lies elsewhere. Raises Refused."""
    actor = permissions.acting(user, "keys.manage")
    if not place.strip():
        raise RuleRefused(no(_("Say where the copy is.")))
    if not (clean := free_text.acceptable(place)):
        raise RuleRefused(clean)
    return keep(actor, at=at, package=package, kind=RegisteredCopy.Kind.BAG, place=place.strip(), user=user)


def keep(
    actor: Actor,
    *,
    at: datetime,
    package: Package,
    kind: str,
    place: str,
    user: User | None = None,
    recipient: str = "",
    records: int = 0,
    sha256: str = "",
) -> RegisteredCopy:
    """The row and its line in the audit trail; permission is the caller's."""
    with transaction.atomic():
        copy = RegisteredCopy.objects.create(
            package=package,
            kind=kind,
            place=place[:500],
            recipient=recipient[:100],
            records=records,
            sha256=sha256,
            registered_by=user,
            registered_by_name=actor.name[:200],
            registered_at=at,
        )
        facts = {"number": package.number, "kind": kind, "place": copy.place}
        audit.record("copy.registered", actor=actor, at=at, obj=copy, client=package.source.client, facts=facts)
    return copy


@transaction.atomic
def end(*, user: User, at: datetime, copy: RegisteredCopy, how: str, evidence: str) -> None:
    """It is gone, or its successor took its place; `evidence` says how that is known. A statement, shown as one."""
    actor = permissions.acting(user, "keys.manage")
    if not evidence.strip():
        raise RuleRefused(no(_("Say what shows it: the number of a letter, and who saw it.")))
    if not (clean := free_text.acceptable(evidence)):
        raise RuleRefused(clean)
    row = RegisteredCopy.objects.select_for_update().select_related("package__source__client").get(pk=copy.pk)
    if row.end:
        raise RuleRefused(no(_("This copy was declared gone or replaced already.")))
    row.end, row.evidence, row.ended_by, row.ended_by_name, row.ended_at = (
        RegisteredCopy.End(how), evidence.strip()[:500], user, actor.name[:200], at,
    )  # fmt: skip
    row.save(update_fields=["end", "evidence", "ended_by", "ended_by_name", "ended_at"])
    facts = {"number": row.package.number, "kind": row.kind, "place": row.place, "how": how, "evidence": row.evidence}
    audit.record("copy.ended", actor=actor, at=at, obj=row, client=row.client, facts=facts)
    copy.refresh_from_db()
