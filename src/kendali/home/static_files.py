"""Static files keep their names; their addresses carry a digest of the content, so that browsers may cache them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def version(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if path else ""


class VersionedStaticFiles(StaticFilesStorage):
    def url(self, name: str | None) -> str:
        digest = version(name) if name else ""
        return super().url(name) + (f"?v={digest}" if digest else "")
