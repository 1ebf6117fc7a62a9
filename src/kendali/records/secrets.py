"""What is sealed or hashed under the installation key: source passwords, and the lookup of names and phones.

The installation key lives in the environment (KENDALI_INSTALLATION_KEY), never in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from kendali.archive.sealing import open_bytes, seal_bytes


def _derived(purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(settings.KENDALI_INSTALLATION_KEY)


def seal_source_secret(source_id: int, secret: dict[str, str]) -> bytes:
    data = json.dumps(secret, sort_keys=True).encode()
    return seal_bytes(_derived(b"kendali/1/source"), f"source/{source_id}".encode(), data)


def open_source_secret(source_id: int, sealed: bytes) -> dict[str, str]:
    if not sealed:
        return {}
    value = json.loads(open_bytes(_derived(b"kendali/1/source"), f"source/{source_id}".encode(), bytes(sealed)))
    return {str(key): str(item) for key, item in value.items()}


def seal_deleting_secret(source_id: int, secret: dict[str, str]) -> bytes:
    """The credential that deletes: another purpose, so that neither opens in the place of the other."""
    data = json.dumps(secret, sort_keys=True).encode()
    return seal_bytes(_derived(b"kendali/1/deleting"), f"source/{source_id}".encode(), data)


def open_deleting_secret(source_id: int, sealed: bytes) -> dict[str, str]:
    if not sealed:
        return {}
    value = json.loads(open_bytes(_derived(b"kendali/1/deleting"), f"source/{source_id}".encode(), bytes(sealed)))
    return {str(key): str(item) for key, item in value.items()}


class PartsSeal:
    """Lists of what is to be looked for again at a source, each bound to its line; the key is derived once a batch."""

    def __init__(self) -> None:
        self._key = _derived(b"kendali/1/parts")

    def seal(self, item: int, parts: list[tuple[str, str]]) -> bytes:
        return seal_bytes(self._key, f"item/{item}".encode(), json.dumps(parts).encode())

    def open(self, item: int, sealed: bytes) -> list[tuple[str, str]]:
        value = json.loads(open_bytes(self._key, f"item/{item}".encode(), bytes(sealed)))
        return [(str(kind), str(name)) for kind, name in value]


def seal_text(purpose: str, text: str) -> bytes:
    """A text that only the program may read again, bound to its purpose."""
    return seal_bytes(_derived(b"kendali/1/text"), purpose.encode(), text.encode())


def open_text(purpose: str, sealed: bytes) -> str:
    return open_bytes(_derived(b"kendali/1/text"), purpose.encode(), bytes(sealed)).decode()


def normal_name(name: str) -> str:
    """Case, accents and doubled spaces do not distinguish people who are looked for."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def normal_phone(phone: str) -> str:
    """Indonesian numbers are written 0812…, 62812… and +62812…: one form, digits only, without the country code."""
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("62"):
        return digits[2:]
    return digits.removeprefix("0")


class Lookup:
    """Keyed HMACs of names and phones; built once per batch, because deriving the key costs more than using it."""

    def __init__(self) -> None:
        self._key = _derived(b"kendali/1/lookup")

    def _hmac(self, kind: bytes, text: str) -> bytes | None:
        return hmac.new(self._key, kind + b"\0" + text.encode(), hashlib.sha256).digest()[:16] if text else None

    def name(self, name: str) -> bytes | None:
        return self._hmac(b"name", normal_name(name))

    def phone(self, phone: str) -> bytes | None:
        return self._hmac(b"phone", normal_phone(phone))
