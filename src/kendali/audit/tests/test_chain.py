from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from kendali.audit.actions import record
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


def test_each_entry_is_chained_to_the_one_before(cast: Cast) -> None:
    first = record("client.created", actor=SYSTEM, at=NOW, obj=cast.nusantara)
    second = record("client.created", actor=SYSTEM, at=NOW, obj=cast.telko)
    rows = Entry.objects.order_by("id")
    assert [row.pk for row in rows] == [first.pk, second.pk] == [1, 2]
    assert bytes(rows[0].prev_hash) == bytes(32)
    assert bytes(rows[1].prev_hash) == bytes(rows[0].hash)
    assert rows[0].client == cast.nusantara


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_program_can_neither_change_nor_remove_an_entry(cast: Cast, statement: str) -> None:
    record("client.created", actor=SYSTEM, at=NOW, obj=cast.nusantara)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_hashes_sent_by_the_program_are_ignored(cast: Cast) -> None:
    record("client.created", actor=SYSTEM, at=NOW, obj=cast.nusantara)
    Entry.objects.create(
        id=77, at=NOW, actor_name="x", role="", verb="client.created", hash=b"1" * 32, prev_hash=b"2" * 32
    )
    assert list(Entry.objects.order_by("id").values_list("id", flat=True)) == [1, 2]
    assert bytes(Entry.objects.get(pk=2).hash) != b"1" * 32
