"""A client's contract ends: everything of theirs is returned to them, destroyed, or first one and then the other.

Returning = every package sealed anew to the client's own age recipient, counted record by record. Destroying = the same
proposal, Ya and order as always; only the period of the backup copy no longer holds it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.age import Recipient
from kendali.archive.export import export_package
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.disposal.models import Proposal
from kendali.records.actions import copies, destruction_due, package_keys, proposals
from kendali.records.actions.destruction_keys import USABLE
from kendali.records.models import ContractEnd, Package, RegisteredCopy
from kendali.terms import free_text
from kendali.terms.models import RecordClass
from kendali.verdict import no


@dataclass(frozen=True, slots=True)
class Returned:
    """Counted: `records` handed out whole, `left_out` destroyed before or never completely here."""

    packages: int
    records: int
    left_out: int


@transaction.atomic
def record_end(*, user: User, at: datetime, client: Client, ended_on: date, reference: str, reason: str) -> ContractEnd:
    """From now on a list that the client approves may be destroyed before the period of the backup copy ends. Holds,
    approval and proof stay what they are. Raises Refused."""
    actor = permissions.acting(user, "policy.edit", client)
    if not reference.strip() or not reason.strip():
        raise RuleRefused(no(_("Give the number of the letter or contract, and a reason.")))
    if not (clean := free_text.acceptable(f"{reference} {reason}")):
        raise RuleRefused(clean)
    if ended_on > at.date():
        raise RuleRefused(no(_("The contract has not ended yet on that day.")))
    try:
        with transaction.atomic():
            row = ContractEnd.objects.create(
                client=client, ended_on=ended_on, reference=reference.strip(), reason=reason.strip(), entered_by=user,
                entered_at=at,
            )  # fmt: skip
    except IntegrityError as error:
        raise RuleRefused(no(_("The end of this contract is recorded already."))) from error
    facts = {"reference": row.reference, "reason": row.reason, "ended_on": ended_on}
    audit.record("contract.ended", actor=actor, at=at, obj=row, client=client, facts=facts)
    return row


@transaction.atomic
def withdraw(*, user: User, at: datetime, end: ContractEnd, reason: str) -> None:
    """It was a mistake: the periods hold again."""
    actor = permissions.acting(user, "policy.edit", end.client)
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    rows = ContractEnd.objects.filter(pk=end.pk, withdrawn_at=None)
    if not rows.update(withdrawn_at=at, withdrawn_reason=reason.strip()):
        raise RuleRefused(no(_("The end of this contract was withdrawn already.")))
    audit.record("contract.end_withdrawn", actor=actor, at=at, obj=end, client=end.client,
                 facts={"reason": reason.strip()})  # fmt: skip


def return_everything(*, actor: Actor, at: datetime, client: Client, recipient: str, into: Path) -> Returned:
    """Each package as a bag of its own in `into`, sealed to the client's recipient (`age1…`); already exported folders
    are left alone, so that it may be run again. Raises ArchiveError; what was exported before stays and is counted."""
    Recipient.parse(recipient)
    store, found = stores.open_store(settings.KENDALI_STORE), Returned(0, 0, 0)
    rows = Package.objects.filter(source__client=client, status__in=USABLE).select_related("source__client")
    for package in rows.order_by("number"):
        place = into / package.number
        if place.exists() and package.copies.filter(place=str(place)[:500], recipient=recipient).exists():
            continue  # handed out by an earlier run; a folder that nobody registered is refused below
        done = export_package(store, package.path, package_keys.key_of(package), recipient=recipient, into=place)
        copies.keep(
            actor, at=at, package=package, kind=RegisteredCopy.Kind.EXPORT, place=str(place), recipient=recipient,
            records=done.records, sha256=done.tagmanifest_sha256,
        )  # fmt: skip
        found = Returned(found.packages + 1, found.records + done.records, found.left_out + len(done.left_out))
    facts = {"packages": found.packages, "records": found.records, "recipient": recipient}
    audit.record("contract.returned", actor=actor, at=at, obj=client, client=client, facts=facts)
    return found


def propose_everything(*, user: User, at: datetime, client: Client) -> list[Proposal]:
    """A list per class with every copy that is left; the client says Ya to it as to any other. Raises Refused."""
    if not ContractEnd.objects.filter(client=client, withdrawn_at=None).exists():
        raise RuleRefused(no(_("Record the end of the contract first.")))
    return [
        proposals.propose_backup_destruction(
            user=user, at=at, client=client, record_class=record_class, records=records
        )
        for record_class in RecordClass.values
        if (records := destruction_due.with_copies(client, record_class)).exists()
    ]
