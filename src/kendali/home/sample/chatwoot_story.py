"""A small language for telling one conversation by hand, row by row, as the application would have stored it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from .chatwoot_base import LABELS, Agent, Inbox, Side
from .chatwoot_files import FILE, IMAGE, Shelf
from .copying import Ledger

OPEN, RESOLVED, PENDING, SNOOZED = 0, 1, 2, 3
MINUTE = timedelta(minutes=1)


def stored(attributes: dict[str, Any]) -> str:
    """How the application stores attributes: a JSON string that holds JSON."""
    return json.dumps(json.dumps(attributes, ensure_ascii=False), ensure_ascii=False)


@dataclass
class Book:
    """Counters and places shared by all told conversations. Naive datetimes are UTC, as in the database."""

    ledger: Ledger
    today: date
    storage: Path
    rnd: Random
    shelf: Shelf = field(init=False)
    conversation_id: int = 0
    message_id: int = 0
    contact_id: int = 0
    display: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.storage, self.rnd, self.ledger, -1)

    def local(self, side: Side, day: date, hour: int = 10, minute: int = 0) -> datetime:
        """A local wall time of the client as naive UTC."""
        return datetime.combine(day, time(hour, minute), side.zone).astimezone(UTC).replace(tzinfo=None)

    def ago(self, side: Side, days: int, hour: int = 10) -> datetime:
        return self.local(side, self.today - timedelta(days=days), hour)

    def contact(
        self,
        side: Side,
        inbox: Inbox,
        name: str,
        phone: str | None = None,
        email: str | None = None,
        since: int = 1_000,
    ) -> int:
        self.contact_id += 1
        stamp = self.ago(side, since)
        stamps = {"created_at": stamp, "updated_at": stamp}
        self.ledger.add(
            "contacts", id=self.contact_id, name=name, email=email, phone_number=phone, account_id=side.account_id,
            additional_attributes={"country": "Indonesia"}, custom_attributes={}, last_activity_at=stamp,
            contact_type=1, location="", country_code="ID", **stamps,
        )  # fmt: skip
        source = {"WhatsApp": (phone or "")[1:], "E-mail": email}.get(inbox.label) or f"contoh-{self.contact_id}"
        self.ledger.add(
            "contact_inboxes", id=self.contact_id, contact_id=self.contact_id, inbox_id=inbox.id, source_id=source,
            hmac_verified=False, **stamps,
        )  # fmt: skip
        return self.contact_id


class Told:
    """One conversation. `case` is kept in custom_attributes.sample_case, by which tests and people find it."""

    def __init__(
        self, book: Book, side: Side, case: str, *, contact: int | None, channel: int = 0, agent: int = 0,
        status: int = RESOLVED,
    ) -> None:  # fmt: skip
        book.conversation_id += 1
        book.display[side.account_id] += 1
        self.book, self.side, self.case, self.status, self.contact = book, side, case, status, contact
        self.id, self.display_id = book.conversation_id, book.display[side.account_id]
        self.inbox, self.agent = side.inboxes[channel], side.agents[agent]
        self.at: datetime | None = None  # of the newest message
        self.start: datetime | None = None
        self.replied: datetime | None = None

    def say(self, at: datetime, text: str | None, kind: int = 0, **other: Any) -> int:
        """A message, 0 incoming, 1 outgoing, 2 activity, 3 template; answers its id."""
        book = self.book
        book.message_id += 1
        sender: dict[str, Any] = {}
        if kind == 0:
            sender = {"sender_type": "Contact", "sender_id": self.contact}
        elif kind == 1:
            sender = {"sender_type": "User", "sender_id": self.agent.user_id}
        values = {
            "content_attributes": stored({}), "updated_at": at, "private": False, "status": 0, "content_type": 0,
            "external_source_ids": {}, "additional_attributes": {}, "sentiment": {}, "processed_message_content": text,
            **sender, **other,
        }  # fmt: skip
        book.ledger.add(
            "messages", id=book.message_id, content=text, account_id=self.side.account_id, inbox_id=self.inbox.id,
            conversation_id=self.id, message_type=kind, created_at=at, **values,
        )  # fmt: skip
        self.at = at if self.at is None else max(at, self.at)
        self.start = at if self.start is None else min(at, self.start)
        if kind == 1 and not values["private"]:
            self.replied = self.replied or at
        return book.message_id

    def reply(self, at: datetime, text: str, **other: Any) -> int:
        return self.say(at, text, 1, **other)

    def note(self, at: datetime, text: str, **other: Any) -> int:
        return self.say(at, text, 1, private=True, **other)

    def talk(self, at: datetime, *texts: str) -> datetime:
        """Customer and agent in turns, a minute apart; answers the minute after."""
        for n, text in enumerate(texts):
            self.say(at, text, n % 2)
            at += MINUTE
        return at

    def attach(self, message_id: int, at: datetime, name: str, content: bytes, *, key: str | None = None) -> int:
        """A file on a message; answers the blob's id. With `key` the bytes are expected to lie there already."""
        book = self.book
        number = book.shelf.number()
        book.shelf.blob(number, key or book.shelf.put(content), name, content, at)
        self.hang(message_id, at, number, name)
        return number

    def hang(self, message_id: int, at: datetime, blob_id: int, name: str) -> None:
        """An attachment row and its link to a blob that exists."""
        book, number = self.book, self.book.shelf.number()
        extension = name.rsplit(".", 1)[-1]
        book.ledger.add(
            "attachments", id=number, file_type=IMAGE if extension in ("png", "jpg") else FILE, coordinates_lat=0,
            coordinates_long=0, message_id=message_id, account_id=self.side.account_id, extension=extension, meta={},
            created_at=at, updated_at=at,
        )  # fmt: skip
        book.shelf.link("Attachment", number, blob_id, at)

    def end(self, *, labels: tuple[str, ...] = (), at: datetime | None = None, **other: Any) -> None:
        """Write the conversation's own row. `at`: its start, where no message says so."""
        book, side = self.book, self.side
        start = self.start or at or book.ago(side, 800)
        last = self.at or start
        values = {
            "status": self.status, "assignee_id": self.agent.user_id, "updated_at": last, "last_activity_at": last,
            "additional_attributes": {}, "custom_attributes": {"sample_case": self.case}, "contact_id": self.contact,
            "contact_inbox_id": self.contact, "first_reply_created_at": self.replied, "team_id": side.teams[0][0],
            "cached_label_list": ", ".join(labels) or None, "contact_last_seen_at": last, "agent_last_seen_at": last,
            **other,
        }  # fmt: skip
        book.ledger.add(
            "conversations", id=self.id, account_id=side.account_id, inbox_id=self.inbox.id, created_at=start,
            display_id=self.display_id, uuid=UUID(int=book.rnd.getrandbits(128), version=4), **values,
        )  # fmt: skip
        for n, label in enumerate(labels):
            book.ledger.add(
                "taggings", id=self.id * 4 + n, tag_id=LABELS[label], taggable_type="Conversation", taggable_id=self.id,
                context="labels", created_at=start,
            )  # fmt: skip

    def colleague(self, number: int) -> Agent:
        return self.side.agents[number]
