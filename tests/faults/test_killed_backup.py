"""A worker dies, or sleeps and wakes up too late, at any point of a backup: nothing is lost, nothing counts twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
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

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
ROUNDS = range(50 if LONG else 5)


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


@pytest.fixture
def environment(process_environment: dict[str, str], office: Office) -> dict[str, str]:
    return process_environment | {
        "KENDALI_STORE": django_settings.KENDALI_STORE,
        "KENDALI_INSTALLATION_KEY": "A" * 43 + "=",
        "KENDALI_HEARTBEAT_SECONDS": "1",
        "PYTHONPATH": os.pathsep.join([process_environment["PYTHONPATH"], str(Path(__file__).parents[2])]),
    }


def doomed(order: Escalation, environment: dict[str, str], number: str, point: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.doomed", str(order.pk), number, str(point)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


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
@pytest.mark.parametrize("round_", ROUNDS)
def test_a_killed_worker_leaves_nothing_half_done(office: Office, environment: dict[str, str], round_: int) -> None:
    order = office.running("pbx")
    point = random.Random(round_ * 7919).randint(1, 260)
    worker = doomed(order, environment, "SIGKILL", point)
    worker.communicate(timeout=60)
    assert worker.returncode in (-signal.SIGKILL, 0), "the worker failed by itself"
    backed_up = RecordVersion.objects.count()
    assert set(RecordVersion.objects.values_list("package__status", flat=True)) <= {"verified"}

    expire(order)
    backup.run(order.pk, worker="successor")
    assert RecordVersion.objects.count() >= backed_up
    assert_whole(order)
    assert_clean(order)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", ROUNDS)
def test_a_worker_that_wakes_up_too_late_changes_nothing(
    office: Office, environment: dict[str, str], round_: int
) -> None:
    order = office.running("pbx")
    point = random.Random(round_ * 104729).randint(5, 200)
    sleeper = doomed(order, environment, "SIGSTOP", point)
    try:
        _, state = os.waitpid(sleeper.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(state), "the worker ended before its point"
        expire(order)  # waits for the server to end what the sleeper holds
        backup.run(order.pk, worker="successor")
        assert_whole(order)
        before = (list(RecordVersion.objects.order_by("pk").values()), Entry.objects.count())
        os.kill(sleeper.pid, signal.SIGCONT)
        sleeper.communicate(timeout=60)
    finally:
        sleeper.kill()
    assert (list(RecordVersion.objects.order_by("pk").values()), Entry.objects.count()) == before
    assert_whole(order)
    assert_clean(order)


@pytest.mark.django_db(transaction=True)
def test_there_are_as_many_points_as_the_rounds_choose_from(office: Office, environment: dict[str, str]) -> None:
    order = office.running("pbx")
    worker = doomed(order, environment, "SIGKILL", 0)
    printed, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert 200 <= int(printed) <= 300
