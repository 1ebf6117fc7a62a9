"""Small secrets at rest: one call seals, one call opens; bound to the place they belong to.

Sealed form (docs/archive-format.md, "Sealed objects"): ``KS1\\n`` ‖ 12 random bytes nonce ‖ ChaCha20-Poly1305
ciphertext and tag (RFC 8439), associated data ``kendali/1/seal`` ‖ 0x00 ‖ aad. A random 96-bit nonce allows some
2^32 seals under one key; every key here seals a handful.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kendali.archive.errors import SealError

MAGIC = b"KS1\n"
NONCE = 12
TAG = 16
KEY = 32
OVERHEAD = len(MAGIC) + NONCE + TAG  # bytes that a sealed form is longer than its content


def _aad(aad: bytes) -> bytes:
    return b"kendali/1/seal\x00" + aad


def seal_bytes(key: bytes, aad: bytes, data: bytes | bytearray | memoryview) -> bytes:
    """`key` 32 bytes; `aad` names what this is and where it belongs (it opens nowhere else)."""
    if len(key) != KEY:
        raise SealError("key_length", length=len(key))
    nonce = os.urandom(NONCE)
    return MAGIC + nonce + ChaCha20Poly1305(key).encrypt(nonce, data, _aad(aad))


def open_bytes(key: bytes, aad: bytes, sealed: bytes | bytearray | memoryview) -> bytes:
    """The content, or SealError: never a part of it."""
    if len(key) != KEY:
        raise SealError("key_length", length=len(key))
    view = memoryview(sealed)
    if len(view) < OVERHEAD or bytes(view[: len(MAGIC)]) != MAGIC:
        raise SealError("not_sealed", length=len(view))
    nonce, body = bytes(view[len(MAGIC) : len(MAGIC) + NONCE]), view[len(MAGIC) + NONCE :]
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, body, _aad(aad))
    except InvalidTag as error:
        raise SealError("does_not_open") from error
