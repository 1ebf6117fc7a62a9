"""Everything that a client can have, made for one client with a mark in every text: from backup to certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kendali.accounts.models import Client, User
from kendali.disposal import lists
from kendali.disposal.models import Act, Approver, ErasureRequest, Hold, Letter, Proposal, ProposalItem
from kendali.records.actions import backup
from kendali.records.models import (
    DisposalItem,
    DisposalOrder,
    Incident,
    Package,
    Record,
    Unbackupable,
)
from kendali.records.tests.office import Office
from kendali.register.entry_models import RegisterEntry
from kendali.register.models import Certificate
from kendali.terms.models import Policy

LONG_AGO = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Life:
    """What pages and API name in their addresses."""

    escalation: int
    item: int
    source: int
    package: object
    row: object
    record: int
    policy: int
    code: str
    hold: int
    proposal: int
    order: int
    incident: object
    approver: int
    letter: int
    erasure: int
    certificate: object
    entry: int


def whole_life(office: Office, client: Client, name: str, mark: str, approves: User) -> Life:
    """`name` is a part of folder names, `mark` of texts and ids."""
    kept = _backed_up(office, client, name, mark)
    return Life(**kept, **_disposals(office, client, mark, kept["record"], approves))


def _backed_up(office: Office, client: Client, name: str, mark: str) -> dict[str, Any]:
    cast = office.cast
    office.source(f"{name}-suara", client=client, record_class="recording")
    office.source(f"{name}-obrolan", client=client, record_class="conversation")
    for number in range(3):
        day = LONG_AGO + timedelta(days=number)
        office.call(f"{name}-suara", f"{mark}{number}", day, file=number < 2)
        office.chat(f"{name}-obrolan", f"{mark}9{number}", [(day, f"Halo {mark}"), (day, "Selamat pagi")])
    order = office.running(f"{name}-suara")
    backup.run(order.pk, worker="test")
    office.raised(f"{name}-obrolan")
    office.policy(client, "recording", delete_after_years=3)
    office.policy(client, "recording", backup_copy_months=12, delete_after_years=2)
    short = order.items.filter(outcome="problem").get()
    row = Unbackupable.objects.create(record=short.record, reason=mark, proposed_by=cast.tari, proposed_at=cast.now)
    record = Record.objects.filter(source=order.source).exclude(pk=short.record_id).first()
    assert record is not None
    return {
        "escalation": order.pk, "item": short.pk, "source": order.source_id, "row": row.pk, "record": record.pk,
        "package": Package.objects.get(escalation=order, status="verified").pk, "code": client.code,
        "policy": Policy.objects.get(client=client, status="waiting").pk,
    }  # fmt: skip


def _disposals(office: Office, client: Client, mark: str, record_id: int, approves: User) -> dict[str, Any]:
    cast, now = office.cast, office.cast.now
    record = Record.objects.get(pk=record_id)
    asked = _asked(office, client, mark, record)
    order = DisposalOrder.objects.create(
        number=f"ESP-{mark}", act=Act.SOURCE, proposal=asked, client=client, status="raised", raised_by=cast.tari,
        list_digest=asked.list_digest, list_count=1, waiting_until=now, raised_at=now, reason=mark,
    )  # fmt: skip
    DisposalItem.objects.create(
        order=order, record=record, source=record.source, clock=LONG_AGO, due_on=date(2027, 3, 4), size=1,
        keyed_digest=b"\1" * 32,
    )  # fmt: skip
    hold = Hold.objects.create(
        number=f"TGH-{mark}", client=client, scope=Hold.Scope.CLIENT, cause=Hold.Cause.DISPUTE, reason=mark,
        review_on=date(2027, 3, 1), placed_by=approves, placed_by_name=approves.name, placed_role="client",
        placed_at=now,
    )  # fmt: skip
    incident = Incident.objects.create(
        number=f"INS-{mark}", record=record, order=order, found_at=now, found_by="recheck"
    )
    approver = Approver.objects.create(
        client=client, email=f"{mark}@klien.test", name=mark, position=mark, usable_from=now, created_at=now
    )
    letter = Letter.objects.create(
        proposal=asked, path=f"surat/{mark}", name=f"{mark}.pdf", size=1, sha256="0" * 64, signed_by_name=mark,
        list_digest=asked.list_digest, signed_by_position=mark, signed_on=now.date(), uploaded_by=cast.tari,
        uploaded_at=now,
    )  # fmt: skip
    erasure = ErasureRequest.objects.create(
        number=f"PPD-{mark}", client=client, record_class="recording", note=mark, received_at=now, due_at=now,
        entered_by=cast.tari, entered_at=now,
    )  # fmt: skip
    entry = RegisterEntry.objects.create(
        key=f"by_hand:{mark}", kind="document", title=mark, client=client, issued_on=date(2026, 1, 2), entered_at=now,
        changed_at=now,
    )  # fmt: skip
    return {
        "hold": hold.pk, "proposal": asked.pk, "order": order.pk, "incident": incident.pk, "approver": approver.pk,
        "letter": letter.pk, "erasure": erasure.pk, "entry": entry.pk,
        "certificate": _certificate(office, client, mark, order).pk,
    }  # fmt: skip


def _asked(office: Office, client: Client, mark: str, record: Record) -> Proposal:
    cast, now = office.cast, office.cast.now
    policy = Policy.objects.get(client=client, record_class="recording", status="effective")
    row = Proposal.objects.create(
        number=f"UP-{mark}", act=Act.SOURCE, client=client, record_class="recording", policy=policy, status="asked",
        cut_off=date(2024, 6, 30), proposed_by=cast.tari, frozen_at=now, asked_at=now, created_at=now,
        due_at=now + timedelta(days=14),
    )  # fmt: skip
    ProposalItem.objects.create(
        proposal=row, subject=record.pk, source=record.source_id, ref=record.ref, display=record.display,
        channel=record.channel, month=date(2025, 3, 1), clock=LONG_AGO, clock_rule="last_activity_at",
        due_on=date(2027, 3, 4), size=1, parts=1, version=record.version_id or 0, keyed_digest=b"\1" * 32,
    )  # fmt: skip
    found = lists.digest(row, final=False)
    row.list_digest, row.list_count, row.list_bytes = found.sha256, found.count, found.size
    row.save()
    return row


def _certificate(office: Office, client: Client, mark: str, order: DisposalOrder) -> Certificate:
    from kendali.register.tests import papers

    cast, now = office.cast, office.cast.now
    sums = papers.totals(["deleted"])
    return Certificate.objects.create(
        client=client, act="source", record_class="recording", order_ref=f"records.disposalorder:{order.pk}",
        facts=papers.facts(cast, sums, organisation=mark, packages=[], approvals=[], sources=[]),
        proposed=1, deleted=1, already_absent=0, taken_out=0,
        held=0, changed=0, cancelled=0, refused=0, failed=0, unknown=0, drafted_by=cast.dewi, drafted_at=now,
    )  # fmt: skip
