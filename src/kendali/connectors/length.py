"""How long a recording lasts, by its own frames. No decoding, no content.

MPEG audio: the frames are walked (ISO/IEC 11172-3, 13818-3, 2.5; layer III as telephony makes it). Ogg: the granule
position of the last page (RFC 3533), 48 kHz and the pre-skip for Opus (RFC 7845), the sample rate for Vorbis.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from kendali.connectors import sound

V1, V2, V25 = 3, 2, 0
BITRATES = {
    V1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    V2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {V1: (44100, 48000, 32000), V2: (22050, 24000, 16000), V25: (11025, 12000, 8000)}
LAYER_3 = 1
FIRST_WITHIN = 64 << 10  # bytes in which the first frame must begin
OGG_TAIL = 128 << 10


def seconds(file: BinaryIO, size: int) -> float | None:
    """None: unknown, empty, or damaged at its beginning."""
    heard = sound.look(file, size)
    if heard.kind == "mp3":
        return _mp3(file, size)
    return _ogg(file, size) if heard.kind == "ogg" else heard.seconds


def _mp3(file: BinaryIO, size: int) -> float | None:
    at, samples, rate, missed = _after_tag(file), 0, 0, 0
    while at + 4 <= size:
        file.seek(at)
        frame = _frame(file.read(4))
        if frame is None:
            if samples:  # a tag at the end
                break
            at, missed = at + 1, missed + 1
            if missed > FIRST_WITHIN:
                return None
            continue
        length, count, rate = frame
        at, samples = at + length, samples + count
    return samples / rate if rate else None


def _after_tag(file: BinaryIO) -> int:
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _frame(head: bytes) -> tuple[int, int, int] | None:
    """(bytes, samples, rate) of the frame that begins so."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer != LAYER_3 or bitrate in (0, 15) or rate == 3:
        return None
    hertz = RATES[version][rate]
    count = 1152 if version == V1 else 576
    kilobits = BITRATES[V1 if version == V1 else V2][bitrate]
    return count // 8 * kilobits * 1000 // hertz + padding, count, hertz


def _ogg(file: BinaryIO, size: int) -> float | None:
    file.seek(0)
    head = file.read(512)
    rate, skip = 0, 0
    if (at := head.find(b"OpusHead")) >= 0 and len(head) >= at + 12:
        rate, skip = 48_000, struct.unpack_from("<H", head, at + 10)[0]
    elif (at := head.find(b"\x01vorbis")) >= 0 and len(head) >= at + 16:
        rate = struct.unpack_from("<I", head, at + 12)[0]
    start = max(0, size - OGG_TAIL)
    file.seek(start)
    tail = file.read(OGG_TAIL)
    last = tail.rfind(b"OggS")
    if not rate or last < 0 or len(tail) < last + 14:
        return None
    granules = struct.unpack_from("<q", tail, last + 6)[0] - skip
    return granules / rate if granules > 0 else None
