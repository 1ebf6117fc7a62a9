"""Whole conversations out of Chatwoot's tables, in batches: each table is read once per batch, in one transaction.

PostgreSQL only filters; order and joins are made in Arrow (sorting in 24 queries cost four times as much). A batch has
as many conversations as fit about 8 MB, so memory stays the same for any source; one conversation is read whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.schema import CONTENT, NOTIFICATIONS, REFERENCES, Table
from kendali.connectors.postgres import BulkTransaction, Server, TooLarge
from kendali.fingerprint import REF

TARGET_BYTES = 8 << 20
FIRST_REFS, MOST_REFS = 250, 4_000
_RANK = "\0rank"


@dataclass(frozen=True, slots=True)
class Batch:
    """`refs` as asked for, in that order; `found` those that exist; one Arrow table per source table that has rows."""

    refs: Sequence[str]
    found: Sequence[str]
    tables: Mapping[str, pa.Table]


class Reader:
    def __init__(self, server: Server, columns: Columns, account: int, absent: Collection[str] = ()) -> None:
        self._server, self._columns, self._account = server, columns, account
        self._content = [table for table in CONTENT if table.name not in absent]
        self._references = [table for table in REFERENCES if table.name not in absent]
        self._notifications = NOTIFICATIONS.name not in absent
        self.queries = 0

    def batches(self, refs: Sequence[str], *, content_only: bool = False) -> Iterator[Batch]:
        """Batches in the order of `refs`; content_only: just what the fingerprint is made of."""
        size, start = FIRST_REFS, 0
        while start < len(refs):
            part = refs[start : start + size]
            try:
                batch = self._batch(part, content_only)
            except TooLarge:
                size = max(1, len(part) // 4)
                continue
            yield batch
            start += len(part)
            used = max(1, sum(table.nbytes for table in batch.tables.values()))
            size = max(1, min(MOST_REFS, len(part) * TARGET_BYTES // used, size * 4))

    def _batch(self, refs: Sequence[str], content_only: bool) -> Batch:
        ids = id_array(refs)
        limit = 4 * TARGET_BYTES if len(refs) > 1 else None
        with self._server.errors(), BulkTransaction(self._server, limit) as source:
            reading = Reading(source, self._columns, ids)
            tables = reading.content(self._content, self._account)
            if not content_only:
                if self._notifications:
                    tables[NOTIFICATIONS.name] = reading.notifications()
                for table in self._references:
                    tables[table.name] = reading.reference(table)
            self.queries += source.queries
        found = set(tables["conversations"].column(REF).to_pylist())
        return Batch(refs, [ref for ref in refs if ref in found], {name: t for name, t in tables.items() if t.num_rows})


def id_array(refs: Sequence[str]) -> pa.Array:
    """The refs that are ids at all."""
    return pa.array([int(ref) for ref in refs if _is_id(ref)], pa.int64())


def _is_id(ref: str) -> bool:
    return ref.isascii() and ref.isdigit() and ref == str(int(ref)) and int(ref) < 2**63


class Reading:
    """One batch while it is read. `_links[table]`: which of its ids belong to which conversation (by rank)."""

    def __init__(self, source: BulkTransaction, columns: Columns, ids: pa.Array) -> None:
        self._source, self._columns = source, columns
        self._refs = ids.cast(pa.string())
        self._ranks = pa.array(range(len(ids)), pa.int32())
        self._ids = ids
        self._raw: dict[str, pa.Table] = {}

    def content(self, tables: Sequence[Table], account: int) -> dict[str, pa.Table]:
        made: dict[str, pa.Table] = {}
        for table in tables:
            if table.name == "conversations":
                raw = self._select(table, "id", self._ids, f"account_id = {account:d}")
                raw = self._ranked(raw, pc.index_in(raw["id"].cast(pa.int64()), value_set=self._ids))
                self._ids = raw["id"].cast(pa.int64()).combine_chunks()
                self._ranks = raw[_RANK].combine_chunks()
            elif table.name == "active_storage_blobs":
                made[table.name] = self.reference(table)
                continue
            else:
                raw = self._children(table)
            self._raw[table.name] = raw
            made[table.name] = self._finished(table, raw)
        return made

    def _children(self, table: Table) -> pa.Table:
        ids, ranks = self._parents(table.via)
        raw = self._select(table, table.by, ids, table.where)
        return self._ranked(raw, pc.take(ranks, pc.index_in(raw[table.by].cast(pa.int64()), value_set=ids)))

    def _parents(self, via: str) -> tuple[pa.Array, pa.Array]:
        if via == "conversations":
            return self._ids, self._ranks
        raw = self._raw[via]
        return raw["id"].cast(pa.int64()).combine_chunks(), raw[_RANK].combine_chunks()

    def notifications(self) -> pa.Table:
        """Bells about the conversation or one of its messages, as their first or second subject."""
        messages, message_ranks = self._parents("messages")
        sides = []
        for side in ("primary", "secondary"):
            for kind, ids in (("Conversation", self._ids), ("Message", messages)):
                if len(ids):
                    sides.append(f"({side}_actor_type = '{kind}' AND {any_of(f'{side}_actor_id', ids)})")
        raw = self._query(NOTIFICATIONS, " OR ".join(sides) or "false")
        rank = None
        for side in ("primary", "secondary"):
            for kind, ids, ranks in (("Conversation", self._ids, self._ranks), ("Message", messages, message_ranks)):
                there = pc.take(ranks, pc.index_in(raw[f"{side}_actor_id"].cast(pa.int64()), value_set=ids))
                there = pc.if_else(pc.equal(raw[f"{side}_actor_type"], kind), there, None)
                rank = there if rank is None else pc.coalesce(rank, there)
        return self._finished(NOTIFICATIONS, self._ranked(raw, rank))

    def reference(self, table: Table) -> pa.Table:
        """Rows that several conversations may refer to: repeated for each of them."""
        pairs = self._link_columns(table)
        if not pairs:
            return self._columns.shapes[table.name].schema.empty_table()
        links = pa.concat_tables([self._links(*pair) for pair in pairs])
        links = links.filter(pc.is_valid(links["id"])).group_by(["id", _RANK]).aggregate([])
        ids = pc.unique(links["id"])
        raw = self._query(table, any_of("id", ids)) if len(ids) else self._query(table, "false")
        rows = pc.index_in(links["id"], value_set=raw["id"].cast(pa.int64()).combine_chunks())
        known = pc.is_valid(rows)
        taken = raw.take(rows.filter(known))
        return self._finished(table, self._ranked(taken, links[_RANK].filter(known)))

    def _link_columns(self, table: Table) -> list[tuple[str, str, str]]:
        """(table, column, kind of sender it must have) that point to rows of `table`."""
        pairs = {
            "contacts": [("conversations", "contact_id", ""), ("messages", "sender_id", "Contact")],
            "users": [
                ("conversations", "assignee_id", ""),
                ("messages", "sender_id", "User"),
                ("conversation_participants", "user_id", ""),
                ("mentions", "user_id", ""),
                ("csat_survey_responses", "assigned_agent_id", ""),
            ],
            "agent_bots": [("messages", "sender_id", "AgentBot")],
        }
        wanted = pairs.get(table.name, [(table.via, table.by, "")])
        return [pair for pair in wanted if pair[0] in self._raw and pair[1] in self._raw[pair[0]].column_names]

    def _links(self, name: str, column: str, sender: str) -> pa.Table:
        raw = self._raw[name]
        ids = raw[column].cast(pa.int64())
        if sender:
            ids = pc.if_else(pc.equal(raw["sender_type"], sender), ids, pa.scalar(None, pa.int64()))
        return pa.table({"id": ids, _RANK: raw[_RANK]})

    def _select(self, table: Table, column: str, ids: pa.Array, where: str = "") -> pa.Table:
        if not len(ids):
            return self._columns.shapes[table.name].schema.remove(0).empty_table()
        return self._query(table, " AND ".join(filter(None, (where, any_of(column, ids)))))

    def _query(self, table: Table, where: str) -> pa.Table:
        shape = self._columns.shapes[table.name]
        return self._source.table(self._statement(table, shape.select, where)).cast(shape.schema.remove(0))

    def _statement(self, table: Table, select: str, where: str) -> str:
        return f'SELECT {select} FROM "{table.name}" t WHERE {where}'  # noqa: S608

    def _ranked(self, raw: pa.Table, rank: pa.ChunkedArray) -> pa.Table:
        """Rows in the order of the refs and within one by id, with their rank as last column."""
        ranked = raw.append_column(_RANK, rank.cast(pa.int32()))
        return ranked.take(pc.sort_indices(ranked, sort_keys=[(_RANK, "ascending"), ("id", "ascending")]))

    def _finished(self, table: Table, ranked: pa.Table) -> pa.Table:
        schema = self._columns.shapes[table.name].schema
        refs = pc.take(self._refs, ranked[_RANK])
        return pa.table([refs, *(ranked[name] for name in schema.names[1:])], schema=schema)


def any_of(column: str, ids: pa.Array) -> str:
    """`column` is one of the numbers; they are written into the query, so the planner sees how many there are."""
    texts = pa.concat_arrays(ids.chunks) if isinstance(ids, pa.ChunkedArray) else ids
    listed = pa.ListArray.from_arrays([0, len(texts)], texts.cast(pa.string()))
    return f"t.{column} = ANY('{{{pc.binary_join(listed, ',')[0].as_py()}}}'::bigint[])"
