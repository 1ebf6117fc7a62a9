"""Chatwoot's archived tables as a chat (its models Message, Attachment and Contact, version 4.10)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kendali.connectors.chat import Attachment, Chat, Customer, Direction, Message, Tables, printable
from kendali.fingerprint import REF

TABLES = (
    "conversations",
    "messages",
    "attachments",
    "active_storage_attachments",
    "active_storage_blobs",
    "contacts",
    "users",
    "agent_bots",
    "inboxes",
    "teams",
    "tags",
)
CUSTOMER_COLUMNS = {"conversations": ("contact_id",), "contacts": ("id", "name", "phone_number")}
TEXT_COLUMNS = ("content", "processed_message_content", "content_attributes")

INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)  # messages.message_type
FAILED = 3  # messages.status
CONTENT_TYPES = {
    1: "input_text",
    2: "input_textarea",
    3: "input_email",
    4: "input_select",
    5: "cards",
    6: "form",
    7: "article",
    8: "incoming_email",
    9: "input_csat",
    10: "integrations",
    11: "sticker",
    12: "voice_call",
}
PLAIN = {"", "incoming_email"}
PLACE = 4  # attachments.file_type; those with a file have a blob, all others at most an address

Row = Mapping[str, Any]


def chat(tables: Tables, zone: str) -> Chat:
    """`zone` is not needed: Chatwoot's timestamps are UTC."""
    conversation = _first(tables, "conversations")
    contacts: dict[Any, Row] = {row["id"]: row for row in _rows(tables, "contacts")}
    people = _People(contacts, _by_id(tables, "users"), _by_id(tables, "agent_bots"))
    files = _attachments(tables)
    messages = [_message(row, people, files.get(row["id"], ())) for row in _rows(tables, "messages")]
    customer = contacts.get(conversation.get("contact_id")) or {}
    return Chat(
        messages,
        customer=Customer(_text(customer.get("name")), _text(customer.get("phone_number"))),
        facts=_facts(tables, conversation),
    )


def customers(tables: Tables) -> dict[str, Customer]:
    wanted = {(row[REF], row["contact_id"]) for row in tables["conversations"].to_pylist()}
    return {
        row[REF]: Customer(_text(row["name"]), _text(row["phone_number"]))
        for row in tables["contacts"].to_pylist()
        if (row[REF], row["id"]) in wanted
    }


def _rows(tables: Tables, name: str) -> Iterable[Row]:
    table = tables.get(name)
    return table.drop_columns([REF]).to_pylist() if table is not None else ()


def _first(tables: Tables, name: str) -> Row:
    return next(iter(_rows(tables, name)), {})


def _by_id(tables: Tables, name: str) -> dict[int, Row]:
    return {row["id"]: row for row in _rows(tables, name)}


def _text(value: object) -> str:
    return printable(str(value)) if value is not None else ""


class _People:
    def __init__(self, contacts: Mapping[Any, Row], users: Mapping[Any, Row], bots: Mapping[Any, Row]) -> None:
        self._tables = {"Contact": contacts, "User": users, "AgentBot": bots}

    def name(self, row: Row) -> str:
        """Of who sent a message; "" for the system or for somebody of whom nothing was kept."""
        found = self._tables.get(row.get("sender_type") or "", {}).get(row.get("sender_id"))
        return _text((found.get("display_name") or found.get("name")) if found else "")


def attributes(text: object) -> dict[str, Any]:
    """`content_attributes`: JSON, or JSON whose value is a string that holds JSON; anything else is none."""
    value: object = text
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _message(row: Row, people: _People, files: Iterable[Attachment]) -> Message:
    more = attributes(row.get("content_attributes"))
    kind = CONTENT_TYPES.get(row.get("content_type") or 0, "" if not row.get("content_type") else "unknown")
    text, subject = _text(row.get("content")), ""
    if isinstance(mail := more.get("email"), dict):
        subject, text = _text(mail.get("subject")), _mail_text(mail) or text
    choices = _choices(more)
    return Message(
        at=_instant(row.get("created_at")),
        direction=_direction(row),
        author=people.name(row),
        text="\n".join(filter(None, (text, choices))),
        subject=subject,
        deleted=more.get("deleted") is True,
        failed=row.get("status") == FAILED,
        kind="" if kind in PLAIN else kind,
        attachments=tuple(files),
    )


def _direction(row: Row) -> Direction:
    if row.get("private"):
        return "note"
    match row.get("message_type"):
        case 0:
            return "incoming"
        case 2:
            return "activity"
    return "outgoing"  # by an agent, by a bot, or from a template


def _mail_text(mail: Row) -> str:
    """The plain text of an e-mail; where there is only HTML, the HTML itself as text."""
    for part in ("text_content", "html_content"):
        content = mail.get(part)
        full = content.get("full") if isinstance(content, dict) else None
        if isinstance(full, str) and full.strip():
            return printable(full)
    return ""


def _choices(more: Row) -> str:
    """What a form, a menu or a card offered, and what was answered."""
    lines = []
    for item in more.get("items") or () if isinstance(more.get("items"), list) else ():
        said = item.get("title") or item.get("label") or item.get("name") if isinstance(item, dict) else item
        if said:
            lines.append(f"· {_text(said)}")
    answers = more.get("submitted_values")
    for answer in answers if isinstance(answers, list) else ():
        if isinstance(answer, dict):
            lines.append(f"→ {_text(answer.get('name') or answer.get('title'))}: {_text(answer.get('value'))}")
    return "\n".join(lines)


def _instant(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None else None


def _attachments(tables: Tables) -> dict[int, list[Attachment]]:
    """message → its attachments, in the order of their ids."""
    blobs = _by_id(tables, "active_storage_blobs")
    blob_of = {row["record_id"]: blobs.get(row["blob_id"]) for row in _rows(tables, "active_storage_attachments")}
    found: dict[int, list[Attachment]] = defaultdict(list)
    for row in _rows(tables, "attachments"):
        found[row["message_id"]].append(_attachment(row, blob_of.get(row["id"])))
    return found


def _attachment(row: Row, blob: Row | None) -> Attachment:
    if blob is not None:
        return Attachment(
            name=_text(blob["filename"]) or str(blob["id"]),
            part=f"blob-{blob['id']}",
            size=blob["byte_size"],
            content_type=_text(blob.get("content_type")),
        )
    title = _text(row.get("fallback_title"))
    if row.get("file_type") == PLACE:
        return Attachment(name=title or "location", text=f"{row.get('coordinates_lat')}, {row.get('coordinates_long')}")
    return Attachment(name=title or _text(row.get("extension")) or "attachment", text=_text(row.get("external_url")))


def _facts(tables: Tables, conversation: Row) -> dict[str, str]:
    more = attributes(conversation.get("additional_attributes"))
    facts = {
        "Inbox": _text(_first(tables, "inboxes").get("name")),
        "Team": _text(_first(tables, "teams").get("name")),
        "Subject": _text(more.get("mail_subject")),
        "Labels": ", ".join(_text(row.get("name")) for row in _rows(tables, "tags")),
    }
    return {name: value for name, value in facts.items() if value}
