"""The digest of a frozen list, over its lines in byte order, in constant memory (`rules.line`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import connection, transaction

from kendali.disposal.models import Proposal

# `rules.line` in SQL; the property test holds both together.
LINE = " || E'\\t' || ".join(
    (
        "i.source",
        r"replace(replace(replace(i.ref, E'\\', E'\\\\'), E'\t', E'\\t'), E'\n', E'\\n')",
        """to_char(i.clock AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        "to_char(i.due_on, 'YYYY-MM-DD')",
        "encode(i.keyed_digest, 'hex')",
    )
)
LINES = f"""
SELECT i.size, {LINE} AS line FROM disposal_proposalitem i
WHERE i.proposal_id = %s AND (%s OR NOT i.taken_out) ORDER BY ({LINE}) COLLATE "C"
"""  # noqa: S608
BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Digest:
    sha256: str
    count: int
    size: int


def digest(proposal: Proposal, *, final: bool) -> Digest:
    """`final`: without what the client took out; else of everything that was proposed."""
    found, count, size = hashlib.sha256(), 0, 0
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(LINES, [proposal.pk, not final])
        while rows := cursor.fetchmany(BATCH):
            count += len(rows)
            size += sum(row[0] for row in rows)
            found.update("".join(f"{row[1]}\n" for row in rows).encode())
    return Digest(found.hexdigest(), count, size)
