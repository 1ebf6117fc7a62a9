"""The engine against a source that behaves, lies and fails: what it may delete, what it says of it, what it leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kendali.records.models import JournalEntry, Record
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(6)) as found:
        yield found


def test_everything_on_the_approved_list_is_deleted_and_missed_afterwards(it: House) -> None:
    order = it.work(it.running())

    assert (order.status, order.problem) == ("done", {})
    assert set(it.outcomes(order).values()) == {"deleted"}
    assert it.fake.records_there == {}
    assert Record.objects.filter(deleted_at=None).count() == 0
    order.proposal.refresh_from_db()
    assert order.proposal.status == "closed"


def test_every_delete_call_has_a_journal_line_written_before_it(it: House) -> None:
    lines: list[int] = []

    def look(ref: str) -> None:
        from kendali.home.database_roles import connect_arguments  # another connection sees only what is committed
        import psycopg
        from django.db import connections

        with psycopg.connect(**connect_arguments(connections["default"].settings_dict)) as other:
            row = other.execute(
                "SELECT count(*) FROM records_journalentry j JOIN records_disposalitem i ON i.id = j.item_id"
                " JOIN records_record r ON r.id = i.record_id WHERE r.ref = %s AND j.kind = 'intent'",
                (ref,),
            ).fetchone()
            assert row is not None
            lines.append(row[0])

    it.fake.deleting.before = look
    order = it.work(it.running())
    assert lines == [1] * 6
    outcomes = JournalEntry.objects.filter(order=order, kind="outcome")
    assert set(outcomes.values_list("outcome", flat=True)) == {"deleted"}
    assert outcomes.filter(intent=None).count() == 0
