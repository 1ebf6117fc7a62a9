"""A ZIP that is written member by member and remembers every digest; its sums are its last members, signed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Final

from django.utils import timezone

CHUNK: Final = 5_000
SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.p7s"


class Zip:
    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self.archive, self.at = archive, at
        self.sums: list[tuple[str, str]] = []

    def new(self, name: str) -> Hashed:
        info = zipfile.ZipInfo(name, timezone.localtime(self.at).timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        return Hashed(self.archive.open(info, "w", force_zip64=True), name, self.sums)

    def put(self, name: str, data: bytes) -> None:
        with self.new(name) as out:
            out.write(data)

    def csv(self, name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        with self.new(name) as out:
            for block in _blocks(head, rows):
                out.write(block)

    def finish(self, sign: Callable[[bytes], bytes]) -> None:
        """The sums of all members, and the signature over them."""
        sums = "".join(f"{digest}  {name}\n" for name, digest in self.sums).encode()
        self.put(SUMS, sums)
        self.put(SIGNATURE, sign(sums))


class Hashed:
    """A member of the ZIP while it is written; at its end its digest joins the sums."""

    def __init__(self, out: IO[bytes], name: str, sums: list[tuple[str, str]]) -> None:
        self.out, self.name, self.sums, self.digest = out, name, sums, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self.out.write(data)

    def __enter__(self) -> Hashed:
        return self

    def __exit__(self, *problem: object) -> None:
        self.out.close()
        self.sums.append((self.name, self.digest.hexdigest()))


def _blocks(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if text.tell() > 1 << 16:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    # A spreadsheet must not take a text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def as_json(value: object, indent: int | None = 1) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent, default=_text).encode()


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
