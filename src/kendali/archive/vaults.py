"""The vault as a file in the store: every wrapped package key, so that losing the database loses no package.

``vault/vault-NNNNNN`` is UTF-8 text, one JSON object a line (sorted keys, no spaces): a header, one line per key,
one line per destroyed key, and last ``{"hmac": …}``, HMAC-SHA-256 under the epoch master over all bytes before it.
The keys in it are encrypted by being wrapped; nothing else in it is secret.
``vault/tombstone-PACKAGE-GENERATION`` says, authenticated alike, that a key was destroyed after the last export; it is
replayed on recovery, so that an older vault never brings a destroyed key back.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError

FORMAT = "kendali-vault/1"
TOMBSTONE = "kendali-tombstone/1"


class VaultError(ArchiveError):
    """Not a vault, changed, or of another epoch."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    package: UUID
    generation: int
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    package: UUID
    generation: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Vault:
    number: int
    epoch: int
    recipient: str  # the public half of the recovery identity, age1…
    at: datetime
    keys: tuple[WrappedKey, ...]
    destroyed: tuple[DestroyedKey, ...]


def vault_name(number: int) -> str:
    return f"vault/vault-{number:06d}"


def tombstone_name(package: UUID, generation: int) -> str:
    return f"vault/tombstone-{package}-{generation:06d}"


def vault_number(name: str) -> int | None:
    stem = name.rpartition("/")[2]
    digits = stem.removeprefix("vault-")
    return int(digits) if stem.startswith("vault-") and digits.isdigit() else None


def to_bytes(vault: Vault, master: Master) -> bytes:
    if master.number != vault.epoch:
        raise VaultError("vault_epoch", number=vault.number, epoch=vault.epoch)
    lines: Iterable[dict[str, object]] = [
        {
            "format": FORMAT,
            "number": vault.number,
            "epoch": vault.epoch,
            "fingerprint": master.fingerprint,
            "recipient": vault.recipient,
            "at": vault.at.isoformat(),
            "keys": len(vault.keys),
            "destroyed": len(vault.destroyed),
        },
        *(
            {"package": str(k.package), "generation": k.generation, "wrapped": b64encode(k.wrapped).decode()}
            for k in vault.keys
        ),
        *(
            {"package": str(d.package), "generation": d.generation, "destroyed": d.at.isoformat()}
            for d in vault.destroyed
        ),
    ]
    return _signed(b"".join(map(_line, lines)), master)


def epoch_of(data: bytes) -> int:
    """The epoch a vault claims, before it is authenticated: enough to choose the master that checks it."""
    try:
        header = json.loads(data.split(b"\n", 1)[0])
        if header["format"] != FORMAT:
            raise ValueError(header["format"])
        return int(header["epoch"])
    except (ValueError, KeyError, TypeError) as error:
        raise VaultError("vault_malformed") from error


def from_bytes(data: bytes, master: Master) -> Vault:
    """Authenticated, then read; VaultError otherwise. Opens no key."""
    lines = _checked(data, master)
    try:
        header, rest = lines[0], lines[1:]
        if header["format"] != FORMAT or len(rest) != header["keys"] + header["destroyed"]:
            raise VaultError("vault_malformed")
        return Vault(
            number=header["number"],
            epoch=header["epoch"],
            recipient=header["recipient"],
            at=datetime.fromisoformat(header["at"]),
            keys=tuple(
                WrappedKey(UUID(k["package"]), k["generation"], b64decode(k["wrapped"])) for k in rest if "wrapped" in k
            ),
            destroyed=tuple(_destroyed(line) for line in rest if "destroyed" in line),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise VaultError("vault_malformed") from error


def tombstone_to_bytes(destroyed: DestroyedKey, master: Master) -> bytes:
    facts = {
        "format": TOMBSTONE,
        "package": str(destroyed.package),
        "generation": destroyed.generation,
        "destroyed": destroyed.at.isoformat(),
        "epoch": master.number,
    }
    return _signed(_line(facts), master)


def tombstone_from_bytes(data: bytes, master: Master) -> DestroyedKey | None:
    """None when it belongs to another epoch: then its key is in no vault of this one. VaultError when it claims this
    epoch and is not authentic."""
    try:
        facts = json.loads(data.split(b"\n", 1)[0])
        if facts["format"] != TOMBSTONE:
            raise ValueError(facts["format"])
        if facts["epoch"] != master.number:
            return None
        _checked(data, master)
        return _destroyed(facts)
    except (KeyError, TypeError, ValueError) as error:
        raise VaultError("tombstone_malformed") from error


def _destroyed(line: dict[str, str]) -> DestroyedKey:
    return DestroyedKey(UUID(line["package"]), int(line["generation"]), datetime.fromisoformat(line["destroyed"]))


def _line(facts: dict[str, object]) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _signed(body: bytes, master: Master) -> bytes:
    return body + _line({"hmac": master.authenticate(body)})


def _checked(data: bytes, master: Master) -> list[dict[str, Any]]:
    body, newline, last = data.removesuffix(b"\n").rpartition(b"\n")
    try:
        found = json.loads(last)["hmac"]
    except (ValueError, KeyError, TypeError) as error:
        raise VaultError("vault_malformed") from error
    if not hmac.compare_digest(str(found), master.authenticate(body + newline)):
        raise VaultError("vault_not_authentic")
    return [json.loads(line) for line in body.split(b"\n")]
