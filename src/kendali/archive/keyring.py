"""The keys of one package: an array of 32-byte unit keys indexed by slot, sealed under the package key.

A slot belongs to one sealed unit (a recording, a table, an attachment; slot 0: the package's own list of records) and
is never reused. A slot of 32 zero bytes has no key: destroyed. From a unit key come, by HKDF-SHA-256 (no salt,
32 bytes): the age identity (info ``kendali/1/age``) and the digest salt (``kendali/1/digest``). The salt of a
conversation comes from the key of slot 0 and its source id: info ``kendali/1/digest`` ‖ 0x00 ‖ id.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable

from kendali.archive.age import Identity
from kendali.archive.errors import PackageError
from kendali.archive.sealing import open_bytes, seal_bytes

KEY = 32
MAGIC = b"kendali keyring 1\n"
RECORDS_SLOT = 0
_NONE = bytes(KEY)


def derive(key: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) without salt, 32 bytes."""
    return _expand(_extract(key), info)


def _extract(key: bytes) -> bytes:
    return hmac.digest(bytes(32), key, "sha256")


def _expand(pseudorandom: bytes, info: bytes) -> bytes:
    """One block is enough for 32 bytes."""
    return hmac.digest(pseudorandom, info + b"\x01", "sha256")


def identity_of(unit_key: bytes) -> Identity:
    return Identity(derive(unit_key, b"kendali/1/age"))


def unit_salt(unit_key: bytes) -> bytes:
    return derive(unit_key, b"kendali/1/digest")


def keyed_digest(salt: bytes, fingerprint: bytes) -> bytes:
    """HMAC-SHA-256: all that is kept of a fingerprint outside sealed files."""
    return hmac.digest(salt, fingerprint, "sha256")


def aad(package_id: str, generation: int) -> bytes:
    """What a sealed keyring is bound to, and its name in the store after ``keyrings/``."""
    return f"kendali/1/keyring/{package_id}/{generation:06d}".encode()


class Keyring:
    """Never printed; `repr` shows counts only."""

    def __init__(self, keys: bytes | bytearray) -> None:
        if len(keys) % KEY:
            raise PackageError("keyring_length", length=len(keys))
        self._keys = bytes(keys)
        self._month: bytes | None = None  # of slot 0, half derived: all conversations share it

    @classmethod
    def generate(cls, slots: int) -> Keyring:
        return cls(os.urandom(slots * KEY))

    def __len__(self) -> int:
        return len(self._keys) // KEY

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyring) and hmac.compare_digest(self._keys, other._keys)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Keyring of {len(self)} slots>"

    def has(self, slot: int) -> bool:
        return 0 <= slot < len(self) and self._keys[slot * KEY : (slot + 1) * KEY] != _NONE

    def unit_key(self, slot: int) -> bytes:
        """PackageError ``no_key`` where the slot was destroyed or never was."""
        if not self.has(slot):
            raise PackageError("no_key", slot=slot)
        return self._keys[slot * KEY : (slot + 1) * KEY]

    def identity(self, slot: int) -> Identity:
        return identity_of(self.unit_key(slot))

    def salt(self, slot: int) -> bytes:
        return unit_salt(self.unit_key(slot))

    def conversation_salt(self, ref: str) -> bytes:
        if self._month is None:
            self._month = _extract(self.unit_key(RECORDS_SLOT))
        return _expand(self._month, b"kendali/1/digest\x00" + ref.encode("utf-8", "surrogatepass"))

    def grown(self, slots: int) -> Keyring:
        """The same keys and new random ones after them, `slots` in all."""
        if slots < len(self):
            raise PackageError("keyring_shrinks", slots=len(self), wanted=slots)
        return Keyring(self._keys + os.urandom((slots - len(self)) * KEY))

    def without(self, slots: Iterable[int]) -> Keyring:
        """A new keyring minus exactly these; every one of them must hold a key now."""
        keys = bytearray(self._keys)
        for slot in set(slots):
            self.unit_key(slot)
            keys[slot * KEY : (slot + 1) * KEY] = _NONE
        return Keyring(keys)

    def is_without(self, old: Keyring, slots: Iterable[int]) -> bool:
        """Byte for byte: this one is `old` minus exactly `slots`. Asked of a keyring read back from the store."""
        gone = set(slots)
        if len(self) != len(old) or not all(old.has(slot) for slot in gone):
            return False
        expected = bytearray(old._keys)
        for slot in gone:
            expected[slot * KEY : (slot + 1) * KEY] = _NONE
        return hmac.compare_digest(bytes(expected), self._keys)

    def seal(self, package_key: bytes, package_id: str, generation: int) -> bytes:
        return seal_bytes(package_key, aad(package_id, generation), MAGIC + self._keys)

    @classmethod
    def open(cls, sealed: bytes, package_key: bytes, package_id: str, generation: int) -> Keyring:
        """SealError: not this package key, package or generation, or changed. PackageError: not a keyring."""
        content = open_bytes(package_key, aad(package_id, generation), sealed)
        if not content.startswith(MAGIC):
            raise PackageError("not_a_keyring")
        return cls(content[len(MAGIC) :])
