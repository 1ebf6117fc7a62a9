"""A vendor's export in a folder. Config: folder, records (file or ZIP), zone, columns. The layout: see export.py.

A recording is one unit: its row as facts, its files. A conversation is the tables `records`, `messages` and `files`
(name, size, SHA-256), and each of its files a unit `file-N`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa

from kendali import fingerprint
from kendali.connectors.base import (
    Capabilities,
    Cut,
    FileDigest,
    Listed,
    Probe,
    Problem,
    RecordClass,
    Sink,
    Snapshot,
    SourceError,
    SourceFile,
    State,
    Unit,
    UnitResult,
)
from kendali.connectors.folder_drop.export import Export, instant
from kendali.connectors.folder_drop.place import Folder, Place, Zip
from kendali.fingerprint import REF

_STATES = ("open", "pending", "snoozed", "resolved")
RECORDS_PER_BATCH = 500
LEAVES_BEHIND = ("the vendor's own system and its backups",)  # English message ids, for the certificate
_FILES = pa.schema(
    [(REF, pa.string()), ("part", pa.string()), ("name", pa.string()), ("size", pa.int64()), ("sha256", pa.string())]
)


@dataclass(slots=True)
class _Record:
    ref: str
    started_at: datetime | None
    last_activity_at: datetime | None
    row: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class FolderDropConnector:
    def __init__(self, record_class: RecordClass, config: Mapping[str, Any], secret: Mapping[str, Any]) -> None:
        del secret  # a folder has none
        self._class = record_class
        self._root = Path(str(config.get("folder") or ""))
        records = str(config.get("records") or "records.csv")
        zipped = records.lower().endswith(".zip")
        self._place: Place = Zip(self._root / records) if zipped else Folder(self._root, records)
        try:
            zone = ZoneInfo(str(config.get("zone") or "Asia/Jakarta"))
        except (ZoneInfoNotFoundError, ValueError):
            raise SourceError(
                "bad_configuration", field="zone", reason=f"no zone {config.get('zone')!r} is known"
            ) from None
        self._zone = zone
        self._export = Export(self._place, "" if zipped else records, _columns(str(config.get("columns") or "")), zone)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            record_class=self._class,
            reads_by="files",
            deletes_by="by_hand",
            delete_is_async=True,
            verify="none",
            leaves_behind=LEAVES_BEHIND,
        )

    def probe(self) -> Probe:
        problems: list[Problem] = []
        counts: dict[str, int] = {}
        if not self._root.is_dir():
            problems.append(Problem("folder_missing", facts={"path": str(self._root)}))
            return Probe("", (), None, counts, problems)
        try:
            counts["records"] = self._export.rows("SELECT count(*) FROM records")[0][0]
            counts["messages"] = self._export.rows("SELECT count(*) FROM messages")[0][0]
        except SourceError as error:
            problems.append(Problem(error.code, facts=error.facts))
        if not problems and not counts["records"]:
            problems.append(Problem("no_records"))
        return Probe("", ["read files"], None, counts, problems, self._export.problems)

    def unclaimed(self) -> Iterator[Problem]:
        """Rows of the export that are no record (without id, unreadable); messages of records that are not there."""
        rows = self._export.rows(
            "SELECT DISTINCT record_id FROM messages WHERE record_id NOT IN (SELECT id FROM records)"
        )
        yield from self._export.problems
        for (ref,) in rows:
            yield Problem("record_missing", ref)

    def due(self, cut: Cut | None, after: str, limit: int) -> Sequence[Listed]:
        where, values = "", [after]
        if cut:
            where = f"AND {cut.field} <> '' AND {cut.field} < ?"
            values.append(f"{cut.instant.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}")
        refs = self._export.rows(
            f"SELECT id FROM records WHERE id > ? {where} ORDER BY id LIMIT ?",  # noqa: S608
            [*values, limit],
        )
        return [self._listed(record) for record in self._records([ref for (ref,) in refs])]

    def _listed(self, record: _Record) -> Listed:
        def text(name: str) -> str:
            return str(self._export.value(record.row, name) or "")

        state = text("state").lower()
        modified = instant(text("modified_at"), self._zone)
        return Listed(
            ref=record.ref,
            started_at=record.started_at,
            last_activity_at=record.last_activity_at,
            modified_at=modified,
            state=cast(State, state) if state in _STATES and self._class == "conversation" else "resolved",
            display=text("display") or record.ref,
            channel=text("channel"),
            agent=text("agent"),
            customer_name=text("customer_name"),
            customer_phone=text("customer_phone"),
            parts=len(record.messages) if self._class == "conversation" else len(self._names(record)),
            size=sum(file.size for file in record.files) if record.files else None,
        )

    def _records(self, refs: Sequence[str]) -> list[_Record]:
        """The records that exist, in the order of `refs`; two queries."""
        marks = ", ".join("?" * len(refs))
        found: dict[str, _Record] = {}
        for ref, started, last, row in self._export.rows(f"SELECT * FROM records WHERE id IN ({marks})", refs):  # noqa: S608
            found[ref] = _Record(ref, _instant(started), _instant(last), json.loads(row))
        query = f"SELECT record_id, row FROM messages WHERE record_id IN ({marks}) ORDER BY rowid"  # noqa: S608
        for ref, row in self._export.rows(query, refs):
            if ref in found:
                found[ref].messages.append(json.loads(row))
        for record in found.values():
            for name in self._names(record):
                file = self._place.file(name, record.ref)
                (record.problems if isinstance(file, Problem) else record.files).append(file)  # type: ignore[arg-type]
        return [found[ref] for ref in refs if ref in found]

    def _names(self, record: _Record) -> list[str]:
        """The files a record and its messages name, each once."""
        names: list[str] = []
        for value in (
            self._export.value(record.row, "file"),
            *(self._export.value(message, "messages.file") for message in record.messages),
        ):
            several = value if isinstance(value, list) else str(value or "").split(";")
            names += [str(name).strip() for name in several if str(name).strip()]
        return list(dict.fromkeys(names))

    def files_there(self, refs: Sequence[str]) -> dict[str, list[str]]:
        """The records that exist → the names of their files that do."""
        found: dict[str, list[str]] = {}
        for record in self._all(refs):
            found[record.ref] = [name for name in self._names(record) if self.see(name) == "present"]
        return found

    def see(self, name: str) -> Literal["gone", "present", "cannot_see"]:
        file = self._place.file(name, "")
        if isinstance(file, Problem):
            return {"file_missing": "gone", "file_empty": "present"}.get(file.code, "cannot_see")  # type: ignore[return-value]
        return "present"

    def users_of(self, names: Sequence[str]) -> dict[str, set[str]]:
        """file → the records of the whole export that name it."""
        found: dict[str, set[str]] = {name: set() for name in names}
        after = ""
        while page := self._export.rows("SELECT id FROM records WHERE id > ? ORDER BY id LIMIT 500", [after]):
            after = page[-1][0]
            for record in self._records([ref for (ref,) in page]):
                for name in self._names(record):
                    if name in found:
                        found[name].add(record.ref)
        return found

    def oldest_uncovered(self, covered: Mapping[str, datetime]) -> Mapping[str, datetime | None]:
        answer: dict[str, datetime | None] = {}
        for record in self._all(list(covered)):
            until = covered[record.ref]
            sent = [instant(self._export.value(each, "messages.sent_at"), self._zone) for each in record.messages]
            newer = [at for at in [*sent, record.last_activity_at] if at is not None and at > until]
            answer[record.ref] = min(newer, default=None)
        return answer

    def _all(self, refs: Sequence[str]) -> Iterator[_Record]:
        for start in range(0, len(refs), RECORDS_PER_BATCH):
            yield from self._records(refs[start : start + RECORDS_PER_BATCH])

    def snapshot(self, refs: Sequence[str], sink: Sink) -> Iterator[Snapshot]:
        for start in range(0, len(refs), RECORDS_PER_BATCH):
            part = refs[start : start + RECORDS_PER_BATCH]
            records = {record.ref: record for record in self._records(part)}
            results = list(sink.units(self._units(records.values())))
            prints = self._prints(list(records.values()), results, sink)
            for ref in part:
                yield self._snapshot(ref, records.get(ref), prints, results)

    def _snapshot(
        self, ref: str, record: _Record | None, prints: Mapping[str, bytes], results: Sequence[UnitResult]
    ) -> Snapshot:
        if record is None:
            return Snapshot(ref, b"", None, None, (Problem("record_missing", ref),))
        problems = [*record.problems, *(each for result in results if result.ref == ref for each in result.problems)]
        if self._class == "recording" and not record.files and not problems:
            problems.append(Problem("no_recording", ref))
        modified = instant(self._export.value(record.row, "modified_at"), self._zone)
        return Snapshot(ref, prints[ref], record.last_activity_at, modified, tuple(problems))

    def _units(self, records: Any) -> Iterator[Unit]:
        for record in records:
            if self._class == "recording":
                if record.files:
                    yield Unit(record.ref, "", tuple(_distinct(record.files)), _facts(record))
            else:
                for number, file in enumerate(record.files, 1):
                    yield Unit(record.ref, f"file-{number}", (file,), {"name": file.name})

    def _prints(self, records: list[_Record], results: Sequence[UnitResult], sink: Sink | None) -> dict[str, bytes]:
        """Fingerprints; conversations' tables go to the sink on the way."""
        if self._class == "recording":
            digests = {result.ref: result.files for result in results}
            return {each.ref: fingerprint.unit(_facts(each), digests.get(each.ref, ())) for each in records}
        tables = _tables(records, results)
        if sink is not None:
            for name, table in tables.items():
                for batch in table.to_batches():
                    sink.table(name, batch)
        return fingerprint.conversations(tables, [record.ref for record in records])

    def fingerprints(self, refs: Sequence[str]) -> Mapping[str, bytes]:
        answer: dict[str, bytes] = {}
        for start in range(0, len(refs), RECORDS_PER_BATCH):
            records = self._records(refs[start : start + RECORDS_PER_BATCH])
            results = [_digested(unit) for unit in self._units(records)]
            answer.update(self._prints(records, results, None))
        return answer

    def search(self, text: str, limit: int) -> Sequence[str]:
        pattern = json.dumps(text, ensure_ascii=True)[1:-1]
        escaped = pattern.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        rows = self._export.rows(
            "SELECT record_id FROM messages WHERE row LIKE ? ESCAPE '!' "
            "GROUP BY record_id ORDER BY max(sent_at) DESC LIMIT ?",
            [f"%{escaped}%", limit],
        )
        return [ref for (ref,) in rows]

    def close(self) -> None:
        self._export.close()
        self._place.close()


def _columns(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if "=" in pair]
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _facts(record: _Record) -> dict[str, object]:
    return {"id": record.ref, "row": record.row}


def _distinct(files: Sequence[SourceFile]) -> Iterator[SourceFile]:
    taken: set[str] = set()
    for number, file in enumerate(files):
        name = file.name if file.name not in taken else f"{number}-{file.name}"
        taken.add(name)
        yield SourceFile(name, file.size, file.open, file.path)


def _tables(records: Sequence[_Record], results: Sequence[UnitResult]) -> dict[str, pa.Table]:
    """One row per record, per message and per file. Values as JSON text: a vendor's columns may change any day."""
    rows = [(record.ref, json.dumps(record.row, sort_keys=True, ensure_ascii=False)) for record in records]
    messages = [
        (record.ref, json.dumps(message, sort_keys=True, ensure_ascii=False))
        for record in records
        for message in record.messages
    ]
    files = [
        (result.ref, result.part, file.name, file.size, file.sha256.hex())
        for result in results
        for file in result.files
    ]
    schema = pa.schema([(REF, pa.string()), ("row", pa.string())])
    made = {
        "records": _table(rows, schema),
        "messages": _table(messages, schema),
        "files": _table(files, _FILES),
    }
    return {name: table for name, table in made.items() if table.num_rows}


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _digested(unit: Unit) -> UnitResult:
    digests: list[FileDigest] = []
    for file in unit.files:
        digest, size = hashlib.sha256(), 0
        with file.open() as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
                size += len(piece)
        digests.append(FileDigest(file.name, size, digest.digest()))
    return UnitResult(unit.ref, unit.part, digests)
