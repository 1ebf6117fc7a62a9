"""What procedure (a) leaves behind at this size, by SQL: a third of a million records backed up, proposed, approved and
deleted in one order, another list that waits for the client, and a register of twenty thousand rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from kendali.accounts.models import User
from kendali.disposal.models import Proposal
from kendali.records.actions import past
from kendali.records.models import DisposalOrder, Escalation, Package, Source
from kendali.terms.models import Policy

THESE = "r.source_id = %(source)s AND r.last_activity_at < now() - interval '2 years'"
VERSIONS = f"""
INSERT INTO records_recordversion (record_id, number, package_id, keyed_digest, length, complete, made_at, compared_at)
SELECT r.id, 1, %(package)s, sha256(r.ref::bytea), 1000, true, now(), now() FROM records_record r WHERE {THESE}
"""  # noqa: S608
POINTED = """
UPDATE records_record r SET version_id = v.id, backup_clock = NULL
FROM records_recordversion v WHERE v.record_id = r.id AND v.package_id = %(package)s
"""
LINES = """
INSERT INTO disposal_proposalitem (proposal_id, subject, source, ref, display, channel, month, clock, clock_rule,
  due_on, size, parts, version, keyed_digest, taken_out, taken_reason)
SELECT %(proposal)s, r.id, r.source_id, r.ref, r.display, r.channel, date_trunc('month', r.last_activity_at)::date,
  r.last_activity_at, 'last_activity_at', (r.last_activity_at + interval '2 years 1 day')::date, 1000, 3, r.version_id,
  sha256(r.ref::bytea), false, '' FROM records_record r
WHERE r.source_id = %(source)s AND r.version_id IS NOT NULL AND r.id %% 2 = %(half)s
"""
ITEMS = """
INSERT INTO records_disposalitem (order_id, record_id, source_id, clock, due_on, size, keyed_digest, outcome, facts,
  tries, settled_at)
SELECT %(order)s, i.subject, i.source, i.clock, i.due_on, i.size, i.keyed_digest, %(outcome)s,
  '{"rows": [12, 0]}', 1, now() FROM disposal_proposalitem i WHERE i.proposal_id = %(proposal)s
"""
REGISTER = """
INSERT INTO register_registerentry (key, kind, classification, title, client_id, owner_unit, period_first, period_last,
  issued_on, package, drill, expires_on, approvals, quantity, deleted_quantity, destroyed_quantity, orders,
  certificate_by_hand, medium, responsible, keep_years, remarks, entered_at, changed_at)
SELECT 'bench:' || g, 'conversation', 'RK', 'Riwayat percakapan, ' || g, %(client)s, 'Operasional', day, day + 27,
  day + 27, 'PKT-' || g, '{}', day + 757, '[]', 100, 0, 0, '[]', '', 'packages/' || g, '', 10, '', now(), now()
FROM (SELECT g, current_date - (g %% 3000) AS day FROM generate_series(1, %(rows)s) g) rows
"""


@dataclass(frozen=True, slots=True)
class Paper:
    asked: Proposal
    order: DisposalOrder


def fill(source: Source, escalation: Escalation, register_rows: int) -> Paper:
    now = timezone.now()
    package = Package.objects.create(
        id=uuid4(), number="PKT-0", escalation=escalation, attempt=1, source=source, month=now.date().replace(day=1),
        status="verified", created_at=now, written_at=now, verified_at=now,
    )  # fmt: skip
    _run(VERSIONS, source=source.pk, package=package.pk)
    _run(POINTED, package=package.pk)
    approved, asked = (_proposal(source, half, status) for half, status in enumerate(("closed", "asked")))
    order = DisposalOrder.objects.create(
        number="ESP-0", act="source", proposal=approved, client=source.client, status="done", list_digest="0" * 64,
        list_count=approved.list_count, waiting_until=now, raised_by=approved.proposed_by, raised_at=now,
        started_at=now, finished_at=now,
    )  # fmt: skip
    _run(ITEMS, order=order.pk, proposal=approved.pk, outcome="already_absent")
    _run(REGISTER, client=source.client_id, rows=register_rows)
    past.refresh(source, at=now)
    return Paper(asked, order)


def _proposal(source: Source, half: int, status: str) -> Proposal:
    now = timezone.now()
    policy = Policy.objects.get(client=source.client, record_class=source.record_class, status="effective")
    row = Proposal.objects.create(
        act="source", client=source.client, record_class=source.record_class, policy=policy, number=f"UP-{half}",
        status=status, proposed_by=User.objects.get(email__startswith="tari@"), frozen_at=now, asked_at=now,
        due_at=now + timedelta(days=14), created_at=now, list_digest="0" * 64, final_digest="0" * 64,
        cut_off=now.date() - timedelta(days=740),
    )  # fmt: skip
    count = _run(LINES, proposal=row.pk, source=source.pk, half=half)
    row.list_count = row.final_count = count
    row.list_bytes = 1000 * count
    row.save(update_fields=["list_count", "final_count", "list_bytes"])
    return row


def _run(statement: str, **values: str | int | UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
