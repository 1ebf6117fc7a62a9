"""What the settings of a Chatwoot source say, for its deleters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kendali.connectors.base import SourceError
from kendali.connectors.chatwoot.schema import TABLES

# Said as it is on every certificate (English message ids).
LEAVES_BEHIND = (
    "contacts",
    "the application's audit rows",
    "counters, caches and the search index of the application",
    "mail servers and messaging providers",
    "database backups and replicas",
)


class ChatwootPlace:
    """`account`, `absent` (tables), `root` and `services` of the storage. Raises SourceError `bad_configuration`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        try:
            self.account = int(config["account"])
        except (KeyError, ValueError) as error:
            raise SourceError("bad_configuration", field="account", reason="it must be a number") from error
        self.absent = frozenset(str(config.get("absent_tables") or "").replace(",", " ").split())
        unknown = self.absent - {table.name for table in TABLES[3:]}
        if unknown:
            raise SourceError("bad_configuration", field="absent_tables", reason=f"not optional: {', '.join(unknown)}")
        self.root = Path(str(config["storage"])) if config.get("storage") else None
        self.services = str(config.get("storage_services") or "local").replace(",", " ").split()
