"""Recovery (pemulihan): what a restored installation has to compare, and the two who must say that it was done.

Left only when QMR and administrator, two different people, have confirmed; until then kendali.terms.recovery says yes
to whatever would delete or destroy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused, same_person
from kendali.archive.stores import Store
from kendali.audit import actions as audit
from kendali.audit.models import Entry
from kendali.home.models import Installation, RecoveryConfirmation
from kendali.records.models import Source
from kendali.vault import actions as vault
from kendali.vault.models import Epoch
from kendali.vault.reconcile import Reconciled
from kendali.verdict import YES, Verdict, no

NEEDED = (roles.QMR, roles.ADMINISTRATOR)
ANCHOR = re.compile(r"audit/\d{4}/\d\d/\d\dT\d{6}Z-(\d{12})\.json$")


@dataclass(frozen=True, slots=True)
class Chain:
    """The restored trail beside the anchors in the store.

    `restored`: the last entry of the backup; `agreed`: the newest anchored entry that is the same here (0: none);
    `lost`: how many anchored entries after the backup are not here; `anchored_at`: when the last of them was anchored.
    """

    restored: int
    agreed: int
    lost: int
    anchored_at: str


def begun() -> Entry | None:
    """The trail's entry about the restore that this recovery began with."""
    return Entry.objects.filter(verb="installation.restored").order_by("-id").first()


def chain(store: Store) -> Chain:
    """Newest anchor first, until one agrees. ArchiveError when the store does not answer."""
    restore = begun()
    reached = int(restore.facts.get("entry", 0)) if restore else 0
    lost, anchored_at = 0, ""
    for anchor in _anchors(store):
        number, digest = int(anchor["entry"]), str(anchor["hash"])
        own = Entry.objects.filter(pk=number).first()
        if own is not None and bytes(own.hash).hex() == digest:
            return Chain(reached, number, max(lost, 0), anchored_at)
        if number - reached > lost:
            lost, anchored_at = number - reached, str(anchor["at"])
    return Chain(reached, 0, max(lost, 0), anchored_at)


def _anchors(store: Store) -> Iterator[dict[str, Any]]:
    names = [(match[1], entry.key) for entry in store.entries("audit") if (match := ANCHOR.search(entry.key))]
    for _number, key in sorted(names, reverse=True):
        yield json.loads(store.read(key))


def reconciled() -> Entry | None:
    """When the keys were last brought up to slots and store, since the restore."""
    restore = begun()
    if restore is None:
        return None
    return Entry.objects.filter(verb="keys.reconciled", pk__gt=restore.pk).order_by("-id").first()


def sources_seen() -> tuple[int, int]:
    """How many active sources were scanned since the restore, of how many."""
    restore, active = begun(), Source.objects.filter(active=True)
    since = restore.at if restore else None
    return (active.filter(counted_at__gte=since).count() if since else 0, active.count())


def confirmations() -> dict[str, RecoveryConfirmation]:
    restore = begun()
    rows = RecoveryConfirmation.objects.filter(restored_entry=restore.pk if restore else 0).select_related("user")
    return {row.role: row for row in rows}


def reconcile_keys(*, user: User, at: datetime) -> Reconciled:
    """RuleRefused outside recovery; ArchiveError as vault.actions.reconcile."""
    actor = permissions.acting(user, "keys.manage", at=at)
    if not Installation.objects.filter(pk=1, state=Installation.State.RECOVERY).exists():
        raise RuleRefused(no(NOT_IN_RECOVERY))
    return vault.reconcile(actor=actor, at=at)


NOT_IN_RECOVERY = _("This installation is not in recovery.")


def may_confirm(user: User, role: str) -> Verdict:
    """Whether this person's yes counts now, in the role they have here."""
    given = confirmations()
    if role in given:
        return no(_("%(name)s has confirmed this already."), name=given[role].user.name)
    if any(same_person(row.user, user) for row in given.values()):
        return no(_("The two confirmations come from two different people; a deputy counts as the same."))
    if Epoch.objects.filter(status=Epoch.CURRENT).exists() and reconciled() is None:
        return no(_("First bring the keys up to date with slots and store."))
    return YES


@transaction.atomic
def confirm(*, user: User, at: datetime) -> bool:
    """One of the two confirmations; answers whether it was the last one, which ends the recovery.

    The row is locked first, so that of two at once the second sees the first."""
    actor = permissions.acting(user, "recovery.confirm", at=at)
    row = Installation.objects.select_for_update().filter(pk=1, state=Installation.State.RECOVERY).first()
    restore = begun()
    if row is None or restore is None:
        raise RuleRefused(no(NOT_IN_RECOVERY))
    verdict = may_confirm(user, actor.role)
    if not verdict:
        raise RuleRefused(verdict)
    RecoveryConfirmation.objects.create(restored_entry=restore.pk, role=actor.role, user=user, at=at)
    audit.record("recovery.confirmed", actor=actor, at=at, obj=row, facts={"role": actor.role})
    if set(NEEDED) - confirmations().keys():
        return False
    audit.move(row, "normal", verb="recovery.ended", actor=actor, at=at, expected="recovery", field="state")
    return True
