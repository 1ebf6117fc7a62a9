"""What a file of a recording is, by its own first bytes, and the shape of its sound. No content is loaded whole.

RIFF/WAVE after Microsoft/IBM 1991 (fmt: 1 PCM, 6 A-law, 7 mu-law, 0x31 GSM 06.10); G.711 (ITU-T, tables 1a and 2a).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from kendali.connectors import gsm

PCM, ALAW, MULAW, GSM = 1, 6, 7, 0x31
EXTENSIBLE = 0xFFFE
_CHUNKS = 64  # a WAV file has a handful before its data
_EXAMINED = 2_000  # samples looked at per bar: enough for its loudness, the same work for an hour as for a minute


@dataclass(frozen=True, slots=True)
class Sound:
    """`kind`: wav mp3 ogg gsm or "" (unknown). For WAV and GSM: the format code, and where its data lie, in bytes."""

    kind: str
    content_type: str
    playable: bool  # by browsers, as it is
    code: int = 0
    rate: int = 0
    channels: int = 0
    bits: int = 0
    block: int = 0  # bytes of one sample of all channels; GSM: of one block
    start: int = 0
    length: int = 0

    @property
    def seconds(self) -> float | None:
        if not self.rate or not self.block:
            return None
        per_block = gsm.FRAMES[self.block] * gsm.SAMPLES if self.decodable else 1
        return self.length // self.block * per_block / self.rate

    @property
    def decodable(self) -> bool:
        """Whether `decoded` makes it playable."""
        return self.code == GSM

    @property
    def shaped(self) -> bool:
        """Whether `peaks` can say its shape."""
        return (self.code == PCM and self.bits in (8, 16)) or self.code in (ALAW, MULAW, GSM)


UNKNOWN = Sound("", "application/octet-stream", playable=False)


def look(file: BinaryIO, size: int) -> Sound:
    """`file` is read from its start; `size` in bytes."""
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _wav(file, size)
    if head[:4] == b"OggS":
        return Sound("ogg", "audio/ogg", playable=True)
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
        return Sound("mp3", "audio/mpeg", playable=True)
    if head and head[0] >> 4 == 0xD and size % 33 == 0:
        return Sound("gsm", "audio/x-gsm", False, GSM, gsm.RATE, 1, 0, gsm.RAW, 0, size)
    return UNKNOWN


def _wav(file: BinaryIO, size: int) -> Sound:
    form, at = b"", 12
    for _ in range(_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = struct.unpack("<4sI", head)
        if name == b"fmt ":
            form = file.read(min(length, 40))
        elif name == b"data":
            start = at + 8
            return _sound(form, start, min(length or size, size - start))
        at += 8 + length + length % 2
    return UNKNOWN


def _sound(form: bytes, start: int, length: int) -> Sound:
    if len(form) < 16:
        return UNKNOWN
    code, channels, rate, _, block, bits = struct.unpack("<HHIIHH", form[:16])
    if code == EXTENSIBLE and len(form) >= 26:
        code = struct.unpack("<H", form[24:26])[0]
    if not channels or not rate or not block or (code == GSM and (channels, block) != (1, gsm.MICROSOFT)):
        return UNKNOWN
    playable = code in (PCM, ALAW, MULAW)
    return Sound("wav", "audio/wav", playable, code, rate, channels, bits, block, start, length)


def decoded(file: BinaryIO, sound: Sound) -> gsm.AsWav:
    """A `decodable` sound as a seekable WAV file that browsers play, decoded as it is read."""
    return gsm.AsWav(file, sound.start, sound.length, sound.block)


def peaks(file: BinaryIO, sound: Sound, bars: int) -> list[float]:
    """The loudness of `bars` equal stretches, 0 … 1 of full scale. One stretch in memory at a time."""
    if sound.decodable:
        return gsm.loudness(file, sound.start, sound.length, sound.block, bars)
    samples = sound.length // sound.block
    bars = min(bars, samples)
    return [_loudest(sound, piece) for piece in _pieces(file, sound, samples, bars)]


def _pieces(file: BinaryIO, sound: Sound, samples: int, bars: int) -> Iterator[bytes]:
    for bar in range(bars):
        first, last = samples * bar // bars, samples * (bar + 1) // bars
        file.seek(sound.start + first * sound.block)
        yield file.read(min(last - first, _EXAMINED * 8) * sound.block)


def _loudest(sound: Sound, data: bytes) -> float:
    if not data:
        return 0.0
    if sound.code in (ALAW, MULAW):
        loudness = _g711(sound.code)
        return max(data.translate(loudness)) / 255
    if sound.bits == 8:  # unsigned, silence is 128
        return max(abs(value - 128) for value in (max(data), min(data))) / 128
    values = array("h")
    values.frombytes(data[: len(data) // 2 * 2])
    step = max(1, len(values) // (_EXAMINED * 4))
    some = values[::step]
    return min(1.0, max(abs(value) for value in (max(some), min(some))) / 32767)


@cache
def _g711(code: int) -> bytes:
    """Byte → loudness 0 … 255."""
    decode = _alaw if code == ALAW else _mulaw
    return bytes(min(255, abs(decode(value)) * 255 // 32767) for value in range(256))


def _alaw(value: int) -> int:
    value ^= 0x55
    step, segment = (value & 0x0F) << 4, (value & 0x70) >> 4
    return step + 8 if segment == 0 else (step + 0x108) << (segment - 1)


def _mulaw(value: int) -> int:
    value = ~value & 0xFF
    return (((value & 0x0F) << 3) + 0x84 << ((value & 0x70) >> 4)) - 0x84
