"""After a deletion: what the scan and later looks find at the source, and what the database itself forbids (I5, I6)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from kendali.connectors.base import SourceError
from kendali.notices.models import Notice
from kendali.records.actions import counts, incidents, scan
from kendali.records.models import (
    DisposalOrder,
    Incident,
    JournalEntry,
    Recheck,
    Record,
)
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = "000001"


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(6)) as found:
        yield found


def test_what_we_deleted_did_not_just_vanish(it: House) -> None:
    it.work(it.running())
    found = scan.scan_now(it.source, at=it.now)
    assert found is not None
    assert found.vanished == 0
    assert not Record.objects.exclude(vanished_at=None).exists()
    counts.refresh(it.source, at=it.now)
    assert (it.source.counts["vanished"], it.source.counts["deleted"]) == (0, 6)


def test_a_source_restored_from_its_own_backup_opens_an_incident(it: House) -> None:
    it.work(it.running())
    it.fake.bring_back(FIRST)
    scan.scan_now(it.source, at=it.later(hours=1))
    incident = Incident.objects.get()
    assert (incident.number, incident.found_by, str(incident.record)) == (
        "INS-2026-0001"[:3] + incident.number[3:],
        "scan",
        FIRST,
    )
    assert Notice.objects.filter(user=it.office.cast.rahma, kind="incident.found").count() == 1
    scan.scan_now(it.source, at=it.later(hours=1))
    assert Incident.objects.count() == 1

    with refused("Explain"):
        incidents.close(user=it.office.cast.rahma, at=it.now, incident=incident, explanation="ya")
    incidents.close(user=it.office.cast.rahma, at=it.now, incident=incident, explanation="Sumber dipulihkan vendor")
    assert Record.objects.get(ref=FIRST).deleted_at is None
    assert it.outcomes(DisposalOrder.objects.get())[FIRST] == "deleted"


def test_later_looks_find_what_came_back_and_what_only_hid_for_48_hours(it: House) -> None:
    it.fake.deleting.does[FIRST] = "hides"
    order = it.work(it.running())
    assert it.outcomes(order)[FIRST] == "deleted"  # every look of that day missed it
    assert [row.days for row in Recheck.objects.order_by("days")] == [7, 30]
    assert incidents.due_rechecks(at=it.now) == []
    row = incidents.due_rechecks(at=it.later(days=7, hours=1))[0]
    assert incidents.recheck(row, at=it.now) == 1
    row.refresh_from_db()
    assert (row.checked, row.seen_again) == (6, 1)
    assert Incident.objects.get().record.ref == FIRST


def test_what_came_back_and_was_explained_is_no_second_incident(it: House) -> None:
    it.work(it.running())
    it.fake.bring_back(FIRST)
    first, second = Recheck.objects.order_by("days")
    assert incidents.recheck(first, at=it.later(days=7)) == 1
    incident = Incident.objects.get()
    incidents.close(user=it.office.cast.rahma, at=it.now, incident=incident, explanation="Sumber dipulihkan vendor")
    assert incidents.recheck(second, at=it.now) == 0
    second.refresh_from_db()
    assert (second.checked, Incident.objects.count()) == (5, 1)


def test_a_look_that_finds_no_source_is_made_again(it: House) -> None:
    it.work(it.running())
    row = incidents.due_rechecks(at=it.later(days=7, hours=1))[0]
    it.fake.failures = [SourceError("connection_lost", reason="x", host="fake")]
    incidents.recheck(row, at=it.now)
    row.refresh_from_db()
    assert (row.done_at, row.problem["code"]) == (None, "connection_lost")
    incidents.recheck(row, at=it.now)
    row.refresh_from_db()
    assert (row.done_at, row.checked) == (it.now, 6)


# --- the database's own guards (I5, I6)


def test_the_journal_is_only_added_to(it: House) -> None:
    it.work(it.running())
    for statement in ("UPDATE records_journalentry SET worker = 'x'", "DELETE FROM records_journalentry"):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_outcome_without_an_intent_that_was_committed_before_is_refused_by_the_database(it: House) -> None:
    order = it.running()
    item = order.items.first()
    assert item is not None
    line = {"order": order, "item": item, "attempt": 1, "batch": "0" * 32, "worker": "x", "at": it.now}
    with pytest.raises(IntegrityError, match="needs an intent"):
        JournalEntry.objects.create(**line, kind="outcome", outcome="deleted")
    with transaction.atomic():
        intent = JournalEntry.objects.create(**line, kind="intent")
        with pytest.raises(IntegrityError, match="needs an intent"), transaction.atomic():
            JournalEntry.objects.create(**line, kind="outcome", outcome="deleted", intent=intent)


def test_no_line_is_deleted_without_its_outcome_in_the_journal_and_no_end_changes(it: House) -> None:
    order = it.running()
    with pytest.raises(IntegrityError, match="only with its outcome"):
        order.items.update(outcome="deleted")
    it.work(order)
    with pytest.raises(IntegrityError, match="never changes"):
        order.items.update(outcome="waiting")
