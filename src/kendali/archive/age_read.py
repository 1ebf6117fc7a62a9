"""Reading age v1 files: the strict header grammar, a streaming reader, and a seeking one."""

from __future__ import annotations

import hmac
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kendali.archive.age import (
    BATCH,
    CHUNK,
    FILE_KEY,
    HEADER_LIMIT,
    NONCE,
    SEALED,
    TAG,
    VERSION,
    Identity,
    Stanza,
    _unb64,
    blank,
    header_mac,
    payload_key,
)
from kendali.archive.errors import AgeError
from kendali.seekable import Seekable

_ARGUMENT: Final = re.compile(rb"[\x21-\x7e]+")
_COLUMNS: Final = 64
_MAC_LINE: Final = re.compile(rb"--- ([^\n ]*)")


class _MoreNeededError(Exception):
    """The header goes on beyond the bytes at hand."""


@dataclass(frozen=True, slots=True)
class Header:
    stanzas: tuple[Stanza, ...]
    covered: bytes  # what the MAC covers: up to and including ``---``
    mac: bytes
    length: int  # bytes, with the final newline


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\n", at)
    if end < 0:
        raise _MoreNeededError
    return data[at:end], end + 1


def _body(data: bytes, at: int) -> tuple[bytes, int]:
    """Lines of exactly 64 columns, ended by a shorter one (possibly empty)."""
    text = b""
    while True:
        line, at = _line(data, at)
        if len(line) > _COLUMNS or line.startswith(b"-"):
            raise AgeError("stanza_body")
        _unb64(line, "stanza_body")
        text += line
        if len(line) < _COLUMNS:
            return _unb64(text, "stanza_body"), at


def parse_header(data: bytes) -> Header:
    """The header at the start of `data`. AgeError: not age, another version, armour, or against the grammar."""
    if not data.startswith(VERSION):
        if data.startswith(b"-----BEGIN"):
            raise AgeError("armour")
        if VERSION.startswith(data[: len(VERSION)]):
            raise _MoreNeededError
        raise AgeError("not_age" if not data.startswith(b"age-encryption.org/") else "version")
    at = len(VERSION)
    stanzas: list[Stanza] = []
    while True:
        start = at
        line, at = _line(data, at)
        if line.startswith(b"---"):
            match = _MAC_LINE.fullmatch(line)
            if not match or not stanzas:
                raise AgeError("header")
            mac = _unb64(match[1], "mac")
            if len(mac) != 32:
                raise AgeError("mac_length", length=len(mac))
            return Header(tuple(stanzas), data[: start + 3], mac, at)
        words = line.split(b" ")
        if words[0] != b"->" or len(words) < 2 or not all(_ARGUMENT.fullmatch(w) for w in words[1:]):
            raise AgeError("stanza")
        body, at = _body(data, at)
        stanzas.append(Stanza(words[1], tuple(words[2:]), body))


def _file_key(header: Header, identity: Identity) -> bytes:
    kinds = [stanza.kind for stanza in header.stanzas]
    if b"scrypt" in kinds:
        raise AgeError("other_recipient", kind="scrypt")
    found = None
    for stanza in header.stanzas:
        if stanza.kind == b"X25519" and found is None:
            found = identity.unwrap(stanza)
    if found is None:
        raise AgeError("no_match" if b"X25519" in kinds else "other_recipient")
    if len(found) != FILE_KEY:
        raise AgeError("file_key_length", length=len(found))
    if not hmac.compare_digest(header_mac(found, header.covered), header.mac):
        raise AgeError("header_mac")
    return found


def _open(start: bytes, identity: Identity, *, complete: bool) -> tuple[ChaCha20Poly1305, int] | None:
    """(payload cipher, offset of the first chunk); None when `start` is too short and not `complete`."""
    try:
        header = parse_header(start)
    except _MoreNeededError:
        if complete or len(start) >= HEADER_LIMIT:
            raise AgeError("header_truncated") from None
        return None
    nonce = start[header.length : header.length + NONCE]
    file_key = _file_key(header, identity)
    if len(nonce) < NONCE:
        if complete:
            raise AgeError("nonce_truncated")
        return None
    return payload_key(file_key, nonce), header.length + NONCE


def _decrypt(
    aead: ChaCha20Poly1305, index: int, chunk: memoryview | bytes, room: memoryview | bytearray, *, last: bool
) -> None:
    try:
        aead.decrypt_into(index.to_bytes(11, "big") + (b"\x01" if last else b"\x00"), chunk, None, room)
    except InvalidTag as error:
        raise AgeError("chunk", index=index) from error


class Source(Protocol):
    def readinto(self, buffer: memoryview, /) -> int | None: ...


class ReadBuffers:
    """Working memory of one reader after another, about 2 MiB, reused within one thread."""

    def __init__(self) -> None:
        self.sealed, self.plain = blank((BATCH + 1) * SEALED), blank((BATCH + 1) * CHUNK)


def read_age(source: Source, identity: Identity, buffers: ReadBuffers | None = None) -> Iterator[memoryview]:
    """The content, in order, in views valid until the next one. Believe nothing before the end: AgeError comes when
    the damage is reached. `source` is read to its end; whatever follows the last chunk is an error."""
    buffers = buffers or ReadBuffers()
    sealed = buffers.sealed
    filled, ended = _fill(source, sealed, 0)
    opened = _open(bytes(sealed[: min(filled, HEADER_LIMIT)]), identity, complete=ended)
    if opened is None:
        raise AgeError("header_truncated")
    aead, at = opened
    index = 0
    while True:
        # One byte more than so many chunks is at hand, so none of them is the last.
        sure = max(0, (filled - at - 1) // SEALED)
        if sure:
            yield _batch(aead, index, sealed[at : at + sure * SEALED], buffers.plain)
            index, at = index + sure, at + sure * SEALED
        if ended:
            break
        rest = filled - at
        sealed[:rest] = bytes(sealed[at:filled])
        filled, ended = _fill(source, sealed, rest)
        at = 0
    yield _last(aead, index, sealed[at:filled], buffers.plain)


def decrypt_bytes(identity: Identity, data: bytes) -> bytes:
    """The content of a small age file, whole or not at all."""
    return b"".join(bytes(part) for part in read_age(io.BytesIO(data), identity))


def _fill(source: Source, room: memoryview, filled: int) -> tuple[int, bool]:
    while filled < len(room):
        count = source.readinto(room[filled:])
        if not count:
            return filled, True
        filled += count
    return filled, False


def _batch(aead: ChaCha20Poly1305, index: int, sealed: memoryview, plain: memoryview) -> memoryview:
    count = len(sealed) // SEALED
    for i in range(count):
        chunk, room = sealed[i * SEALED : (i + 1) * SEALED], plain[i * CHUNK : (i + 1) * CHUNK]
        _decrypt(aead, index + i, chunk, room, last=False)
    return plain[: count * CHUNK]


def _last(aead: ChaCha20Poly1305, index: int, sealed: memoryview | bytes, plain: memoryview) -> memoryview:
    size = len(sealed) - TAG
    if size < 0:
        raise AgeError("truncated", index=index)
    if size == 0 and index > 0:
        raise AgeError("empty_last_chunk", index=index)
    _decrypt(aead, index, sealed, plain[:size], last=True)
    return plain[:size]


class SeekingReader(Seekable):
    """The content as a seekable file; only the chunks that are asked for are fetched and opened.

    `read_at(offset, length)` returns exactly `length` bytes of the sealed file, `size` is its length. The last
    chunk is authenticated on opening, otherwise a cut at a chunk boundary would go unnoticed.
    """

    def __init__(self, read_at: Callable[[int, int], bytes], size: int, identity: Identity, *, ahead: int = 4) -> None:
        super().__init__()
        self._read_at = read_at
        self._ahead = max(1, ahead)  # chunks per fetch
        start = read_at(0, min(size, 1024))
        opened = _open(start, identity, complete=size <= 1024)
        if opened is None:
            start = read_at(0, min(size, HEADER_LIMIT))
            opened = _open(start, identity, complete=True)
            if opened is None:  # complete=True never answers None
                raise AgeError("header_truncated")
        self._aead, self._payload = opened
        payload = size - self._payload
        self._chunks = max(1, -(-payload // SEALED))
        self.size = payload - self._chunks * TAG  # content bytes
        self._cache: tuple[int, bytearray] = (0, bytearray())  # (first chunk, content)
        self._load(self._chunks - 1, payload)

    def _load(self, first: int, payload: int | None = None) -> None:
        end = min(first + self._ahead, self._chunks)
        length = min(end * SEALED, payload or self.size + self._chunks * TAG) - first * SEALED
        sealed = memoryview(self._read_at(self._payload + first * SEALED, length))
        if len(sealed) != length:
            raise AgeError("truncated", index=first)
        plain = memoryview(bytearray(max(1, (end - first) * CHUNK)))
        whole = (end - first) - (end == self._chunks)
        filled = len(_batch(self._aead, first, sealed[: whole * SEALED], plain))
        if end == self._chunks:
            filled += len(_last(self._aead, end - 1, sealed[whole * SEALED :], plain[whole * CHUNK :]))
        self._cache = (first, bytearray(plain[:filled]))

    def readinto(self, buffer: object, /) -> int:
        room = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done = 0
        while done < len(room) and self._position < self.size:
            first, content = self._cache
            offset = self._position - first * CHUNK
            if not 0 <= offset < len(content):
                self._load(self._position // CHUNK)
                continue
            part = memoryview(content)[offset : offset + len(room) - done]
            room[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done
