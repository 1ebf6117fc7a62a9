"""The content of one record version out of its package: a page of a conversation, a call with its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kendali import civil_time
from kendali.archive.chat_rows import conversation_page
from kendali.archive.errors import PackageError
from kendali.archive.reader import OpenUnit, Window
from kendali.archive.reader import Package as OpenPackage
from kendali.connectors import sound
from kendali.connectors.call import Call
from kendali.connectors.chat import Attachment, Chat, Message
from kendali.connectors.reading import CALLS, CHATS
from kendali.connectors.sound import Sound
from kendali.records import words
from kendali.records.actions import content as action
from kendali.records.models import Record, RecordVersion

MESSAGES = 200  # on a page
SMALL = 8_000_000  # bytes; MP3 of telephone speech: an hour


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with where it lies in the package; slot None: there is no file, or the backup could not copy it."""

    attachment: Attachment
    slot: int | None

    @property
    def shown(self) -> str:
        """What the source said it is; the file itself decides when it is handed out."""
        kind = self.attachment.content_type.partition("/")[0]
        return kind if kind in ("image", "audio", "video") and self.slot is not None else ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the page shows it; `day` where a new local day begins."""

    message: Message
    side: str
    day: date | None
    files: Sequence[File]

    @property
    def private(self) -> bool:
        return self.message.direction == "note"

    @property
    def kind(self) -> str:
        return words.message_kind(self.message.kind)


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Messages `first` … `last` (from 1) of `total`."""

    chat: Chat
    said: Sequence[Said]
    first: int
    last: int
    total: int
    newer: int | None = None  # the number to start the next page with
    older: int | None = None


@dataclass(frozen=True, slots=True)
class Track:
    number: int
    name: str
    size: int
    sound: Sound

    @property
    def small(self) -> bool:
        """Small enough for a browser to load it whole, where only decoding shows its shape."""
        return not self.sound.shaped and self.size <= SMALL

    @property
    def length(self) -> str:
        """Seconds, for the player."""
        return f"{self.sound.seconds:.3f}" if self.sound.seconds else ""


@dataclass(frozen=True, slots=True)
class Recording:
    call: Call
    tracks: Sequence[Track] = field(default_factory=list)


SIDES = {"incoming": "customer", "outgoing": "agent", "note": "agent", "activity": "system"}


def chat_page(record: Record, version: RecordVersion, start: int, count: int = MESSAGES) -> ChatPage:
    """Raises ArchiveError. `start` from 0."""
    module = CHATS[record.source.kind]
    package = action.package_of(version)
    tables, total = conversation_page(package, record.ref, module.TABLES, start, count)
    chat = module.chat(tables, record.source.zone)
    slots = _slots(package, record.ref) if any(message.attachments for message in chat.messages) else {}
    shown = min(start + count, total)
    return ChatPage(
        chat,
        list(_said(chat.messages, slots, record.source.zone)),
        first=start + 1 if total else 0,
        last=shown,
        total=total,
        newer=shown if shown < total else None,
        older=max(start - count, 0) if start else None,
    )


def _said(messages: Sequence[Message], slots: Mapping[str, int], zone: str) -> Iterator[Said]:
    before: date | None = None
    for message in messages:
        day = civil_time.local_date(message.at, zone) if message.at else before
        files = [File(attachment, slots.get(attachment.part)) for attachment in message.attachments]
        yield Said(message, SIDES[message.direction], day if day != before else None, files)
        before = day


def _slots(package: OpenPackage, ref: str) -> Mapping[str, int]:
    """Part → slot, of one record of the package's own list."""
    return next((record.parts for record in package.records() if record.ref == ref), {})


def unit(record: Record, version: RecordVersion, slot: int) -> OpenUnit:
    """A sealed unit of this record. PackageError ``not_of_this_record``: of another one; the unit says so itself."""
    found = action.package_of(version).unit(slot)
    if found.ref != record.ref:
        raise PackageError("not_of_this_record", slot=slot)
    return found


def recording(record: Record, version: RecordVersion) -> Recording:
    if version.slot is None:
        raise PackageError("slot_empty")
    found = unit(record, version, version.slot)
    call = CALLS[record.source.kind].call(found.facts, record.source.zone)
    tracks = [_track(number, name, window) for number, (name, window) in enumerate(found.files, start=1)]
    return Recording(call, tracks)


def _track(number: int, name: str, window: Window) -> Track:
    return Track(number, name, window.size, sound.look(window, window.size))  # type: ignore[arg-type]


def version_of(record: Record, number: int | None) -> RecordVersion | None:
    """The asked version; without a number the one that counts, or else the newest incomplete one."""
    versions = action.readable(record).select_related("package__source")
    if number is not None:
        return versions.filter(number=number).first()
    if record.version_id is not None and (counts := versions.filter(pk=record.version_id).first()):
        return counts
    return versions.order_by("-number").first()
