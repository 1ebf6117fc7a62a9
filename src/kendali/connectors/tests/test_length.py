"""How long a recording lasts, by its own frames."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import pytest

from kendali.connectors.length import seconds

MP3 = b"\xff\xfb\x90\x00" + b"\0" * 413  # MPEG 1, 128 kbit/s, 44.1 kHz: 417 bytes, 1152 samples
MP3_PHONE = b"\xff\xe3\x18\xc4" + b"\0" * 68  # MPEG 2.5, 8 kbit/s, 8 kHz: 72 bytes, 576 samples
ID3 = b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10


def page(granules: int, body: bytes, *, last: bool = False) -> bytes:
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, 4 if last else 0, granules, 1, 0, 0, 1)
    return head + bytes([len(body)]) + body


OPUS = page(0, b"OpusHead\x01\x01" + struct.pack("<HIhB", 312, 16_000, 0, 0)) + page(480_312, b"\0" * 40, last=True)
VORBIS = page(0, b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, 8000, 0, 0, 0, 0, 1)) + page(24_000, b"\0", last=True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (MP3 * 100, 100 * 1152 / 44_100),
        (ID3 + MP3 * 10 + b"TAG" + b"\0" * 125, 10 * 1152 / 44_100),
        (MP3_PHONE * 1000, 72.0),
        (OPUS, 10.0),
        (VORBIS, 3.0),
        (b"\xd8" + b"\0" * 32, 0.02),
        (b"", None),
        (b"%PDF-1.7", None),
        (b"\xff\xfb\x90", None),
        (b"OggS" + b"\0" * 40, None),
    ],
)
def test_a_recording_tells_its_length(data: bytes, expected: float | None) -> None:
    found = seconds(io.BytesIO(data), len(data))
    assert found == (pytest.approx(expected) if expected is not None else None)


def test_a_wav_file_too(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\1" * 16_000)
    data = (tmp_path / "a.wav").read_bytes()
    assert seconds(io.BytesIO(data), len(data)) == 2.0
