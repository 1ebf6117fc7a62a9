"""What people run today to delete conversations from Chatwoot: the same rows by id, children first, in one transaction,
then the files of the blobs. Nothing is asked, and nothing is looked at afterwards."""
# ruff: noqa: S608 (ids of the benchmark's own sample)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kendali.connectors.chatwoot.schema import CONTENT

SCRIPT = r"""
\set ids '{ids}'
BEGIN;
CREATE TEMPORARY TABLE files AS SELECT DISTINCT b.id, b.key FROM active_storage_blobs b
  JOIN active_storage_attachments a ON a.blob_id = b.id
  WHERE a.record_type = 'Attachment' AND a.record_id IN ({attachments});
DELETE FROM active_storage_attachments WHERE record_type = 'Attachment' AND record_id IN ({attachments});
DELETE FROM attachments WHERE message_id IN ({messages});
DELETE FROM notifications WHERE primary_actor_type = 'Message' AND primary_actor_id IN ({messages});
DELETE FROM notifications WHERE secondary_actor_type = 'Message' AND secondary_actor_id IN ({messages});
DELETE FROM notifications WHERE primary_actor_type = 'Conversation' AND primary_actor_id = ANY({these});
DELETE FROM notifications WHERE secondary_actor_type = 'Conversation' AND secondary_actor_id = ANY({these});
{own}
DELETE FROM messages WHERE conversation_id = ANY({these});
DELETE FROM conversations WHERE id = ANY({these});
DELETE FROM files f WHERE EXISTS (SELECT FROM active_storage_attachments a WHERE a.blob_id = f.id);
INSERT INTO files SELECT DISTINCT b.id, b.key FROM files f
  JOIN active_storage_attachments a ON a.record_type = 'ActiveStorage::Blob' AND a.record_id = f.id
  JOIN active_storage_blobs b ON b.id = a.blob_id;
INSERT INTO files SELECT DISTINCT b.id, b.key FROM files f JOIN active_storage_variant_records v ON v.blob_id = f.id
  JOIN active_storage_attachments a ON a.record_type = 'ActiveStorage::VariantRecord' AND a.record_id = v.id
  JOIN active_storage_blobs b ON b.id = a.blob_id;
DELETE FROM active_storage_attachments WHERE blob_id IN (SELECT id FROM files);
DELETE FROM active_storage_variant_records WHERE blob_id IN (SELECT id FROM files);
DELETE FROM active_storage_blobs WHERE id IN (SELECT id FROM files);
COMMIT;
\copy (SELECT '{storage}/' || left(key, 2) || '/' || substr(key, 3, 2) || '/' || key FROM files) TO '{keys}'
"""
THESE = ":'ids'::bigint[]"


def script(refs: Sequence[str], storage: Path, keys: Path) -> str:
    """For psql; writes the paths of the files that are free to `keys`, one a line."""
    messages = f"SELECT id FROM messages WHERE conversation_id = ANY({THESE})"
    own = [t for t in CONTENT if t.via == "conversations" and t.name not in ("conversations", "messages")]
    deletes = (f"DELETE FROM {t.name} WHERE {f'{t.where} AND ' if t.where else ''}{t.by} = ANY({THESE});" for t in own)
    return SCRIPT.format(
        ids=f"{{{','.join(refs)}}}", these=THESE, messages=messages, storage=storage, keys=keys, own="\n".join(deletes),
        attachments=f"SELECT id FROM attachments WHERE message_id IN ({messages})",
    )  # fmt: skip
