"""A recording that can be played, for uploads."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 8000


def tone(path: Path, *, seconds: int) -> Path:
    """A beep of 440 Hz that swells and fades, 8 kHz, 16 bit, mono."""
    samples = (
        round(9000 * math.sin(2 * math.pi * 440 * n / RATE) * abs(math.sin(math.pi * n / RATE)))
        for n in range(RATE * seconds)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", one) for one in samples))
    return path
