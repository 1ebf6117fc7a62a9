"""The whole list of a certificate as CSV and XLSX, written line by line into the store and read back.

CSV is for machines (codes, UTC, one column `leaf` from which the root is computed again), XLSX for people.
Both have no name, no phone number and no content; the blinds are in neither.
"""

from __future__ import annotations

import csv
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext

from kendali.archive.errors import StoreError
from kendali.archive.stores import Store
from kendali.register import lines, merkle, words
from kendali.register.models import Certificate

CSV: Final = "daftar.csv"
XLSX: Final = "daftar.xlsx"
HEAD: Final = (
    "position", "source", "ref", "clock", "due_on", "ended_at", "verdict", "bytes", "seconds", "measured",
    "keyed_digest", "leaf",
)  # fmt: skip
MOST: Final = 1_000_000  # lines in one sheet; Excel ends at 1 048 576
BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Annex:
    path: str  # folder in the store
    csv_sha256: str
    xlsx_sha256: str
    root: bytes
    count: int


def write(certificate: Certificate, number: str, store: Store) -> Annex:
    """Both files and the root in one pass over the lines. StoreError: nothing counts, another attempt may follow."""
    path = f"certificates/{certificate.pk}/lampiran-{secrets.token_hex(4)}"
    draft = store.draft(path)
    try:
        tree = _write(certificate, number, draft.path(CSV), draft.path(XLSX))
        digests = {name: _digest(draft.path(name)) for name in (CSV, XLSX)}
        for name in digests:
            draft.publish(name)
        draft.commit("".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode())
    except BaseException:
        draft.abandon()
        raise
    for name, digest in digests.items():
        if digest_in_store(store, f"{path}/{name}") != digest:
            raise StoreError("read_back_differs", key=f"{path}/{name}")
    return Annex(path, digests[CSV], digests[XLSX], tree.digest(), tree.count)


def _write(certificate: Certificate, number: str, csv_path: Path, xlsx_path: Path) -> merkle.Root:
    tree = merkle.Root()
    with ExitStack() as stack, translation.override(certificate.language):
        plain = csv.writer(stack.enter_context(csv_path.open("w", newline="", encoding="utf-8")))
        plain.writerow(HEAD)
        book = stack.enter_context(Book(xlsx_path, certificate.act, ZoneInfo(certificate.facts["zone"])))
        for row in lines.rows(certificate):
            one = lines.leaf(number, row)
            tree.add(one)
            plain.writerow(
                (
                    row.position, row.source, row.ref, merkle.instant(row.clock), row.due_on,
                    merkle.instant(row.ended_at), row.verdict, row.size, row.seconds,
                    json.dumps(row.measured, sort_keys=True), row.keyed_digest.hex(), one.hex(),
                )
            )  # fmt: skip
            book.add(row)
    return tree


class Book:
    """The list as a workbook; what one sheet cannot hold goes on in the next."""

    def __init__(self, path: Path, act: str, zone: ZoneInfo) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._words: Mapping[str, str] = words.verdicts(act)
        self._zone = zone
        self._line = MOST
        self._sheet: Any = None

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._book.close()

    def add(self, row: lines.Row) -> None:
        if self._line >= MOST:
            self._next_sheet()
        self._line += 1
        values = (
            row.position, row.source, row.ref, row.clock, row.due_on, row.ended_at, self._words[row.verdict], row.size,
            row.seconds or None, words.measured(row.measured), row.keyed_digest.hex(),
        )  # fmt: skip
        for column, value in enumerate(values):
            if isinstance(value, datetime):
                local = value.astimezone(self._zone).replace(tzinfo=None)
                self._sheet.write_datetime(self._line, column, local, self._moment)
            elif isinstance(value, date):
                self._sheet.write_datetime(self._line, column, value, self._day)
            elif value is not None:
                self._sheet.write(self._line, column, value)

    def _next_sheet(self) -> None:
        self._sheet, self._line = self._book.add_worksheet(), 0
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, 0, 8)
        self._sheet.set_column(1, len(HEAD) - 2, 22)
        self._sheet.write_row(0, 0, head(), self._bold)


def head() -> list[str]:
    return [
        gettext("No."), gettext("Source"), gettext("Id at the source"), gettext("Period runs from"),
        gettext("May go from"), gettext("Verdict measured at"), gettext("Verdict"), gettext("Bytes"),
        gettext("Seconds"), gettext("Measured"), gettext("Keyed digest"),
    ]  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_in_store(store: Store, key: str) -> str:
    """SHA-256 of an object, read from where it lies."""
    digest = hashlib.sha256()
    for block in blocks(store, key):
        digest.update(block)
    return digest.hexdigest()


def blocks(store: Store, key: str) -> Iterator[bytes]:
    """An object piece by piece, from a folder or a bucket alike."""
    buffer = memoryview(bytearray(BLOCK))
    with store.stream(key) as source:
        while count := source.readinto(buffer):
            yield bytes(buffer[:count])
