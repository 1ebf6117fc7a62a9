"""A worker dies, or sleeps and wakes up too late, at any point of a backup: nothing is lost, nothing counts twice."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from conftest import LONG
from kendali.archive import stores
from kendali.audit.models import Entry
from kendali.records.actions import backup, packages
from kendali.records.models import Escalation, Package, Record, RecordVersion
from kendali.records.tests.office import Office
from kendali.vault import actions as vault
from tests.cast import Cast
from tests.faults.nursery import Nursery, end_other_sessions

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
KILLED, ASLEEP = range(50 if LONG else 5), range(20 if LONG else 3)
POINTS = 360  # some more than there are; see the last test


@pytest.fixture
def office(cast: Cast, tmp_path: Path, settings: object) -> Office:
    settings.KENDALI_STORE = str(tmp_path / "store")  # type: ignore[attr-defined]
    (tmp_path / "store").mkdir()
    office = Office(cast, tmp_path)
    office.source("pbx", client=cast.nusantara, record_class="recording")
    for number in range(3):
        office.call("pbx", f"call-{number}", OLD + timedelta(days=20 * number))
    office.keys()
    return office


def expire(order: Escalation) -> None:
    """The time of three heartbeats passes."""
    Escalation.objects.filter(pk=order.pk).update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))


def assert_whole(order: Escalation) -> None:
    """Done, each record in exactly one verified package, every one of which reads back without a problem."""
    order.refresh_from_db()
    assert (order.status, order.problem) == ("done", {})
    assert RecordVersion.objects.count() == 3
    assert set(RecordVersion.objects.values_list("package__status", flat=True)) == {"verified"}
    assert not Record.objects.filter(version=None).exists()
    store = stores.open_store(django_settings.KENDALI_STORE)
    for package in Package.objects.filter(status="verified"):
        key = vault.package_key(package.pk)
        done = backup.read_every_byte(package, store, key, lambda progress: None, lambda: None)
        assert done.problems == []
    assert not Package.objects.filter(status__in=["writing", "written"]).exists()


def assert_clean(order: Escalation) -> None:
    """A day later only verified packages are in the store, and no temporary file."""
    packages.clean(at=datetime.now(UTC) + timedelta(days=2))
    store = stores.open_store(django_settings.KENDALI_STORE)
    verified = set(Package.objects.filter(status="verified").values_list("path", flat=True))
    assert set(stores.packages(store)) == verified
    files = {str(path) for path in Path(django_settings.KENDALI_STORE).rglob("*") if path.is_file()}
    known = [f"/{path}/" for path in verified] + ["/keyrings/", "/vault"]
    assert [name for name in files if not any(part in name for part in known)] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", KILLED)
def test_a_killed_worker_leaves_nothing_half_done(office: Office, nursery: Nursery, round_: int) -> None:
    order = office.running("pbx")
    nursery.run("backup", order.pk, "SIGKILL", random.Random(round_ * 7919).randint(1, POINTS))
    backed_up = RecordVersion.objects.count()
    assert set(RecordVersion.objects.values_list("package__status", flat=True)) <= {"verified"}

    expire(order)
    backup.run(order.pk, worker="successor")
    assert RecordVersion.objects.count() >= backed_up
    assert_whole(order)
    assert_clean(order)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", ASLEEP)
def test_a_worker_that_wakes_up_too_late_changes_nothing(office: Office, nursery: Nursery, round_: int) -> None:
    order = office.running("pbx")
    sleeper = nursery.run("backup", order.pk, "SIGSTOP", random.Random(round_ * 104729).randint(5, 200))
    assert sleeper.code is None, "the worker ended before its point"
    expire(order)
    if round_:  # once as it is: this waits until the server ended what the sleeper holds
        end_other_sessions()
    backup.run(order.pk, worker="successor")
    assert_whole(order)
    before = (list(RecordVersion.objects.order_by("pk").values()), Entry.objects.count())
    nursery.wake(sleeper)
    assert (list(RecordVersion.objects.order_by("pk").values()), Entry.objects.count()) == before
    assert_whole(order)
    assert_clean(order)


@pytest.mark.django_db(transaction=True)
def test_the_rounds_choose_from_the_whole_backup(office: Office, nursery: Nursery) -> None:
    order = office.running("pbx")
    ended = nursery.run("backup", order.pk, "SIGKILL", 0)
    assert_whole(order)
    # A worker gives a sign each second, two points: a slow machine has more of them.
    assert POINTS * 0.8 <= ended.points <= POINTS + 100, "set POINTS to a little more than there are"
