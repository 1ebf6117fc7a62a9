"""Packages are read again in a cycle; a damaged one is an alarm and a new backup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kendali.accounts.permissions import Refused
from kendali.notices.models import Notice
from kendali.records.actions import escalations, packages
from kendali.records.models import Escalation, Package, Record
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def kept(office: Office) -> Office:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD)
    office.call("pbx", "call-2", OLD)
    order = office.backed_up("pbx")
    escalations.confirm(user=office.cast.tari, at=office.cast.now, order=order)
    return office


def flip_a_bit(settings: object) -> None:
    (pack,) = Path(settings.KENDALI_STORE).rglob("*.tar")  # type: ignore[attr-defined]
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)


def test_a_package_is_due_again_after_the_cycle(kept: Office) -> None:
    package = Package.objects.get()
    assert package.verified_at is not None
    assert packages.due_for_check(at=package.verified_at + timedelta(days=89)) == []
    assert packages.due_for_check(at=package.verified_at + timedelta(days=91)) == [package]


def test_a_sound_package_passes_and_is_due_later(kept: Office) -> None:
    package = Package.objects.get()
    before = package.next_check_at
    done = packages.check(package=package)
    package.refresh_from_db()
    assert done.problems == []
    assert package.next_check_at is not None
    assert before is not None
    assert package.next_check_at > before


def test_a_damaged_package_raises_an_alarm_and_a_new_draft(kept: Office, settings: object) -> None:
    flip_a_bit(settings)
    done = packages.check(package=Package.objects.get())

    assert done.problems
    assert Package.objects.get().status == "damaged"
    assert {(record.version, record.backup_clock) for record in Record.objects.all()} == {(None, OLD)}
    for person in (kept.cast.indra, kept.cast.tari, kept.cast.rahma):
        assert Notice.objects.filter(user=person, kind="package.damaged").exists()
    draft = Escalation.objects.get(status="draft")
    assert draft.list_count == 2


def test_an_alarm_is_raised_even_while_another_order_is_open(kept: Office, settings: object) -> None:
    kept.call("pbx", "call-3", OLD)
    kept.raised("pbx")
    flip_a_bit(settings)
    packages.check(package=Package.objects.get())
    assert Notice.objects.filter(kind="package.damaged").exists()
    assert Escalation.objects.exclude(status="confirmed").count() == 1


def test_who_may_not_verify_may_not_ask_for_it(kept: Office) -> None:
    with pytest.raises(Refused):
        packages.check(package=Package.objects.get(), user=kept.cast.clara)


def test_the_bytes_of_an_abandoned_package_are_removed_after_a_day(kept: Office, settings: object) -> None:
    package = Package.objects.get()
    package.status = Package.Status.ABANDONED
    package.save()
    assert packages.clean(at=package.created_at + timedelta(hours=23)) == 0
    assert packages.clean(at=package.created_at + timedelta(hours=25)) == 1
    assert not list(Path(settings.KENDALI_STORE).rglob("*.tar"))  # type: ignore[attr-defined]
