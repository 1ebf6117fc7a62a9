"""What stops a backup in the middle leaves a clear status, keeps what is verified, and lets it go on from there."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from kendali.archive import stores
from kendali.connectors.fake import FakeSource, as_kind, conversations
from kendali.records.actions import backup, escalations, lease, scan, sources
from kendali.records.models import Escalation, Package, RecordVersion
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def fake(office: Office) -> Iterator[FakeSource]:
    """Records of several months, in several packages."""
    found = FakeSource(conversations(4, newest=timezone.now().astimezone(UTC) - timedelta(days=800)))
    client = office.cast.nusantara
    office.policy(client, "conversation")
    with as_kind(found) as (config,):
        office.found["fake"] = sources.connect(
            user=office.cast.adi, at=timezone.now(), client=client, kind="fake", record_class="conversation",
            name="Palsu", zone="Asia/Jakarta", config={**config}, secret={},
        )  # fmt: skip
        office.keys()
        scan.scan_now(office.found["fake"], at=timezone.now())
        yield found


def third_record_is_the_last(fake: FakeSource) -> None:
    fake.calls["read"] += 1
    if fake.calls["read"] > 2:
        fake.gone_after = 0


def running(office: Office) -> Escalation:
    now, source = timezone.now(), office.found["fake"]
    order = escalations.raise_escalation(
        user=office.cast.tari, at=now, source=source, cut_off=timezone.localdate() - timedelta(days=400)
    )
    escalations.accept(user=office.cast.indra, at=now, order=order)
    escalations.begin(user=office.cast.indra, at=now, order=order)
    return order


def ends(order: Escalation) -> None:
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.status, order.problem) == ("done", {})
    assert RecordVersion.objects.count() == order.list_count
    store = stores.open_store(django_settings.KENDALI_STORE)
    assert len(list(stores.packages(store))) == Package.objects.filter(status="verified").count()


def test_a_source_that_goes_away_in_the_middle_stops_the_order_and_what_is_verified_stays(
    office: Office, fake: FakeSource
) -> None:
    order = running(office)
    fake.slow, fake.wait = 1.0, lambda _seconds: third_record_is_the_last(fake)
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.status, order.problem["code"]) == ("stopped", "connection_lost")
    before = set(RecordVersion.objects.values_list("pk", flat=True))
    assert 0 < len(before) < order.list_count

    fake.slow = 0
    fake.come_back()
    escalations.begin(user=office.cast.indra, at=timezone.now(), order=order)
    ends(order)
    assert before < set(RecordVersion.objects.values_list("pk", flat=True))


def test_an_error_that_nobody_foresaw_does_not_leave_the_order_without_a_worker(
    office: Office, fake: FakeSource
) -> None:
    order = running(office)
    fake.failures = [ZeroDivisionError()]  # type: ignore[list-item]
    with pytest.raises(ZeroDivisionError):
        backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert order.status == "running"
    assert order.lease_until is not None, "the rescue finds it by that"
    Escalation.objects.filter(pk=order.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert lease.orphaned(lease.BACKUPS) == [order.pk]
    ends(order)


@contextmanager
def almost_full() -> Iterator[None]:
    """A full disk as a process meets it: a write ends with an error, in this process and in those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_stops_the_order_and_it_goes_on_when_there_is_room(office: Office) -> None:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "short", OLD)
    office.call("pbx", "long", OLD + timedelta(days=40), seconds=60)
    office.keys()
    order = office.running("pbx")
    with almost_full():
        backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.status, order.problem["code"]) == ("stopped", "full")
    assert RecordVersion.objects.count() == 1
    assert [path for path in Path(django_settings.KENDALI_STORE).rglob("*.tar") if path.stat().st_size > 500_000] == []

    escalations.begin(user=office.cast.indra, at=office.cast.now, order=order)
    ends(order)
