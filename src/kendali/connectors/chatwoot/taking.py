"""One transaction that takes conversations away, and reads them by doing so.

Every child row is deleted with RETURNING, and the fingerprint is made of exactly what came back: no row can change
between the check and the deletion, because they are one statement. Where a fingerprint differs, all is rolled back.
The number of statements does not depend on the number of conversations.
"""
# ruff: noqa: S608 (statements are made of names in schema.py and of ids, which are numbers)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kendali import fingerprint
from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.reader import Reading, any_of
from kendali.connectors.chatwoot.schema import Table
from kendali.connectors.postgres import BulkTransaction
from kendali.fingerprint import REF

_LOCKED = {"conversations", "active_storage_blobs"}

# Blobs that nothing refers to any more, and the previews and variants the application made of them, however deep.
FAMILY = """
    WITH RECURSIVE family (root, blob) AS (
        SELECT b.id, b.id FROM active_storage_blobs b WHERE b.id = ANY('{{{ids}}}'::bigint[]){free}
        UNION
        SELECT f.root, d.blob FROM family f JOIN LATERAL (
            SELECT a.blob_id AS blob
            FROM active_storage_variant_records v JOIN active_storage_attachments a
              ON a.record_type = 'ActiveStorage::VariantRecord' AND a.record_id = v.id
            WHERE v.blob_id = f.blob
            UNION ALL
            SELECT a.blob_id FROM active_storage_attachments a
            WHERE a.record_type = 'ActiveStorage::Blob' AND a.record_id = f.blob
        ) d ON true
    )
"""
_FREE = " AND NOT EXISTS (SELECT FROM active_storage_attachments a WHERE a.blob_id = b.id)"
_MEMBERS = FAMILY + " SELECT root, blob FROM family"
_DELETE_LINKS = """
    DELETE FROM active_storage_attachments a WHERE
      (a.record_type = 'ActiveStorage::Blob' AND a.record_id = ANY('{{{ids}}}'::bigint[]))
      OR (a.record_type = 'ActiveStorage::VariantRecord' AND a.record_id IN (
          SELECT v.id FROM active_storage_variant_records v WHERE v.blob_id = ANY('{{{ids}}}'::bigint[])))
"""
_DELETE_VARIANTS = "DELETE FROM active_storage_variant_records v WHERE v.blob_id = ANY('{{{ids}}}'::bigint[])"
_DELETE_BLOBS = (
    "DELETE FROM active_storage_blobs b WHERE b.id = ANY('{{{ids}}}'::bigint[])"
    " AND NOT EXISTS (SELECT FROM active_storage_attachments a WHERE a.blob_id = b.id)"
    " RETURNING b.id, b.key::text AS key, b.service_name::text AS service_name"
)


@dataclass(frozen=True, slots=True)
class FreedFile:
    """An object in a storage service that no row names any more."""

    refs: Sequence[str]
    service: str
    key: str


class Taking(Reading):
    """What `content` and `notifications` return was deleted; conversations and blobs are only locked until `rest`."""

    def __init__(self, source: BulkTransaction, columns: Columns, ids: pa.Array) -> None:
        super().__init__(source, columns, ids)
        self._tables: dict[str, pa.Table] = {}

    def _statement(self, table: Table, select: str, where: str) -> str:
        if table.name not in _LOCKED:
            return f'DELETE FROM "{table.name}" t WHERE {where} RETURNING {select}'
        skip = " SKIP LOCKED" if table.name == "conversations" else ""
        return f"{super()._statement(table, select, where)} ORDER BY t.id FOR UPDATE OF t{skip}"

    def fingerprints(self, tables: Sequence[Table], account: int) -> dict[str, bytes]:
        """Takes the children; fingerprints of the conversations that are there and not held by another session."""
        self._tables = self.content(tables, account)
        found = self._tables["conversations"][REF].to_pylist()
        return fingerprint.conversations({name: rows for name, rows in self._tables.items() if rows.num_rows}, found)

    def rest(self, *, notifications: bool) -> list[FreedFile]:
        """Takes what is no part of a fingerprint, then the conversations themselves."""
        if notifications:
            self.notifications()
        freed = self._blobs()
        self._source.execute(f"DELETE FROM conversations t WHERE {any_of('id', self._ids)}")
        return freed

    def appeared(self) -> set[str]:
        """Conversations that got a message since their messages were taken: they must not go."""
        rows = self._source.table(
            f"SELECT t.conversation_id FROM messages t WHERE {any_of('conversation_id', self._ids)}"
        )
        return {str(number) for number in rows["conversation_id"].to_pylist()}

    def _blobs(self) -> list[FreedFile]:
        blobs = self._tables["active_storage_blobs"]
        if not blobs.num_rows:
            return []
        family = self._source.table(_MEMBERS.format(ids=_ids(blobs["id"]), free=_FREE))
        if not family.num_rows:
            return []
        ids = _ids(family["blob"])
        self._source.execute(_DELETE_LINKS.format(ids=ids))
        self._source.execute(_DELETE_VARIANTS.format(ids=ids))
        gone = self._source.table(_DELETE_BLOBS.format(ids=ids)).to_pylist()
        owners = _owners(blobs, family)
        return [FreedFile(owners[row["id"]], row["service_name"], row["key"]) for row in gone]


def _ids(column: pa.ChunkedArray) -> str:
    return ",".join(map(str, pc.unique(column).to_pylist()))


def _owners(blobs: pa.Table, family: pa.Table) -> Mapping[int, list[str]]:
    """blob, or what was derived from it → the conversations it belonged to."""
    of_root: dict[int, list[str]] = {}
    for ref, root in zip(blobs[REF].to_pylist(), blobs["id"].to_pylist(), strict=True):
        of_root.setdefault(root, []).append(ref)
    pairs = zip(family["root"].to_pylist(), family["blob"].to_pylist(), strict=True)
    return {blob: of_root[root] for root, blob in pairs}
