"""Bech32 (BIP 173) as age uses it for its keys: no length limit, 32 bytes of data, one case throughout."""

from __future__ import annotations

from kendali.archive.errors import AgeError

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def encode(prefix: str, data: bytes) -> str:
    values, bits, count = [], 0, 0
    for byte in data:
        bits, count = bits << 8 | byte, count + 8
        while count >= 5:
            count -= 5
            values.append(bits >> count & 31)
    if count:
        values.append(bits << 5 - count & 31)
    check = _polymod(_expand(prefix) + values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_ALPHABET[v] for v in values)


def decode(prefix: str, text: str) -> bytes:
    """The data of a key with this prefix (lower case), or AgeError; the text itself never goes into the error."""
    if text not in (text.lower(), text.upper()) or not text.isascii():
        raise AgeError("key_text", prefix=prefix)
    found, _, rest = text.lower().rpartition("1")
    if found != prefix or len(rest) < 6 or any(c not in _ALPHABET for c in rest):
        raise AgeError("key_text", prefix=prefix)
    values = [_ALPHABET.index(c) for c in rest]
    if _polymod(_expand(prefix) + values) != 1:
        raise AgeError("key_text", prefix=prefix)
    data, bits, count = bytearray(), 0, 0
    for value in values[:-6]:
        bits, count = (bits << 5 | value) & 0xFFF, count + 5
        if count >= 8:
            count -= 8
            data.append(bits >> count & 0xFF)
    if count >= 5 or bits & ((1 << count) - 1):
        raise AgeError("key_text", prefix=prefix)
    return bytes(data)
