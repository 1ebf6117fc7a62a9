"""Chatwoot rows by hand, and connectors on databases of a test's own."""

from __future__ import annotations

from typing import Any

import psycopg

from kendali.connectors.base import Connector
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests.conftest import Chatwoot
from kendali.connectors.tests.servers import Postgres

MESSAGE = "content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at"


def opened(server: Postgres, **changes: Any) -> Connector:
    return open_connector("chatwoot", "conversation", {**server.config, "account": 1, **changes}, server.secret)


def as_owner(chatwoot: Chatwoot) -> Connector:
    parts = psycopg.conninfo.conninfo_to_dict(chatwoot.server.dsn)
    changes = {"user": parts["user"], "host": parts["host"], "port": parts["port"]}
    return chatwoot.open(password=str(parts.get("password") or ""), **changes)


def one_conversation(owner: psycopg.Connection[Any]) -> str:
    owner.execute("INSERT INTO accounts (name, created_at, updated_at) VALUES ('Bank Nusantara', now(), now())")
    owner.execute(
        "INSERT INTO conversations (account_id, inbox_id, created_at, updated_at, display_id) "
        "VALUES (1, 1, '2024-01-01', '2024-01-01', 1)"
    )
    owner.execute(
        "INSERT INTO messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at) "
        "VALUES ('Halo', 1, 1, 1, 0, '2024-01-01', '2024-01-01')"
    )
    return "1"


def attach(owner: psycopg.Connection[Any], number: int, key: str, service: str) -> None:
    owner.execute(
        "INSERT INTO attachments (id, message_id, account_id, created_at, updated_at) VALUES (%s, 1, 1, now(), now())",
        [number],
    )
    owner.execute(
        "INSERT INTO active_storage_blobs (id, key, filename, byte_size, checksum, created_at, service_name) "
        "VALUES (%s, %s, 'x.jpg', 5, 'gnzLDuqKcGxMNKFokfhOew==', now(), %s)",
        [number, key, service],
    )
    owner.execute(
        "INSERT INTO active_storage_attachments (name, record_type, record_id, blob_id, created_at) "
        "VALUES ('file', 'Attachment', %s, %s, now())",
        [number, number],
    )
