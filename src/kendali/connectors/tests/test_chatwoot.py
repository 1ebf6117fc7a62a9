"""What is particular to Chatwoot: its tables, its odd values, its rights, its files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from kendali.connectors.base import Connector, Cut
from kendali.connectors.chatwoot.schema import ALL, BY_NAME, CONTENT, TABLES
from kendali.connectors.problems import sentence
from kendali.connectors.tests.chatwoot_rows import MESSAGE, attach, one_conversation, opened
from kendali.connectors.tests.conftest import Chatwoot
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.servers import Postgres
from kendali.connectors.tests.sinks import MemorySink


@pytest.fixture
def connector(chatwoot: Chatwoot) -> Iterator[Connector]:
    opened = chatwoot.open()
    yield opened
    opened.close()


def test_every_row_that_hangs_on_a_conversation_is_copied(chatwoot: Chatwoot, connector: Connector) -> None:
    (ref,) = chatwoot.cases["everything_hangs_on_it"]
    sink = MemorySink()
    (snapshot,) = connector.snapshot([ref], sink)
    assert snapshot.problems == ()
    # agent_bots are no part of the sample; every other table has a row.
    assert set(sink.tables) == {table.name for table in TABLES} - {"agent_bots"}
    rows = {name: table.num_rows for name, table in sink.tables.items()}
    assert (rows["notifications"], rows["taggings"], rows["reporting_events"]) == (2, 2, 3)
    assert len(sink.units_seen) == 1
    assert sink.units_seen[0].part == f"blob-{sink.tables['active_storage_blobs']['id'][0].as_py()}"


def test_columns_come_as_the_source_has_them(chatwoot: Chatwoot, connector: Connector) -> None:
    (ref,) = chatwoot.cases["everything_hangs_on_it"]
    sink = MemorySink()
    list(connector.snapshot([ref], sink))
    with chatwoot.owner() as owner:
        for table in CONTENT:
            there = [
                name
                for (name,) in owner.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass "
                    "AND attnum > 0 AND NOT attisdropped",
                    [table.name],
                )
            ]
            assert sorted(sink.tables[table.name].schema.names[1:]) == sorted(there), table.name


def test_no_secret_of_an_agent_leaves_the_source(connector: Connector) -> None:
    sink = MemorySink()
    list(connector.snapshot([listed.ref for listed in everything(connector)], sink))
    assert sink.tables["users"].schema.names == ["_ref", "id", "name", "display_name", "email"]
    assert "pubsub_token" not in sink.tables["contact_inboxes"].schema.names


def test_json_is_copied_as_the_text_it_is(chatwoot: Chatwoot, connector: Connector) -> None:
    refs = chatwoot.cases["nul_escape"] + chatwoot.cases["json_in_string"]
    sink = MemorySink()
    list(connector.snapshot(refs, sink))
    copied = dict(
        zip(*(sink.tables["messages"][name].to_pylist() for name in ("id", "content_attributes")), strict=True)
    )
    with chatwoot.owner() as owner:
        query = "SELECT id, content_attributes::text FROM messages WHERE conversation_id = ANY(%s)"
        assert copied == dict(owner.execute(query, [[int(ref) for ref in refs]]).fetchall())
    assert any(value and "\\u0000" in value for value in copied.values())


def test_the_listing_says_what_people_know_a_conversation_by(chatwoot: Chatwoot, connector: Connector) -> None:
    listed = {each.ref: each for each in everything(connector)}
    states = {
        case: listed[chatwoot.cases[case][0]].state for case in ("endless", "pending_old", "snoozed_old", "leap_day")
    }
    assert states == {"endless": "open", "pending_old": "pending", "snoozed_old": "snoozed", "leap_day": "resolved"}
    assert {each.channel for each in listed.values()} == {"WhatsApp", "Web", "E-mail", "Telegram"}
    one = listed[chatwoot.cases["everything_hangs_on_it"][0]]
    with chatwoot.owner() as owner:
        row = owner.execute(
            "SELECT c.display_id::text, u.display_name, k.name, k.phone_number, "
            "min(m.created_at), max(m.created_at), count(*) "
            "FROM conversations c JOIN users u ON u.id = assignee_id JOIN contacts k ON k.id = contact_id "
            "JOIN messages m ON m.conversation_id = c.id WHERE c.id = %s GROUP BY 1, 2, 3, 4",
            [int(one.ref)],
        ).fetchone()
    assert row is not None
    instants = (at.replace(tzinfo=None) for at in (one.started_at, one.last_activity_at) if at)
    assert row == (one.display, one.agent, one.customer_name, one.customer_phone, *instants, one.parts)
    assert one.size
    (empty,) = chatwoot.cases["no_messages"]
    assert listed[empty].parts == 0
    assert listed[empty].started_at is not None


def test_an_account_sees_nothing_of_another(chatwoot: Chatwoot) -> None:
    first, second = chatwoot.open(), chatwoot.open(account=2)
    mine = {listed.ref for listed in everything(first)}
    theirs = {listed.ref for listed in everything(second)}
    assert mine
    assert theirs
    assert not mine & theirs
    refs = sorted(theirs)
    sink = MemorySink()
    assert {each.problems[0].code for each in first.snapshot(refs, sink)} == {"record_missing"}
    assert first.fingerprints(refs) == {}
    assert sink.tables == {}
    (hidden,) = second.search("Internet mati dari pagi", 10)
    assert hidden in theirs
    assert first.search("Internet mati dari pagi", 10) == []
    first.close()
    second.close()


def changed_value(kind: str) -> str:
    if kind in {"json", "jsonb"}:
        return """'{{"changed": 1}}'"""
    if kind == "uuid":
        return "gen_random_uuid()"
    if kind == "bool":
        return "NOT coalesce({column}, false)"
    if kind.startswith("timestamp"):
        return "coalesce({column}, '2024-01-01') + interval '1 microsecond'"
    if kind in {"int2", "int4", "int8", "float8"}:
        return "coalesce({column}, 0) + 1"
    return "coalesce({column}, '') || 'x'"


# Columns that lead from one row to the next: changing one takes the row out of the conversation or brings in another.
LINKS = {
    *(("conversations", "account_id"), ("conversations", "display_id"), ("active_storage_attachments", "blob_id")),
}


def test_the_fingerprint_changes_with_every_cell_that_counts(chatwoot: Chatwoot, connector: Connector) -> None:
    (ref,) = chatwoot.cases["everything_hangs_on_it"]
    sink = MemorySink()
    (snapshot,) = connector.snapshot([ref], sink)
    seen = 0
    with chatwoot.owner() as owner:
        for name, table in sink.tables.items():
            kinds = dict(
                owner.execute(
                    "SELECT attname, typname FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid "
                    "WHERE attrelid = %s::regclass AND attnum > 0",
                    [name],
                ).fetchall()
            )
            for column in table.schema.names[1:]:
                if (name, column) in LINKS or column == "id":
                    continue
                volatile = BY_NAME[name].volatile
                same = _print_after(owner, connector, ref, name, column, kinds[column], table["id"][0].as_py())
                assert same == (snapshot.fingerprint if volatile == ALL or column in volatile else same), (name, column)
                if volatile != ALL and column not in volatile:
                    assert same != snapshot.fingerprint, (name, column)
                seen += 1
    assert seen > 130
    assert connector.fingerprints([ref])[ref] == snapshot.fingerprint


def _print_after(
    owner: psycopg.Connection[Any], connector: Connector, ref: str, table: str, column: str, kind: str, key: int
) -> bytes:
    """The fingerprint while one cell has another value."""
    where = {"table": sql.Identifier(table), "column": sql.Identifier(column), "key": sql.Literal(key)}
    keep = sql.SQL("SELECT {column}::text FROM {table} WHERE id = {key}").format(**where)
    row = owner.execute(keep).fetchone()
    assert row is not None
    value = sql.SQL(changed_value(kind)).format(**where)
    owner.execute(sql.SQL("UPDATE {table} SET {column} = {value} WHERE id = {key}").format(value=value, **where))
    try:
        return connector.fingerprints([ref])[ref]
    finally:
        kind_name = sql.SQL(kind)
        back = sql.SQL("UPDATE {table} SET {column} = {old}::{kind} WHERE id = {key}")
        owner.execute(back.format(old=sql.Literal(row[0]), kind=kind_name, **where))


def test_a_message_more_and_a_message_less_are_changes(chatwoot: Chatwoot, connector: Connector) -> None:
    (ref,) = chatwoot.cases["leap_day"]
    before = connector.fingerprints([ref])[ref]
    (listed,) = [each for each in everything(connector) if each.ref == ref]
    assert listed.last_activity_at is not None
    assert connector.oldest_uncovered({ref: listed.last_activity_at}) == {ref: None}
    with chatwoot.owner() as owner:
        at = datetime(2026, 3, 1, 4, 5, 6, 7)  # noqa: DTZ001
        row = owner.execute(
            f"INSERT INTO messages ({MESSAGE}) VALUES ('Halo lagi', 1, 1, %s, 0, %s, %s) RETURNING id",
            [int(ref), at, at],
        ).fetchone()
        assert row is not None
        assert connector.fingerprints([ref])[ref] != before
        assert connector.oldest_uncovered({ref: listed.last_activity_at}) == {ref: at.replace(tzinfo=UTC)}
        (again,) = [each for each in everything(connector) if each.ref == ref]
        assert again.last_activity_at == again.modified_at == at.replace(tzinfo=UTC)
        (snapshot,) = connector.snapshot([ref], MemorySink())
        assert snapshot.covered_until == snapshot.modified_at == at.replace(tzinfo=UTC)
        owner.execute("DELETE FROM messages WHERE id = %s", row)
    assert connector.fingerprints([ref])[ref] == before


def test_a_file_shared_by_two_conversations_is_copied_for_each(chatwoot: Chatwoot, connector: Connector) -> None:
    refs = chatwoot.cases["shared_blob"]
    sink = MemorySink()
    assert [each.problems for each in connector.snapshot(refs, sink)] == [(), ()]
    assert [unit.ref for unit in sink.units_seen] == refs
    assert len(set(sink.contents.values())) == 1
    assert len({unit.part for unit in sink.units_seen}) == 1


def test_hostile_file_names_become_plain_ones(chatwoot: Chatwoot) -> None:
    connector = chatwoot.open(account=2)
    with chatwoot.owner() as owner:
        row = owner.execute(
            "SELECT id::text FROM conversations WHERE custom_attributes->>'sample_case' = 'odd_attachments'"
        ).fetchone()
    assert row is not None
    sink = MemorySink()
    (snapshot,) = connector.snapshot([row[0]], sink)
    assert snapshot.problems == ()
    names = [file.name for unit in sink.units_seen for file in unit.files]
    assert names == ["foto.png", "foto.png", "passwd.png", "bukti (1) 文件 🙂.png", "buka_.png"]
    connector.close()


def test_a_blob_key_leads_nowhere_but_into_the_storage(empty: Postgres, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        ref = one_conversation(owner)
        for number, (key, service) in enumerate(
            [("../../etc/passwd", "local"), ("abcd", "amazon"), ("abcdef", "local")], start=1
        ):
            attach(owner, number, key, service)
    source = opened(empty, storage=str(storage))
    (snapshot,) = source.snapshot([ref], MemorySink())
    assert [problem.code for problem in snapshot.problems] == ["file_outside", "storage_not_local", "file_missing"]
    assert all(sentence(problem) for problem in snapshot.problems)
    source.close()
    without = opened(empty)
    (snapshot,) = without.snapshot([ref], MemorySink())
    assert {problem.code for problem in snapshot.problems} == {"storage_not_configured", "storage_not_local"}
    without.close()


def test_a_file_that_cannot_be_opened_is_named_with_the_reason(empty: Postgres, tmp_path: Path) -> None:
    """A folder in its place: unlike a missing right, root meets that, too."""
    (tmp_path / "ab" / "cd" / "abcdef").mkdir(parents=True)
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        ref = one_conversation(owner)
        attach(owner, 1, "abcdef", "local")
    source = opened(empty, storage=str(tmp_path))
    (snapshot,) = source.snapshot([ref], MemorySink())
    assert [problem.code for problem in snapshot.problems] == ["file_unreadable"]
    assert "Is a directory" in sentence(snapshot.problems[0])
    source.close()


def test_media_without_a_file_is_named_and_a_place_is_not(empty: Postgres) -> None:
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        ref = one_conversation(owner)
        for kind, url in ((0, None), (1, "https://media.example/1"), (4, None), (5, "https://media.example/2")):
            owner.execute(
                "INSERT INTO attachments (file_type, external_url, message_id, account_id, created_at, updated_at) "
                "VALUES (%s, %s, 1, 1, now(), now())",
                [kind, url],
            )
    source = opened(empty)
    (snapshot,) = source.snapshot([ref], MemorySink())
    assert [(each.code, each.part) for each in snapshot.problems] == [
        ("file_missing", "attachment-1"),
        ("file_only_linked", "attachment-2"),
    ]
    source.close()


def test_a_person_can_search_text_with_any_sign_in_it(chatwoot: Chatwoot, connector: Connector) -> None:
    (ref,) = chatwoot.cases["odd_contents"]
    for text in ("%s {nama}", "\\N \\. \\x00", "'kutip' \"ganda\"", "<b>tebal</b>"):
        assert connector.search(text, 5) == [ref]
    assert connector.search("%", 1000) == connector.search("%s {nama}", 5)


def test_local_midnight_is_strict_to_the_microsecond(chatwoot: Chatwoot, connector: Connector) -> None:
    """17.00 UTC of the day before is midnight in Jakarta."""
    cut = Cut(datetime(2025, 11, 19, 17, tzinfo=UTC))
    with chatwoot.owner() as owner:
        rows = owner.execute(
            "SELECT m.conversation_id::text, m.content FROM messages m "
            "JOIN conversations c ON c.id = m.conversation_id "
            "WHERE c.account_id = 1 AND m.content LIKE 'Tengah malam % 2025-11-20'"
        ).fetchall()
    due = {listed.ref for listed in everything(connector, cut)}
    assert {content.split()[2]: ref in due for ref, content in rows} == {
        "before": True,
        "milli_before": True,
        "at": False,
        "after": False,
    }
