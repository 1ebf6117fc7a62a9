"""Asterisk, FreePBX, Issabel: recordings in a folder, call records in a database or file.

Config: monitor (folder), zone, database (mysql | postgresql | csv), host/port/dbname/user or csv; secret: password.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kendali import fingerprint
from kendali.connectors import audio
from kendali.connectors.asterisk.calls import Call, Names, call
from kendali.connectors.asterisk.cdr import Cdr, Leg, Look, MySqlLook, Postgres, PostgresLook
from kendali.connectors.asterisk.master_csv import MasterCsv
from kendali.connectors.asterisk.tree import Tree, stem
from kendali.connectors.base import (
    Capabilities,
    Cut,
    DeletesBy,
    FileDigest,
    Listed,
    Probe,
    Problem,
    Sink,
    Snapshot,
    SourceError,
    SourceFile,
    Unit,
)
from kendali.connectors.files import safe_name, size_or_problem
from kendali.connectors.mysql import MySql
from kendali.connectors.postgres import Server

CALLS_PER_QUERY = 1_000
FILES_IN_PROBE = 20_000
ALLOWED_SKEW = timedelta(minutes=5)
# Said as it is on every certificate (English message ids).
LEAVES_BEHIND = (
    "voicemail",
    "channel event logs and queue logs of the telephone system",
    "backups of the telephone system and replicas of its database",
)


@dataclass(slots=True)
class _Found:
    """A call with the files it names."""

    call: Call
    files: list[SourceFile] = field(default_factory=list)
    modified_at: datetime | None = None
    problems: list[Problem] = field(default_factory=list)


class AsteriskConnector:
    def __init__(self, config: Mapping[str, Any], secret: Mapping[str, Any]) -> None:
        self._tree = Tree(Path(str(config.get("monitor") or "")))
        try:
            self._zone = ZoneInfo(str(config.get("zone") or "Asia/Jakarta"))
        except (ZoneInfoNotFoundError, ValueError):
            raise SourceError(
                "bad_configuration", field="zone", reason=f"no zone {config.get('zone')!r} is known"
            ) from None
        self._digits = int(config.get("extension_digits") or 5)
        self._table = str(config.get("table") or "cdr")
        self._deletes_by = str(config.get("delete_by") or "none")
        self._csv: MasterCsv | None = None
        self._look: Look | None = None
        self._cdr = self._database(config, secret)

    def _database(self, config: Mapping[str, Any], secret: Mapping[str, Any]) -> Cdr:
        kind = str(config.get("database") or "mysql")
        if kind == "csv":
            columns = str(config.get("csv_columns") or "").replace(",", " ").split()
            self._csv = MasterCsv(Path(str(config.get("csv") or "")), columns)
            return Cdr(self._csv, "cdr", "?", config)
        if kind == "mysql":
            mysql = MySql(config, secret)
            self._look = MySqlLook(mysql)
            return Cdr(mysql, self._table, "%s", config)
        if kind == "postgresql":
            postgres = Postgres(Server(config, secret))
            self._look = PostgresLook(postgres, self._table)
            return Cdr(postgres, self._table, "%s", config)
        raise SourceError("bad_configuration", field="database", reason="it must be mysql, postgresql or csv")

    def capabilities(self) -> Capabilities:
        return Capabilities(
            record_class="recording",
            reads_by="files",
            deletes_by=cast(DeletesBy, self._deletes_by),
            verify="full",
            leaves_behind=LEAVES_BEHIND,
        )

    def call_of(self, ref: str, legs: Sequence[Leg]) -> Call:
        return call(ref, legs, self._names())

    def files_of(self, one: Call) -> list[Path]:
        """The files that this call names and that are there, none twice."""
        return [file.path for file in self._found(one).files if file.path is not None]

    def fingerprint_of(self, one: Call) -> bytes:
        return self._fingerprint(one)

    @property
    def tree(self) -> Tree:
        return self._tree

    @property
    def cdr(self) -> Cdr:
        return self._cdr

    def _names(self) -> Names:
        cdr = self._cdr
        return Names(cdr.column("date"), cdr.column("file"), cdr.column("seconds"), self._zone, self._digits)

    def _calls(self, refs: Sequence[str]) -> dict[str, Call]:
        names = self._names()
        return {ref: call(ref, legs, names) for ref, legs in self._cdr.legs(refs).items()}

    def _found(self, one: Call) -> _Found:
        found = _Found(one)
        taken: set[str] = set()
        if not one.recordings:
            found.problems.append(Problem("no_recording", one.ref))
        for named in one.recordings:
            try:
                path = self._tree.find(named, one.days)
            except ValueError:
                found.problems.append(Problem("file_outside", one.ref, named))
                continue
            except OSError as error:
                found.problems.append(Problem("file_unreadable", one.ref, named, {"reason": str(error.strerror)}))
                continue
            if path is None:
                found.problems.append(Problem("file_missing", one.ref, named))
            elif str(path) not in taken:
                taken.add(str(path))
                self._add(found, path)
        return found

    def _add(self, found: _Found, path: Path) -> None:
        ref = found.call.ref
        name = safe_name(path.name)
        if any(file.name == name for file in found.files):
            name = f"{len(found.files)}-{name}"
        size = size_or_problem(path, ref, name)
        if isinstance(size, Problem):
            found.problems.append(size)
            return
        try:
            found.problems += audio.check(path, size, ref, name)
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            found.problems.append(Problem("file_unreadable", ref, name, {"reason": str(error.strerror)}))
            return
        found.modified_at = max(changed, found.modified_at or changed)
        found.files.append(SourceFile(name, size, lambda: path.open("rb"), path))

    def due(self, cut: Cut | None, after: str, limit: int) -> Sequence[Listed]:
        page: list[Listed] = []
        before = cut.instant.astimezone(self._zone).replace(tzinfo=None) if cut else None
        while len(page) < limit:
            wanted = limit - len(page)
            refs = self._cdr.calls(after, wanted, before)
            calls = self._calls(refs)
            for ref in refs:
                listed = self._listed(calls[ref])
                instant = getattr(listed, cut.field) if cut else None
                if cut is None or (instant is not None and instant < cut.instant):
                    page.append(listed)
            if len(refs) < wanted:
                break
            after = refs[-1]
        return page

    def _listed(self, one: Call) -> Listed:
        size, modified = 0, None
        for named in one.recordings:
            try:
                path = self._tree.find(named, one.days)
                stat = path.stat() if path else None
            except (OSError, ValueError):
                continue  # the snapshot names it as a problem; a listing only looks
            if stat:
                size += stat.st_size
                changed = datetime.fromtimestamp(stat.st_mtime, UTC)
                modified = max(changed, modified or changed)
        return Listed(
            ref=one.ref,
            started_at=one.started_at,
            last_activity_at=one.ended_at,
            modified_at=modified,
            display=one.ref,
            channel="Phone",
            agent=one.agent,
            customer_name=one.customer_name,
            customer_phone=one.customer_phone,
            parts=len(one.recordings),
            size=size if modified else None,
        )

    def oldest_uncovered(self, covered: Mapping[str, datetime]) -> Mapping[str, datetime | None]:
        """A call that ended does not grow: nothing newer, unless the covered copy is older than its end."""
        answer: dict[str, datetime | None] = {}
        refs = list(covered)
        for start in range(0, len(refs), CALLS_PER_QUERY):
            for ref, one in self._calls(refs[start : start + CALLS_PER_QUERY]).items():
                newer = one.ended_at is not None and one.ended_at > covered[ref]
                answer[ref] = one.ended_at if newer else None
        return answer

    def search(self, text: str, limit: int) -> Sequence[str]:
        return []

    def snapshot(self, refs: Sequence[str], sink: Sink) -> Iterator[Snapshot]:
        waiting: deque[tuple[str, _Found | None]] = deque()
        for result in sink.units(self._units(refs, waiting)):
            yield from _without_unit(waiting)
            ref, found = waiting.popleft()
            assert found is not None
            assert ref == result.ref
            yield _snapshot(found, result.files, result.problems)
        yield from _without_unit(waiting)

    def _units(self, refs: Sequence[str], waiting: deque[tuple[str, _Found | None]]) -> Iterator[Unit]:
        for start in range(0, len(refs), CALLS_PER_QUERY):
            part = refs[start : start + CALLS_PER_QUERY]
            calls = self._calls(part)
            for ref in part:
                found = self._found(calls[ref]) if ref in calls else None
                waiting.append((ref, found))
                if found and found.files:
                    yield Unit(ref, "", tuple(found.files), found.call.facts)

    def fingerprints(self, refs: Sequence[str]) -> Mapping[str, bytes]:
        answer: dict[str, bytes] = {}
        with ThreadPoolExecutor(2, thread_name_prefix="fingerprint") as pool:
            for start in range(0, len(refs), CALLS_PER_QUERY):
                calls = self._calls(refs[start : start + CALLS_PER_QUERY])
                for ref, value in zip(calls, pool.map(self._fingerprint, calls.values()), strict=True):
                    answer[ref] = value
        return answer

    def _fingerprint(self, one: Call) -> bytes:
        return fingerprint.unit(one.facts, [_digest(file) for file in self._found(one).files])

    def unclaimed(self) -> Iterator[Problem]:
        """Recordings that no call record of the same or a neighbouring day names."""
        if not self._tree.root.is_dir():
            raise SourceError("folder_missing", path=str(self._tree.root))
        for day, names in self._tree.days():
            for name in self._orphans(day, names):
                yield Problem("orphan", part=f"{day:%Y/%m/%d}/{name}")

    def _orphans(self, day: date, names: Sequence[str]) -> list[str]:
        named = self._cdr.files_between(day - timedelta(days=1), day + timedelta(days=1))
        stems = {stem(name) for name in named}
        return [name for name in names if stem(name) not in stems]

    def probe(self) -> Probe:
        problems: list[Problem] = []
        warnings: list[Problem] = []
        version, skew, rights = "Asterisk", None, ["read files"]
        counts: dict[str, int] = {}
        root = self._tree.root
        if not root.is_dir():
            problems.append(Problem("folder_missing", facts={"path": str(root)}))
        try:
            if self._look:
                version, skew, rights = self._looked(self._look, warnings)
            counts = self._cdr.counts()
            if without := counts.pop("without_id"):
                facts = {"count": without, "column": self._cdr.column("call")}
                warnings.append(Problem("calls_without_id", facts=facts))
            if self._csv:
                warnings += self._csv.problems
            if not problems:
                self._count_files(counts, warnings)
        except SourceError as error:
            problems.append(Problem(error.code, facts=error.facts))
        except OSError as error:
            problems.append(Problem("folder_unreadable", facts={"path": str(root), "reason": str(error.strerror)}))
        if skew is not None and abs(skew) > ALLOWED_SKEW:
            problems.append(Problem("clock_skew", facts={"seconds": round(skew.total_seconds())}))
        return Probe(version, rights, skew, counts, problems, warnings)

    def _looked(self, look: Look, warnings: list[Problem]) -> tuple[str, timedelta, list[str]]:
        before = datetime.now(UTC)
        there = look.now().replace(tzinfo=UTC)
        skew = there - (before + (datetime.now(UTC) - before) / 2)
        rights, writing = look.rights()
        if writing:
            warnings.append(Problem("may_write", facts={"rights": ", ".join(writing)}))
        if not look.has_index(self._table, self._cdr.column("call")):
            warnings.append(Problem("no_index", facts={"table": self._table, "column": self._cdr.column("call")}))
        return f"Asterisk ({look.version()})", skew, rights

    def _count_files(self, counts: dict[str, int], warnings: list[Problem]) -> None:
        files = orphans = 0
        for day, names in self._tree.days():
            if files >= FILES_IN_PROBE:
                warnings.append(Problem("orphans_not_all_checked", facts={"count": files}))
                break
            files += len(names)
            orphans += len(self._orphans(day, names))
        counts.update({"files_checked": files, "orphans": orphans})
        if orphans:
            warnings.append(Problem("orphans", facts={"count": orphans}))

    def close(self) -> None:
        self._cdr.close()


def _snapshot(found: _Found, files: Sequence[FileDigest], problems: Sequence[Problem]) -> Snapshot:
    one = found.call
    value = fingerprint.unit(one.facts, files)
    return Snapshot(one.ref, value, one.ended_at, found.modified_at, (*found.problems, *problems))


def _without_unit(waiting: deque[tuple[str, _Found | None]]) -> Iterator[Snapshot]:
    """Those at the front that had nothing to copy."""
    while waiting and not (waiting[0][1] and waiting[0][1].files):
        ref, found = waiting.popleft()
        if found is None:
            yield Snapshot(ref, b"", None, None, (Problem("record_missing", ref),))
        else:
            yield _snapshot(found, (), ())


def _digest(file: SourceFile) -> FileDigest:
    digest, size = hashlib.sha256(), 0
    with file.open() as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return FileDigest(file.name, size, digest.digest())
