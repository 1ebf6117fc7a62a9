"""Approved orders for tests of what a worker carries out: the paper as rows, list and digest as they must be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from kendali.civil_time import local_date, month_of
from kendali.disposal import lists
from kendali.disposal.models import Act, Decision, Proposal, ProposalItem
from kendali.records.actions import disposal_orders
from kendali.records.models import DisposalOrder, Record
from kendali.records.tests.office import Office
from kendali.terms.models import Policy

LONG_AGO = timedelta(days=3 * 366)  # longer than any backup copy is kept in these tests


def deleted_at_source(records: Sequence[Record]) -> None:
    """Act (a) is over for these, long enough ago."""
    at = timezone.now() - LONG_AGO
    Record.objects.filter(pk__in=[record.pk for record in records]).update(deleted_at=at, vanished_at=at)


def proposal(office: Office, records: Sequence[Record], *, act: str = Act.BACKUP) -> Proposal:
    """Asked, and Clara said Ya to exactly these."""
    now, client = timezone.now(), records[0].source.client
    policy = Policy.objects.get(client=client, record_class=records[0].source.record_class, status="effective")
    row = Proposal.objects.create(
        act=act, client=client, record_class=policy.record_class, policy=policy,
        number=f"UPS-2026-{Proposal.objects.count():04}",
        status=Proposal.Status.APPROVED, proposed_by=office.cast.tari, asked_at=now, decided_at=now,
        valid_until=now + timedelta(days=30), created_at=now, frozen_at=now,
    )  # fmt: skip
    ProposalItem.objects.bulk_create(_item(row, record) for record in records)
    found = lists.digest(row, final=True)
    row.list_digest = row.final_digest = found.sha256
    row.list_count = row.final_count = found.count
    row.save()
    Decision.objects.create(
        proposal=row, answer="yes", list_digest=found.sha256, list_count=found.count, user=office.cast.clara,
        name="Clara Wijaya", position="Contact Centre Head", way="login", at=now, expires_at=row.valid_until,
    )  # fmt: skip
    return row


def _item(row: Proposal, record: Record) -> ProposalItem:
    version = record.version or record.versions.order_by("-number").first()
    assert version is not None
    clock = record.last_activity_at or record.started_at
    assert clock is not None
    return ProposalItem(
        proposal=row, subject=record.pk, source=record.source_id, ref=record.ref, month=month_of(clock, "Asia/Jakarta"),
        clock=clock, clock_rule="last_activity_at", due_on=local_date(clock, "Asia/Jakarta"), version=version.pk,
        keyed_digest=bytes(version.keyed_digest),
    )  # fmt: skip


def running(office: Office, refs: Sequence[str], *, deleted: bool = True) -> DisposalOrder:
    """An order of act backup that a worker may take, for these records."""
    records = list(Record.objects.filter(ref__in=refs).select_related("source__client", "version"))
    assert len(records) == len(refs)
    if deleted:
        deleted_at_source(records)
    order = disposal_orders.raise_order(user=office.cast.tari, at=timezone.now(), proposal=proposal(office, records))
    DisposalOrder.objects.filter(pk=order.pk).update(status="running", started_at=timezone.now())
    order.refresh_from_db()
    return order
