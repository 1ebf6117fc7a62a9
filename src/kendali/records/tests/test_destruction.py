"""Destroying backup copies: keys, epochs, bytes, and the proof for every version."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import PackageError
from kendali.archive.repack import repack_without
from kendali.records.actions import content, customers, destruction, escalations, holds, packages
from kendali.records.models import (
    DisposalOrder,
    Escalation,
    JournalEntry,
    Package,
    Record,
    RecordVersion,
    VersionDestruction,
)
from kendali.records.queries import content as query
from kendali.records.tests.approved import running
from kendali.records.tests.office import Office
from kendali.terms.models import Setting
from kendali.vault import actions as vault
from kendali.vault.models import Epoch

OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def at_once() -> None:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())


@pytest.fixture
def calls(office: Office) -> Office:
    """Four recordings of one month in one package."""
    at_once()
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for number in range(4):
        office.call("pbx", f"call-{number}", OLD + timedelta(days=number))
    office.backed_up("pbx")
    return office


@pytest.fixture
def chats(office: Office) -> Office:
    """Four conversations of one month in one package."""
    at_once()
    office.source("obrolan", client=office.cast.nusantara, record_class="conversation")
    for number in range(4):
        day = OLD + timedelta(days=number)
        office.chat("obrolan", f"chat-{number}", [(day, f"Halo {number}"), (day, "Selamat pagi")])
    office.backed_up("obrolan")
    return office


def carried_out(order: DisposalOrder) -> DisposalOrder:
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    return order


def outcomes(order: DisposalOrder) -> dict[str, str]:
    return dict(order.items.values_list("record__ref", "outcome"))


def record(ref: str) -> Record:
    return Record.objects.select_related("source__client", "version__package").get(ref=ref)


def says(ref: str) -> str:
    row = record(ref)
    version = query.version_of(row, None)
    assert version is not None
    return query.chat_page(row, version, 0).said[0].message.text


def test_single_recordings_lose_their_keys_and_their_neighbours_do_not(calls: Office) -> None:
    order = carried_out(running(calls, ["call-1", "call-2"]))
    assert (order.status, order.problem) == ("done", {})
    assert outcomes(order) == {"call-1": "deleted", "call-2": "deleted"}
    package = Package.objects.get()
    assert (package.status, package.key_generation) == ("verified", 2)
    for row in VersionDestruction.objects.all():
        assert (row.status, row.epoch, row.proof["read"]) == ("proved", 2, "no_key")
        assert row.proof["sealed"] == row.proof["sealed_after"]
        assert row.proof["neighbour"] is not None
    gone = record("call-1")
    assert gone.destroyed_at is not None
    assert (gone.customer_name_hmac, gone.customer_phone_hmac, gone.customer_sealed) == (None, None, None)
    assert gone.version is None
    kept = record("call-3")
    assert kept.version is not None
    assert len(query.recording(kept, kept.version).tracks) == 1
    found = customers.customer_of(kept)
    assert found is not None
    assert found.name == "Nasabah call-3"


def test_all_of_it_is_written_down_by_the_clock_it_was_given(calls: Office) -> None:
    order, later = running(calls, ["call-1"]), timedelta(days=5)
    begin = timezone.now() + later
    destruction.run(order.pk, worker="test", clock=lambda: timezone.now() + later)
    order.refresh_from_db()
    assert order.status == "done"
    instants = [order.finished_at, record("call-1").destroyed_at, Epoch.objects.get(number=1).ended_at]
    instants += VersionDestruction.objects.values_list("at", flat=True)
    instants += JournalEntry.objects.filter(order=order).values_list("at", flat=True)
    assert all(at is not None and begin <= at < begin + timedelta(hours=1) for at in instants), instants


def test_a_fixity_check_knows_what_was_destroyed_and_still_finds_damage(calls: Office) -> None:
    carried_out(running(calls, ["call-1"]))
    package = Package.objects.get()
    assert packages.check(package=package).problems == []
    package.refresh_from_db()
    assert package.status == "verified"
    VersionDestruction.objects.update(status="held")  # nobody destroyed it on purpose
    assert {problem["code"] for problem in packages.check(package=package).problems} == {"key_missing", "record_part"}


def test_the_last_recordings_of_a_package_take_it_along(calls: Office) -> None:
    carried_out(running(calls, ["call-0"]))
    order = carried_out(running(calls, ["call-1", "call-2", "call-3"]))
    assert order.status == "done"
    package = Package.objects.get()
    assert package.status == "destroyed"
    assert package.destroyed_at is not None
    assert vault.living(package.pk) == []
    store = calls.folder / "store"
    assert not list(store.rglob(f"*{package.pk}*/*"))
    assert not (store / package.path).exists()
    assert len(list((store / "vault").glob(f"tombstone-{package.pk}-*"))) == 2
    whole = VersionDestruction.objects.filter(item__order=order)
    assert {row.proof["read"] for row in whole} == {"package_key_destroyed"}
    assert all(row.proof["none_left"] and row.proof["bytes"] == "gone" for row in whole)
    assert not Record.objects.filter(destroyed_at=None).exists()


def test_single_conversations_leave_a_new_package_of_the_others(chats: Office) -> None:
    before = {ref: bytes(record(ref).version.keyed_digest) for ref in ("chat-0", "chat-3")}  # type: ignore[union-attr]
    order = carried_out(running(chats, ["chat-1", "chat-2"]))
    assert (order.status, order.problem) == ("done", {})
    old, new = Package.objects.order_by("created_at")
    assert (old.status, new.status, new.replaces, new.records) == ("destroyed", "verified", old, 2)
    assert old.destroyed_at is not None
    assert not (chats.folder / "store" / old.path).exists()
    for ref in ("chat-0", "chat-3"):
        version = record(ref).version
        assert version is not None
        assert version.package == new
        assert bytes(version.keyed_digest) != before[ref]
        assert version.former_digests == [before[ref].hex()]
        found = customers.customer_of(record(ref))
        assert found is not None
        assert found.name == f"Nasabah {ref}"
    assert says("chat-0") == "Halo 0"
    assert packages.check(package=new).problems == []
    rows = VersionDestruction.objects.filter(item__order=order)
    assert {(row.package, row.new_package, row.status, row.proof["neighbour"]) for row in rows} == {
        (old, new, "proved", True)
    }
    # and once more, out of the new one
    carried_out(running(chats, ["chat-0"]))
    assert says("chat-3") == "Halo 3"
    assert Package.objects.filter(status="destroyed").count() == 2


def test_every_version_of_a_record_goes(calls: Office) -> None:
    """Changed and backed up again: both packages hold it."""
    row = calls.rows["pbx"]["call-1"]
    row |= {"agent": "Lain", "modified_at": (OLD + timedelta(days=300)).isoformat()}
    (calls.folder / "export" / "pbx" / "call-1.wav").write_bytes(b"RIFF" + bytes(5000))
    calls.write("pbx")
    Record.objects.filter(ref="call-1").update(changed_at=timezone.now(), backup_clock=OLD)
    escalations.confirm(user=calls.cast.tari, at=timezone.now(), order=Escalation.objects.get())
    calls.backed_up("pbx")
    assert RecordVersion.objects.filter(record__ref="call-1").count() == 2
    order = carried_out(running(calls, ["call-1"]))
    assert outcomes(order) == {"call-1": "deleted"}
    assert order.items.get().facts["copies"] == [2, 2]
    assert not RecordVersion.objects.filter(record__ref="call-1", destroyed_at=None).exists()
    assert {package.status for package in Package.objects.all()} == {"verified", "destroyed"}


def test_a_hold_keeps_its_record_in_whatever_package_it_lies(chats: Office) -> None:
    order = running(chats, ["chat-0", "chat-1", "chat-2", "chat-3"])
    hold(chats, "chat-2")
    carried_out(order)
    assert outcomes(order) == {"chat-0": "deleted", "chat-1": "deleted", "chat-2": "held", "chat-3": "deleted"}
    assert order.items.get(record__ref="chat-2").facts["hold"].startswith("TGH-")
    assert says("chat-2") == "Halo 2"
    assert record("chat-2").destroyed_at is None
    assert order.status == "done"


def hold(office: Office, ref: str) -> None:
    holds.place_on_records(
        user=office.cast.rahma, at=timezone.now(), records=Record.objects.filter(ref=ref), cause="dispute",
        reason="Sengketa", review_on=timezone.now().date() + timedelta(days=90),
    )  # fmt: skip


def test_a_hold_that_comes_while_a_package_is_prepared_wins(chats: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from kendali.records.actions import destruction_repack

    order = running(chats, ["chat-0", "chat-1"])
    prepare, placed = repack_without, threading.Event()

    def slow(*arguments: Any, **more: Any) -> Any:
        done = prepare(*arguments, **more)
        if not placed.is_set():
            placed.set()
            hold(chats, "chat-1")
        return done

    monkeypatch.setattr(destruction_repack, "repack_without", slow)
    carried_out(order)
    assert outcomes(order) == {"chat-0": "deleted", "chat-1": "held"}
    assert says("chat-1") == "Halo 1"
    assert sorted(Package.objects.values_list("status", flat=True)) == ["abandoned", "destroyed", "verified"]


def test_nothing_is_touched_before_its_time_or_without_the_first_act(calls: Office) -> None:
    order = running(calls, ["call-0", "call-1"], deleted=False)
    Record.objects.filter(ref="call-0").update(deleted_at=timezone.now() - timedelta(days=200))
    carried_out(order)
    assert outcomes(order) == {"call-0": "refused", "call-1": "refused"}
    assert {item.facts["reason"] for item in order.items.all()} == {"not_due", "not_deleted"}
    assert Package.objects.get().key_generation == 1


def test_an_approval_that_is_no_longer_valid_destroys_nothing(calls: Office) -> None:
    order = running(calls, ["call-0"])
    order.proposal.valid_until = timezone.now() - timedelta(seconds=1)
    order.proposal.save()
    carried_out(order)
    assert Package.objects.get().key_generation == 1
    assert outcomes(order) == {"call-0": "cancelled"}


def test_a_slot_that_is_away_leaves_it_not_wholly_destroyed(calls: Office) -> None:
    away = calls.folder / "slot-2"
    order = running(calls, ["call-1"])
    away.rename(calls.folder / "elsewhere")
    carried_out(order)
    assert (order.status, outcomes(order)) == ("settling", {"call-1": "queued"})
    assert record("call-1").destroyed_at is None
    with pytest.raises(RuleRefused) as refused:
        content.open_content(
            user=calls.cast.tari, at=timezone.now(), record=record("call-1"), reason="Pengaduan 2026-1"
        )
    assert "being destroyed" in refused.value.verdict.reason
    (calls.folder / "elsewhere").rename(away)
    carried_out(order)
    assert (order.status, outcomes(order)) == ("done", {"call-1": "deleted"})


def test_at_night_one_change_of_epoch_serves_all_orders(calls: Office) -> None:
    Setting.objects.update(value="nightly")
    orders = [carried_out(running(calls, [ref])) for ref in ("call-0", "call-1")]
    assert [order.status for order in orders] == ["settling", "settling"]
    assert vault.current_epoch().number == 1
    assert destruction.nightly(at=timezone.now()) == [order.pk for order in orders]
    assert vault.current_epoch().number == 2
    assert [carried_out(order).status for order in orders] == ["done", "done"]
    assert vault.current_epoch().number == 2
    assert destruction.nightly(at=timezone.now()) == []
    assert vault.current_epoch().number == 2


def test_a_store_that_does_not_answer_proves_nothing(calls: Office) -> None:
    Setting.objects.update(value="nightly")
    order = carried_out(running(calls, ["call-0", "call-1", "call-2", "call-3"]))
    destruction.nightly(at=timezone.now())
    store = calls.folder / "store"
    store.rename(calls.folder / "lost")
    carried_out(order)
    assert order.status == "settling"
    assert not RecordVersion.objects.exclude(destroyed_at=None).exists()
    for path in store.rglob("*") if store.exists() else []:
        assert not path.is_file()
    shutil.rmtree(store, ignore_errors=True)  # an empty place of the same name
    (calls.folder / "lost").rename(store)
    assert carried_out(order).status == "done"


def test_lost_bytes_are_not_taken_for_a_destruction(calls: Office) -> None:
    Setting.objects.update(value="nightly")
    order = carried_out(running(calls, ["call-0"]))
    destruction.nightly(at=timezone.now())
    (pack,) = (calls.folder / "store" / Package.objects.get().path / "data").glob("*.tar")
    whole = pack.read_bytes()
    for damaged in (None, whole[:600] + b"!" + whole[601:]):
        pack.unlink() if damaged is None else pack.write_bytes(damaged)
        assert carried_out(order).status == "settling"
    pack.write_bytes(whole)
    assert carried_out(order).status == "done"


def test_the_journal_has_an_intent_and_an_outcome_for_every_copy(calls: Office) -> None:
    order = carried_out(running(calls, ["call-0", "call-1"]))
    kinds = list(JournalEntry.objects.filter(order=order).values_list("kind", "outcome"))
    assert sorted(kinds) == [("intent", ""), ("intent", ""), ("outcome", "deleted"), ("outcome", "deleted")]


def test_what_is_destroyed_is_said_in_a_sentence(calls: Office) -> None:
    browser = calls.cast.web(calls.cast.tari)
    address = f"/catatan/{record('call-1').pk}/"
    carried_out(running(calls, ["call-1"]))
    page = browser.get(address)
    assert page.status_code == 200
    with pytest.raises(RuleRefused) as refused:
        content.open_content(
            user=calls.cast.tari, at=timezone.now(), record=record("call-1"), reason="Pengaduan 2026-1"
        )
    assert "destroyed" in refused.value.verdict.reason
    with pytest.raises(PackageError):
        content.package_of(RecordVersion.objects.select_related("package").get(record__ref="call-1"))
