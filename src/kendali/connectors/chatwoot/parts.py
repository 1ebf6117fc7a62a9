"""What there is of a conversation at the source, row by row and file by file, and what of it is still there later.

Rows are told as `table:id,id,…`, one part per table and conversation (one per blob); files as `service:key`. All by the
reading role, with a constant number of statements per batch, and without any of the text.
"""
# ruff: noqa: S608 (the queries are made of names in schema.py; every value is a parameter)

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kendali import fingerprint
from kendali.connectors.base import Part, PartState
from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.disk import Disk
from kendali.connectors.chatwoot.place import ChatwootPlace
from kendali.connectors.chatwoot.reader import Reader, id_array
from kendali.connectors.chatwoot.schema import CONTENT
from kendali.connectors.chatwoot.taking import FAMILY
from kendali.connectors.postgres import Server

PER_QUERY = 2_000
_ROWS = re.compile(r"([a-z_]+):(\d+(?:,\d+)*)")
_IDS = "= ANY(%(ids)s::bigint[])"

# Where a conversation's own rows are: table → (FROM … WHERE it is one of these conversations, its conversation).
_DIRECT = {table.name: table for table in CONTENT if table.via == "conversations" and table.name != "conversations"}
_ATTACHED = f"messages m JOIN attachments a ON a.message_id = m.id WHERE m.conversation_id {_IDS}"
_LINKED = (
    "messages m JOIN attachments a ON a.message_id = m.id JOIN active_storage_attachments l "
    f"ON l.record_type = 'Attachment' AND l.record_id = a.id WHERE m.conversation_id {_IDS}"
)
_BLOBS = (
    "SELECT DISTINCT m.conversation_id, b.id, b.service_name, b.key FROM messages m "
    "JOIN attachments a ON a.message_id = m.id "
    "JOIN active_storage_attachments l ON l.record_type = 'Attachment' AND l.record_id = a.id "
    f"JOIN active_storage_blobs b ON b.id = l.blob_id WHERE m.conversation_id {_IDS} ORDER BY 1, 2"
)
_BELLS = f"""
    SELECT c, string_agg(DISTINCT id::text, ',') FROM (
        SELECT n.id, n.primary_actor_id AS c FROM notifications n
        WHERE n.primary_actor_type = 'Conversation' AND n.primary_actor_id {_IDS}
        UNION ALL
        SELECT n.id, n.secondary_actor_id FROM notifications n
        WHERE n.secondary_actor_type = 'Conversation' AND n.secondary_actor_id {_IDS}
        UNION ALL
        SELECT n.id, m.conversation_id FROM messages m JOIN notifications n
          ON n.primary_actor_type = 'Message' AND n.primary_actor_id = m.id WHERE m.conversation_id {_IDS}
        UNION ALL
        SELECT n.id, m.conversation_id FROM messages m JOIN notifications n
          ON n.secondary_actor_type = 'Message' AND n.secondary_actor_id = m.id WHERE m.conversation_id {_IDS}
    ) bells GROUP BY c
"""
# What the application derived from a blob: (root, table, id, service, key).
_DERIVED = """
    {family}
    SELECT f.root, 'active_storage_blobs', b.id, b.service_name, b.key
    FROM family f JOIN active_storage_blobs b ON b.id = f.blob WHERE f.blob <> f.root
    UNION
    SELECT f.root, 'active_storage_variant_records', v.id, NULL, NULL
    FROM family f JOIN active_storage_variant_records v ON v.blob_id = f.blob
    UNION
    SELECT f.root, 'active_storage_attachments', a.id, NULL, NULL
    FROM family f JOIN active_storage_attachments a ON (a.record_type = 'ActiveStorage::Blob' AND a.record_id = f.blob)
      OR (a.record_type = 'ActiveStorage::VariantRecord' AND a.record_id IN (
          SELECT v.id FROM active_storage_variant_records v WHERE v.blob_id = f.blob))
    ORDER BY 1, 2, 3
"""
_LINKS, _BLOB = "active_storage_attachments", "active_storage_blobs"
_TABLES = {
    *(table.name for table in CONTENT),
    *("notifications", "active_storage_variant_records"),
}


class Parts:
    def __init__(self, server: Server, place: ChatwootPlace, disk: Disk) -> None:
        self._server, self._place, self._disk = server, place, disk
        self._columns: Columns | None = None

    def _ask(self, query: str, ids: Iterable[object], **more: object) -> list[tuple[Any, ...]]:
        with self._server.errors():
            values = {"ids": f"{{{','.join(map(str, ids))}}}", **more}
            return self._server.rows().execute(query.encode(), values).fetchall()

    def fingerprints(self, refs: Sequence[str]) -> dict[str, bytes]:
        if self._columns is None:
            columns = Columns(self._server, self._place.absent)
            columns.require()
            self._columns = columns
        reader = Reader(self._server, self._columns, self._place.account, self._place.absent)
        found: dict[str, bytes] = {}
        for batch in reader.batches(refs, content_only=True):
            found.update(fingerprint.conversations(batch.tables, batch.found))
        return found

    def existing(self, refs: Sequence[str]) -> dict[str, str]:
        """Those that are there in this account: ref → the number people know it by."""
        query = f"SELECT id::text, display_id::text FROM conversations WHERE account_id = %(account)s AND id {_IDS}"
        return dict(self._ask(query, id_array(refs).to_pylist(), account=self._place.account))

    def of(self, refs: Sequence[str]) -> dict[str, list[Part]]:
        found: dict[str, list[Part]] = {}
        for start in range(0, len(refs), PER_QUERY):
            there = self.existing(refs[start : start + PER_QUERY])
            batch = {
                ref: [Part("row", f"conversations:{ref}")] for ref in refs[start : start + PER_QUERY] if ref in there
            }
            if batch:
                self._add_rows(batch)
                self._add_files(batch)
            found |= batch
        return found

    def _add_rows(self, batch: Mapping[str, list[Part]]) -> None:
        for table, query in self._queries().items():
            for number, ids in self._ask(query, batch):
                batch[str(number)].append(Part("row", f"{table}:{ids}"))

    def _queries(self) -> dict[str, str]:
        """table → query for (conversation, its ids in this table)."""
        queries = {
            "attachments": f"SELECT m.conversation_id, string_agg(a.id::text, ',') FROM {_ATTACHED} GROUP BY 1",
            _LINKS: f"SELECT m.conversation_id, string_agg(l.id::text, ',') FROM {_LINKED} GROUP BY 1",
        }
        for name, table in _DIRECT.items():
            where = " AND ".join(filter(None, (table.where, f"t.{table.by} {_IDS}")))
            queries[name] = f"SELECT t.{table.by}, string_agg(t.id::text, ',') FROM {name} t WHERE {where} GROUP BY 1"
        queries["notifications"] = _BELLS
        return {name: query for name, query in queries.items() if name not in self._place.absent}

    def _add_files(self, batch: Mapping[str, list[Part]]) -> None:
        owners: dict[int, list[str]] = defaultdict(list)
        for number, blob, service, key in self._ask(_BLOBS, batch):
            owners[blob].append(str(number))
            self._add_blob(batch[str(number)], blob, service, key)
        if not owners:
            return
        for root, table, number, service, key in self._ask(self._derived(), owners):
            for ref in owners[root]:
                if table == "active_storage_blobs":
                    self._add_blob(batch[ref], number, service, key)
                else:
                    batch[ref].append(Part("row", f"{table}:{number}"))

    def _add_blob(self, parts: list[Part], blob: int, service: str, key: str) -> None:
        parts.append(Part("row", f"active_storage_blobs:{blob}"))
        if self._disk.see(service, key) != "gone":  # a file that was lost before is none of what is there
            parts.append(Part("blob", f"{service}:{key}"))

    def _derived(self) -> str:
        return _DERIVED.format(family=FAMILY.format(ids="IDS", free="").replace("'{IDS}'", "%(ids)s"))

    # --- looking again

    def look(self, parts: Mapping[str, Sequence[Part]]) -> dict[str, list[PartState]]:
        answer: dict[str, list[PartState]] = {}
        refs = list(parts)
        for start in range(0, len(refs), PER_QUERY):
            answer |= self._look({ref: parts[ref] for ref in refs[start : start + PER_QUERY]})
        return answer

    def _look(self, parts: Mapping[str, Sequence[Part]]) -> dict[str, list[PartState]]:
        there = self._rows_there(parts)
        hanging = self._hanging(parts)
        keys = self._keys_there(parts)
        shared = self._shared(parts, there, keys)
        left = {table for table, _ in there}
        answer: dict[str, list[PartState]] = {}
        for ref, listed in parts.items():
            answer[ref] = [_state(part, left, there, keys, shared.get(ref, set())) for part in listed]
            if ref in hanging:
                answer[ref] += _unlisted(hanging[ref], listed)
        return answer

    def _rows_there(self, parts: Mapping[str, Sequence[Part]]) -> set[tuple[str, int]]:
        """(table, id) of the listed rows that exist."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for listed in parts.values():
            for part in listed:
                match = _ROWS.fullmatch(part.name) if part.kind == "row" else None
                if match and match[1] in _TABLES:
                    wanted[match[1]].append(match[2])
        return {
            (table, number)
            for table, ids in wanted.items()
            for (number,) in self._ask(f"SELECT id FROM {table} WHERE id {_IDS}", ids)
        }

    def _hanging(self, refs: Mapping[str, Sequence[Part]]) -> dict[str, dict[str, list[int]]]:
        """ref → table → rows that name this conversation, listed or not."""
        found: dict[str, dict[str, list[int]]] = defaultdict(dict)
        ids = id_array(list(refs)).to_pylist()
        for ref in self.existing(list(refs)):
            found[ref]["conversations"] = [int(ref)]
        for table, query in self._queries().items():
            if table not in {"attachments", "active_storage_attachments"}:  # they hang on messages
                for number, rows in self._ask(query, ids):
                    found[str(number)][table] = [int(each) for each in rows.split(",")]
        return found

    def _keys_there(self, parts: Mapping[str, Sequence[Part]]) -> dict[str, str]:
        """service:key → what its storage shows."""
        names = {part.name for listed in parts.values() for part in listed if part.kind == "blob"}
        return {name: self._disk.see(*name.partition(":")[::2]) for name in names}

    def named_keys(self, parts: Mapping[str, Sequence[Part]]) -> dict[str, int]:
        """Of the listed files: key → the blob that still names it."""
        names = {part.name for listed in parts.values() for part in listed if part.kind == "blob"}
        keys = [name.partition(":")[2] for name in names]
        with self._server.errors():
            query = "SELECT key, id FROM active_storage_blobs WHERE key = ANY(%s::text[])"
            return dict(self._server.rows().execute(query, [keys]).fetchall()) if keys else {}

    def _shared(
        self, parts: Mapping[str, Sequence[Part]], there: set[tuple[str, int]], keys: Mapping[str, str]
    ) -> dict[str, set[str]]:
        """ref → `table:id` and `service:key` that are only there for another record: blobs it refers to, too, and what
        was derived from them."""
        blobs = [number for table, number in there if table == "active_storage_blobs"]
        if not blobs:
            return {}
        users: dict[int, set[int]] = defaultdict(set)
        query = (
            f"SELECT blob_id, id FROM active_storage_attachments WHERE record_type = 'Attachment' AND blob_id {_IDS}"
        )
        for blob, link in self._ask(query, blobs):
            users[blob].add(link)
        members: dict[int, set[str]] = defaultdict(set)
        if users:
            for root, table, number, service, key in self._ask(self._derived(), users):
                members[root] |= {f"{table}:{number}", f"{service}:{key}"}
        by_blob = {blob: key for key, blob in self.named_keys(parts).items()}
        names = {name.partition(":")[2]: name for name in keys}
        answer: dict[str, set[str]] = {}
        for ref, listed in parts.items():
            own = {number for part in listed for table, ids in [_rows_of(part)] if table == _LINKS for number in ids}
            mine = {number for part in listed for table, ids in [_rows_of(part)] if table == _BLOB for number in ids}
            for blob in mine & set(users):
                if users[blob] - own and not users[blob] & own:
                    answer.setdefault(ref, set()).update(
                        {f"{_BLOB}:{blob}", names.get(by_blob.get(blob, ""), "")} | members[blob]
                    )
        return answer


def _unlisted(hanging: Mapping[str, Sequence[int]], listed: Sequence[Part]) -> list[PartState]:
    """Rows of the record that came after its parts were listed."""
    told = {(table, number) for part in listed for table, ids in [_rows_of(part)] for number in ids}
    new = {table: [number for number in ids if (table, number) not in told] for table, ids in hanging.items()}
    return [
        PartState(Part("row", f"{table}:{','.join(map(str, ids))}"), "present") for table, ids in new.items() if ids
    ]


def _rows_of(part: Part) -> tuple[str, list[int]]:
    match = _ROWS.fullmatch(part.name) if part.kind == "row" else None
    return (match[1], [int(number) for number in match[2].split(",")]) if match else ("", [])


def _state(
    part: Part, left: set[str], there: set[tuple[str, int]], keys: Mapping[str, str], shared: set[str]
) -> PartState:
    """`left`: the tables of `there`, so that the ids of a row that is gone need not be read."""
    if part.kind == "blob":
        state = keys[part.name]
    elif (table := part.name.partition(":")[0]) in _TABLES and table not in left and _ROWS.fullmatch(part.name):
        return PartState(part, "gone")
    else:
        table, ids = _rows_of(part)
        if table not in _TABLES:
            return PartState(part, "cannot_see")
        state = "present" if any((table, number) in there for number in ids) else "gone"
    if state == "present" and part.name in shared:
        return PartState(part, "gone", shared=True)
    return PartState(part, state)  # type: ignore[arg-type]
