"""Telephone audio that really plays: two voices in turns, 8 kHz mono, as a switch records them.

Speech is synthesised once (a pulse train through three formant resonators per vowel), kept as G.711 A-law, cut into
pieces and spliced anew for every recording, with noise in the lowest bits, so that no two files share bytes and none
compresses much better than real calls do. `speech.gsm` holds 20 s of the same voices as Microsoft GSM 06.10 blocks
(65 bytes = 320 samples), made once with `ffmpeg -i speech.wav -c:a gsm_ms speech.WAV` and stripped of its header, so
that no encoder is needed."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from random import Random

RATE = 8_000
POOL_SECONDS = 24
PIECE = 1_600  # samples, 0.2 s: shorter than any deduplicating backup can reuse
GSM_BLOCK, GSM_SAMPLES = 65, 320
MP3_FRAME, MP3_SAMPLES = 144, 576  # 16 kbit/s at 8 kHz
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))  # Hz: a i u e o


def _vowel(rnd: Random, pitch: float, length: int, formants: tuple[int, int, int]) -> list[float]:
    """One syllable: a pulse train shaped by three two-pole resonators, faded in and out."""
    poles = [(2 * 0.97 * math.cos(2 * math.pi * f / RATE), 0.97 * 0.97) for f in formants]
    (a1, b1), (a2, b2), (a3, b3) = poles
    p1 = q1 = p2 = q2 = p3 = q3 = phase = 0.0
    step, out = pitch / RATE, []
    for n in range(length):
        phase += step * (1 + 0.08 * math.sin(n / 900))
        pulse = 1.0 if phase >= 1 else 0.0
        if phase >= 1:
            phase -= 1
        p1, q1 = pulse + a1 * p1 - b1 * q1, p1
        p2, q2 = pulse + a2 * p2 - b2 * q2, p2
        p3, q3 = pulse + a3 * p3 - b3 * q3, p3
        fade = min(1.0, n / 200, (length - n) / 300)
        out.append((p1 + 0.6 * p2 + 0.3 * p3) * fade)
    return out


def speech(seconds: int, seed: int) -> list[int]:
    """Signed 16-bit samples: a caller (about 115 Hz) and an agent (about 205 Hz) in turns, pauses between."""
    rnd = Random(seed)  # noqa: S311
    out: list[int] = []
    voice = 0
    while len(out) < seconds * RATE:
        pitch = (115, 205)[voice] * rnd.uniform(0.92, 1.1)
        for _ in range(rnd.randrange(4, 12)):
            syllable = _vowel(rnd, pitch * rnd.uniform(0.9, 1.12), rnd.randrange(700, 1_700), rnd.choice(VOWELS))
            loud = rnd.uniform(1_300, 2_300)
            out += [max(-32_000, min(32_000, int(value * loud))) for value in syllable]
            out += [rnd.randrange(-180, 180) for _ in range(rnd.randrange(150, 500))]
        out += [rnd.randrange(-24, 24) for _ in range(rnd.randrange(1_500, 5_000))]
        voice = 1 - voice
    return out[: seconds * RATE]


def alaw_to_linear(code: int) -> int:
    """ITU-T G.711 table 1a."""
    code ^= 0x55
    step, segment = (code & 0x0F) << 4, (code & 0x70) >> 4
    value = step + 8 if segment == 0 else (step + 0x108) << (segment - 1)
    return value if code & 0x80 else -value


@lru_cache(maxsize=1)
def _linear_to_alaw() -> bytes:
    """13-bit sample (index: sample >> 3, offset 4096) → A-law: the nearest of the 256 values."""
    ordered = sorted((alaw_to_linear(code), code) for code in range(256))
    table, place = bytearray(8_192), 0
    for index in range(8_192):
        sample = (index - 4_096) * 8 + 4
        while place < 255 and abs(ordered[place + 1][0] - sample) <= abs(ordered[place][0] - sample):
            place += 1
        table[index] = ordered[place][1]
    return bytes(table)


@lru_cache(maxsize=1)
def _pool() -> bytes:
    table = _linear_to_alaw()
    return bytes([table[(sample >> 3) + 4_096] for sample in speech(POOL_SECONDS, 1)])


_LOW = bytes([alaw_to_linear(code) & 0xFF for code in range(256)])
_HIGH = bytes([alaw_to_linear(code) >> 8 & 0xFF for code in range(256)])


def _splice(rnd: Random, source: bytes, unit: int, units: int, piece: int) -> bytes:
    """`units` × `unit` bytes cut from `source` in pieces of `piece` units at random places."""
    last = len(source) // unit - piece
    parts = []
    for _ in range(-(-units // piece)):
        start = int(rnd.random() * last) * unit
        parts.append(source[start : start + piece * unit])
    return b"".join(parts)[: units * unit]


def alaw(rnd: Random, seconds: float) -> bytes:
    """Raw A-law, one byte per sample."""
    length = int(seconds * RATE)
    clip = _splice(rnd, _pool(), 1, length, PIECE)
    noise = rnd.getrandbits(length * 8) & int.from_bytes(b"\x03\x01" * (length // 2) + b"\x03" * (length % 2), "little")
    return (int.from_bytes(clip, "little") ^ noise).to_bytes(length, "little")


def _riff(form: bytes, data: bytes, extra: bytes = b"") -> bytes:
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + extra + b"data" + struct.pack("<I", len(data))
    pad = b"\0" if len(data) % 2 else b""
    return b"RIFF" + struct.pack("<I", len(body) + len(data) + len(pad)) + body + data + pad


def wav(rnd: Random, seconds: float) -> bytes:
    """PCM 16 bit as Asterisk's `wav` format writes it from a G.711 line: only 256 different sample values."""
    clip = alaw(rnd, seconds)
    data = bytearray(len(clip) * 2)
    data[0::2] = clip.translate(_LOW)
    data[1::2] = clip.translate(_HIGH)
    return _riff(struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16), bytes(data))


def wav_alaw(rnd: Random, seconds: float) -> bytes:
    """G.711 A-law in a WAV file."""
    clip = alaw(rnd, seconds)
    return _riff(struct.pack("<HHIIHHH", 6, 1, RATE, RATE, 1, 8, 0), clip, b"fact" + struct.pack("<II", 4, len(clip)))


@lru_cache(maxsize=1)
def _gsm_pool() -> bytes:
    return files(__package__).joinpath("speech.gsm").read_bytes()


def wav49(rnd: Random, seconds: float) -> bytes:
    """Microsoft GSM 06.10 in a WAV file (`.WAV`), as Asterisk's `wav49` format writes it."""
    blocks = max(1, int(seconds * RATE / GSM_SAMPLES))
    data = _splice(rnd, _gsm_pool(), GSM_BLOCK, blocks, 10)
    form = struct.pack("<HHIIHHHH", 0x31, 1, RATE, 1_625, GSM_BLOCK, 0, 2, GSM_SAMPLES)
    return _riff(form, data, b"fact" + struct.pack("<II", 4, blocks * GSM_SAMPLES))


def encoder() -> str | None:
    """ffmpeg where it is at hand: mp3 and opus are made only then."""
    return shutil.which("ffmpeg")


def _ffmpeg(content: bytes, *arguments: str) -> bytes:
    command = [
        encoder() or "ffmpeg",
        "-v",
        "error",
        "-f",
        "wav",
        "-i",
        "-",
        "-fflags",
        "+bitexact",
        "-flags:a",
        "+bitexact",
    ]
    return subprocess.run([*command, *arguments, "-"], input=content, capture_output=True, check=True).stdout


@lru_cache(maxsize=1)
def _mp3_pool() -> bytes:
    """Frames that stand alone (no bit reservoir), so that they can be spliced."""
    form = struct.pack("<HHIIHHH", 6, 1, RATE, RATE, 1, 8, 0)
    options = "-c:a libmp3lame -b:a 16k -ar 8000 -ac 1 -reservoir 0 -write_xing 0 -id3v2_version 0 -f mp3"
    return _ffmpeg(_riff(form, _pool()), *options.split())


def mp3(rnd: Random, seconds: float) -> bytes:
    """MPEG 2.5 layer III, 16 kbit/s, constant."""
    return _splice(rnd, _mp3_pool(), MP3_FRAME, max(1, int(seconds * RATE / MP3_SAMPLES)), 3)


def opus(rnd: Random, seconds: float) -> bytes:
    """Ogg Opus, one encoder run per file."""
    return _ffmpeg(wav(rnd, seconds), *"-c:a libopus -b:a 14k -application voip -f ogg".split())


MAKERS: dict[str, tuple[str, Callable[[Random, float], bytes]]] = {
    "wav": ("wav", wav),
    "alaw": ("wav", wav_alaw),
    "wav49": ("WAV", wav49),
    "mp3": ("mp3", mp3),
    "opus": ("opus", opus),
}
