"""A vendor's export as a chat: rows of JSON by our names (see export.py), or by names that vendors commonly use."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from kendali.connectors.chat import Attachment, Chat, Customer, Direction, Message, Tables, printable
from kendali.connectors.files import safe_name
from kendali.connectors.folder_drop.export import instant
from kendali.fingerprint import REF

TABLES = ("records", "messages", "files")
CUSTOMER_COLUMNS = {"records": ("row",)}
TEXT_COLUMNS = ("row",)

# What vendors call who wrote a message; anything else is the contact centre's side.
CUSTOMER = {"customer", "nasabah", "pelanggan", "peserta", "client", "visitor", "contact", "user", "incoming", "in"}
SYSTEM = {"system", "sistem", "bot-event", "activity", "event"}
NOTE = {"note", "catatan", "internal", "private"}

Row = Mapping[str, Any]


def chat(tables: Tables, zone: str) -> Chat:
    """`zone` of instants that name none."""
    record = next(iter(_rows(tables, "records")), {})
    files = _files(tables)
    agent = _said(record, "agent")
    messages = [_message(row, ZoneInfo(zone), files, agent) for row in _rows(tables, "messages")]
    rest = tuple(found for name in _named(record) for found in _of(name, files))  # by the record, by no message
    if rest:
        messages.append(Message(None, "activity", attachments=rest))
    return Chat(messages, customer=_customer(record))


def customers(tables: Tables) -> dict[str, Customer]:
    rows = tables["records"].to_pylist()
    return {row[REF]: _customer(json.loads(row["row"])) for row in rows}


def _customer(record: Row) -> Customer:
    return Customer(_said(record, "customer_name"), _said(record, "customer_phone"))


def _rows(tables: Tables, name: str) -> list[Row]:
    table = tables.get(name)
    found = [json.loads(text) for text in table["row"].to_pylist()] if table is not None else []
    return [row for row in found if isinstance(row, dict)]


def _said(row: Row, *names: str) -> str:
    for name in names:
        value = row.get(name)
        if value not in (None, "", [], {}):
            return printable(str(value))
    return ""


def _files(tables: Tables) -> dict[str, list[Attachment]]:
    """By the name of the file, as the archive keeps it."""
    found: dict[str, list[Attachment]] = defaultdict(list)
    table = tables.get("files")
    for row in table.to_pylist() if table is not None else ():
        found[row["name"]].append(Attachment(name=printable(row["name"]), part=row["part"], size=row["size"]))
    return found


def _message(row: Row, zone: ZoneInfo, files: Mapping[str, Sequence[Attachment]], agent: str) -> Message:
    sender = _said(row, "sender", "sender_type", "from", "direction")
    direction = _direction(sender.casefold(), row)
    attachments = [found for name in _named(row) for found in _of(name, files)]
    return Message(
        at=instant(row.get("sent_at") or row.get("created_at") or row.get("date"), zone),
        direction=direction,
        author=_said(row, "sender_name", "author", "name") or (agent if direction == "outgoing" else ""),
        text=_said(row, "text", "body", "message", "content"),
        attachments=tuple(attachments),
    )


def _named(row: Row) -> list[str]:
    """The files a row names."""
    named = row.get("file")
    names = named if isinstance(named, list) else str(named or "").split(";")
    return [str(name).strip() for name in names if str(name).strip()]


def _of(name: str, files: Mapping[str, Sequence[Attachment]]) -> Sequence[Attachment]:
    return files.get(safe_name(name)) or (Attachment(name=printable(safe_name(name))),)


def _direction(sender: str, row: Row) -> Direction:
    if sender in NOTE or row.get("private") is True:
        return "note"
    if sender in SYSTEM:
        return "activity"
    return "incoming" if sender in CUSTOMER else "outgoing"
