"""What a file out of a package may be shown as: told by its own first bytes, never by its name or what the source said.

Shown in the page: pictures, sound and film that browsers decode and that hold no script (GSM, which they do not, is
decoded on the way). Everything else is handed out as a download of unknown type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from kendali.connectors import sound

Shown = Literal["image", "audio", "video", ""]

# (offset, bytes) that must be there → type
MARKS: Sequence[tuple[str, Sequence[tuple[int, bytes]]]] = (
    ("image/png", [(0, b"\x89PNG\r\n\x1a\n")]),
    ("image/jpeg", [(0, b"\xff\xd8\xff")]),
    ("image/gif", [(0, b"GIF8")]),
    ("image/webp", [(0, b"RIFF"), (8, b"WEBP")]),
    ("video/mp4", [(4, b"ftyp")]),
    ("video/webm", [(0, b"\x1a\x45\xdf\xa3")]),
)
UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Media:
    """`file` of `size` bytes is what is shown: the file itself, or what browsers play instead of it."""

    content_type: str
    shown: Shown  # "": only as a download
    file: BinaryIO
    size: int


def look(file: BinaryIO, size: int) -> Media:
    """`file` is read from its start."""
    file.seek(0)
    head = file.read(16)
    for kind, marks in MARKS:
        if all(head[offset : offset + len(mark)] == mark for offset, mark in marks):
            return Media(kind, "image" if kind.startswith("image/") else "video", file, size)
    heard = sound.look(file, size)
    if heard.decodable:
        played = sound.decoded(file, heard)
        return Media("audio/wav", "audio", cast(BinaryIO, played), played.size)
    return Media(heard.content_type, "audio", file, size) if heard.playable else Media(UNKNOWN, "", file, size)
