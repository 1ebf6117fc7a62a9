"""The epoch master: 32 random bytes that wrap every package key, and live only in slots (slots.py).

Three keys are derived from it by HKDF-SHA-256 (RFC 5869), no salt, one info text each: ``kendali/1/epoch/wrap`` wraps
package keys, ``kendali/1/epoch/check`` makes the fingerprint, ``kendali/1/epoch/vault`` authenticates exported vaults.
A wrapped key is a sealed object (sealing.py) whose associated data names the one package, generation and epoch it
belongs to: moved to another row it does not open.
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kendali.archive.errors import ArchiveError
from kendali.archive.sealing import open_bytes, seal_bytes

MASTER = 32
PACKAGE_KEY = 32
TEXT = re.compile(
    r"kendali-epoch-master/1\nepoch (?P<number>[1-9]\d{0,9})\nfingerprint (?P<print>[0-9a-f]{32})\n"
    r"master (?P<secret>[0-9a-f]{64})\n"
)


class EpochError(ArchiveError):
    """A master that is not the one it should be, or a text that is no master."""


@dataclass(frozen=True, slots=True, repr=False)
class Master:
    """One epoch's master. `number` counts from 1 and is never used twice."""

    number: int
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != MASTER or self.number < 1:
            raise EpochError("master_malformed")

    def __repr__(self) -> str:  # a master must not reach a log by accident
        return f"Master({self.number}, …)"

    @property
    def fingerprint(self) -> str:
        """32 hex digits that tell this master from any other and say nothing about it."""
        key = _derive(self.secret, b"kendali/1/epoch/check")
        return hmac.digest(key, self.number.to_bytes(4), "sha256").hex()[:32]

    def wrap(self, key: bytes, *, package: UUID, generation: int) -> bytes:
        return seal_bytes(_derive(self.secret, b"kendali/1/epoch/wrap"), _place(package, generation, self.number), key)

    def unwrap(self, wrapped: bytes, *, package: UUID, generation: int) -> bytes:
        """32 bytes, or SealError when wrapped by another master or for another place."""
        return open_bytes(
            _derive(self.secret, b"kendali/1/epoch/wrap"), _place(package, generation, self.number), wrapped
        )

    def authenticate(self, body: bytes) -> str:
        """HMAC-SHA-256 as hex: what an exported vault and a tombstone end with."""
        return hmac.new(_derive(self.secret, b"kendali/1/epoch/vault"), body, sha256).hexdigest()

    def to_text(self) -> bytes:
        """What a slot holds: four lines, the secret in hex, so that a person sees what file this is."""
        return (
            f"kendali-epoch-master/1\nepoch {self.number}\nfingerprint {self.fingerprint}\nmaster {self.secret.hex()}\n"
        ).encode()

    @classmethod
    def from_text(cls, text: bytes) -> Master:
        try:
            found = TEXT.fullmatch(text.decode("ascii"))
        except UnicodeDecodeError:
            found = None
        if found is None:
            raise EpochError("master_malformed")
        master = cls(int(found["number"]), bytes.fromhex(found["secret"]))
        if master.fingerprint != found["print"]:
            raise EpochError("master_damaged", epoch=master.number)
        return master


def new_master(number: int) -> Master:
    return Master(number, os.urandom(MASTER))


def new_package_key() -> bytes:
    return os.urandom(PACKAGE_KEY)


def _derive(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def _place(package: UUID, generation: int, epoch: int) -> bytes:
    return b"kendali/1/package-key\x00" + package.bytes + generation.to_bytes(4) + epoch.to_bytes(4)
