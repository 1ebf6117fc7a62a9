"""The objects of attachments where they lie: taken away, and looked for again. Active Storage's local disk service."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from kendali.connectors.base import Part, Problem
from kendali.connectors.chatwoot.storage import KEY
from kendali.connectors.removing import Outside, Seen, look, plain, remove


class Disk:
    """`services`: those of config/storage.yml that this folder stands for; others cannot be seen."""

    def __init__(self, root: Path | None, services: Collection[str]) -> None:
        self.root, self.services = root, services

    def _relative(self, service: str, key: str) -> str | None:
        if self.root is None or service not in self.services or not KEY.fullmatch(key):
            return None
        return f"{key[:2]}/{key[2:4]}/{key}"

    def has(self, service: str, key: str) -> bool:
        relative = self._relative(service, key)
        return relative is not None and self.root is not None and plain(self.root, relative)

    def see(self, service: str, key: str) -> Seen:
        """The folders above a key stay when a file goes, so a missing one tells of a disk that is not mounted."""
        relative = self._relative(service, key)
        return look(self.root, relative) if relative is not None and self.root is not None else "cannot_see"

    def remove(self, service: str, key: str) -> Problem | None:
        """None: it is gone now, or was never there."""
        part = f"{service}:{key}"
        relative = self._relative(service, key)
        if relative is None or self.root is None:
            return Problem("storage_not_local", part=part, facts={"service": service})
        try:
            remove(self.root, relative)
        except Outside:
            return Problem("file_outside", part=part)
        except OSError as error:
            return Problem("file_not_deleted", part=part, facts={"reason": str(error.strerror)})
        return None

    def sweep(
        self, parts: Mapping[str, Sequence[Part]], named: Collection[str], check: Callable[[], None] = lambda: None
    ) -> None:
        """Remove the objects of the list whose key no row names any more; `check` is asked before each."""
        for listed in parts.values():
            for part in listed:
                service, _, key = part.name.partition(":")
                if part.kind == "blob" and key not in named and self._relative(service, key) is not None:
                    check()
                    self.remove(service, key)

    def may_remove(self) -> bool:
        """Whether this user may take files out, as far as that shows without taking one out."""
        if self.root is None:
            return True
        folders = [self.root, *sorted(path for path in self.root.iterdir() if path.is_dir())[:20]]
        return all(os.access(folder, os.W_OK | os.X_OK) for folder in folders)
