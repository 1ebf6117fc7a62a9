"""Chatwoot, deleted by SQL: one transaction per batch at the source, files of freed blobs after its commit.

Config: as for reading, and delete_user; its secret: delete_password. The role has SELECT and DELETE on the tables of a
conversation, and UPDATE on one harmless column of conversations and active_storage_blobs, which is what PostgreSQL asks
of a role that locks a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kendali.connectors.base import Capabilities, Deletion, Part, PartState, Probe, Problem, SourceError, require_time
from kendali.connectors.chatwoot import deleting_probe
from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.disk import Disk
from kendali.connectors.chatwoot.parts import Parts
from kendali.connectors.chatwoot.place import LEAVES_BEHIND, ChatwootPlace
from kendali.connectors.chatwoot.reader import TARGET_BYTES, id_array
from kendali.connectors.chatwoot.schema import CONTENT, NOTIFICATIONS
from kendali.connectors.chatwoot.taking import FreedFile, Taking
from kendali.connectors.postgres import BulkTransaction, Server, TooLarge

PER_TRANSACTION = 500  # conversations; some 50 ms, so that nobody at the source waits
STATEMENT_SECONDS = 60
_OF_ONE_BATCH = {"busy", "source_failed", "too_slow"}  # what a smaller batch may escape


class SqlDeleter:
    until: float | None = None

    def __init__(self, config: Mapping[str, Any], reading: Mapping[str, Any], deleting: Mapping[str, Any]) -> None:
        self._place = ChatwootPlace(config)
        self._server = Server(
            {**config, "user": config.get("delete_user")},
            {"password": deleting.get("delete_password")},
            STATEMENT_SECONDS,
        )
        self._reading = Server(config, reading)
        self._disk = Disk(self._place.root, self._place.services)
        self._parts = Parts(self._reading, self._place, self._disk)
        self._content = [table for table in CONTENT if table.name not in self._place.absent]
        self._columns: Columns | None = None
        self.queries = 0  # statements in deleting transactions so far

    def capabilities(self) -> Capabilities:
        return Capabilities(
            record_class="conversation", reads_by="sql", deletes_by="sql", verify="full", leaves_behind=LEAVES_BEHIND
        )

    def probe(self) -> Probe:
        return deleting_probe.by_sql(self._server, self._place, self._disk)

    def parts(self, refs: Sequence[str]) -> Mapping[str, Sequence[Part]]:
        return self._parts.of(refs)

    def absent(self, parts: Mapping[str, Sequence[Part]]) -> Mapping[str, Sequence[PartState]]:
        return self._parts.look(parts)

    def delete(self, expected: Mapping[str, bytes], *, dry_run: bool = False) -> Iterator[Deletion]:
        refs = list(expected)
        for start in range(0, len(refs), PER_TRANSACTION):
            part = refs[start : start + PER_TRANSACTION]
            yield from self._looked(part, expected) if dry_run else self._batch(part, expected)

    def _looked(self, refs: Sequence[str], expected: Mapping[str, bytes]) -> Iterator[Deletion]:
        found = self._parts.fingerprints(refs)
        for ref in refs:
            if ref not in found:
                yield Deletion(ref, "already_absent")
            else:
                yield Deletion(ref, "deleted") if found[ref] == expected[ref] else _changed(ref)

    def _batch(self, refs: Sequence[str], expected: Mapping[str, bytes]) -> Iterator[Deletion]:
        """One transaction; where it fails because of one record, smaller ones."""
        try:
            yield from self._taken(refs, expected)
            return
        except TooLarge:
            pass
        except SourceError as error:
            if error.code == "no_right_to_read":
                yield from (Deletion(ref, "refused", problem=_no_right(ref, error)) for ref in refs)
                return
            if error.code not in _OF_ONE_BATCH:
                raise
            if len(refs) == 1:
                yield _failed(refs[0], error)
                return
        middle = len(refs) // 2
        yield from self._batch(refs[:middle], expected)
        yield from self._batch(refs[middle:], expected)

    def _taken(self, refs: Sequence[str], expected: Mapping[str, bytes]) -> list[Deletion]:
        answers: list[Deletion] = []
        while True:
            found, changed, freed = self._transaction(refs, expected)
            if not changed:
                break
            answers += [_changed(ref) for ref in refs if ref in changed]
            refs = [ref for ref in refs if ref not in changed]
        failed = self._remove(freed)
        answers += [failed.get(ref) or Deletion(ref, "deleted") for ref in refs if ref in found]
        return answers + self._not_found([ref for ref in refs if ref not in found])

    def _transaction(
        self, refs: Sequence[str], expected: Mapping[str, bytes]
    ) -> tuple[set[str], set[str], list[FreedFile]]:
        """(found, changed, files that are free): committed if nothing was changed, rolled back otherwise."""
        columns = self._shapes()
        limit = 4 * TARGET_BYTES if len(refs) > 1 else None
        with self._server.errors(), BulkTransaction(self._server, limit, writes=True) as source:
            taking = Taking(source, columns, id_array(refs))
            prints = taking.fingerprints(self._content, self._place.account)
            changed = {ref for ref, value in prints.items() if value != expected[ref]}
            freed: list[FreedFile] = []
            if not changed:
                freed = taking.rest(notifications=NOTIFICATIONS.name not in self._place.absent)
                changed = taking.appeared()
            if not changed:
                source.commit(lambda: require_time(self.until))
            self.queries += source.queries
        return set(prints), changed, freed

    def _remove(self, freed: Sequence[FreedFile]) -> dict[str, Deletion]:
        """Files of rows that are gone for good; ref → the answer for those whose file stayed."""
        failed: dict[str, Deletion] = {}
        for file in freed:
            require_time(self.until)
            problem = self._disk.remove(file.service, file.key)
            if problem is not None:
                for ref in file.refs:
                    told = Problem(problem.code, ref, problem.part, problem.facts)
                    failed[ref] = Deletion(ref, "failed", retryable=True, problem=told)
        return failed

    def _not_found(self, refs: Sequence[str]) -> list[Deletion]:
        """What could not be locked is absent, or somebody at the source works on it just now.

        The transaction is over: nothing that goes wrong here may have the batch tried again.
        """
        if not refs:
            return []
        try:
            there = self._parts.existing(refs)
        except SourceError as error:
            return [_failed(ref, error) for ref in refs]
        return [
            Deletion(ref, "failed", retryable=True, problem=Problem("busy", ref))
            if ref in there
            else Deletion(ref, "already_absent")
            for ref in refs
        ]

    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        self._disk.sweep(parts, self._parts.named_keys(parts), lambda: require_time(self.until))

    def _shapes(self) -> Columns:
        if self._columns is None:
            columns = Columns(self._server, self._place.absent)
            columns.require()
            self._columns = columns
        return self._columns

    def close(self) -> None:
        self._server.close()
        self._reading.close()


def _changed(ref: str) -> Deletion:
    return Deletion(ref, "changed", problem=Problem("changed_at_source", ref))


def _failed(ref: str, error: SourceError) -> Deletion:
    return Deletion(ref, "failed", retryable=True, problem=Problem(error.code, ref, facts=error.facts))


def _no_right(ref: str, error: SourceError) -> Problem:
    command = str(error.facts.get("command", "")).replace("GRANT SELECT", "GRANT SELECT, DELETE")
    return Problem("no_right_to_delete", ref, facts={**error.facts, "command": command})
