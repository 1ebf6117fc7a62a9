"""Chatwoot, read by SQL. Config: host, port, dbname, user, account, storage, absent_tables; secret: password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pyarrow as pa

from kendali import fingerprint
from kendali.connectors.ahead import ahead
from kendali.connectors.base import (
    Capabilities,
    Cut,
    DeletesBy,
    Listed,
    Probe,
    Problem,
    Sink,
    Snapshot,
    Unit,
)
from kendali.connectors.chatwoot import listing, probe
from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.place import LEAVES_BEHIND, ChatwootPlace
from kendali.connectors.chatwoot.reader import Batch, Reader
from kendali.connectors.chatwoot.storage import Copy, Storage
from kendali.connectors.postgres import Server
from kendali.fingerprint import REF

# The columns whose newest value is a conversation's modified_at, here and in the listing.
_MODIFIED = {
    "conversations": ("updated_at",),
    "messages": ("created_at", "updated_at"),
    "attachments": ("updated_at",),
    "csat_survey_responses": ("updated_at",),
}
_ROWS_PER_BATCH = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChatwootConnector:
    def __init__(self, config: Mapping[str, Any], secret: Mapping[str, Any]) -> None:
        self._place = ChatwootPlace(config)
        self._account, self._absent = self._place.account, self._place.absent
        self._storage = Storage(self._place.root, self._place.services)
        self._deletes_by = str(config.get("delete_by") or "none")
        self._server = Server(config, secret)
        self._columns: Columns | None = None
        self.queries = 0

    def capabilities(self) -> Capabilities:
        return Capabilities(
            record_class="conversation",
            reads_by="sql",
            deletes_by=cast(DeletesBy, self._deletes_by),
            delete_is_async=self._deletes_by == "api",
            verify="full",
            leaves_behind=LEAVES_BEHIND,
        )

    def probe(self) -> Probe:
        return probe.look(self._server, self._account, self._place.root, self._absent)

    def unclaimed(self) -> Iterator[Problem]:
        return iter(())

    def due(self, cut: Cut | None, after: str, limit: int) -> Sequence[Listed]:
        return listing.page(self._server, self._account, cut, after, limit, self._absent)

    def oldest_uncovered(self, covered: Mapping[str, datetime]) -> Mapping[str, datetime | None]:
        return listing.oldest_uncovered(self._server, covered)

    def search(self, text: str, limit: int) -> Sequence[str]:
        return listing.search(self._server, self._account, text, limit)

    def snapshot(self, refs: Sequence[str], sink: Sink) -> Iterator[Snapshot]:
        reader = self._reader()
        for batch in ahead(reader.batches(refs)):
            yield from self._copied(batch, sink)
        self.queries += reader.queries

    def fingerprints(self, refs: Sequence[str]) -> Mapping[str, bytes]:
        reader = self._reader()
        found: dict[str, bytes] = {}
        for batch in ahead(reader.batches(refs, content_only=True)):
            found.update(fingerprint.conversations(batch.tables, batch.found))
        self.queries += reader.queries
        return found

    def close(self) -> None:
        self._server.close()

    def _reader(self) -> Reader:
        if self._columns is None:
            columns = Columns(self._server, self._absent)
            columns.require()
            self._columns = columns
        return Reader(self._server, self._columns, self._account, self._absent)

    def _copied(self, batch: Batch, sink: Sink) -> Iterator[Snapshot]:
        for name, table in batch.tables.items():
            for rows in table.to_batches(max_chunksize=_ROWS_PER_BATCH):
                sink.table(name, rows)
        prints = fingerprint.conversations(batch.tables, batch.found)
        problems = self._copy_files(batch, sink)
        covered = _newest(batch.tables, {"conversations": ("created_at",), "messages": ("created_at",)})
        modified = _newest(batch.tables, _MODIFIED)
        for ref in batch.refs:
            if ref not in prints:
                yield Snapshot(ref, b"", None, None, (Problem("record_missing", ref),))
            else:
                yield Snapshot(ref, prints[ref], covered.get(ref), modified.get(ref), tuple(problems.get(ref, ())))

    def _copy_files(self, batch: Batch, sink: Sink) -> dict[str, list[Problem]]:
        problems: dict[str, list[Problem]] = {}
        copies: list[Copy] = []

        def note(found: Sequence[Problem]) -> None:
            for problem in found:
                problems.setdefault(problem.ref, []).append(problem)

        def units() -> Iterator[Unit]:
            for part in self._storage.parts(batch.tables):
                if isinstance(part, Problem):
                    note((part,))
                else:
                    copies.append(part)
                    yield part.unit

        for result in sink.units(units()):
            note(result.problems)
        for copy in copies:
            note(copy.found)
        return problems


def _newest(tables: Mapping[str, pa.Table], columns: Mapping[str, Sequence[str]]) -> dict[str, datetime]:
    """ref → newest instant in any of the columns."""
    pieces = [
        pa.table({REF: table[REF], "at": table[column].cast(pa.int64())})
        for name, wanted in columns.items()
        if (table := tables.get(name)) is not None
        for column in wanted
    ]
    if not pieces:
        return {}
    grouped = pa.concat_tables(pieces).group_by(REF).aggregate([("at", "max")])
    instants = zip(grouped[REF].to_pylist(), grouped["at_max"].to_pylist(), strict=True)
    return {ref: _EPOCH + timedelta(microseconds=at) for ref, at in instants if at is not None}
