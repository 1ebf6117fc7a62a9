"""Asterisk, FreePBX, Issabel: call records and recordings taken away.

The call records go first, in one transaction (or one rename of Master.csv), the files right after it, from what was
listed before. A worker that dies in between leaves files that no call record names: `absent` shows them as present, the
scan lists them as unclaimed, `finish` takes them away. The other order would leave a call record without its recording,
which no longer has the fingerprint that was approved, and could not be finished.
Config: as for reading, and delete_user (not for csv); its secret: delete_password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kendali.connectors.asterisk.cdr import Leg
from kendali.connectors.asterisk.connector import ALLOWED_SKEW, AsteriskConnector
from kendali.connectors.asterisk.master_csv import MasterCsv
from kendali.connectors.asterisk.rights import Rights, csv_rights, mysql_rights, postgres_rights
from kendali.connectors.asterisk.writers import CsvWriter, MySqlWriter, PostgresWriter, Writer, safe_table
from kendali.connectors.base import Capabilities, Deletion, Part, PartState, Probe, Problem, SourceError, require_time
from kendali.connectors.mysql import MySql
from kendali.connectors.postgres import Server
from kendali.connectors.removing import Outside, look, may_remove, plain, remove

STATEMENT_SECONDS = 60
_CALL = "cdr:"
Files = Mapping[str, Sequence[str]]  # ref → paths below the tree


class AsteriskDeleter:
    until: float | None = None

    def __init__(self, config: Mapping[str, Any], reading: Mapping[str, Any], deleting: Mapping[str, Any]) -> None:
        self._reader = AsteriskConnector(config, reading)
        self._root = self._reader.tree.root
        self._rights: Rights
        self._writer = self._made({**config, "user": config.get("delete_user")}, deleting)

    def _made(self, config: Mapping[str, Any], deleting: Mapping[str, Any]) -> Writer:
        kind, table = str(config.get("database") or "mysql"), safe_table(str(config.get("table") or "cdr"))
        if kind == "csv":
            columns = str(config.get("csv_columns") or "").replace(",", " ").split()
            source = MasterCsv(Path(str(config.get("csv") or "")), columns)
            self._rights = lambda: csv_rights(source.path)
            return CsvWriter(source, config)
        if not config.get("user"):
            raise SourceError("bad_configuration", field="delete_user", reason="it is empty")
        secret = {"password": deleting.get("delete_password")}
        if kind == "mysql":
            mysql = MySql(config, secret, STATEMENT_SECONDS)
            self._rights = lambda: mysql_rights(mysql, table)
            return MySqlWriter(mysql, table, config)
        server = Server(config, secret, STATEMENT_SECONDS)
        self._rights = lambda: postgres_rights(server, table)
        return PostgresWriter(server, table, config)

    def capabilities(self) -> Capabilities:
        return replace(self._reader.capabilities(), deletes_by="files")

    def probe(self) -> Probe:
        problems: list[Problem] = []
        warnings: list[Problem] = []
        rights: list[str] = []
        version, skew = "Asterisk", None
        try:
            found = self._rights()
            rights, version = list(found.rights), found.version
            problems += found.problems
            warnings += found.warnings
            skew = found.there - datetime.now(UTC) if found.there is not None else None
        except SourceError as error:
            problems.append(Problem(error.code, facts=error.facts))
        problems += self._folder()
        if skew is not None and abs(skew) > ALLOWED_SKEW:
            problems.append(Problem("clock_skew", facts={"seconds": round(skew.total_seconds())}))
        return Probe(version, rights, skew and timedelta(seconds=skew.total_seconds()), {}, problems, warnings)

    def _folder(self) -> list[Problem]:
        """The tree and, as a sample of it, the first folders of days."""
        if not self._root.is_dir():
            return [Problem("folder_missing", facts={"path": str(self._root)})]
        try:
            for number, (day, _) in enumerate(self._reader.tree.days()):
                folder = self._root / f"{day:%Y/%m/%d}"
                if not os.access(folder, os.W_OK | os.X_OK):
                    return [Problem("folder_not_writable", facts={"path": str(folder)})]
                if number >= 20:
                    break
        except OSError as error:
            return [Problem("folder_unreadable", facts={"path": str(self._root), "reason": f"{error.strerror}."})]
        return []

    # --- what is there

    def parts(self, refs: Sequence[str]) -> Mapping[str, Sequence[Part]]:
        found: dict[str, list[Part]] = {}
        for start in range(0, len(refs), 500):
            legs = self._reader.cdr.legs(refs[start : start + 500])
            for ref, paths in self._files(legs).items():
                found[ref] = [Part("row", f"{_CALL}{ref}"), *(Part("file", path) for path in paths)]
        return found

    def _files(self, legs: Mapping[str, Sequence[Leg]]) -> dict[str, list[str]]:
        """ref → its recordings and what they were converted to, below the tree."""
        answer: dict[str, list[str]] = {}
        for ref, rows in legs.items():
            named = self._reader.files_of(self._reader.call_of(ref, rows))
            every = dict.fromkeys(copy for path in named for copy in self._reader.tree.copies(path))
            answer[ref] = [path.relative_to(self._root).as_posix() for path in every]
        return answer

    def _others(self, files: Files) -> dict[str, set[str]]:
        """path → calls besides the given ones that have it as a recording, too."""
        paths = {path for listed in files.values() for path in listed}
        names = {name for path in paths for name in self._reader.tree.spellings(self._root / path)}
        calls: set[str] = set()
        ordered = sorted(names)
        for start in range(0, len(ordered), 1_000):
            calls |= set(self._reader.cdr.naming(ordered[start : start + 1_000]))
        found: dict[str, set[str]] = {}
        for ref, theirs in self._files(self._reader.cdr.legs(sorted(calls - set(files)))).items():
            for path in paths & set(theirs):
                found.setdefault(path, set()).add(ref)
        return found

    # --- deleting

    def delete(self, expected: Mapping[str, bytes], *, dry_run: bool = False) -> Iterator[Deletion]:
        refs = list(expected)
        for start in range(0, len(refs), self._writer.batch):
            yield from self._batch(refs[start : start + self._writer.batch], expected, dry_run)

    def _batch(self, refs: Sequence[str], expected: Mapping[str, bytes], dry_run: bool) -> Iterator[Deletion]:
        """One transaction; where it fails because of one call, each call has its own."""
        try:
            answers = self._taken(refs, expected, dry_run)
        except SourceError as error:
            self._writer.undo()
            if error.code in {"no_right_to_read", "file_not_writable"}:
                yield from (Deletion(ref, "refused", problem=_no_right(ref, error)) for ref in refs)
                return
            if error.code not in {"busy", "source_failed", "too_slow"}:
                raise
            if len(refs) > 1:
                for ref in refs:
                    yield from self._batch([ref], expected, dry_run)
                return
            problem = Problem(error.code, refs[0], facts=error.facts)
            answers = [Deletion(refs[0], "failed", retryable=True, problem=problem)]
        finally:
            self._writer.undo()
        yield from answers

    def _taken(self, refs: Sequence[str], expected: Mapping[str, bytes], dry_run: bool) -> list[Deletion]:
        legs = self._reader.cdr.legs(refs) if dry_run else self._writer.legs(refs)
        answers = [Deletion(ref, "already_absent") for ref in refs if ref not in legs]
        equal: dict[str, list[Leg]] = {}
        for ref, rows in legs.items():
            if self._fingerprint(ref, rows) == expected[ref]:
                equal[ref] = rows
            else:
                answers.append(_changed(ref))
        files = self._files(equal)
        for ref, paths in list(files.items()):
            problem = self._stands_in_the_way(ref, paths)
            if problem is not None:
                answers.append(Deletion(ref, "refused", problem=problem))
                del equal[ref], files[ref]
        if dry_run or not equal:
            return answers + [Deletion(ref, "deleted") for ref in equal]
        kept = self._others(files)
        if not self._writer.remove(equal):
            if len(refs) > 1:
                raise SourceError("busy")  # one by one
            return [_changed(refs[0])]
        self._writer.commit(self._require_time)
        return answers + [self._without_files(ref, paths, kept) for ref, paths in files.items()]

    def _fingerprint(self, ref: str, rows: Sequence[Leg]) -> bytes | None:
        try:
            return self._reader.fingerprint_of(self._reader.call_of(ref, rows))
        except OSError:
            return None  # a recording that cannot be read is not the one that was backed up

    def _stands_in_the_way(self, ref: str, paths: Sequence[str]) -> Problem | None:
        """Looked at before the call records go: files that could not be taken after them."""
        for path in paths:
            if not plain(self._root, path):
                return Problem("file_outside", ref, path)
            if not may_remove(self._root, path):
                return Problem("folder_not_writable", ref, path, {"path": str((self._root / path).parent)})
        return None

    def _without_files(self, ref: str, paths: Sequence[str], kept: Mapping[str, set[str]]) -> Deletion:
        for path in paths:
            if path in kept:
                continue
            problem = self._remove(ref, path)
            if problem is not None:
                return Deletion(ref, "failed", retryable=True, problem=problem)
        return Deletion(ref, "deleted")

    def _require_time(self) -> None:
        require_time(self.until)

    def _remove(self, ref: str, path: str) -> Problem | None:
        self._require_time()
        try:
            remove(self._root, path)
        except Outside:
            return Problem("file_outside", ref, path)
        except (OSError, SourceError) as error:
            reason = error.strerror if isinstance(error, OSError) else error.code
            return Problem("file_not_deleted", ref, path, {"reason": f"{reason}."})
        return None

    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        there = self._reader.cdr.existing(list(parts))
        files = {
            ref: [part.name for part in listed if part.kind == "file"]
            for ref, listed in parts.items()
            if ref not in there
        }
        kept = self._others(files)
        for ref, paths in files.items():
            for path in paths:
                if path not in kept:
                    self._remove(ref, path)

    # --- looking again

    def absent(self, parts: Mapping[str, Sequence[Part]]) -> Mapping[str, Sequence[PartState]]:
        answer: dict[str, Sequence[PartState]] = {}
        refs = list(parts)
        for start in range(0, len(refs), 500):
            answer |= self._look({ref: parts[ref] for ref in refs[start : start + 500]})
        return answer

    def _look(self, parts: Mapping[str, Sequence[Part]]) -> dict[str, Sequence[PartState]]:
        there = self._reader.cdr.existing(list(parts))
        left = {
            ref: [part.name for part in listed if part.kind == "file" and look(self._root, part.name) == "present"]
            for ref, listed in parts.items()
        }
        gone = {ref: paths for ref, paths in left.items() if paths and ref not in there}
        shared = self._others(gone) if gone else {}
        return {ref: [self._state(ref, part, there, gone, shared) for part in listed] for ref, listed in parts.items()}

    def _state(self, ref: str, part: Part, there: set[str], gone: Files, shared: Mapping[str, set[str]]) -> PartState:
        if part.kind == "row":
            if part.name != f"{_CALL}{ref}":
                return PartState(part, "cannot_see")
            return PartState(part, "present" if ref in there else "gone")
        if ref in gone and part.name in shared:
            return PartState(part, "gone", shared=True)
        return PartState(part, look(self._root, part.name))

    def close(self) -> None:
        self._writer.close()
        self._reader.close()


def _changed(ref: str) -> Deletion:
    return Deletion(ref, "changed", problem=Problem("changed_at_source", ref))


def _no_right(ref: str, error: SourceError) -> Problem:
    if error.code == "file_not_writable":
        return Problem(error.code, ref, facts=error.facts)
    command = str(error.facts.get("command", "")).replace("GRANT SELECT", "GRANT SELECT, DELETE")
    return Problem("no_right_to_delete", ref, facts={**error.facts, "command": command})
