"""Whether a recording is whole, as far as its own header tells. Reads a few bytes of the start and the end, no content.

RIFF/WAVE (wav, and wav49 in .WAV): the lengths in the header against the file's (Microsoft/IBM 1991). A header that was
never finished (length 0, Asterisk stopped in mid-call) counts as cut off. Ogg (opus, ogg): the last page must be
complete and carry the end-of-stream flag (RFC 3533). MPEG audio: starts with a tag or frame; the Xing/Info header's
length, where there is one. GSM 06.10 without header: frames of 33 bytes.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from kendali.connectors.base import Problem

FORMATS = {
    ".wav": "WAV",
    ".wav49": "WAV",
    ".mp3": "MP3",
    ".opus": "Ogg",
    ".ogg": "Ogg",
    ".gsm": "GSM",
}
_OGG_TAIL = 128 << 10


def check(path: Path, size: int, ref: str, part: str) -> list[Problem]:
    """Problems of a recording of `size` bytes; [] = whole as far as can be seen. Raises OSError."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        return []
    with path.open("rb") as file:
        expected = _CHECKS[kind](file, size)
    if expected is None:
        return [Problem("file_not_audio", ref, part, {"format": kind})]
    if expected > size:
        return [Problem("file_truncated", ref, part, {"expected": expected, "actual": size})]
    return []


def _wav(file: BinaryIO, size: int) -> int | None:
    head = file.read(12)
    if len(head) < 12 or head[:4] not in {b"RIFF", b"RF64"} or head[8:] != b"WAVE":
        return None
    offset = 12
    while offset + 8 <= size:
        file.seek(offset)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            if head[:4] == b"RF64" or length == 0xFFFFFFFF:
                return size  # the length is elsewhere or was never known: a stream
            unfinished = length == 0 and size > offset + 8
            return size + 1 if unfinished else offset + 8 + int(length)
        offset += 8 + length + length % 2
    return max(size + 1, offset + 8)


def _ogg(file: BinaryIO, size: int) -> int | None:
    if file.read(4) != b"OggS":
        return None
    start = max(0, size - _OGG_TAIL)
    file.seek(start)
    tail = file.read(_OGG_TAIL)
    last = tail.rfind(b"OggS")
    if last < 0 or last + 27 > len(tail):
        return size + 1
    segments = tail[last + 26]
    table = tail[last + 27 : last + 27 + segments]
    end = start + last + 27 + segments + sum(table)
    ended = bool(tail[last + 5] & 4)
    return end if ended or end > size else size + 1


def _mp3(file: BinaryIO, size: int) -> int | None:
    head = file.read(10)
    offset = 0
    if head[:3] == b"ID3" and len(head) == 10:
        offset = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
        file.seek(offset)
        head = file.read(10)
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return size + 1 if offset and offset >= size else None
    file.seek(offset)
    frame = file.read(256)
    for mark in (b"Xing", b"Info"):
        at = frame.find(mark)
        if at >= 0 and len(frame) >= at + 16:
            flags = int.from_bytes(frame[at + 4 : at + 8], "big")
            if flags & 2:
                position = at + 8 + (4 if flags & 1 else 0)
                return offset + int.from_bytes(frame[position : position + 4], "big")
    return size


def _gsm(file: BinaryIO, size: int) -> int | None:
    first = file.read(1)
    if not first or first[0] >> 4 != 0xD:
        return None
    return size if size % 33 == 0 else size + 33 - size % 33


_CHECKS = {"WAV": _wav, "MP3": _mp3, "Ogg": _ogg, "GSM": _gsm}
