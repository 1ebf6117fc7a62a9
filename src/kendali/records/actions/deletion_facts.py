"""The facts on which `deletion_rules` decides, read in a constant number of queries a batch; records stay locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from kendali.archive.errors import PackageError, SealError
from kendali.connectors.base import Capabilities
from kendali.disposal.actions import proposals
from kendali.disposal.models import ErasureRequest
from kendali.records import deletion_rules as rules
from kendali.records.actions import escalations, fingerprints
from kendali.records.models import DisposalOrder, Source
from kendali.records.queries import held
from kendali.terms import recovery
from kendali.terms.models import Policy
from kendali.vault.errors import KeyDestroyedError, KeyUnknownError

NEXT = """
SELECT i.id, i.record_id, r.ref, i.tries, coalesce(i.facts->>'answer', ''), coalesce(i.facts->>'problem', '')
FROM records_disposalitem i JOIN records_record r ON r.id = i.record_id
WHERE i.order_id = %(order)s AND i.outcome = 'waiting' AND i.source_id = %(source)s AND i.id > %(after)s
  AND (i.next_try_at IS NULL OR i.next_try_at <= %(at)s)
ORDER BY i.id LIMIT %(limit)s
"""
# A message between scan and backup is in the package, and not yet in the clock of the list: the later one counts (I4).
# Whoever else is at a record just now (a scan, a backup) is not waited for: it comes again in a later batch.
LOCKED = """
SELECT i.id, i.record_id,
  CASE WHEN p.clock_rule = 'last_activity_at' THEN greatest(i.clock, r.last_activity_at, r.covered_until)
    ELSE i.clock END, i.due_on, p.id IS NOT NULL, coalesce(p.taken_out, false),
  coalesce(p.version = r.version_id, false), v.slot, v.keyed_digest, v.package_id, coalesce(k.status, ''), k.written_at,
  k.verified_at, r.deleted_at IS NOT NULL
FROM records_disposalitem i JOIN records_record r ON r.id = i.record_id
LEFT JOIN disposal_proposalitem p ON p.proposal_id = %(proposal)s AND p.subject = i.record_id
LEFT JOIN records_recordversion v ON v.id = r.version_id AND v.complete AND v.destroyed_at IS NULL
LEFT JOIN records_package k ON k.id = v.package_id
WHERE i.id = ANY(%(items)s) AND i.outcome IN ('waiting', 'queued') AND i.source_id = r.source_id
ORDER BY i.id FOR UPDATE OF r SKIP LOCKED
"""
# A month that is written anew just now points its versions elsewhere and then loses its key: its package stays as it is
# until this batch ends, or the batch comes again when that is over. Packages first, records then, as over there.
PACKAGES = """
SELECT k.id FROM records_package k WHERE k.id IN (
  SELECT v.package_id FROM records_disposalitem i JOIN records_record r ON r.id = i.record_id
  JOIN records_recordversion v ON v.id = r.version_id WHERE i.id = ANY(%(items)s))
ORDER BY k.id FOR SHARE SKIP LOCKED
"""
CLOCKS = "SELECT clock_timestamp(), (SELECT at FROM audit_entry ORDER BY id DESC LIMIT 1)"


@dataclass(frozen=True, slots=True)
class Item:
    """One line that waits: primary keys of line and record, the source's id, how often it was tried, what the source
    said last."""

    item: int
    record: int
    ref: str
    tries: int
    answer: str
    problem: str


def next_items(order: int, source: int, after: int, limit: int, at: datetime) -> list[Item]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"order": order, "source": source, "after": after, "limit": limit, "at": at})
        return [Item(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Locked:
    """What Kendali knows of one line, with its record's row locked until the end of the transaction."""

    item: int
    record: int
    clock: datetime
    due_on: date
    on_list: bool
    taken_out: bool
    same_version: bool
    slot: int | None
    keyed_digest: bytes | None
    package: UUID | None
    package_status: str
    written_at: datetime | None
    verified_at: datetime | None
    gone: bool  # certified as deleted already


def lock(order: DisposalOrder, items: Sequence[int]) -> dict[int, Locked]:
    """Item → what is known of it. One that is missing in the answer is in somebody else's hands just now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM disposal_proposal WHERE id = %s FOR SHARE", [order.proposal_id])
        cursor.execute(PACKAGES, {"items": list(items)})
        held_still = {row[0] for row in cursor.fetchall()}
        cursor.execute(LOCKED, {"proposal": order.proposal_id, "items": list(items)})
        found = [Locked(*row) for row in cursor.fetchall()]
    return {row.item: row for row in found if row.package is None or row.package in held_still}


def holds_of(locked: Mapping[int, Locked]) -> dict[int, list[str]]:
    return held.of([one.record for one in locked.values()])


def run_facts(
    order: DisposalOrder, source: Source, *, owns: bool, source_skew: timedelta | None, at: datetime
) -> rules.RunFacts:
    """Everything that holds for the whole batch, as it is now. `order.proposal` is read again: it may be void."""
    proposal = order.proposal
    proposal.refresh_from_db()
    policy = Policy.objects.filter(
        client_id=order.client_id, record_class=proposal.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    erasure = proposal.erasure
    return rules.RunFacts(
        in_recovery=recovery.in_recovery(),
        clocks=clocks(source_skew),
        order_running=order.status == DisposalOrder.Status.RUNNING,  # one whose rest was cancelled is settling
        owns_lease=owns,
        right_from=source.deleting_from,
        approval=rules.Approval(valid=proposals.approval_verdict(proposal, at=at), list_digest=proposal.final_digest),
        order_digest=order.list_digest,
        retention=escalations.retention_of(policy or proposal.policy),
        erasure_accepted=erasure is not None and erasure.status in ERASES,
    )


ERASES = (ErasureRequest.Status.ACCEPTED, ErasureRequest.Status.DONE)


def clocks(source_skew: timedelta | None) -> rules.Clocks:
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute(CLOCKS)
        database, last_audit = cursor.fetchone()
        middle = before + (timezone.now() - before) / 2
    return rules.Clocks(database=database - middle, source=source_skew, last_audit=last_audit)


def skew_of(capabilities: Capabilities, measured: timedelta | None) -> timedelta | None:
    """Plain files lie on this host and have no clock of their own."""
    return timedelta(0) if measured is None and capabilities.reads_by == "files" else measured


def facts_of(
    run: rules.RunFacts,
    one: Locked,
    *,
    ref: str,
    fingerprint: bytes | None,
    parts_seen: int,
    holds: Sequence[str],
    rings: fingerprints.Keyrings,
) -> rules.DeletionFacts:
    """`fingerprint`: what the source shows now, plain; compared only under the record's own key. Raises StoreError
    while the store does not answer."""
    status, found = one.package_status, None
    if fingerprint is not None and one.package is not None:
        try:
            found = fingerprints.keyed(rings.of(one.package), one.slot, ref, fingerprint)
        except (PackageError, SealError, KeyDestroyedError, KeyUnknownError):
            status = "unreadable"  # its key is gone: nothing can be compared, so nothing is deleted
    return rules.DeletionFacts(
        run=run,
        on_list=one.on_list,
        taken_out=one.taken_out,
        same_version=one.same_version,
        package_status=status,
        written_at=one.written_at,
        verified_at=one.verified_at,
        backed_up=bytes(one.keyed_digest or b""),
        found=found,
        parts_seen=parts_seen,
        holds=holds,
        clock=one.clock,
        listed_due_on=one.due_on,
    )
