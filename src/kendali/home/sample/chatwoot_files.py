"""Files of the omni-channel application as ActiveStorage keeps them on disk: folder / key[0:2] / key[2:4] / key."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path
from random import Random

from .copying import Ledger, instant
from .pictures import jpeg, pdf, png

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
IMAGE, FILE = 0, 3  # Chatwoot's attachment types
KINDS = {"png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf", "txt": "text/plain"}
STRIDE = 1_000  # ids of files one block may use


def blob_path(storage: Path, key: str) -> Path:
    return storage / key[:2] / key[2:4] / key


def new_key(rnd: Random) -> str:
    """28 characters, as ActiveStorage draws them."""
    return "".join([ALPHABET[int(rnd.random() * 36)] for _ in range(28)])


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


class Shelf:
    """Stores files and writes their rows; ids count up from `block` × STRIDE."""

    def __init__(self, storage: Path, rnd: Random, ledger: Ledger, block: int) -> None:
        self.storage, self.rnd, self.ledger = storage, rnd, ledger
        self.next_id = (block + 1) * STRIDE

    def number(self) -> int:
        self.next_id += 1
        return self.next_id

    def put(self, content: bytes) -> str:
        """Write a file, answer its key."""
        key = new_key(self.rnd)
        path = blob_path(self.storage, key)
        try:
            path.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return key

    def blob(self, blob_id: int, key: str, name: str, content: bytes, at: datetime | str) -> None:
        kind = KINDS.get(name.rsplit(".", 1)[-1], "application/octet-stream")
        metadata = {"identified": True, "analyzed": True}
        self.ledger.add(
            "active_storage_blobs", id=blob_id, key=key, filename=name, content_type=kind,
            metadata=json.dumps(metadata),
            byte_size=len(content), checksum=checksum(content), created_at=at, service_name="local",
        )  # fmt: skip

    def link(self, record_type: str, record_id: int, blob_id: int, at: datetime | str, name: str = "file") -> None:
        self.ledger.add(
            "active_storage_attachments", id=self.number(), name=name, record_type=record_type, record_id=record_id,
            blob_id=blob_id, created_at=at,
        )  # fmt: skip

    def receipt(self, message_id: int, account_id: int, at: int, who: str) -> str:
        """A customer's picture or paper: file, blob and link; answers the row of `attachments`."""
        number, stamp = self.number(), instant(at)
        chance, words = self.rnd.random(), f"{who} {message_id} {stamp}"
        if chance < 0.45:
            extension, content, name = "jpg", jpeg(message_id, words), f"IMG-{message_id}.jpg"
        elif chance < 0.8:
            extension, content, name = "png", png(message_id, words), f"tangkapan layar {message_id}.png"
        else:
            rows = [
                "BUKTI TRANSAKSI",
                f"Nama: {who}",
                f"Nomor: {message_id}",
                f"Waktu: {stamp} UTC",
                "Status: BERHASIL",
            ]
            extension, content, name = "pdf", pdf(rows), f"bukti_{message_id}.pdf"
        self.blob(number, self.put(content), name, content, stamp)
        self.link("Attachment", number, number, stamp)
        if chance < 0.07:
            self._variant(number, content, message_id, stamp)
        kind = FILE if extension == "pdf" else IMAGE
        return f"{number}\t{kind}\t\\N\t0\t0\t{message_id}\t{account_id}\t\\N\t{extension}\t{{}}\t{stamp}\t{stamp}\n"

    def _variant(self, blob_id: int, original: bytes, message_id: int, stamp: str) -> None:
        """A preview the application made of a picture: a further blob that hangs on a variant record."""
        digest = base64.b64encode(hashlib.sha1(original, usedforsecurity=False).digest()).decode()
        variant, content = self.number(), png(message_id, f"variant {blob_id}")
        self.ledger.add("active_storage_variant_records", id=variant, blob_id=blob_id, variation_digest=digest)
        self.blob(variant, self.put(content), f"preview-{message_id}.png", content, stamp)
        self.link("ActiveStorage::VariantRecord", variant, variant, stamp, "image")
