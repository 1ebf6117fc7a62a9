"""What a file of a recording is, and the shape of its sound."""

from __future__ import annotations

import hashlib
import io
import struct
from array import array
from importlib import resources
from random import Random

import pytest

from kendali.connectors import gsm, sound
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
    wav49 = looked(audio.wav49(rnd, 2.0))
    assert (wav49.kind, wav49.playable, wav49.decodable, wav49.shaped) == ("wav", False, True, True)
    assert wav49.seconds == pytest.approx(2.0, abs=0.04)


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


SPEECH = resources.files("kendali.home.sample").joinpath("speech.gsm").read_bytes()
# Of the 16 bit PCM that ffmpeg 5.1 and sox 14.4.2 (libgsm 1.0.19) both make of it.
SPEECH_PCM = "9ba586bb0270a82516a9ee91868bcbcea8c572e9e758271d08158c8dbc6ebd17"


def test_gsm_is_decoded_bit_for_bit_as_by_others() -> None:
    decoder, samples = gsm.Decoder(), array("h")
    for at in range(0, len(SPEECH), gsm.MICROSOFT):
        for values in gsm.frames(SPEECH[at : at + gsm.MICROSOFT]):
            samples.extend(decoder.decode(values))
    assert hashlib.sha256(samples.tobytes()).hexdigest() == SPEECH_PCM


def test_decoded_gsm_has_the_same_bytes_however_a_place_is_reached() -> None:
    wav49 = audio.wav49(Random(3), 7.0)
    found = looked(wav49)
    played = sound.decoded(io.BytesIO(wav49), found)
    whole = io.BufferedReader(played).read()
    assert len(whole) == played.size
    again = looked(whole)
    assert (again.playable, again.seconds) == (True, found.seconds)
    rnd = Random(4)
    for _ in range(20):
        first = rnd.randrange(len(whole))
        file = io.BufferedReader(sound.decoded(io.BytesIO(wav49), found))
        file.seek(first)
        assert file.read(999) == whole[first : first + 999]


def test_a_gsm_file_is_the_same_sound_as_its_wav() -> None:
    """Frames of 33 bytes, highest bit first, made of the same values."""

    def packed(values: list[int]) -> bytes:
        bits = 0xD
        for value, width in zip(values, gsm._BITS, strict=True):
            bits = bits << width | value
        return bits.to_bytes(33, "big")

    blocks = [SPEECH[at : at + 65] for at in range(0, 65 * 20, 65)]
    raw = b"".join(packed(values) for block in blocks for values in gsm.frames(block))
    found = looked(raw)
    assert found.seconds == 0.8
    as_wav = io.BufferedReader(sound.decoded(io.BytesIO(raw), found)).read()
    both = gsm.AsWav(io.BytesIO(SPEECH), 0, 65 * 20, 65)
    assert as_wav == io.BufferedReader(both).read()
    assert 0 < max(shape(raw, 10)) < 1


@pytest.mark.parametrize("data", [bytes(65), b"\xff" * 65, b"\x55" * 65])
def test_any_bits_are_a_sound(data: bytes) -> None:
    decoder = gsm.Decoder()
    for _ in range(20):
        for values in gsm.frames(data):
            assert all(-32768 <= sample <= 32767 for sample in decoder.decode(values))


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
