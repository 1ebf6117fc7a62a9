"""A source in memory that behaves, lies or fails as it is told. For tests; same knobs and seed, same answers.

    source = FakeSource(conversations(20, seed=1), gone_after=7)

Knobs (all off by default; sets hold refs, and may be changed at any moment):

- listing: `hidden_until` {ref: instant} (new records appear late) · `listed_twice` · `listed_too_early` (the cut is
  ignored) · `never_listed`
- copying: `gone_after` n records (then SourceError connection_lost; `come_back()` ends it) · `missing_files` ·
  `unreadable_files` · `wrong_sizes` (a file is shorter than it says) · `unreadable` (the whole record) ·
  `changes_on_read` (each look shows another content) · `slow` seconds a record, spent by `wait`
- anything: `failures` a list of SourceErrors, one raised per call, first to last
- probe: `skew`, `probe_problems`, `version`
- deleting: see deleting.py; `bring_back(ref)` as a restored backup does

`calls` counts every call by name.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, BinaryIO

import pyarrow as pa

from kendali import fingerprint
from kendali.connectors.base import (
    Capabilities,
    Cut,
    FileDigest,
    Listed,
    Part,
    Probe,
    Problem,
    RecordClass,
    Sink,
    Snapshot,
    SourceError,
    SourceFile,
    State,
    Unit,
)
from kendali.connectors.fake.deleting import Deleting
from kendali.fingerprint import REF

_MESSAGES = pa.schema(
    [(REF, pa.string()), ("id", pa.int64()), ("sent_at", pa.timestamp("us", "UTC")), ("text", pa.string())]
)
_FILES = pa.schema([(REF, pa.string()), ("name", pa.string()), ("size", pa.int64())])
_RECORDS = pa.schema([(REF, pa.string()), ("customer", pa.string()), ("phone", pa.string()), ("agent", pa.string())])
PER_BATCH = 50


@dataclass(frozen=True, slots=True)
class FakeRecord:
    """`messages`: (instant, text), oldest first; empty for a recording. No instants at all: a record without a date."""

    ref: str
    started_at: datetime | None
    last_activity_at: datetime | None
    messages: Sequence[tuple[datetime, str]] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    state: State = "resolved"
    channel: str = "WhatsApp"
    agent: str = "Agus"
    customer_name: str = ""
    customer_phone: str = ""
    modified_at: datetime | None = None


@dataclass
class FakeSource:
    records: Iterable[FakeRecord] = ()
    record_class: RecordClass = "conversation"
    hidden_until: dict[str, datetime] = field(default_factory=dict)
    listed_twice: set[str] = field(default_factory=set)
    listed_too_early: set[str] = field(default_factory=set)
    never_listed: set[str] = field(default_factory=set)
    gone_after: int | None = None
    missing_files: set[str] = field(default_factory=set)
    unreadable_files: set[str] = field(default_factory=set)
    wrong_sizes: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    changes_on_read: set[str] = field(default_factory=set)
    slow: float = 0.0
    wait: Callable[[float], None] = time.sleep
    failures: list[SourceError] = field(default_factory=list)
    skew: timedelta | None = timedelta(0)
    probe_problems: list[Problem] = field(default_factory=list)
    version: str = "Fake 1"
    deleting: Deleting = field(default_factory=Deleting)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._rows = {record.ref: record for record in self.records}
        self._deleted: dict[str, FakeRecord] = {}
        self._reads = 0
        self.left_files: dict[str, Mapping[str, bytes]] = {}

    # --- what a test does to it

    def put(self, record: FakeRecord) -> None:
        self._rows[record.ref] = record

    def change(self, ref: str, **changes: Any) -> None:
        self._rows[ref] = replace(self._rows[ref], **changes)

    def take(self, ref: str, *, files: bool = True) -> bool:
        """It is gone; without `files` those stay behind. False: somebody else was faster."""
        record = self._rows.pop(ref, None)
        if record is None:
            return False
        self._deleted[ref] = record
        if not files:
            self.left_files[ref] = record.files
        return True

    def bring_back(self, ref: str) -> None:
        self._rows[ref] = self._deleted.pop(ref)
        self.left_files.pop(ref, None)

    def come_back(self) -> None:
        self.gone_after = self.deleting.gone_after = None

    # --- what is really there, past all lies

    @property
    def records_there(self) -> Mapping[str, FakeRecord]:
        return self._rows

    def hidden(self, ref: str) -> bool:
        late = self.hidden_until.get(ref)
        return late is not None and self.now() < late

    def parts_of(self, ref: str) -> list[Part]:
        record = self._rows[ref]
        rows = [Part("row", f"records:{ref}")] + ([Part("row", f"messages:{ref}")] if record.messages else [])
        return rows + [Part("file", f"{ref}/{name}") for name in record.files if ref not in self.missing_files]

    def fingerprint_of(self, ref: str) -> bytes | None:
        """As `fingerprints` answers it."""
        record = None if self.hidden(ref) else self._read(ref)
        if record is None:
            return None
        broken = ref in self.missing_files | self.unreadable_files | self.wrong_sizes
        files = {} if broken else record.files
        digests = [FileDigest(name, len(content), sha256(content).digest()) for name, content in files.items()]
        return self._print(record, digests)

    # --- Connector

    def call(self, name: str) -> None:
        self.calls[name] += 1
        if self.failures:
            raise self.failures.pop(0)

    def capabilities(self) -> Capabilities:
        return Capabilities(record_class=self.record_class, reads_by="api", deletes_by="api")

    def probe(self) -> Probe:
        problems = list(self.probe_problems)
        try:
            self.call("probe")
        except SourceError as error:
            problems.append(Problem(error.code, facts=error.facts))
        return Probe(self.version, ["read"], self.skew, {"records": len(self._rows)}, problems)

    def unclaimed(self) -> Iterator[Problem]:
        self.call("unclaimed")
        for ref, files in sorted(self.left_files.items()):
            for name in files:
                yield Problem("orphan", part=f"{ref}/{name}")

    def due(self, cut: Cut | None, after: str, limit: int) -> Sequence[Listed]:
        self.call("due")
        page: list[Listed] = []
        for ref in sorted(self._rows):
            if ref > after and self._is_listed(ref, cut) and len(page) < limit:
                page += [self._listed(self._rows[ref])] * (2 if ref in self.listed_twice else 1)
        return page

    def _is_listed(self, ref: str, cut: Cut | None) -> bool:
        if ref in self.never_listed or self.hidden(ref):
            return False
        if cut is None or ref in self.listed_too_early:
            return True
        instant: datetime | None = getattr(self._rows[ref], cut.field)
        return instant is not None and instant < cut.instant

    def _listed(self, record: FakeRecord) -> Listed:
        return Listed(
            ref=record.ref,
            started_at=record.started_at,
            last_activity_at=record.last_activity_at,
            modified_at=record.modified_at or record.last_activity_at,
            state=record.state,
            display=record.ref,
            channel=record.channel,
            agent=record.agent,
            customer_name=record.customer_name,
            customer_phone=record.customer_phone,
            parts=len(record.messages) or len(record.files),
            size=sum(map(len, record.files.values())) if record.files else None,
        )

    def oldest_uncovered(self, covered: Mapping[str, datetime]) -> Mapping[str, datetime | None]:
        self.call("oldest_uncovered")
        answer: dict[str, datetime | None] = {}
        for ref in covered:
            if ref in self._rows:
                record = self._rows[ref]
                instants: list[datetime | None] = [at for at, _ in record.messages] or [record.last_activity_at]
                answer[ref] = min((at for at in instants if at is not None and at > covered[ref]), default=None)
        return answer

    def search(self, text: str, limit: int) -> Sequence[str]:
        self.call("search")
        found = [
            (max(at for at, _ in record.messages), record.ref)
            for record in self._rows.values()
            if any(text.lower() in said.lower() for _, said in record.messages)
        ]
        return [ref for _, ref in sorted(found, reverse=True)][:limit]

    def snapshot(self, refs: Sequence[str], sink: Sink) -> Iterator[Snapshot]:
        self.call("snapshot")
        copied = 0
        for start in range(0, len(refs), PER_BATCH):
            part = refs[start : start + PER_BATCH]
            records = [record for ref in part if (record := self._read(ref)) is not None]
            if self.record_class == "conversation":
                for name, table in _tables(records).items():
                    for batch in table.to_batches():
                        sink.table(name, batch)
            digests, problems = self._copy(records, sink)
            by_ref = {record.ref: record for record in records}
            for ref in part:
                if self.gone_after is not None and copied >= self.gone_after:
                    raise SourceError("connection_lost", reason="the source is gone.", host="fake")
                copied += 1
                yield self._snapshot(ref, by_ref.get(ref), digests, problems)

    def _read(self, ref: str) -> FakeRecord | None:
        if self.slow:
            self.wait(self.slow)
        record = self._rows.get(ref)
        if record is None or ref in self.unreadable:
            return None
        if ref in self.changes_on_read:
            self._reads += 1
            return replace(record, customer_name=f"{record.customer_name} {self._reads}")
        return record

    def _copy(
        self, records: Sequence[FakeRecord], sink: Sink
    ) -> tuple[dict[str, list[FileDigest]], dict[str, list[Problem]]]:
        digests: dict[str, list[FileDigest]] = {}
        problems: dict[str, list[Problem]] = {}
        for record in records:
            if record.ref in self.missing_files:
                problems[record.ref] = [Problem("file_missing", record.ref, name) for name in record.files]
        for result in sink.units(self._units(records)):
            digests.setdefault(result.ref, []).extend(result.files)
            problems.setdefault(result.ref, []).extend(result.problems)
        return digests, problems

    def _units(self, records: Sequence[FakeRecord]) -> Iterator[Unit]:
        for record in records:
            if record.files and record.ref not in self.missing_files:
                files = [self._file(record.ref, name, content) for name, content in record.files.items()]
                if self.record_class == "recording":
                    yield Unit(record.ref, "", files, _facts(record))
                else:
                    for number, file in enumerate(files, 1):
                        yield Unit(record.ref, f"file-{number}", (file,), {"name": file.name})

    def _file(self, ref: str, name: str, content: bytes) -> SourceFile:
        def opened() -> BinaryIO:
            if ref in self.unreadable_files:
                raise PermissionError(13, "Permission denied")
            return io.BytesIO(content[:-1] if ref in self.wrong_sizes else content)

        return SourceFile(name, len(content), opened)

    def _snapshot(
        self,
        ref: str,
        record: FakeRecord | None,
        digests: Mapping[str, Sequence[FileDigest]],
        problems: Mapping[str, Any],
    ) -> Snapshot:
        if record is None:
            there = ref in self.unreadable
            problem = Problem(
                "record_unreadable" if there else "record_missing", ref, facts={"reason": "It is damaged."}
            )
            return Snapshot(ref, b"", None, None, (problem,))
        value = self._print(record, digests.get(ref, ()))
        found = tuple(problems.get(ref, ()))
        return Snapshot(ref, value, record.last_activity_at, record.modified_at or record.last_activity_at, found)

    def _print(self, record: FakeRecord, digests: Sequence[FileDigest]) -> bytes:
        if self.record_class == "recording":
            return fingerprint.unit(_facts(record), digests)
        return fingerprint.conversations(_tables([record]), [record.ref])[record.ref]

    def fingerprints(self, refs: Sequence[str]) -> Mapping[str, bytes]:
        self.call("fingerprints")
        found = ((ref, self.fingerprint_of(ref)) for ref in refs)
        return {ref: value for ref, value in found if value is not None}

    def close(self) -> None:
        self.calls["close"] += 1


def _facts(record: FakeRecord) -> dict[str, object]:
    said = record.started_at.isoformat() if record.started_at else None
    return {"ref": record.ref, "started_at": said, "customer": record.customer_name, "phone": record.customer_phone}


def _tables(records: Sequence[FakeRecord]) -> dict[str, pa.Table]:
    people = [(each.ref, each.customer_name, each.customer_phone, each.agent) for each in records]
    messages = [(each.ref, n, at, text) for each in records for n, (at, text) in enumerate(each.messages)]
    files = [(each.ref, name, len(content)) for each in records for name, content in each.files.items()]
    made: dict[str, tuple[Sequence[tuple[Any, ...]], pa.Schema]] = {
        "records": (people, _RECORDS),
        "messages": (messages, _MESSAGES),
        "files": (files, _FILES),
    }
    return {
        name: pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
        for name, (rows, schema) in made.items()
        if rows
    }


def conversations(count: int, *, seed: int = 1, newest: datetime | None = None) -> list[FakeRecord]:
    """`count` conversations over three years up to `newest`, every third with a file."""
    rnd = Random(seed)  # noqa: S311
    end = newest or datetime(2026, 11, 1, tzinfo=UTC)
    made = []
    for number in range(count):
        begin = (
            end - timedelta(days=3 * 365) * (count - number) / max(1, count) - timedelta(seconds=rnd.randrange(86_400))
        )
        messages = [
            (begin + timedelta(minutes=n), f"Pesan {n} nomor {rnd.randrange(10**6)} 🙏") for n in range(1 + number % 5)
        ]
        files = {f"bukti-{number}.txt": rnd.randbytes(100 + number)} if number % 3 == 0 else {}
        made.append(
            FakeRecord(
                f"{number + 1:06d}",
                begin,
                messages[-1][0],
                messages,
                files,
                customer_name=f"Pelanggan {number}",
                customer_phone=f"+62811{number:07d}",
            )
        )
    return made


def recordings(count: int, *, seed: int = 1, newest: datetime | None = None) -> list[FakeRecord]:
    """`count` calls over three years up to `newest`, each with one file of a few hundred bytes."""
    rnd = Random(seed)  # noqa: S311
    made = []
    for record in conversations(count, seed=seed, newest=newest):
        assert record.started_at is not None
        end = record.started_at + timedelta(seconds=rnd.randrange(5, 600))
        files = {f"{record.ref}.wav": rnd.randbytes(rnd.randrange(200, 900))}
        made.append(replace(record, last_activity_at=end, messages=(), files=files, channel="Phone"))
    return made
