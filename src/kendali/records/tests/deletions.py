"""A contact centre whose source can be deleted from, up to the client's Ya: for tests of the engine.

    with house(cast, tmp_path, conversations) as it:
        order = it.running()             # approved, accepted, armed, its waiting period over
        it.work(order)                   # a worker, in this process

Instants lie after the computer's own clock, on working days: the trail never goes backward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from kendali import civil_time
from kendali.connectors.fake import FakeRecord, FakeSource, as_kind, conversations
from kendali.disposal import lists
from kendali.disposal.models import Act, Decision, Proposal, ProposalItem
from kendali.records import secrets
from kendali.records.actions import backup, deletion, disposal_orders, escalations, scan, sources
from kendali.records.calendar import days_off
from kendali.records.models import DisposalItem, DisposalOrder, Record, Source
from kendali.records.tests.office import Office
from kendali.terms.models import Policy

ZONE = "Asia/Jakarta"


def working_day(after: datetime) -> datetime:
    """10.00 WIB on the first working day after this instant."""
    day = civil_time.add_working_days(civil_time.local_date(after, ZONE), 1, days_off())
    return civil_time.start_of_day(day, ZONE) + timedelta(hours=10)


def old_conversations(count: int) -> list[FakeRecord]:
    """All past two years, whatever today is; of two months, so that two packages hold them."""
    now = timezone.now().astimezone(UTC)
    days = [(now - timedelta(days=back)).replace(day=10, hour=2) for back in (900, 800)]
    made = conversations(count)
    return [_moved(one, days[2 * n // count] + timedelta(minutes=10 * n)) for n, one in enumerate(made)]


def spread_conversations(count: int) -> list[FakeRecord]:
    """All past two years, too; each of another month."""
    return conversations(count, newest=timezone.now().astimezone(UTC) - timedelta(days=800))


def _moved(one: FakeRecord, started_at: datetime) -> FakeRecord:
    messages = [(started_at + timedelta(minutes=n), text) for n, (_at, text) in enumerate(one.messages)]
    return replace(one, started_at=started_at, last_activity_at=messages[-1][0], messages=messages)


@dataclass
class House:
    office: Office
    fake: FakeSource
    source: Source
    now: datetime = field(default_factory=lambda: working_day(timezone.now()))
    behalf: str = ""  # whom the client's approver stands in for

    def clock(self) -> datetime:
        return self.now

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def backed_up(self, meanwhile: Callable[[FakeSource], object] | None = None) -> None:
        """`meanwhile`: what happens at the source after the scan and before the backup."""
        cast = self.office.cast
        found = scan.scan_now(self.source, at=timezone.now())
        assert found is not None
        assert found.status == "done", found.problem
        if meanwhile is not None:
            meanwhile(self.fake)
        order = escalations.raise_escalation(
            user=cast.tari, at=timezone.now(), source=self.source, cut_off=timezone.localdate() - timedelta(days=400)
        )
        escalations.accept(user=cast.indra, at=timezone.now(), order=order)
        escalations.begin(user=cast.indra, at=timezone.now(), order=order)
        backup.run(order.pk, worker="test")
        order.refresh_from_db()
        assert order.status == "done", order.problem

    def approved(self, *, taken_out: Sequence[str] = (), refs: Sequence[str] | None = None) -> Proposal:
        """The client said Ya to everything that is backed up, without `taken_out`."""
        cast, client = self.office.cast, self.source.client
        policy = Policy.objects.get(client=client, record_class=self.source.record_class, status="effective")
        row = Proposal.objects.create(
            act=Act.SOURCE, client=client, record_class=policy.record_class, policy=policy,
            number=f"UP-2026-{Proposal.objects.count() + 1:04}", status="approved", proposed_by=cast.surya,
            frozen_at=self.now, asked_at=self.now, decided_at=self.now, valid_until=self.now + timedelta(days=30),
            created_at=self.now,
        )  # fmt: skip
        records = Record.objects.filter(source=self.source, version__isnull=False).select_related("version")
        records = records.filter(ref__in=refs) if refs is not None else records
        ProposalItem.objects.bulk_create(_line(row, record, record.ref in taken_out) for record in records)
        whole, final = lists.digest(row, final=False), lists.digest(row, final=True)
        row.list_digest, row.list_count = whole.sha256, whole.count
        row.final_digest, row.final_count = final.sha256, final.count
        row.save()
        Decision.objects.create(
            proposal=row, answer="yes", list_digest=final.sha256, list_count=final.count, user=cast.clara,
            name=cast.clara.name, position=cast.clara.position, way="login", at=self.now, expires_at=row.valid_until,
            on_behalf_of=self.behalf,
        )  # fmt: skip
        return row

    def raised(self, **asked: Sequence[str]) -> DisposalOrder:
        return disposal_orders.raise_order(user=self.office.cast.tari, at=self.now, proposal=self.approved(**asked))

    def armed(self, **asked: Sequence[str]) -> DisposalOrder:
        order, indra = self.raised(**asked), self.office.cast.indra
        disposal_orders.accept(user=indra, at=self.now, order=order)
        self._when_people_work(order)
        disposal_orders.arm(user=indra, at=self.now, order=order, typed_number=order.number)
        return order

    def running(self, **asked: Sequence[str]) -> DisposalOrder:
        return self.started(self.approved(**asked))

    def started(self, proposal: Proposal) -> DisposalOrder:
        """Raised, accepted, armed, its waiting period over."""
        cast = self.office.cast
        order = disposal_orders.raise_order(user=cast.tari, at=self.now, proposal=proposal)
        disposal_orders.accept(user=cast.indra, at=self.now, order=order)
        self._when_people_work(order)
        disposal_orders.arm(user=cast.indra, at=self.now, order=order, typed_number=order.number)
        assert disposal_orders.start_due(at=self.later(hours=24)) == [order]
        order.refresh_from_db()
        return order

    def _when_people_work(self, order: DisposalOrder) -> None:
        """A second order may come to a Saturday or a holiday, whenever the test is run: it waits for the next day."""
        if not disposal_orders.may_arm_now(order, self.now):
            self.now = working_day(self.now)

    def work(self, order: DisposalOrder) -> DisposalOrder:
        """A worker comes by, after any lease and pause that is left."""
        DisposalOrder.objects.filter(pk=order.pk).update(lease_until=None)
        deletion.run(order.pk, worker="test", clock=self.clock, patience=0)
        order.refresh_from_db()
        return order

    def work_on(self, order: DisposalOrder, *, times: int = 12, **delta: float) -> DisposalOrder:
        """Again and again while time passes (10 s, or `delta`), until nothing can be done by a worker."""
        for _ in range(times):
            self.work(order)
            if order.status not in ("running", "settling"):
                break
            self.later(**(delta or {"seconds": 10}))
        return order

    def outcomes(self, order: DisposalOrder) -> dict[str, str]:
        return dict(order.items.order_by("record__ref").values_list("record__ref", "outcome"))

    def item(self, order: DisposalOrder, ref: str) -> DisposalItem:
        return order.items.get(record__ref=ref)


def _line(row: Proposal, record: Record, taken_out: bool) -> ProposalItem:
    clock, version = record.last_activity_at, record.version
    assert clock is not None
    assert version is not None
    return ProposalItem(
        proposal=row, subject=record.pk, source=record.source_id, ref=record.ref,
        month=civil_time.month_of(clock, ZONE), clock=clock, clock_rule="last_activity_at",
        due_on=civil_time.eligible_from(clock, 2, ZONE), version=version.pk, keyed_digest=bytes(version.keyed_digest),
        taken_out=taken_out, taken_reason="Sengketa" if taken_out else "",
    )  # fmt: skip


def deletable(source: Source) -> None:
    """Its credential for deleting is in force since yesterday."""
    source.deleting = {"delete_by": "api"}
    source.deleting_secret = secrets.seal_deleting_secret(source.pk, {"delete_token": "x"})
    source.deleting_from = timezone.now() - timedelta(days=1)
    source.save()


@contextmanager
def house(
    office: Office, records: Sequence[FakeRecord], meanwhile: Callable[[FakeSource], object] | None = None
) -> Iterator[House]:
    """Scanned, backed up, drilled; nothing proposed yet."""
    fake = FakeSource(records)
    with as_kind(fake) as configs:
        office.policy(office.cast.nusantara, "conversation")
        source = sources.connect(
            user=office.cast.adi, at=timezone.now(), client=office.cast.nusantara, kind="fake",
            record_class="conversation", name="Chat", zone=ZONE, config=dict(configs[0]), secret={},
        )  # fmt: skip
        deletable(source)
        office.keys()
        found = House(office, fake, source)
        fake.now = found.clock
        found.backed_up(meanwhile)
        yield found


__all__ = ["House", "house", "old_conversations", "spread_conversations", "working_day"]
