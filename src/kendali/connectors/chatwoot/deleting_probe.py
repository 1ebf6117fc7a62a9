"""A look at what a deleting role or token of a Chatwoot really may. Nothing is deleted."""

from __future__ import annotations

from datetime import timedelta

from kendali.connectors.base import Probe, Problem, SourceError
from kendali.connectors.chatwoot import probe
from kendali.connectors.chatwoot.columns import Columns
from kendali.connectors.chatwoot.disk import Disk
from kendali.connectors.chatwoot.place import ChatwootPlace
from kendali.connectors.chatwoot.schema import CONTENT, NOTIFICATIONS
from kendali.connectors.postgres import Server

# Locking a row takes the right to update some column of its table; these two hold nothing.
LOCKED = {"conversations": "agent_last_seen_at", "active_storage_blobs": "metadata"}
_RIGHTS = """
    SELECT c.relname, has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'DELETE'),
           has_any_column_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'INSERT, TRUNCATE, UPDATE')
    FROM pg_class c WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
"""


def tables(absent: frozenset[str]) -> list[str]:
    """Everything a deletion takes rows from."""
    names = [table.name for table in (*CONTENT, NOTIFICATIONS)]
    return [name for name in (*names, "active_storage_variant_records") if name not in absent]


def by_sql(server: Server, place: ChatwootPlace, disk: Disk) -> Probe:
    problems: list[Problem] = []
    warnings: list[Problem] = []
    rights: list[str] = []
    version, skew = "", None
    try:
        skew = probe.clock_skew(server)
        version = probe.version(server)
        problems += Columns(server, place.absent).problems
        rights = _rights(server, place, problems, warnings)
    except SourceError as error:
        problems.append(Problem(error.code, facts=error.facts))
    problems += storage(disk) + late(skew)
    return Probe(version, rights, skew, {}, problems, warnings)


def _rights(server: Server, place: ChatwootPlace, problems: list[Problem], warnings: list[Problem]) -> list[str]:
    names = tables(place.absent)
    with server.errors():
        rows = server.rows().execute(_RIGHTS, [names]).fetchall()
        row = server.rows().execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    lacking = sorted(name for name, deletes, _, _ in rows if not deletes)
    lockless = sorted(name for name, _, updates, _ in rows if name in LOCKED and not updates)
    user = server.place["user"]
    commands = [f"GRANT SELECT, DELETE ON {', '.join(lacking)} TO {user}"] if lacking else []
    commands += [f"GRANT UPDATE ({LOCKED[name]}) ON {name} TO {user}" for name in lockless]
    if commands:
        facts = {"tables": ", ".join(sorted({*lacking, *lockless})), "command": "; ".join(commands)}
        problems.append(Problem("no_right_to_delete", facts=facts))
    more = ["superuser"] if row and row[0] else sorted(name for name, _, _, writes in rows if writes)
    if more:
        warnings.append(Problem("may_do_more", facts={"rights": ", ".join(more)}))
    return [f"DELETE on {len(rows) - len(lacking)} of {len(names)} tables"]


def storage(disk: Disk) -> list[Problem]:
    """The folder is there and files can be taken out of it."""
    if disk.root is None:
        return []
    if not disk.root.is_dir():
        return [Problem("folder_missing", facts={"path": str(disk.root)})]
    return [] if disk.may_remove() else [Problem("folder_not_writable", facts={"path": str(disk.root)})]


def late(skew: timedelta | None) -> list[Problem]:
    if skew is not None and abs(skew) > probe.ALLOWED_SKEW:
        return [Problem("clock_skew", facts={"seconds": round(skew.total_seconds())})]
    return []
