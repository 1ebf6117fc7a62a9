"""Small real files as customers send them: PNG, JPEG, PDF, text; written with the standard library only."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from random import Random


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@lru_cache(maxsize=16)
def _png_parts(number: int) -> tuple[bytes, bytes]:
    """A drawing like a screenshot of a receipt: header and data chunks of variant `number`."""
    rnd = Random(number)  # noqa: S311
    width, height = (180, 240, 320)[number % 3], (240, 320, 400)[number % 3]
    paper = bytes([250, 250, 246]) * width
    rows = []
    for y in range(height):
        row = bytearray(paper)
        if y < 36:
            row = bytearray(bytes([rnd.randrange(20, 40), 90, 150 + y]) * width)
        elif y % 18 < 6 and y < height - 40:
            end = 12 + (width - 24) * ((y // 18 * 37 + number * 11) % 80 + 20) // 100
            row[36 : end * 3] = bytes([70 + y % 3, 72, 80]) * (end - 12)
        rows.append(b"\0" + bytes(row))
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head, _chunk(b"IDAT", zlib.compress(b"".join(rows), 6)) + _chunk(b"IEND", b"")


def png(number: int, comment: str) -> bytes:
    """Width × height of variant `number` % 3: 180×240, 240×320, 320×400; unique by its comment (latin-1)."""
    head, tail = _png_parts(number % 12)
    return head + _chunk(b"tEXt", b"Comment\0" + comment.encode("latin-1", "replace")) + tail


# JPEG (ITU-T T.81), baseline, grey, one coefficient per block: a mosaic, yet a real picture.
_DC_BITS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_DC_CODES = ((0, 2), (2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (14, 4), (30, 5), (62, 6), (126, 7), (254, 8), (510, 9))
_AC_TABLE = bytes([1] + [0] * 15) + b"\0"  # end of block is the only symbol, one bit: 0


@lru_cache(maxsize=16)
def _jpeg_parts(number: int) -> tuple[bytes, bytes]:
    rnd = Random(number)  # noqa: S311
    columns, rows = 40 + number % 8, 30
    bits, length, previous = 0, 0, 0
    for y in range(rows):
        for x in range(columns):
            value = int(400 * ((x - columns / 2) ** 2 + (y - rows / 2) ** 2) ** 0.5 / 25) - 200 + rnd.randrange(40)
            step, previous = value - previous, value
            size = abs(step).bit_length()
            code, code_bits = _DC_CODES[size]
            bits = (bits << code_bits) | code
            bits = (bits << size) | (step if step > 0 else step + (1 << size) - 1)
            bits = bits << 1  # end of block
            length += code_bits + size + 1
    pad = -length % 8
    scan = ((bits << pad) | ((1 << pad) - 1)).to_bytes((length + pad) // 8, "big").replace(b"\xff", b"\xff\0")

    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), (
        segment(0xDB, b"\0" + bytes([4]) * 64)
        + segment(0xC0, struct.pack(">BHHBBBB", 8, rows * 8, columns * 8, 1, 1, 0x11, 0))
        + segment(0xC4, b"\0" + _DC_BITS + bytes(range(12)))
        + segment(0xC4, b"\x10" + _AC_TABLE)
        + segment(0xDA, bytes([1, 1, 0, 0, 63, 0]))
        + scan
        + b"\xff\xd9"
    )


def jpeg(number: int, comment: str) -> bytes:
    head, tail = _jpeg_parts(number % 12)
    body = comment.encode("utf-8")
    return head + struct.pack(">BBH", 0xFF, 0xFE, len(body) + 2) + body + tail


def pdf(lines: list[str]) -> bytes:
    """One A4 page with these lines in Helvetica (latin-1 only); PDF 1.4 with a right cross-reference table."""
    shown = [
        line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        for line in lines
    ]
    text = b"BT /F1 11 Tf 60 780 Td 16 TL " + b" ".join(b"(" + line + b") Tj T*" for line in shown) + b" ET"
    stream = zlib.compress(text)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    )
