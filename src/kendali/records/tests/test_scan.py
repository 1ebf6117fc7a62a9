"""The catalogue follows the source: new, changed, vanished, back again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kendali.records import secrets
from kendali.records.actions import scan
from kendali.records.models import Record, Scan
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def chats(office: Office) -> Office:
    office.source("chat", client=office.cast.nusantara, record_class="conversation")
    office.chat("chat", "c-1", [(OLD, "Selamat pagi"), (OLD + timedelta(hours=1), "Terima kasih")])
    office.chat("chat", "c-2", [(OLD, "Halo")], state="open")
    return office


def test_a_scan_lists_what_exists_and_a_second_one_changes_nothing(chats: Office) -> None:
    chats.scan("chat")
    before = list(Record.objects.order_by("ref").values_list("ref", "started_at", "last_activity_at", "source_state"))
    assert before == [
        ("c-1", OLD, OLD + timedelta(hours=1), "resolved"),
        ("c-2", OLD, OLD, "open"),
    ]
    chats.scan("chat")
    assert list(
        Record.objects.order_by("ref").values_list("ref", "started_at", "last_activity_at", "source_state")
    ) == before  # fmt: skip
    newest = Scan.objects.latest("pk")
    assert (newest.seen, newest.new, newest.changed, newest.vanished) == (2, 0, 0, 0)


def test_what_is_gone_from_the_source_is_marked_and_the_mark_goes_when_it_is_back(chats: Office) -> None:
    chats.scan("chat")
    gone = chats.rows["chat"].pop("c-2")
    chats.write("chat")
    chats.scan("chat")
    assert Record.objects.get(ref="c-2").vanished_at is not None
    assert chats.found["chat"].pk == Scan.objects.latest("pk").source_id
    chats.rows["chat"]["c-2"] = gone
    chats.write("chat")
    chats.scan("chat")
    assert Record.objects.get(ref="c-2").vanished_at is None


def test_no_name_and_no_phone_is_stored_in_clear_but_both_are_found(chats: Office) -> None:
    chats.rows["chat"]["c-1"] |= {"customer_name": "Siti  NURHALIZA", "customer_phone": "+62 812-3456-7890"}
    chats.write("chat")
    chats.scan("chat")
    lookup = secrets.Lookup()
    assert Record.objects.get(customer_name_hmac=lookup.name("siti nurhaliza")).ref == "c-1"
    assert Record.objects.get(customer_phone_hmac=lookup.phone("081234567890")).ref == "c-1"
    row = Record.objects.filter(ref="c-1").values().get()
    stored = " ".join(str(bytes(value) if isinstance(value, memoryview) else value) for value in row.values())
    assert "nurhaliza" not in stored.lower()
    assert "34567890" not in stored


def test_a_record_without_a_date_is_listed_as_not_computable(chats: Office) -> None:
    chats.rows["chat"]["c-3"] = {"id": "c-3", "started_at": "", "messages": "[]"}
    chats.write("chat")
    chats.scan("chat")
    assert Record.objects.get(ref="c-3").backup_clock is None
    chats.found["chat"].refresh_from_db()
    assert chats.found["chat"].counts["not_computable"] == 1


def test_a_source_that_is_gone_fails_the_scan_and_keeps_the_catalogue(chats: Office) -> None:
    chats.scan("chat")
    folder = chats.folder / "export" / "chat"
    folder.rename(folder.with_name("moved"))
    failed = scan.scan_now(chats.found["chat"], at=chats.cast.now)
    assert failed is not None
    assert (failed.status, failed.problem["code"]) == ("failed", "export_missing")
    assert not Record.objects.exclude(vanished_at=None).exists()


def test_a_second_scan_at_the_same_time_is_not_begun(chats: Office) -> None:
    first = scan.begin(chats.found["chat"], chats.cast.now)
    assert first is not None
    assert scan.begin(chats.found["chat"], chats.cast.now) is None
    assert scan.begin(chats.found["chat"], chats.cast.now + timedelta(hours=1)) is not None  # the first was killed
    first.refresh_from_db()
    assert (first.status, first.problem["code"]) == ("failed", "scan_killed")


def test_an_endless_conversation_counts_from_its_first_message_without_a_backup(chats: Office) -> None:
    later = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
    chats.backed_up("chat")
    chats.chat("chat", "c-1", [(OLD, "Selamat pagi"), (OLD + timedelta(hours=1), "Terima kasih"), (later, "Lagi")])
    chats.scan("chat")
    record = Record.objects.get(ref="c-1")
    assert record.changed_at is not None
    assert record.backup_clock == later
