from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from kendali.archive.errors import StoreError
from kendali.archive.stores import open_store
from kendali.audit.actions import record
from kendali.audit.actor import SYSTEM, Actor
from kendali.audit.anchors import anchor
from kendali.audit.models import Anchor, Entry
from kendali.audit.verify import Break, verify
from kendali.records.tests.test_two_at_once import at_once
from tests.cast import NOW, Cast

# What happens to a trail happens to committed rows, seen from another connection.
pytestmark = pytest.mark.django_db(transaction=True)
TARI = Actor(user_id=7, name="Tari Lestari", role="team_leader", on_behalf_of="Surya")


@pytest.fixture
def owner() -> Iterator[psycopg.Connection[Any]]:
    """Somebody who owns the tables and has taken off the guards, as an intruder on the database's host could."""
    where = connection.settings_dict | {key: settings.DATABASE_OWNER[key] for key in ("USER", "PASSWORD")}
    with psycopg.connect(
        host=where["HOST"],
        port=where["PORT"] or None,
        user=where["USER"],
        password=where["PASSWORD"] or None,
        dbname=where["NAME"],
        autocommit=True,
    ) as own:
        own.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        yield own
        own.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")


@pytest.fixture
def trail(cast: Cast) -> list[Entry]:
    facts = {
        "teks": 'ünïcode "kutip" \\ \n 😀',
        "angka": 1204,
        "pecahan": 0.5,
        "ya": True,
        "kosong": None,
        "daftar": [1],
    }
    return [
        record("client.changed", actor=TARI, at=NOW + timedelta(microseconds=n), obj=cast.nusantara, facts=facts)
        for n in range(10)
    ]


def test_python_computes_the_same_hashes_as_the_database(trail: list[Entry]) -> None:
    checked = verify()
    assert checked.broken is None
    assert checked.entries == 10
    assert checked.head == bytes(Entry.objects.get(pk=10).hash)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE audit_entry SET actor_name = 'Orang lain' WHERE id = 5", Break(5, "content")),
        ("UPDATE audit_entry SET on_behalf_of = '' WHERE id = 5", Break(5, "content")),
        ("UPDATE audit_entry SET facts = facts || '{\"angka\": 1205}' WHERE id = 5", Break(5, "content")),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = 5", Break(5, "content")),
        ("UPDATE audit_entry SET client_id = NULL WHERE id = 5", Break(5, "content")),
        ("DELETE FROM audit_entry WHERE id = 5", Break(6, "gap")),
        ("DELETE FROM audit_entry WHERE id = 1", Break(2, "gap")),
        ("UPDATE audit_entry SET prev_hash = sha256('x') WHERE id = 5", Break(5, "link")),
    ],
)
def test_the_first_broken_entry_is_named(
    trail: list[Entry], owner: psycopg.Connection[Any], change: str, broken: Break
) -> None:
    owner.execute(change.encode())
    assert verify().broken == broken
    with pytest.raises(CommandError, match=f"Entry {broken.entry_id} is broken"):
        call_command("audit", "verify")


def test_a_whole_trail_is_said_to_be_whole(trail: list[Entry], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "verify")
    assert "10 entries, all whole; head " in capsys.readouterr().out


def test_a_recomputed_chain_and_a_cut_tail_are_found_by_the_anchor(
    trail: list[Entry], owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    anchor(open_store(str(tmp_path)), at=NOW)
    owner.execute("UPDATE audit_entry SET actor_name = 'Orang lain' WHERE id = 10")
    owner.execute("UPDATE audit_entry e SET hash = sha256(e.prev_hash || audit_canonical(e)) WHERE id = 10")
    assert verify().broken == Break(10, "anchor")
    owner.execute("DELETE FROM audit_entry WHERE id = 10")
    assert verify().broken == Break(10, "gap")


def test_the_anchor_is_written_once_and_only_for_something_new(trail: list[Entry], tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    first = anchor(store, at=NOW)
    assert first is not None
    written = json.loads(store.read(first.place))
    assert (written["entry"], written["hash"]) == (10, bytes(first.hash).hex())
    with pytest.raises(StoreError):
        store.put(first.place, b"forged")
    assert anchor(store, at=NOW) is None
    record("client.changed", actor=SYSTEM, at=NOW, obj=trail[0].client)
    second = anchor(store, at=NOW)
    assert second is not None
    assert second.entry_id == 11
    assert [row.entry_id for row in Anchor.objects.all()] == [11, 10]


def test_of_many_that_anchor_the_same_head_in_one_second_one_writes_it(trail: list[Entry], tmp_path: Path) -> None:
    """The job of the night, and a certificate that is sealed by its signer and by its job."""
    store = open_store(str(tmp_path))
    assert at_once(*[lambda: anchor(store, at=NOW)] * 6) == []
    assert [row.entry_id for row in Anchor.objects.all()] == [10]


def test_many_writers_at_once_make_one_chain_without_forks_or_gaps(cast: Cast) -> None:
    def write(number: int) -> None:
        try:
            for _ in range(5):
                record("client.changed", actor=SYSTEM, at=NOW, obj=cast.telko, facts={"writer": number})
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    checked = verify()
    assert (checked.entries, checked.broken) == (30, None)


def test_even_the_owner_is_refused_while_the_guards_are_on(cast: Cast, owner: psycopg.Connection[Any]) -> None:
    record("client.changed", actor=SYSTEM, at=NOW, obj=cast.telko)
    owner.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    for statement in ("UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
            owner.execute(statement.encode())


def test_the_program_owns_nothing_here_and_cannot_take_off_the_guards(cast: Cast) -> None:
    with pytest.raises(DatabaseError, match="must be owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
