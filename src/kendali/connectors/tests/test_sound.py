"""What a file of a recording is, and the shape of its sound."""

from __future__ import annotations

import io
import struct
from random import Random

import pytest

from kendali.connectors import sound
from kendali.home.sample import audio


def wav(code: int, data: bytes, *, bits: int = 16, channels: int = 1, rate: int = 8000, extra: bytes = b"") -> bytes:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, rate, rate * block, block, bits)
    body = b"WAVE" + extra + b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def looked(data: bytes) -> sound.Sound:
    return sound.look(io.BytesIO(data), len(data))


def shape(data: bytes, bars: int) -> list[float]:
    return sound.peaks(io.BytesIO(data), looked(data), bars)


def test_the_samples_own_recordings_are_told_apart() -> None:
    rnd = Random(1)
    pcm = looked(audio.wav(rnd, 2.5))
    assert (pcm.kind, pcm.playable, pcm.shaped, pcm.seconds) == ("wav", True, True, 2.5)
    gsm = looked(audio.wav49(rnd, 2.0))
    assert (gsm.kind, gsm.code) == ("wav", sound.GSM)
    assert gsm.seconds == pytest.approx(2.0, abs=0.04)


@pytest.mark.parametrize(
    ("data", "kind", "playable"),
    [
        (b"OggS" + bytes(40), "ogg", True),
        (b"ID3\x04" + bytes(40), "mp3", True),
        (b"\xff\xfb\x90" + bytes(40), "mp3", True),
        (b"\xd0" + bytes(32), "gsm", False),
        (b"\xff\xd8\xff\xe0" + bytes(40), "", False),
        (b"<html>" + bytes(40), "", False),
        (b"RIFF\0\0\0\0WAVE", "", False),
        (b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0xxdata\x04\0\0\0abcd", "", False),
        (b"", "", False),
    ],
)
def test_a_file_is_what_its_own_bytes_say(data: bytes, kind: str, playable: bool) -> None:
    found = looked(data)
    assert (found.kind, found.playable) == (kind, playable)


def test_chunks_before_the_sound_are_passed_over() -> None:
    data = wav(1, bytes(16000), extra=b"LIST" + struct.pack("<I", 5) + b"hello\0")
    assert looked(data).seconds == 1.0


def test_a_header_that_promises_more_than_there_is_counts_what_is_there() -> None:
    whole = wav(1, bytes(16000))
    assert looked(whole[:-8000]).seconds == 0.5


def test_loudness_follows_the_samples() -> None:
    quiet, loud = struct.pack("<h", 100) * 4000, struct.pack("<h", -32768) * 4000
    assert shape(wav(1, quiet + loud), 2) == [pytest.approx(100 / 32767), 1.0]
    assert shape(wav(1, b"\x80" * 4000 + b"\x00" * 4000, bits=8), 2) == [0.0, 1.0]
    assert shape(wav(6, b"\xd5" * 4000 + b"\xaa" * 4000, bits=8), 2) == [
        pytest.approx(0, abs=0.01),
        pytest.approx(1, abs=0.03),
    ]
    assert shape(wav(7, b"\xff" * 4000 + b"\x80" * 4000, bits=8), 2) == [0.0, pytest.approx(1, abs=0.03)]


def test_a_sound_shorter_than_the_bars_has_a_bar_per_sample() -> None:
    assert len(shape(wav(1, bytes(20)), 400)) == 10
    assert shape(wav(1, b""), 400) == []


def test_an_hour_takes_as_little_memory_as_a_minute() -> None:
    class Counting(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.most = max(self.most, size or 0)
            return super().read(size)

    file = Counting(wav(1, bytes(8000 * 2 * 3600)))
    found = sound.look(file, len(file.getbuffer()))
    assert len(sound.peaks(file, found, 400)) == 400
    assert file.most <= 64_000
