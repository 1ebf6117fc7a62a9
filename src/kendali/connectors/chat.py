"""An archived conversation as the chat it was, whatever the source's tables look like. Plain values, no Django.

Each kind of source of conversations has a module `chat` with

- `TABLES`: the archived tables that are needed to show a conversation, `messages` among them;
- `TEXT_COLUMNS`: the columns of `messages` that hold what people wrote (all that a search looks into);
- `chat(tables, zone)`: a `Chat` of the given rows of one conversation. The rows of `messages` may be a page of them.
- `CUSTOMER_COLUMNS`: table → the columns that say whose conversation it is; `customers(tables)`: ref → `Customer`, of
  the rows of many conversations.

Text is text: whatever a customer wrote (HTML, scripts, control characters) is a string to be shown as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

import pyarrow as pa

Direction = Literal["incoming", "outgoing", "note", "activity"]
Tables = Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True)
class Customer:
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """`part`: the sealed unit of the package that holds its file; "" where there is none, and then `text` says what it
    is (a place, an address elsewhere). `size` in bytes as the source had it."""

    name: str
    part: str = ""
    size: int | None = None
    content_type: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    at: datetime | None  # aware, UTC
    direction: Direction
    author: str = ""
    text: str = ""
    subject: str = ""  # of an e-mail
    deleted: bool = False  # in the application; the text is what it kept
    failed: bool = False  # could not be delivered
    kind: str = ""  # what else it is, in the source's own word: a form, a card, a survey
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    messages: Sequence[Message]
    customer: Customer = field(default_factory=Customer)
    facts: Mapping[str, str] = field(default_factory=dict)  # inbox, subject, team …: English message id → value


class ChatModule(Protocol):
    TABLES: Sequence[str]
    TEXT_COLUMNS: Sequence[str]
    CUSTOMER_COLUMNS: Mapping[str, Sequence[str]]
    chat: Callable[[Tables, str], Chat]
    customers: Callable[[Tables], dict[str, Customer]]


def printable(text: str) -> str:
    """What cannot be shown (control characters, lone surrogates) becomes a visible mark; line breaks and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char if char in "\n\t" or (char >= " " and char != "\x7f" and not _lone(char)) else "\ufffd" for char in text
    )


def _lone(char: str) -> bool:
    return "\ud800" <= char <= "\udfff" or "\x80" <= char <= "\x9f"
