"""The same races again and again: in the long run often enough that what happens rarely shows."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from conftest import LONG
from kendali.archive.errors import ArchiveError
from kendali.disposal.models import Proposal
from kendali.records.actions import backup, deletion, destruction, disposal_orders, escalations, lease
from kendali.records.models import DisposalOrder, JournalEntry, Package, Record, RecordVersion
from kendali.records.queries import content as query
from kendali.records.tests.approved import running
from kendali.records.tests.deletions import House, house, old_conversations, working_day
from kendali.records.tests.office import Office
from kendali.records.tests.test_deletion_after_repack import of_one_month
from kendali.records.tests.test_two_at_once import at_once
from kendali.vault import actions as vault

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, DESTRUCTIONS, REPACKS = (250, 75, 20) if LONG else (3, 2, 1)
FIRST, SECOND = "000001", "000002"


def test_two_workers_of_one_order_round_after_round(office: Office, settings: Settings) -> None:
    """Nothing is told twice to the source, and every intent has exactly one outcome. With the lease of an installation:
    a computer that stands still for some seconds is no worker that died, which other tests are about."""
    settings.KENDALI_HEARTBEAT_SECONDS = 10
    with house(office, old_conversations(2)) as it:
        there = dict(it.fake.records_there)
        for _ in range(WORKERS):
            it.now = working_day(it.now)
            order = it.running(refs=[FIRST, SECOND])
            stopped = at_once(*[lambda pk=order.pk: deletion.run(pk, worker="w", clock=it.clock, patience=0)] * 2)
            assert {type(error) for error in stopped} <= {lease.Busy}
            order.refresh_from_db()
            assert (order.status, it.outcomes(order)) == ("done", dict.fromkeys([FIRST, SECOND], "deleted"))
            assert it.fake.deleting.told == {FIRST: 1, SECOND: 1}
            assert sorted(JournalEntry.objects.filter(order=order).values_list("kind", flat=True)) == [
                "intent", "intent", "outcome", "outcome",
            ]  # fmt: skip
            it.fake.deleting.told.clear()  # and as if it had never been
            for record in there.values():
                it.fake.put(record)
            Record.objects.update(deleted_at=None, vanished_at=None)


def patiently(order: DisposalOrder) -> None:
    for _attempt in range(2000):
        try:
            destruction.run(order.pk, worker=f"w{order.pk}")
            return
        except lease.Busy:
            continue


def test_two_destructions_and_a_backup_round_after_round(office: Office) -> None:
    """In one package, at once: no key comes back, and none of a neighbour is lost."""
    client, day = office.cast.nusantara, datetime(2022, 5, 10, 3, tzinfo=UTC)
    office.source("pbx", client=client, record_class="recording")
    for number in range(2 * DESTRUCTIONS + 2):
        office.call("pbx", f"call-{number:04}", day)
    office.backed_up("pbx")
    package = Package.objects.get()
    office.source("baru", client=client, record_class="recording")
    for round_ in range(DESTRUCTIONS):
        orders = [running(office, [f"call-{2 * round_ + n:04}"]) for n in (0, 1)]
        acts = [lambda one=one: patiently(one) for one in orders]
        if round_ % 10 == 0:  # a new package is written beside them
            office.call("baru", f"baru-{round_:04}", day)
            made = office.running("baru")
            acts.append(lambda made=made: backup.run(made.pk, worker="b"))
        assert at_once(*acts) == []
        if round_ % 10 == 0:
            made.refresh_from_db()
            assert made.status == "done", made.problem
            escalations.confirm(user=office.cast.tari, at=office.cast.now, order=made)
        for one in orders:
            DisposalOrder.objects.filter(pk=one.pk, status="stopped").update(status="running")
            patiently(one)
            one.refresh_from_db()
            assert one.status == "settling", one.problem  # until the epoch changes
        package.refresh_from_db()
        assert vault.living(package.pk) == [package.key_generation]
    for ref, opens in ((f"call-{2 * DESTRUCTIONS - 1:04}", False), (f"call-{2 * DESTRUCTIONS + 1:04}", True)):
        assert _opens(ref) == opens, ref


def _opens(ref: str) -> bool:
    version = RecordVersion.objects.select_related("record__source__client", "package").get(record__ref=ref)
    try:
        return len(query.recording(version.record, version).tracks) == 1
    except ArchiveError:
        return False


def approved_now(it: House, ref: str) -> DisposalOrder:
    """Running, on the clock of this computer: whoever destroys asks that one."""
    it.now = timezone.now()
    proposal = it.approved(refs=[ref])
    Proposal.objects.filter(pk=proposal.pk).update(begun_at=it.now)
    proposal.refresh_from_db()
    order = disposal_orders.raise_order(user=it.office.cast.tari, at=it.now, proposal=proposal)
    DisposalOrder.objects.filter(pk=order.pk).update(status="running", started_at=it.now)
    return order


def test_a_month_written_anew_and_a_deletion_of_its_records_at_once(office: Office) -> None:
    """The batch has the digests of before or of after, and never a package whose key is gone in between."""
    records = [replace(one) for one in of_one_month(old_conversations(2 * REPACKS + 1))]
    with house(office, records) as it:
        refs = sorted(it.fake.records_there)
        for round_ in range(REPACKS):
            leaves, goes = refs[2 * round_], refs[2 * round_ + 1]
            deleting, destroying = approved_now(it, goes), running(office, [leaves])
            stopped = at_once(
                partial(deletion.run, deleting.pk, worker="d", clock=timezone.now, patience=0),
                partial(patiently, destroying),
            )
            assert stopped == []
            for _ in range(20):  # what was busy comes again after some seconds; here at once
                deleting.items.filter(outcome="waiting").update(next_try_at=None)
                deleting.refresh_from_db()
                if deleting.status == "done":
                    break
                DisposalOrder.objects.filter(pk=deleting.pk).update(lease_until=None)
                deletion.run(deleting.pk, worker="d", clock=timezone.now, patience=0)
            assert it.outcomes(deleting) == {goes: "deleted"}
            destroying.refresh_from_db()
            assert destruction.outcomes(destroying).keys() <= {"waiting", "queued", "deleted"}


def test_while_a_package_is_in_other_hands_nothing_of_it_is_deleted(office: Office) -> None:
    with house(office, of_one_month(old_conversations(2))) as it:
        order, held, free = it.running(), threading.Event(), threading.Event()

        def writes_it_anew() -> None:
            try:
                with transaction.atomic():
                    Package.objects.select_for_update().get()
                    held.set()
                    assert free.wait(30)
            finally:
                connection.close()

        other = threading.Thread(target=writes_it_anew)
        other.start()
        assert held.wait(30)
        try:
            it.work(order)
            assert set(it.outcomes(order).values()) == {"waiting"}
            assert it.fake.deleting.told == {}
        finally:
            free.set()
            other.join(30)
        it.later(seconds=30)
        assert set(it.outcomes(it.work(order)).values()) == {"deleted"}
