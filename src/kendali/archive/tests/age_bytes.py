"""age files put together by hand, right and wrong, without the writer that is tested."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kendali.archive.age import Identity

IDENTITY = Identity(bytes(range(1, 33)))
FILE_KEY = b"YELLOW SUBMARINE"
NONCE = bytes(range(16))
EPHEMERAL = X25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
CHUNK = 65536


def b64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def wrapped(file_key: bytes = FILE_KEY, identity: Identity = IDENTITY) -> tuple[bytes, bytes]:
    """(share, body) of an X25519 stanza."""
    share = EPHEMERAL.public_key().public_bytes_raw()
    shared = EPHEMERAL.exchange(X25519PublicKey.from_public_bytes(identity.public))
    key = hkdf(shared, share + identity.public, b"age-encryption.org/v1/X25519")
    return share, ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)


def stanza(*words: bytes, body: bytes) -> bytes:
    text = b64(body)
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    if not lines or len(lines[-1]) == 64:
        lines.append(b"")
    return b"-> " + b" ".join(words) + b"\n" + b"".join(line + b"\n" for line in lines)


def x25519(file_key: bytes = FILE_KEY, identity: Identity = IDENTITY) -> bytes:
    share, body = wrapped(file_key, identity)
    return stanza(b"X25519", b64(share), body=body)


def mac_of(covered: bytes, file_key: bytes = FILE_KEY) -> bytes:
    return hmac.digest(hkdf(file_key, b"", b"header"), covered, hashlib.sha256)


def header(*stanzas: bytes, version: bytes = b"age-encryption.org/v1\n", mac: bytes | None = None) -> bytes:
    covered = version + b"".join(stanzas) + b"---"
    return covered + b" " + b64(mac_of(covered) if mac is None else mac) + b"\n"


def chunk(number: int, data: bytes, *, last: bool) -> bytes:
    key = ChaCha20Poly1305(hkdf(FILE_KEY, NONCE, b"payload"))
    return key.encrypt(number.to_bytes(11, "big") + bytes([last]), data, None)


def payload(*pieces: bytes, last: int = -1) -> bytes:
    """Chunks of these contents; the one at `last` is marked as the last, none when out of range."""
    mark = last % len(pieces) if -len(pieces) <= last < len(pieces) else None
    return NONCE + b"".join(chunk(n, piece, last=n == mark) for n, piece in enumerate(pieces))
