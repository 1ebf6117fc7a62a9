from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from kendali.home.sample.chatwoot_base import COLUMNS
from kendali.home.sample.chatwoot_seed import apply_schema

from .support import own_database

# What a conversation consists of, by the columns that tie it together and the ones that say when.
NEEDED = {
    "conversations": "account_id inbox_id status contact_id display_id uuid last_activity_at snoozed_until"
    " waiting_since cached_label_list assignee_agent_bot_id first_reply_created_at priority sla_policy_id"
    " custom_attributes",
    "messages": "content account_id inbox_id conversation_id message_type created_at updated_at private status"
    " source_id content_type content_attributes sender_type sender_id external_source_ids additional_attributes"
    " processed_message_content sentiment",
    "attachments": "file_type external_url coordinates_lat coordinates_long message_id account_id fallback_title"
    " extension meta",
    "active_storage_attachments": "name record_type record_id blob_id created_at",
    "active_storage_blobs": "key filename content_type metadata byte_size checksum created_at service_name",
    "active_storage_variant_records": "blob_id variation_digest",
    "csat_survey_responses": "conversation_id message_id rating feedback_message contact_id csat_review_notes",
    "reporting_events": "name value conversation_id event_start_time event_end_time value_in_business_hours",
    "conversation_participants": "user_id conversation_id",
    "mentions": "user_id conversation_id mentioned_at",
    "notifications": "primary_actor_type primary_actor_id secondary_actor_type secondary_actor_id read_at",
    "taggings": "tag_id taggable_type taggable_id context",
    "applied_slas": "sla_policy_id conversation_id sla_status",
    "sla_events": "applied_sla_id conversation_id sla_policy_id event_type",
    "contacts": "name email phone_number account_id identifier company_id blocked",
    "contact_inboxes": "contact_id inbox_id source_id",
    "audits": "auditable_id auditable_type audited_changes",
    "campaigns": "display_id account_id",
    "agent_bots": "name account_id",
}


@pytest.fixture(scope="module")
def schema() -> Iterator[psycopg.Connection[tuple[str, str, str]]]:
    with own_database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        apply_schema(connection)
        yield connection


def _columns(connection: psycopg.Connection[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return tables


def test_every_table_and_column_of_a_conversation_is_there(schema: psycopg.Connection[tuple[str, str, str]]) -> None:
    tables = _columns(schema)
    missing = {t: set(names.split()) - tables.get(t, {}).keys() for t, names in NEEDED.items()}
    assert not {table: names for table, names in missing.items() if names}
    assert not {t for t, names in COLUMNS.items() if set(names) - tables[t].keys()}


def test_times_carry_no_zone_and_message_attributes_are_json_text(
    schema: psycopg.Connection[tuple[str, str, str]],
) -> None:
    tables = _columns(schema)
    assert {kind for columns in tables.values() for kind in columns.values() if "time" in kind} == {
        "timestamp without time zone"
    }
    assert tables["messages"]["content_attributes"] == "json"


def test_only_three_foreign_keys_protect_anything(schema: psycopg.Connection[tuple[str, str, str]]) -> None:
    rows = schema.execute("SELECT conrelid::regclass::text, '', '' FROM pg_constraint WHERE contype = 'f'").fetchall()
    assert sorted(row[0] for row in rows) == ["active_storage_attachments", "active_storage_variant_records", "inboxes"]


def test_conversation_numbers_count_up_by_themselves_in_each_account(
    schema: psycopg.Connection[tuple[str, str, str]],
) -> None:
    schema.execute(
        "INSERT INTO accounts (id, name, created_at, updated_at) VALUES (1, 'A', now(), now()), (2, 'B', now(), now())"
    )
    for account in (1, 2, 1):
        schema.execute(
            "INSERT INTO conversations (account_id, inbox_id, created_at, updated_at) VALUES (%s, 1, now(), now())",
            [account],
        )
    rows = schema.execute("SELECT account_id::text, display_id::text, '' FROM conversations ORDER BY id").fetchall()
    assert [row[:2] for row in rows] == [("1", "1"), ("2", "1"), ("1", "2")]
