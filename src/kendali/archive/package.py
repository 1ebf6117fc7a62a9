"""The words of a package: what it is of, where its parts lie, and the lines of its two lists.

`data/index.jsonl` is open: one line of 256 bytes per slot, so that line n is found at n * 256; no name, no number, no
source id. `data/records.age` is sealed under slot 0: one JSON line per record, which leads from a source id to slots.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kendali.archive.errors import PackageError, SealError, StoreError, StoreMissingError
from kendali.archive.keyring import Keyring
from kendali.archive.stores import PACKAGES, Store
from kendali.connectors.base import Problem, RecordClass

FORMAT: Final = "1"
INDEX: Final = "data/index.jsonl"
RECORDS: Final = "data/records.age"
KEYRINGS: Final = "keyrings"
INDEX_LINE: Final = 256
UNIT_KIND: Final[Mapping[str, str]] = {"recording": "recording", "conversation": "attachment"}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class PackageInfo:
    """`client` and `source` are short codes (letters, digits, ``._-``); `month` is YYYY-MM."""

    client: str
    source: str
    record_class: RecordClass
    month: str
    organisation: str = ""

    def path(self, package_id: str) -> str:
        for name in (self.client, self.source, package_id):
            if not _NAME.fullmatch(name):
                raise PackageError("name", name=name)
        if not _MONTH.fullmatch(self.month) or self.record_class not in UNIT_KIND:
            raise PackageError("month_or_class", month=self.month, record_class=self.record_class)
        return f"{PACKAGES}/{self.client}/{self.source}/{self.record_class}/{self.month}/{package_id}"


@dataclass(frozen=True, slots=True)
class Progress:
    """So far: whole records, sealed units, and bytes of their content."""

    records: int
    units: int
    size: int


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """`slot`: of a recording; `parts`: slot of each sealed unit by its part. `problems`: it is not completely here."""

    ref: str
    slot: int | None
    keyed_digest: bytes | None
    length: int  # bytes of its sealed units
    parts: Mapping[str, int] = field(default_factory=dict)
    covered_until: datetime | None = None
    modified_at: datetime | None = None
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Written:
    path: str
    tagmanifest_sha256: str
    size: int  # bytes of the whole bag
    records: Sequence[WrittenRecord]
    keyring_object: str
    keyring_generation: int


@dataclass(frozen=True, slots=True)
class IndexLine:
    """`file` is empty where the slot holds nothing (its unit could not be read). `digest`: keyed, of the unit's
    fingerprint, or for a table and the list of records of the SHA-256 of its content."""

    slot: int
    kind: str
    file: str = ""
    offset: int = 0
    length: int = 0
    digest: str = ""
    month: str = ""

    def line(self) -> bytes:
        fields = {"slot": self.slot, "kind": self.kind, "month": self.month}
        if self.file:
            fields |= {"file": self.file, "offset": self.offset, "length": self.length, "digest": self.digest}
        text = json.dumps(fields, separators=(",", ":")).encode()
        if len(text) >= INDEX_LINE:
            raise PackageError("index_line", slot=self.slot)
        return text.ljust(INDEX_LINE - 1) + b"\n"

    @classmethod
    def parse(cls, line: bytes, slot: int) -> IndexLine:
        try:
            fields = json.loads(line)
            found = cls(**fields)
        except (ValueError, TypeError) as error:
            raise PackageError("index_line", slot=slot) from error
        whole = isinstance(found.offset, int) and isinstance(found.length, int) and found.slot == slot
        if not whole or found.offset < 0 or found.length < 0 or ".." in found.file:
            raise PackageError("index_line", slot=slot)
        return found


def package_id_of(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def keyring_key(package_id: str, generation: int) -> str:
    return f"{KEYRINGS}/{package_id}/{generation:06d}"


def put_keyring(store: Store, ring: Keyring, package_key: bytes, package_id: str, generation: int) -> str:
    """Seal, store, read back and compare; the name of the object."""
    key = keyring_key(package_id, generation)
    store.put(key, ring.seal(package_key, package_id, generation))
    if Keyring.open(store.read(key), package_key, package_id, generation) != ring:
        raise PackageError("keyring_read_back", key=key)
    return key


def keyring_generations(store: Store, package_id: str) -> list[int]:
    """Newest first."""
    found = [entry.key.rsplit("/", 1)[-1] for entry in store.entries(f"{KEYRINGS}/{package_id}")]
    return sorted((int(name) for name in found if name.isdigit()), reverse=True)


def load_keyring(store: Store, package_id: str, package_key: bytes) -> tuple[Keyring, int]:
    """The newest keyring that this package key opens, and its generation. SealError: it opens none."""
    generations = keyring_generations(store, package_id)
    if not generations:
        raise StoreMissingError("missing", key=f"{KEYRINGS}/{package_id}")
    for generation in generations:
        try:
            sealed = store.read(keyring_key(package_id, generation))
            return Keyring.open(sealed, package_key, package_id, generation), generation
        except SealError:
            continue
    raise SealError("does_not_open", key=f"{KEYRINGS}/{package_id}")


def forget_keyrings(store: Store, package_id: str, generations: Sequence[int]) -> None:
    """Older generations go where the store allows; sealed under a key that dies, they open nothing later."""
    for generation in generations:
        try:
            store.delete(keyring_key(package_id, generation))
        except StoreError:
            continue


def record_line(record: WrittenRecord) -> dict[str, Any]:
    """What is empty is left out."""
    fields = {
        "ref": record.ref,
        "slot": record.slot,
        "digest": record.keyed_digest.hex() if record.keyed_digest else None,
        "parts": dict(record.parts) or None,
        "covered_until": record.covered_until.isoformat() if record.covered_until else None,
        "modified_at": record.modified_at.isoformat() if record.modified_at else None,
        "problems": [{"code": p.code, "part": p.part} for p in record.problems] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def record_of(fields: Mapping[str, Any]) -> WrittenRecord:
    """The record of a line; lengths are in the index."""

    def instant(value: str | None) -> datetime | None:
        return datetime.fromisoformat(value) if value else None

    try:
        return WrittenRecord(
            ref=fields["ref"],
            slot=fields.get("slot"),
            keyed_digest=bytes.fromhex(fields["digest"]) if "digest" in fields else None,
            length=0,
            parts=fields.get("parts", {}),
            covered_until=instant(fields.get("covered_until")),
            modified_at=instant(fields.get("modified_at")),
            problems=[Problem(p["code"], fields["ref"], p["part"]) for p in fields.get("problems", [])],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackageError("record_line") from error
