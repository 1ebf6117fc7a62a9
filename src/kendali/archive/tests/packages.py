"""Small sources for the archive's tests: what a connector would give, as plain values."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from kendali import fingerprint
from kendali.archive.package import PackageInfo, Written
from kendali.archive.stores import Store
from kendali.archive.writer import write_package
from kendali.connectors.base import Sink, Snapshot, SourceFile, Unit

RECORDINGS = PackageInfo("bank-nusantara", "asterisk-1", "recording", "2024-10", "Tari Contact Centre")
CONVERSATIONS = PackageInfo("bank-nusantara", "chatwoot-1", "conversation", "2024-10", "Tari Contact Centre")

Fill = Callable[[Sink], Iterable[Snapshot]]


def bytes_file(name: str, data: bytes, *, size: int | None = None) -> SourceFile:
    return SourceFile(name, len(data) if size is None else size, lambda: io.BytesIO(data))


def local_file(path: Path) -> SourceFile:
    return SourceFile(path.name, path.stat().st_size, lambda: path.open("rb"), path)


def recordings(units: Sequence[Unit]) -> Fill:
    def fill(sink: Sink) -> Iterator[Snapshot]:
        by_ref = {unit.ref: unit for unit in units}
        for result in sink.units(units):
            print_ = b"" if result.problems else fingerprint.unit(by_ref[result.ref].facts, result.files)
            yield Snapshot(result.ref, print_, None, None, result.problems)

    return fill


def calls(folder: Path, count: int, size: int = 50_000) -> list[Unit]:
    folder.mkdir(parents=True, exist_ok=True)
    units = []
    for number in range(count):
        path = folder / f"out-0812{number:06d}.wav"
        path.write_bytes(b"RIFF" + os.urandom(size))
        units.append(Unit(f"17000{number}.1", "", [local_file(path)], {"src": "100", "seconds": number}))
    return units


def table(rows: Sequence[Mapping[str, object]], fields: Sequence[pa.Field]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=pa.schema(list(fields)))


MESSAGE_FIELDS = [
    pa.field("_ref", pa.utf8()),
    pa.field("id", pa.int64()),
    pa.field("content", pa.utf8()),
    pa.field("created_at", pa.timestamp("us", "UTC")),
    pa.field("seen_at", pa.timestamp("us"), metadata={"kendali.volatile": "1"}),
    pa.field("private", pa.bool_()),
]
CONVERSATION_FIELDS = [pa.field("_ref", pa.utf8()), pa.field("id", pa.int64()), pa.field("status", pa.int32())]


@dataclass
class Chat:
    """Conversations by their id: lists of message texts, and attachments by part."""

    texts: Mapping[str, Sequence[str | None]]
    attachments: Mapping[str, Sequence[SourceFile]] = field(default_factory=dict)
    batch: int = 100

    def tables(self, refs: Sequence[str]) -> dict[str, pa.Table]:
        number = 0
        messages: list[dict[str, object]] = []
        for ref in refs:
            for text in self.texts[ref]:
                number += 1
                messages.append({"_ref": ref, "id": number, "content": text, "private": bool(number % 2)})
        heads = [{"_ref": ref, "id": position, "status": 1} for position, ref in enumerate(refs)]
        return {
            "conversations": pa.Table.from_batches([table(heads, CONVERSATION_FIELDS)]),
            "messages": pa.Table.from_batches([table(messages, MESSAGE_FIELDS)]),
        }

    def fill(self, sink: Sink) -> Iterator[Snapshot]:
        order = list(self.texts)
        for start in range(0, len(order), self.batch):
            refs = order[start : start + self.batch]
            tables = self.tables(refs)
            for name, rows in tables.items():
                for batch in rows.to_batches(max_chunksize=37):
                    sink.table(name, batch)
            problems: dict[str, list[object]] = {}
            units = [Unit(r, f.name, [f], {"file": f.name}) for r in refs for f in self.attachments.get(r, ())]
            for result in sink.units(units):
                problems.setdefault(result.ref, []).extend(result.problems)
            prints = fingerprint.conversations(tables, refs)
            for ref in refs:
                yield Snapshot(ref, prints[ref], None, None, tuple(problems.get(ref, ())))  # type: ignore[arg-type]


def write(store: Store, info: PackageInfo, fill: Fill, **options: object) -> tuple[Written, bytes]:
    key = os.urandom(32)
    written = write_package(store, package_id=str(uuid.uuid4()), info=info, package_key=key, fill=fill, **options)  # type: ignore[arg-type]
    return written, key
