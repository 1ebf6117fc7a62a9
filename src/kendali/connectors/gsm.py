"""GSM 06.10 full rate, decoded: browsers do not play it, and Asterisk's wav49 (.WAV) and .gsm files are made of it.

After ETSI EN 300 961 (fixed point, bit for bit). A frame is 260 bits and 160 samples at 8 kHz. In WAV two frames share
a block of 65 bytes, lowest bit first (Microsoft); a .gsm file has frames of 33 bytes, highest bit first, begun by 0xD.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from kendali.seekable import Seekable

SAMPLES = 160  # per frame
RATE = 8_000
MICROSOFT, RAW = 65, 33  # bytes of a block
FRAMES = {MICROSOFT: 2, RAW: 1}  # per block

_LAR_BITS = (6, 6, 5, 5, 4, 4, 3, 3)
_SUB_BITS = (7, 2, 2, 6, *[3] * 13)
_BITS = (*_LAR_BITS, *_SUB_BITS * 4)
_FAC = (18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767)
_QLB = (3277, 11469, 21299, 32767)
_LAR = (
    (0, -32, 13107),
    (0, -32, 13107),
    (2048, -16, 13107),
    (-2560, -16, 13107),
    (94, -8, 19223),
    (-1792, -8, 17476),
    (-341, -4, 31454),
    (-1144, -4, 29708),
)
_PARTS = ((0, 13), (13, 27), (27, 40), (40, 160))  # samples between which the filter is interpolated
XMAX = tuple(8 + 17 * n + 3 for n in range(4))  # where the loudness of each quarter stands among a frame's values


def _clip(value: int) -> int:
    return -32768 if value < -32768 else 32767 if value > 32767 else value


def frames(block: bytes) -> Iterator[list[int]]:
    """The 76 values of each frame of a block: 8 filter coefficients, then 17 of each quarter."""
    if len(block) == MICROSOFT:
        bits = int.from_bytes(block, "little")
        for _ in range(2):
            values = []
            for width in _BITS:
                values.append(bits & ((1 << width) - 1))
                bits >>= width
            yield values
    else:
        bits, left = int.from_bytes(block, "big"), 260
        values = []
        for width in _BITS:
            left -= width
            values.append(bits >> left & ((1 << width) - 1))
        yield values


class Decoder:
    """Frames in order; what one frame leaves behind shapes the next."""

    def __init__(self) -> None:
        self._history = [0] * 120
        self._lag = 40
        self._lar = [0] * 8
        self._lattice = [0] * 9
        self._last = 0

    def decode(self, values: Sequence[int]) -> list[int]:
        """160 samples of 16 bits."""
        residual: list[int] = []
        for start in range(8, 76, 17):
            residual += self._long_term(values[start : start + 17])
        return self._emphasised(self._short_term(values[:8], residual))

    def _long_term(self, quarter: Sequence[int]) -> list[int]:
        lag, gain, grid, loudest, *pulses = quarter
        if 40 <= lag <= 120:
            self._lag = lag
        factor, history = _QLB[gain], self._history
        first = 120 - self._lag
        made = [(factor * value + 16384) >> 15 for value in history[first : first + 40]]
        for place, pulse in zip(range(grid, 40, 3), _pulses(loudest, pulses), strict=False):
            made[place] = _clip(made[place] + pulse)
        self._history = history[40:] + made
        return made

    def _short_term(self, coded: Sequence[int], residual: Sequence[int]) -> list[int]:
        before, self._lar = self._lar, [_lar(value, *table) for value, table in zip(coded, _LAR, strict=True)]
        now, out = self._lar, []
        for part, (first, last) in enumerate(_PARTS):
            if part == 0:
                mixed = [(old >> 2) + (new >> 2) + (old >> 1) for old, new in zip(before, now, strict=True)]
            elif part == 1:
                mixed = [(old >> 1) + (new >> 1) for old, new in zip(before, now, strict=True)]
            elif part == 2:
                mixed = [(old >> 2) + (new >> 2) + (new >> 1) for old, new in zip(before, now, strict=True)]
            else:
                mixed = now
            out += _filtered(self._lattice, [_reflection(_clip(value)) for value in mixed], residual[first:last])
        return out

    def _emphasised(self, samples: Sequence[int]) -> list[int]:
        last, out = self._last, []
        for sample in samples:
            last = _clip(sample + ((last * 28180 + 16384) >> 15))
            out.append(_clip(last + last) & ~7)
        self._last = last
        return out


def _pulses(loudest: int, pulses: Sequence[int]) -> list[int]:
    exponent = (loudest >> 3) - 1 if loudest > 15 else 0
    mantissa = loudest - (exponent << 3)
    if mantissa == 0:
        exponent, mantissa = -4, 7
    else:
        while mantissa <= 7:
            mantissa, exponent = mantissa << 1 | 1, exponent - 1
        mantissa -= 8
    factor, shift = _FAC[mantissa], 6 - exponent
    half = 1 << (shift - 1) if shift else 0
    return [_clip(((factor * (((pulse << 1) - 7) << 12) + 16384) >> 15) + half) >> shift for pulse in pulses]


def _lar(coded: int, offset: int, least: int, inverse: int) -> int:
    value = _clip(((coded + least) << 10) - (offset << 1))
    value = (inverse * value + 16384) >> 15
    return _clip(value + value)


def _reflection(lar: int) -> int:
    size = min(abs(lar), 32767)
    if size < 11059:
        size <<= 1
    elif size < 20070:
        size += 11059
    else:
        size = min((size >> 2) + 26112, 32767)
    return -size if lar < 0 else size


def _filtered(lattice: list[int], reflections: Sequence[int], residual: Sequence[int]) -> list[int]:
    """The innermost loop, eight steps a sample: written out for speed, saturating as the standard does."""
    out = []
    steps = [(number, reflections[number]) for number in range(7, -1, -1)]
    for entering in residual:
        sample = entering
        for number, factor in steps:
            held = lattice[number]
            sample -= (factor * held + 16384) >> 15
            if not -32768 <= sample <= 32767:
                sample = _clip(sample)
            held += (factor * sample + 16384) >> 15
            lattice[number + 1] = held if -32768 <= held <= 32767 else _clip(held)
        lattice[0] = sample
        out.append(sample)
    return out


class AsWav(Seekable):
    """GSM blocks as a seekable WAV file of 16 bit PCM, decoded as it is read.

    Decoded in stretches that begin `WARM` blocks earlier, so that a place has the same bytes however it is reached.
    """

    STRETCH, WARM = 50, 16  # blocks
    HEADER = 44

    def __init__(self, file: BinaryIO, start: int, length: int, block: int) -> None:
        super().__init__()
        self._file, self._start, self._block = file, start, block
        self._blocks = length // block
        self._bytes = FRAMES[block] * SAMPLES * 2  # of a decoded block
        data = self._blocks * self._bytes
        form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
        self._head = (
            b"RIFF" + struct.pack("<I", 36 + data) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", data)
        )
        self.size = self.HEADER + data
        self._held: tuple[int, bytes] = (-1, b"")

    def readinto(self, buffer: object, /) -> int:
        room = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not len(room) or self._position >= self.size:
            return 0
        if self._position < self.HEADER:
            piece = self._head[self._position :]
        else:
            number, offset = divmod(self._position - self.HEADER, self.STRETCH * self._bytes)
            piece = self._stretch(number)[offset:]
        count = min(len(room), len(piece))
        room[:count] = piece[:count]
        self._position += count
        return count

    def _stretch(self, number: int) -> bytes:
        if self._held[0] != number:
            first = number * self.STRETCH
            before, last = max(0, first - self.WARM), min(first + self.STRETCH, self._blocks)
            self._file.seek(self._start + before * self._block)
            decoder, samples = Decoder(), array("h")
            for block in range(before, last):
                for values in frames(self._file.read(self._block)):
                    decoded = decoder.decode(values)
                    if block >= first:
                        samples.extend(decoded)
            self._held = (number, samples.tobytes())
        return self._held[1]


def loudness(file: BinaryIO, start: int, length: int, block: int, bars: int) -> list[float]:
    """0 … 1 for each of `bars` stretches, out of the frames' own gain; nothing is decoded."""
    blocks = length // block
    bars = min(bars, blocks)
    found = []
    for bar in range(bars):
        first, last = blocks * bar // bars, blocks * (bar + 1) // bars
        file.seek(start + first * block)
        some = file.read(min(last - first, 50) * block)
        loudest = max(
            values[place]
            for at in range(0, len(some) - block + 1, block)
            for values in frames(some[at : at + block])
            for place in XMAX
        )
        found.append(2 ** ((loudest - 63) / 8))
    return found
