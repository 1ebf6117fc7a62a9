"""age v1 (age-encryption.org/v1, C2SP specification) for X25519 recipients: header, keys, and the streaming writer.

Ours because pyrage holds the GIL and cannot seek; everything cryptographic comes from `cryptography`.
A file counts only when its last chunk is there, and only `AgeWriter.finish` writes that: whatever else ends a
writer (exception, garbage collection, full disk) leaves a file that no age accepts. Reading: `age_read.py`.
"""

from __future__ import annotations

import hmac
import mmap
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kendali.archive import bech32
from kendali.archive.errors import AgeError

VERSION: Final = b"age-encryption.org/v1\n"
CHUNK: Final = 64 * 1024  # plaintext bytes per chunk
TAG: Final = 16
SEALED: Final = CHUNK + TAG
NONCE: Final = 16  # payload nonce between header and first chunk
FILE_KEY: Final = 16
HEADER_LIMIT: Final = 64 * 1024  # ours have 200 bytes; a header beyond this is refused, not read into memory
BATCH: Final = 16  # chunks a writer holds before it encrypts: 1 MiB
_INFO = b"age-encryption.org/v1/X25519"


def sealed_size(plain: int) -> int:
    """Bytes of an age file of one X25519 recipient, as written here, for `plain` bytes of content."""
    chunks = max(1, -(-plain // CHUNK))
    return HEADER_SIZE + NONCE + plain + chunks * TAG


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _b64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _unb64(text: bytes, what: str) -> bytes:
    """Canonical, unpadded standard base64, or AgeError."""
    try:
        data = b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise AgeError("base64", what=what) from error
    if _b64(data) != text:
        raise AgeError("base64", what=what)
    return data


class Recipient:
    """Who can open: an X25519 public key (32 bytes), as text ``age1…``."""

    def __init__(self, public: bytes) -> None:
        if len(public) != 32:
            raise AgeError("recipient_length", length=len(public))
        self.public = public
        self._key = X25519PublicKey.from_public_bytes(public)

    @classmethod
    def parse(cls, text: str) -> Recipient:
        return cls(bech32.decode("age", text))

    def __str__(self) -> str:
        return bech32.encode("age", self.public)

    def wrap(self, file_key: bytes) -> bytes:
        """The recipient stanza, two lines."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        key = _hkdf(_exchange(ephemeral, self._key), share + self.public, _INFO)
        body = ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)
        return b"-> X25519 " + _b64(share) + b"\n" + _b64(body) + b"\n"


class Identity:
    """The secret side: 32 bytes, as text ``AGE-SECRET-KEY-1…``. Its repr shows nothing."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise AgeError("identity_length", length=len(secret))
        self._secret = secret
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Identity:
        return cls(os.urandom(32))

    @classmethod
    def parse(cls, text: str) -> Identity:
        return cls(bech32.decode("age-secret-key-", text.strip()))

    def recipient(self) -> Recipient:
        return Recipient(self.public)

    def secret_text(self) -> str:
        """For the age command's ``-i`` file; never logged, never in a page."""
        return bech32.encode("age-secret-key-", self._secret).upper()

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, None when this stanza is for somebody else; AgeError when it is malformed."""
        if len(stanza.args) != 1:
            raise AgeError("stanza_arguments", count=len(stanza.args))
        share = _unb64(stanza.args[0], "share")
        if len(share) != 32:
            raise AgeError("share_length", length=len(share))
        if len(stanza.body) != FILE_KEY + TAG:
            raise AgeError("file_key_length", length=len(stanza.body) - TAG)
        shared = _exchange(self._key, X25519PublicKey.from_public_bytes(share))
        try:
            return ChaCha20Poly1305(_hkdf(shared, share + self.public, _INFO)).decrypt(bytes(12), stanza.body, None)
        except InvalidTag:
            return None


def _exchange(secret: X25519PrivateKey, public: X25519PublicKey) -> bytes:
    try:
        return secret.exchange(public)
    except ValueError as error:  # all-zero shared secret: a point of low order
        raise AgeError("low_order_point") from error


@dataclass(frozen=True, slots=True)
class Stanza:
    kind: bytes
    args: tuple[bytes, ...]
    body: bytes


def payload_key(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))


def header_mac(file_key: bytes, covered: bytes) -> bytes:
    """`covered` = the header up to and including ``---``."""
    return hmac.digest(_hkdf(file_key, b"", b"header"), covered, "sha256")


def new_header(recipient: Recipient, file_key: bytes) -> bytes:
    covered = VERSION + recipient.wrap(file_key) + b"---"
    return covered + b" " + _b64(header_mac(file_key, covered)) + b"\n"


HEADER_SIZE: Final = len(VERSION) + len(b"-> X25519 ") + 43 + 1 + 43 + 1 + len(b"--- ") + 43 + 1


def blank(size: int) -> memoryview:
    """Zeros that take no memory, and no time, before they are used: most tables of a month are small."""
    return memoryview(mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


class Buffers:
    """Working memory of one writer after another, about 2 MiB, reused within one thread."""

    def __init__(self) -> None:
        self.plain, self.sealed = blank(BATCH * CHUNK), blank(BATCH * SEALED)


def _nowhere(_: memoryview) -> None:
    raise AgeError("used_twice")


class AgeWriter:
    """Streams one age file into `out`. One object, one file.

    `out` gets memoryviews that are valid only during the call. Give content by `write`, or without a copy by reading
    into `space()` and calling `advance(n)`; then `finish(expected_size)`.
    """

    def __init__(
        self, recipient: Recipient, out: Callable[[memoryview], object], buffers: Buffers | None = None
    ) -> None:
        self._out = out
        self._buffers = buffers or Buffers()
        self._filled = 0  # bytes waiting in buffers.plain
        self._counter = 0
        self._open = True
        self.size = 0  # plaintext bytes taken
        file_key, nonce = os.urandom(FILE_KEY), os.urandom(NONCE)
        self._aead = payload_key(file_key, nonce)
        out(memoryview(new_header(recipient, file_key) + nonce))

    def space(self) -> memoryview:
        """At least one chunk of room to read into; tell by `advance` how much of it is content."""
        self._check()
        plain = self._buffers.plain
        if self._filled == len(plain):
            # The newest chunk stays: it may turn out to be the last one.
            self._flush(self._filled - CHUNK)
            plain[:CHUNK] = plain[len(plain) - CHUNK :]
            self._filled = CHUNK
        return plain[self._filled :]

    def advance(self, count: int) -> None:
        if count < 0 or self._filled + count > len(self._buffers.plain):
            raise ValueError("advance outside the space given")
        self._filled += count
        self.size += count

    def write(self, data: bytes | bytearray | memoryview) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            room = self.space()
            part = view[done : done + len(room)]
            room[: len(part)] = part
            self.advance(len(part))
            done += len(part)
        return done

    def finish(self, expected_size: int) -> None:
        """Write the last chunk. AgeError, and a file that opens nowhere, when the content is not of this size."""
        self._check()
        self._open = False
        if self.size != expected_size:
            raise AgeError("size", expected=expected_size, written=self.size)
        whole = max(0, -(-self._filled // CHUNK) - 1) * CHUNK
        self._flush(whole)
        last = self._buffers.plain[whole : self._filled]
        sealed = self._buffers.sealed[: len(last) + TAG]
        self._aead.encrypt_into(self._nonce(last=True), last, None, sealed)
        self._out(sealed)
        # Often a method of who holds this writer: without it both go at once, and the buffers with them.
        self._out = _nowhere

    def _check(self) -> None:
        if not self._open:
            raise AgeError("used_twice")

    def _nonce(self, *, last: bool) -> bytes:
        nonce = self._counter.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
        self._counter += 1
        return nonce

    def _flush(self, count: int) -> None:
        """Encrypt `count` bytes, whole chunks, none of them the last."""
        plain, sealed = self._buffers.plain, self._buffers.sealed
        at = 0
        try:
            for start in range(0, count, CHUNK):
                chunk, room = plain[start : start + CHUNK], sealed[at : at + SEALED]
                self._aead.encrypt_into(self._nonce(last=False), chunk, None, room)
                at += SEALED
            if at:
                self._out(sealed[:at])
        except BaseException:
            self._open = False  # nothing may continue a stream with a hole in it
            raise


def encrypt_bytes(recipient: Recipient, data: bytes) -> bytes:
    """A small age file."""
    sealed = bytearray()
    writer = AgeWriter(recipient, sealed.extend)
    writer.write(data)
    writer.finish(len(data))
    return bytes(sealed)
