"""Which tables of Chatwoot a conversation is made of, after its public schema 4.10. Nothing there cascades or protects.

*Volatile* columns are archived but are no part of the fingerprint:

- conversations: when somebody last saw it, and `updated_at`, which looking at it moves; a change that can be seen moves
  another column or another row.
- active_storage_blobs: `metadata` and `service_name`, written again when a file is analysed or moved. Content counts by
  checksum and size.
- notifications: all of it. Chatwoot itself clears the agents' bells after a month.
- the people and places a conversation refers to (contacts, users, inboxes …): all of them. They are copied so that the
  conversation can be read later; a customer who changes the name changes no old conversation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ALL = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Table:
    """`by`: the column that leads to the conversation, through `via` (a table read before it; see reader.py).
    `needs`: columns without which it cannot be understood. `only`: the columns taken (() = every one it has)."""

    name: str
    by: str
    via: str = "conversations"
    needs: tuple[str, ...] = ("id",)
    only: tuple[str, ...] = ()
    volatile: frozenset[str] = field(default_factory=frozenset)
    where: str = ""


CONTENT: tuple[Table, ...] = (
    Table(
        "conversations",
        by="id",
        needs=(
            *("id", "account_id", "inbox_id", "status", "assignee_id", "contact_id", "contact_inbox_id", "team_id"),
            *("display_id", "created_at", "updated_at", "last_activity_at"),
        ),
        volatile=frozenset({"contact_last_seen_at", "agent_last_seen_at", "assignee_last_seen_at", "updated_at"}),
    ),
    Table(
        "messages",
        by="conversation_id",
        needs=(
            *("id", "conversation_id", "content", "message_type", "created_at", "updated_at", "private"),
            *("content_attributes", "sender_type", "sender_id"),
        ),
    ),
    Table(
        "attachments",
        by="message_id",
        via="messages",
        needs=("id", "message_id", "file_type", "external_url", "updated_at"),
    ),
    Table(
        "active_storage_attachments",
        by="record_id",
        via="attachments",
        needs=("id", "record_type", "record_id", "blob_id"),
        where="record_type = 'Attachment'",
    ),
    Table(
        "active_storage_blobs",
        by="blob_id",
        via="active_storage_attachments",
        needs=("id", "key", "filename", "content_type", "byte_size", "checksum", "service_name"),
        volatile=frozenset({"metadata", "service_name"}),
    ),
    Table("csat_survey_responses", by="conversation_id", needs=("id", "conversation_id", "rating", "updated_at")),
    Table("reporting_events", by="conversation_id", needs=("id", "conversation_id", "name", "value")),
    Table("conversation_participants", by="conversation_id", needs=("id", "conversation_id", "user_id")),
    Table("mentions", by="conversation_id", needs=("id", "conversation_id", "user_id")),
    Table(
        "taggings",
        by="taggable_id",
        needs=("id", "tag_id", "taggable_id", "taggable_type"),
        where="taggable_type = 'Conversation'",
    ),
    Table("applied_slas", by="conversation_id", needs=("id", "conversation_id", "sla_policy_id")),
    Table("sla_events", by="conversation_id", needs=("id", "conversation_id", "applied_sla_id")),
)

NOTIFICATIONS = Table(
    "notifications",
    by="primary_actor_id",
    needs=("id", "primary_actor_type", "primary_actor_id", "secondary_actor_type", "secondary_actor_id"),
    volatile=ALL,
)

# Who and where; one row per conversation that refers to it. Users: no column that is or could become a secret.
REFERENCES: tuple[Table, ...] = (
    Table("contacts", by="contact_id", needs=("id", "name", "phone_number", "email"), volatile=ALL),
    Table(
        "contact_inboxes",
        by="contact_inbox_id",
        only=("id", "contact_id", "inbox_id", "source_id", "created_at", "updated_at", "hmac_verified"),
        needs=("id", "source_id"),
        volatile=ALL,
    ),
    Table(
        "inboxes",
        by="inbox_id",
        only=("id", "name", "channel_type", "email_address", "business_name", "timezone"),
        needs=("id", "name", "channel_type"),
        volatile=ALL,
    ),
    Table("users", by="user_id", only=("id", "name", "display_name", "email"), needs=("id", "name"), volatile=ALL),
    Table("agent_bots", by="agent_bot_id", only=("id", "name", "description"), needs=("id", "name"), volatile=ALL),
    Table("teams", by="team_id", only=("id", "name", "description"), needs=("id", "name"), volatile=ALL),
    Table("tags", by="tag_id", via="taggings", only=("id", "name"), needs=("id", "name"), volatile=ALL),
    Table("sla_policies", by="sla_policy_id", via="applied_slas", needs=("id", "name"), volatile=ALL),
)

TABLES: tuple[Table, ...] = (*CONTENT, NOTIFICATIONS, *REFERENCES)
BY_NAME = {table.name: table for table in TABLES}

STATES = {0: "open", 1: "resolved", 2: "pending", 3: "snoozed"}

CHANNELS = {
    "Channel::WebWidget": "Web",
    "Channel::Whatsapp": "WhatsApp",
    "Channel::Email": "E-mail",
    "Channel::Telegram": "Telegram",
    "Channel::Api": "API",
    "Channel::FacebookPage": "Facebook",
    "Channel::Instagram": "Instagram",
    "Channel::Line": "LINE",
    "Channel::Sms": "SMS",
    "Channel::TwilioSms": "SMS",
    "Channel::TwitterProfile": "Twitter",
    "Channel::Tiktok": "TikTok",
    "Channel::Voice": "Voice",
}


def channel_name(channel_type: str | None) -> str:
    return CHANNELS.get(channel_type or "", (channel_type or "").removeprefix("Channel::"))
