"""A client's contract ends: everything of theirs is returned to them, destroyed, or first one and then the other.

Returning = every package sealed anew to the client's own age recipient, counted record by record. Destroying = the same
proposal, Ya and order as always; only the period of the backup copy no longer holds it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.age import Recipient
from kendali.archive.bag import INFO, TAGMANIFEST
from kendali.archive.errors import ArchiveError
from kendali.archive.export import export_package
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.disposal.models import Proposal
from kendali.records.actions import copies, destruction_due, package_keys, proposals
from kendali.records.actions.destruction_keys import USABLE
from kendali.records.models import ContractEnd, Package, RecordVersion, RegisteredCopy
from kendali.terms import free_text
from kendali.terms.models import RecordClass
from kendali.verdict import no


@dataclass(frozen=True, slots=True)
class Returned:
    """Counted: `records` handed out whole, `left_out` destroyed before or never completely here; `before`: packages
    that an earlier run had handed out. `problems`: (number of the package, code) of what was not, or not all of it."""

    packages: int = 0
    records: int = 0
    left_out: int = 0
    before: int = 0
    problems: tuple[tuple[str, str], ...] = ()


@transaction.atomic
def record_end(
    *, user: User, at: datetime, client: Client, ended_on: date | None, reference: str, reason: str
) -> ContractEnd:
    """From now on a list that the client approves may be destroyed before the period of the backup copy ends. Holds,
    approval and proof stay what they are. Raises Refused."""
    actor = permissions.acting(user, "policy.edit", client)
    if not reference.strip() or not reason.strip():
        raise RuleRefused(no(_("Give the number of the letter or contract, and a reason.")))
    if not (clean := free_text.acceptable(f"{reference} {reason}")):
        raise RuleRefused(clean)
    if ended_on is None or ended_on > civil_time.local_date(at, client.zone):
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


def return_everything(
    *,
    actor: Actor,
    at: datetime,
    client: Client,
    recipient: str,
    into: Path,
    told: Callable[[str, int], None] = lambda number, records: None,
) -> Returned:
    """Each package as a bag of its own in `into`, sealed to the client's recipient (`age1…`), package by package in
    constant memory. May be run again after any end: what is handed out already is left alone, also where a run died
    between the bag and its row. A package that cannot be read stops no other. AgeError: not a recipient."""
    Recipient.parse(recipient)
    store, found = stores.open_store(settings.KENDALI_STORE), Returned()
    rows = Package.objects.filter(source__client=client, status__in=USABLE).select_related("source__client")
    for package in rows.order_by("number"):
        place = into / package.number
        if package.copies.filter(place=str(place)[:500], recipient=recipient).exists() and place.exists():
            found = replace(found, before=found.before + 1)
            continue
        try:
            records, left_out, digest = _handed_out(place, package, recipient) or _hand_out(
                store, place, package, recipient
            )
        except ArchiveError as error:
            found = replace(found, problems=(*found.problems, (package.number, error.code)))
            continue
        copies.keep(
            actor, at=at, package=package, kind=RegisteredCopy.Kind.EXPORT, place=str(place), recipient=recipient,
            records=records, sha256=digest,
        )  # fmt: skip
        wrong = ((package.number, "count_differs"),) if records != _alive(package) else ()
        found = replace(
            found, packages=found.packages + 1, records=found.records + records, left_out=found.left_out + left_out,
            problems=(*found.problems, *wrong),
        )  # fmt: skip
        told(package.number, records)
    facts = {"packages": found.packages, "records": found.records, "recipient": recipient}
    audit.record("contract.returned", actor=actor, at=at, obj=client, client=client, facts=facts)
    return found


def _hand_out(store: stores.Store, place: Path, package: Package, recipient: str) -> tuple[int, int, str]:
    done = export_package(store, package.path, package_keys.key_of(package), recipient=recipient, into=place)
    return done.records, len(done.left_out), done.tagmanifest_sha256


def _handed_out(place: Path, package: Package, recipient: str) -> tuple[int, int, str] | None:
    """A whole bag of this package and recipient that a run left before its row was written: a bag appears under its
    name only when it is complete. Another folder of that name is refused when it is to be written."""
    if not (place / TAGMANIFEST).is_file() or not (place / INFO).is_file():
        return None
    lines = (place / INFO).read_text(encoding="utf-8").splitlines()
    info = dict(line.split(": ", 1) for line in lines if ": " in line)
    mine = {"External-Identifier": str(package.pk), "Kendali-Recipient": recipient}
    if any(info.get(name) != value for name, value in mine.items()) or not info.get("Kendali-Records", "").isdecimal():
        return None
    return int(info["Kendali-Records"]), 0, sha256((place / TAGMANIFEST).read_bytes()).hexdigest()


def _alive(package: Package) -> int:
    """Records whose whole copy lies in this package now: so many have to be handed out."""
    return RecordVersion.objects.filter(package=package, complete=True, destroyed_at=None).exclude(
        destructions__status__in=package_keys.TAKEN
    ).count()  # fmt: skip


def propose_everything(*, user: User, at: datetime, client: Client) -> list[Proposal]:
    """A list per class with every copy that is left; the client says Ya to it as to any other. Raises Refused."""
    if not ContractEnd.objects.filter(client=client, withdrawn_at=None).exists():
        raise RuleRefused(no(_("Record the end of the contract first.")))
    return [
        proposals.propose_backup_destruction(
            user=user, at=at, client=client, record_class=record_class, records=records, contract_ended=True
        )
        for record_class in RecordClass.values
        if (records := destruction_due.with_copies(client, record_class)).exists()
    ]
