"""kill -9 at any point of a destruction and its change of epoch, with places that are away: no key is lost, none comes
back, nothing is called destroyed that could still be opened, and the totals are right afterwards."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from conftest import LONG
from kendali.archive import slots
from kendali.audit.actor import SYSTEM
from kendali.records.actions import content, destruction, packages
from kendali.records.models import DisposalOrder, Package, Record, VersionDestruction
from kendali.records.queries import content as query
from kendali.records.tests.approved import running
from kendali.records.tests.conftest import office as office  # a fixture
from kendali.records.tests.office import Office
from kendali.terms.models import Setting
from kendali.vault import actions as vault
from kendali.vault.models import EpochChange
from tests.faults.nursery import Nursery, end_other_sessions

OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)
KILLED, ASLEEP = range(50 if LONG else 5), range(20 if LONG else 3)
POINTS = 640  # some hundred for each kind; see the last test


def filled(office: Office, kind: str, count: int) -> Office:
    """A package of four records, and so many slots."""
    places = [slots.Place(slots.KEYFILE, str(office.folder / f"slot-{number}")) for number in range(1, count + 1)]
    vault.set_up(at=timezone.now(), actor=SYSTEM, slots=places)
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    office.source("arsip", client=office.cast.nusantara, record_class=kind)
    for number in range(4):
        day = OLD + timedelta(days=number)
        if kind == "recording":
            office.call("arsip", f"r{number}", day)
        else:
            office.chat("arsip", f"r{number}", [(day, f"Halo {number}")])
    office.backed_up("arsip")
    return office


def expire(order: DisposalOrder) -> None:
    DisposalOrder.objects.filter(pk=order.pk).update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))


def opens(ref: str) -> bool:
    """Its content is read to the end with the keys that count now."""
    record = Record.objects.select_related("source__client").get(ref=ref)
    version = query.version_of(record, None)
    if version is None:
        return False
    if record.source.record_class == "recording":
        (track,) = query.recording(record, version).tracks
        return track.size > 0
    return query.chat_page(record, version, 0).total == 1


def assert_nothing_is_claimed_too_early() -> None:
    for row in VersionDestruction.objects.filter(status="proved"):
        assert vault.destruction_effective(row.package_id, row.old_generation or 0)


def assert_ended(order: DisposalOrder, gone: set[str]) -> None:
    order.refresh_from_db()
    assert (order.status, order.problem) == ("done", {})
    assert destruction.outcomes(order) == {"deleted": len(gone)}
    assert {ref for ref in ("r0", "r1", "r2", "r3") if opens(ref)} == {"r0", "r1", "r2", "r3"} - gone
    assert set(Record.objects.exclude(destroyed_at=None).values_list("ref", flat=True)) == gone
    assert not EpochChange.objects.filter(status__in=EpochChange.OPEN).exists()
    for package in Package.objects.all():
        if package.status == "verified":
            assert vault.living(package.pk) == [package.key_generation]
            assert packages.check(package=package).problems == []
        elif package.status == "destroyed":
            assert vault.living(package.pk) == []
            assert not (Path(django_settings.KENDALI_STORE) / package.path).exists()
        else:
            assert package.status == "abandoned"
    assert order.journal.filter(kind="outcome", outcome="deleted").values("item").distinct().count() == len(gone)
    assert not order.journal.filter(kind="intent", outcomes=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", KILLED)
def test_a_killed_destruction_is_carried_to_its_end(office: Office, nursery: Nursery, round_: int) -> None:
    chance = random.Random(round_ * 7919)
    count = chance.randint(2, 3)
    filled(office, chance.choice(["recording", "conversation"]), count)
    gone = set(chance.sample(["r0", "r1", "r2", "r3"], chance.choice([1, 2, 4])))
    order = running(office, sorted(gone))
    nursery.run("destruction", order.pk, "SIGKILL", chance.randint(1, POINTS))
    assert all(opens(ref) for ref in {"r0", "r1", "r2", "r3"} - gone), "a key was lost"
    assert_nothing_is_claimed_too_early()

    away = office.folder / f"slot-{chance.randint(1, count)}" if chance.random() < 0.5 else None
    if away is not None:
        away.rename(office.folder / "away")
        expire(order)
        destruction.run(order.pk, worker="while a place is away")
        assert_nothing_is_claimed_too_early()
        (office.folder / "away").rename(away)
    expire(order)
    destruction.run(order.pk, worker="successor")
    order.refresh_from_db()
    if order.status == "stopped":  # a slot was away at a step that needs it: a person starts it again
        DisposalOrder.objects.filter(pk=order.pk).update(status="running", problem={})
        destruction.run(order.pk, worker="successor")
    assert_ended(order, gone)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", ASLEEP)
def test_a_worker_that_wakes_up_too_late_destroys_nothing_more(office: Office, nursery: Nursery, round_: int) -> None:
    chance = random.Random(round_ * 104729)
    filled(office, chance.choice(["recording", "conversation"]), 2)
    order = running(office, ["r1"])
    sleeper = nursery.run("destruction", order.pk, "SIGSTOP", chance.randint(5, 150))
    assert sleeper.code is None, "the worker ended before its point"
    expire(order)
    end_other_sessions()
    destruction.run(order.pk, worker="successor")
    assert_ended(order, {"r1"})
    nursery.wake(sleeper)
    assert_ended(order, {"r1"})
    with pytest.raises(Exception, match="destroyed"):
        content.package_of(Record.objects.get(ref="r1").versions.get())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["recording", "conversation"])
def test_the_rounds_choose_from_the_whole_destruction(office: Office, nursery: Nursery, kind: str) -> None:
    filled(office, kind, 2)
    order = running(office, ["r1"])
    ended = nursery.run("destruction", order.pk, "SIGKILL", 0)
    assert_ended(order, {"r1"})
    assert 200 <= ended.points <= POINTS + 100  # on a slow machine: each second a sign of life, two points
