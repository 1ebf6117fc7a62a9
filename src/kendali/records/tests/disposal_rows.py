"""Rows of a disposal for the tests of pages: a list, an order with lines, a hold, an incident; without a source."""

from __future__ import annotations

from datetime import date, timedelta

from kendali.disposal import lists
from kendali.disposal.models import Act, Decision, Hold, LeftOut, Proposal, ProposalItem
from kendali.records.models import (
    DisposalItem,
    DisposalOrder,
    Escalation,
    Incident,
    Package,
    Record,
    RecordVersion,
    Source,
)
from kendali.terms.models import Policy
from tests.cast import Cast


def source(cast: Cast) -> Source:
    found = Source.objects.filter(client=cast.nusantara).first()
    return found or Source.objects.create(
        client=cast.nusantara, kind="folder_drop", record_class="conversation", name="Ekspor",
        config={"folder": "/nowhere"}, created_at=cast.now,
    )  # fmt: skip


def policy(cast: Cast) -> Policy:
    found = Policy.objects.filter(client=cast.nusantara, record_class="conversation", status="effective").first()
    return found or Policy.objects.create(
        client=cast.nusantara, record_class="conversation", version=1, status="effective", backup_copy_months=24,
        reason="Kontrak", created_by=cast.maya, created_at=cast.now,
    )  # fmt: skip


def records(cast: Cast, count: int) -> list[Record]:
    clock = cast.now - timedelta(days=900)
    return Record.objects.bulk_create(
        Record(
            source=source(cast), ref=str(n), display=f"4{n:04}", channel="WhatsApp", started_at=clock,
            last_activity_at=clock, parts=3, size=1000, first_seen_at=cast.now,
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def backed_up(cast: Cast, rows: list[Record]) -> None:
    """One version of each in a package, as rows only."""
    place, day = source(cast), date(2024, 6, 1)
    order = Escalation.objects.create(
        number="ESK-2025-0001", client=place.client, source=place, record_class=place.record_class,
        policy=policy(cast), cut_off=day, cut_instant=cast.now, status="confirmed", created_at=cast.now,
    )  # fmt: skip
    package = Package.objects.create(
        number="PKT-2025-0001", escalation=order, attempt=1, source=place, month=day, status="verified",
        created_at=cast.now, written_at=cast.now, verified_at=cast.now,
    )  # fmt: skip
    versions = RecordVersion.objects.bulk_create(
        RecordVersion(
            record=one, number=1, package=package, keyed_digest=b"\1" * 32, made_at=cast.now, compared_at=cast.now
        )
        for one in rows
    )
    for one, version in zip(rows, versions, strict=True):
        one.version = version
    Record.objects.bulk_update(rows, ["version"])


def proposal(cast: Cast, status: str = "asked", count: int = 3) -> Proposal:
    row = Proposal.objects.create(
        number=None if status == "draft" else "UP-2026-0001", act=Act.SOURCE, client=cast.nusantara,
        record_class="conversation", policy=policy(cast), status=status, cut_off=date(2024, 6, 30),
        proposed_by=cast.tari, frozen_at=cast.now, asked_at=None if status == "draft" else cast.now,
        due_at=None if status == "draft" else cast.now + timedelta(days=14), created_at=cast.now,
    )  # fmt: skip
    rows = records(cast, count + 1)
    backed_up(cast, rows)
    ProposalItem.objects.bulk_create(
        ProposalItem(
            proposal=row, subject=one.pk, source=one.source_id, ref=one.ref, display=one.display, channel=one.channel,
            month=date(2024, 6, 1), clock=one.last_activity_at or cast.now,
            clock_rule="last_activity_at", due_on=date(2026, 6, 4),
            size=1000, parts=3, version=one.version_id or 0, keyed_digest=b"\1" * 32,
        )
        for one in rows[:count]
    )  # fmt: skip
    last = rows[count]
    LeftOut.objects.create(
        proposal=row, subject=last.pk, source=last.source_id, ref=last.ref, display=last.display, reason="held",
        facts={"holds": ["TGH-2026-0001"]},
    )  # fmt: skip
    found = lists.digest(row, final=True)
    row.list_digest = row.final_digest = found.sha256
    row.list_count = row.final_count = found.count
    row.list_bytes, row.left_out_count = found.size, 1
    if status == "approved":
        row.decided_at, row.valid_until = cast.now, cast.now + timedelta(days=30)
    row.save()
    if status == "approved":
        Decision.objects.create(
            proposal=row, answer="yes", list_digest=found.sha256, list_count=found.count, user=cast.clara,
            name=cast.clara.name, position=cast.clara.position, way="login", at=cast.now, expires_at=row.valid_until,
        )  # fmt: skip
    return row


def order(cast: Cast, status: str = "raised") -> DisposalOrder:
    found = proposal(cast, "approved")
    row = DisposalOrder.objects.create(
        number="ESP-2026-0001", act=Act.SOURCE, proposal=found, client=cast.nusantara, status=status,
        list_digest=found.final_digest, list_count=found.final_count, waiting_until=cast.now + timedelta(hours=24),
        raised_by=cast.tari, raised_at=cast.now,
    )  # fmt: skip
    DisposalItem.objects.bulk_create(
        DisposalItem(
            order=row, record_id=one.subject, source_id=one.source, clock=one.clock, due_on=one.due_on, size=one.size,
            keyed_digest=b"\1" * 32,
        )
        for one in found.items.all()
    )  # fmt: skip
    return row


def hold(cast: Cast, **changes: object) -> Hold:
    values: dict[str, object] = {
        "number": "TGH-2026-0001", "client": cast.nusantara, "scope": Hold.Scope.CLIENT, "cause": Hold.Cause.DISPUTE,
        "reason": "Sengketa belum selesai", "review_on": date(2027, 3, 1), "placed_by": cast.tari,
        "placed_by_name": cast.tari.name, "placed_role": "team_leader", "placed_at": cast.now,
    }  # fmt: skip
    return Hold.objects.create(**(values | changes))


def incident(cast: Cast) -> Incident:
    row = order(cast)
    item = row.items.first()
    assert item is not None
    return Incident.objects.create(
        number="INS-2026-0001", record_id=item.record_id, order=row, found_at=cast.now, found_by="recheck"
    )
