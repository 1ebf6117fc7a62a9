from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kendali.home.sample.chatwoot_awkward import CASES
from kendali.home.sample.chatwoot_base import COLUMNS
from kendali.home.sample.chatwoot_bulk import Plan, make_block
from kendali.home.sample.chatwoot_files import blob_path
from kendali.home.sample.chatwoot_seed import Seeded, seed_chatwoot
from kendali.home.sample.copying import Ledger

from .support import own_database, tree_digest

TODAY = date(2026, 11, 21)
SIZE = 700


class Source:
    def __init__(self, connection: psycopg.Connection[Any], storage: Path, made: Seeded) -> None:
        self.connection, self.storage, self.made = connection, storage, made

    def all(self, query: str) -> list[Any]:
        """Rows; of a single column its values."""
        rows = self.connection.execute(query.encode()).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def messages(self, case: str, what: str = "m.content") -> list[Any]:
        return self.all(
            f"SELECT {what} FROM messages m JOIN conversations c ON c.id = m.conversation_id"
            f" WHERE c.custom_attributes->>'sample_case' = '{case}' ORDER BY m.created_at, m.id"
        )

    def files(self, case: str) -> list[Any]:
        """(byte_size, checksum, path) of a case's attachments."""
        return [
            (size, checksum, blob_path(self.storage, key))
            for size, checksum, key in self.all(
                "SELECT b.byte_size, b.checksum, b.key FROM conversations c"
                " JOIN messages m ON m.conversation_id = c.id JOIN attachments a ON a.message_id = m.id"
                " JOIN active_storage_attachments l ON l.record_type = 'Attachment' AND l.record_id = a.id"
                f" JOIN active_storage_blobs b ON b.id = l.blob_id WHERE c.custom_attributes->>'sample_case' = '{case}'"
            )
        ]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    storage = tmp_path_factory.mktemp("storage")
    with own_database() as dsn:
        made = seed_chatwoot(dsn, conversations=SIZE, seed=3, today=TODAY, storage=storage)
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield Source(connection, storage, made)


def whole(path: Path, size: int, checksum: str) -> bool:
    if not path.exists():
        return False
    content = path.read_bytes()
    return len(content) == size and base64.b64encode(hashlib.md5(content).digest()).decode() == checksum


def test_counts_are_as_asked_and_as_told(source: Source) -> None:
    assert source.made.conversations == SIZE
    assert 9 < source.made.messages / SIZE < 11
    for table, count in source.made.rows.items():
        assert source.all(f'SELECT count(*) FROM "{table}"') == [count], table


def test_both_clients_have_three_years_of_conversations_on_every_channel(source: Source) -> None:
    rows = source.all(
        "SELECT a.name, count(DISTINCT i.channel_type), min(c.created_at)::date, max(c.created_at)::date"
        " FROM conversations c JOIN accounts a ON a.id = c.account_id JOIN inboxes i ON i.id = c.inbox_id"
        " GROUP BY 1 ORDER BY 1"
    )
    assert [(row[0], row[1]) for row in rows] == [("Bank Nusantara", 4), ("Telko Raya", 4)]
    for _, _, first, last in rows:
        assert first < date(2024, 1, 15)
        assert date(2026, 10, 1) < last < TODAY


def test_nothing_happens_after_today_begins_and_no_row_hangs_loose(source: Source) -> None:
    assert source.all(
        "SELECT count(*) FROM messages WHERE created_at >= '2026-11-21' OR updated_at >= '2026-11-21'"
    ) == [0]
    for table in ("messages", "reporting_events", "mentions", "conversation_participants", "applied_slas"):
        assert source.all(
            f"SELECT count(*) FROM {table} t LEFT JOIN conversations c ON c.id = t.conversation_id WHERE c.id IS NULL"
        ) == [0]
    assert source.all(
        "SELECT count(*) FROM conversations c WHERE custom_attributes = '{}' AND last_activity_at <> "
        "(SELECT max(created_at) FROM messages m WHERE m.conversation_id = c.id)"
    ) == [0]


def test_conversation_numbers_are_gapless_per_account_and_go_on(source: Source) -> None:
    for account in (1, 2):
        numbers = source.all(f"SELECT display_id FROM conversations WHERE account_id = {account} ORDER BY 1")
        assert numbers == list(range(1, len(numbers) + 1))
        assert source.all(f"SELECT nextval('conv_dpid_seq_{account}')") == [len(numbers) + 1]


def test_files_are_real_and_match_their_rows(source: Source) -> None:
    rows = source.all("SELECT key, byte_size, checksum, content_type, filename FROM active_storage_blobs ORDER BY id")
    heads = {"image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-1.4"}
    bad = [row for row in rows if not whole(blob_path(source.storage, row[0]), row[1], row[2])]
    assert len(bad) == 3  # missing, truncated, damaged
    good = [row for row in rows if row not in bad and row[1]]
    assert len(good) > 60
    assert {row[3] for row in good} == set(heads)
    for key, _, _, kind, _ in good:
        assert blob_path(source.storage, key).read_bytes().startswith(heads[kind])


# One awkward case each: what must be true of it in the database and on disk.
EXPECTED: dict[str, Callable[[Any], object]] = {
    "endless": lambda s: len({str(at)[:7] for at in s.messages("endless", "m.created_at")}) > 34,
    "reopened": lambda s: len(s.messages("reopened")) == 7
    and s.messages("reopened", "c.last_activity_at > '2026-10-01'")[0],
    "open_for_two_years": lambda s: s.messages("open_for_two_years", "c.status") == [0, 0],
    "pending_old": lambda s: s.messages("pending_old", "c.status") == [2],
    "snoozed_old": lambda s: s.messages("snoozed_old", "c.snoozed_until > '2026-11-21'") == [True, True],
    "soft_deleted": lambda s: s.messages("soft_deleted", "m.content_attributes::text")[-1] == '"{\\"deleted\\": true}"',
    "many_scripts": lambda s: {"ꦱꦸꦒꦼꦁꦌꦚ꧀ꦗꦁ 🙏🏽", "你好，我的网络断了。𠮷野家"} < set(s.messages("many_scripts")),
    "json_in_string": lambda s: "Yth." in json.loads(
        json.loads(s.messages("json_in_string", "m.content_attributes::text")[0])
    )["email"]["text_content"]["full"],
    "nul_escape": lambda s: all("\\u0000" in text for text in s.messages("nul_escape", "m.content_attributes::text")),
    "edited_later": lambda s: s.messages("edited_later", "m.updated_at - m.created_at > '89 days'")[1],
    "local_midnight": lambda s: {str(at) for at in s.messages("local_midnight", "m.created_at")} >= {
        "2025-11-20 16:59:59.999999", "2025-11-20 17:00:00", "2025-11-20 17:00:00.000001", "2025-11-20 16:59:59.999000",
        "2024-11-20 16:00:00", "2024-11-20 15:59:59.999999",
    },
    "leap_day": lambda s: s.messages("leap_day", "(m.created_at + '7 hours')::date::text") == ["2024-02-29"] * 3,
    "first_hour_of_the_year": lambda s: s.messages("first_hour_of_the_year", "m.created_at::text")
    == ["2024-12-31 16:30:00", "2024-12-31 17:30:00"],
    "no_messages": lambda s: s.messages("no_messages") == []
    and s.all("SELECT count(*) FROM conversations WHERE custom_attributes->>'sample_case' = 'no_messages'") == [1],
    "shared_blob": lambda s: len(s.files("shared_blob")) == 2
    and len({path for *_, path in s.files("shared_blob")}) == 1,
    "missing_file": lambda s: not s.files("missing_file")[0][2].exists(),
    "truncated_file": lambda s: 0 < s.files("truncated_file")[0][2].stat().st_size < s.files("truncated_file")[0][0],
    "damaged_file": lambda s: s.files("damaged_file")[0][2].stat().st_size == s.files("damaged_file")[0][0],
    "empty_file": lambda s: s.files("empty_file")[0][0] == 0 == s.files("empty_file")[0][2].stat().st_size,
    "same_customer_many_contacts": lambda s: len(set(s.messages("same_customer_many_contacts", "c.contact_id"))) == 3,
    "vanished_people": lambda s: s.all("SELECT count(*) FROM contacts WHERE id = 999") == [0]
    and 987_654 in s.messages("vanished_people", "m.sender_id"),
    "odd_contents": lambda s: None in s.messages("odd_contents")
    and max(len(t or "") for t in s.messages("odd_contents")) > 90_000,
    "odd_attachments": lambda s: s.all(
        "SELECT count(*) FROM attachments a LEFT JOIN active_storage_attachments l"
        " ON l.record_type = 'Attachment' AND l.record_id = a.id WHERE l.id IS NULL"
    ) == [2] and len(s.files("odd_attachments")) == 5,
    "everything_hangs_on_it": lambda s: all(
        s.all(
            f"SELECT count(*) > 0 FROM {table} t JOIN conversations c ON c.id = t.{column}"
            " WHERE c.custom_attributes->>'sample_case' = 'everything_hangs_on_it'"
        ) == [True]
        for table, column in (
            ("csat_survey_responses", "conversation_id"), ("reporting_events", "conversation_id"),
            ("conversation_participants", "conversation_id"), ("mentions", "conversation_id"),
            ("taggings", "taggable_id"),
            ("applied_slas", "conversation_id"), ("sla_events", "conversation_id"),
            ("notifications", "primary_actor_id"),
        )
    ) and s.all("SELECT count(*) FROM notifications WHERE primary_actor_type = 'Message'") == [1],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_awkward_case_is_there(case: str, source: Source) -> None:
    assert EXPECTED[case](source)


def test_the_application_keeps_a_file_that_no_longer_fits_its_row_in_three_ways(source: Source) -> None:
    for case in ("missing_file", "truncated_file", "damaged_file"):
        size, checksum, path = source.files(case)[0]
        assert not whole(path, size, checksum), case


def test_the_same_seed_gives_the_same_rows_and_files_and_another_seed_does_not(tmp_path: Path) -> None:
    def digest(name: str, seed: int) -> tuple[str, str]:
        with own_database() as dsn:
            seed_chatwoot(dsn, conversations=120, seed=seed, today=TODAY, storage=tmp_path / name)
            with psycopg.connect(dsn) as connection:
                rows = hashlib.sha256()
                for table in COLUMNS:
                    with connection.cursor().copy(
                        f'COPY (SELECT * FROM "{table}" t ORDER BY t::text) TO STDOUT'.encode()
                    ) as out:
                        for line in out:
                            rows.update(line)
        return rows.hexdigest(), tree_digest(tmp_path / name)

    first, again, other = digest("a", 5), digest("b", 5), digest("c", 6)
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_a_block_is_the_same_whoever_makes_it_and_when(tmp_path: Path) -> None:
    plan = Plan(2_300, 1, TODAY, tmp_path, 50, 400, (20, 30))
    alone, after = Ledger(COLUMNS), Ledger(COLUMNS)
    make_block(plan, 0, Ledger(COLUMNS))
    make_block(plan, 2, alone)
    make_block(plan, 1, Ledger(COLUMNS))
    make_block(plan, 2, after)
    assert alone.lines == after.lines
    assert len(alone.lines["conversations"]) == 300
    assert len(alone.lines["messages"]) == 3_000


def test_an_application_is_not_written_over_another(source: Source, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        seed_chatwoot(source.connection.info.dsn, conversations=10, seed=1, today=TODAY, storage=tmp_path)
