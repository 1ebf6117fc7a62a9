"""Conversations as Chatwoot lists them: one keyset page per query, in order of conversations.id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kendali.connectors.base import Cut, Listed
from kendali.connectors.chatwoot.schema import STATES, channel_name
from kendali.connectors.postgres import Server

# A conversation starts with its oldest message (imports bring messages older than the conversation's own row), and is
# active until the later of its last message and the date Chatwoot itself keeps: the later one keeps it longer.
_STARTED = "coalesce(m.oldest, c.created_at)"
_LAST = "greatest(m.newest, c.last_activity_at)"
_DATES = {"started_at": _STARTED, "last_activity_at": _LAST}

_PAGE = """
    SELECT c.id, {started}, {last},
           greatest(c.updated_at, m.modified, f.modified, s.modified),
           c.status, c.display_id, i.channel_type, coalesce(nullif(u.display_name, ''), u.name), k.name, k.phone_number,
           m.count, f.bytes
    FROM conversations c
    LEFT JOIN LATERAL (
        SELECT min(created_at) AS oldest, max(created_at) AS newest, count(*) AS count,
               max(greatest(created_at, updated_at)) AS modified
        FROM messages WHERE conversation_id = c.id
    ) m ON true
    LEFT JOIN LATERAL (
        SELECT max(a.updated_at) AS modified, sum(b.byte_size)::bigint AS bytes
        FROM messages x
        JOIN attachments a ON a.message_id = x.id
        LEFT JOIN active_storage_attachments sa ON sa.record_type = 'Attachment' AND sa.record_id = a.id
        LEFT JOIN active_storage_blobs b ON b.id = sa.blob_id
        WHERE x.conversation_id = c.id
    ) f ON true
    LEFT JOIN LATERAL ({survey}) s ON true
    LEFT JOIN inboxes i ON i.id = c.inbox_id
    LEFT JOIN users u ON u.id = c.assignee_id
    LEFT JOIN contacts k ON k.id = c.contact_id
    WHERE c.account_id = %(account)s AND c.id > %(after)s AND {cut}
    ORDER BY c.id
    LIMIT %(limit)s
"""
_SURVEY = "SELECT max(updated_at) AS modified FROM csat_survey_responses WHERE conversation_id = c.id"

SEARCH_SECONDS = 20  # a person waits for it

_UNCOVERED = """
    SELECT r.id, (SELECT min(m.created_at) FROM messages m WHERE m.conversation_id = r.id AND m.created_at > r.until)
    FROM unnest(%(ids)s::bigint[], %(until)s::timestamp[]) AS r (id, until)
"""

_SEARCH = """
    SELECT m.conversation_id, max(m.created_at) AS newest
    FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE c.account_id = %(account)s AND m.content ILIKE %(pattern)s
    GROUP BY m.conversation_id ORDER BY newest DESC, m.conversation_id DESC LIMIT %(limit)s
"""


def utc(value: datetime | None) -> datetime | None:
    """Chatwoot's timestamps carry no zone and mean UTC."""
    return value.replace(tzinfo=UTC) if value is not None else None


def _plain(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None)


def page(
    server: Server, account: int, cut: Cut | None, after: str, limit: int, absent: Collection[str] = ()
) -> list[Listed]:
    """Raises SourceError."""
    query = _PAGE.format(
        started=_STARTED,
        last=_LAST,
        survey="SELECT NULL::timestamp AS modified" if "csat_survey_responses" in absent else _SURVEY,
        cut=f"{_DATES[cut.field]} < %(instant)s" if cut else "true",
    )
    values: dict[str, Any] = {"account": account, "after": int(after or -1), "limit": limit}
    if cut:
        values["instant"] = _plain(cut.instant)
    with server.errors():
        return [_listed(row) for row in server.rows().execute(query, values)]


def _listed(row: Sequence[Any]) -> Listed:
    ref, started, last, modified, status, display, channel, agent, name, phone, parts, size = row
    return Listed(
        ref=str(ref),
        started_at=utc(started),
        last_activity_at=utc(last),
        modified_at=utc(modified),
        state=STATES.get(status, "open"),  # type: ignore[arg-type]
        display=str(display),
        channel=channel_name(channel),
        agent=agent or "",
        customer_name=name or "",
        customer_phone=phone or "",
        parts=parts,
        size=size,
    )


def oldest_uncovered(server: Server, covered: Mapping[str, datetime]) -> dict[str, datetime | None]:
    values = {"ids": [int(ref) for ref in covered], "until": [_plain(until) for until in covered.values()]}
    with server.errors():
        return {str(ref): utc(oldest) for ref, oldest in server.rows().execute(_UNCOVERED, values)}


def search(server: Server, account: int, text: str, limit: int) -> list[str]:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"account": account, "pattern": f"%{escaped}%", "limit": limit}
    with server.errors(seconds=SEARCH_SECONDS), server.rows().transaction():
        server.rows().execute(f"SET LOCAL statement_timeout = '{SEARCH_SECONDS:d}s'")
        return [str(ref) for ref, _ in server.rows().execute(_SEARCH, values)]
