"""The files of attachments: Active Storage's local disk service keeps key `abcdef…` as `ab/cd/abcdef…`."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from kendali.connectors.base import Problem, Unit
from kendali.connectors.files import checked_file, safe_name, size_or_problem
from kendali.fingerprint import REF

KEY = re.compile(r"[A-Za-z0-9_-]{4,255}")
_MEDIA = {
    0,
    1,
    2,
    3,
}  # image, audio, video, file; the other types (location, contact, story …) have no file of their own


@dataclass(frozen=True, slots=True)
class Copy:
    """A file to copy; `found` fills with what its bytes turn out to be wrong with, once they were read."""

    unit: Unit
    found: list[Problem]


class Storage:
    def __init__(self, root: Path | None, services: Collection[str]) -> None:
        self._root, self._services = root, services

    def parts(self, tables: Mapping[str, pa.Table]) -> Iterator[Copy | Problem]:
        """For each file of each conversation, in the order of the tables: what to copy, and what is wrong with it.

        The part of a file is `blob-<id of active_storage_blobs>`: a blob that serves two attachments is copied once.
        """
        owners = _owners(tables)
        blobs = tables.get("active_storage_blobs")
        seen: set[tuple[str, int]] = set()
        for blob in blobs.to_pylist() if blobs is not None else ():
            seen.add((blob[REF], blob["id"]))
            yield from self._part(blob, owners[blob[REF], blob["id"]])
        yield from _without_file(tables, owners, seen)

    def _part(self, blob: Mapping[str, Any], attachments: list[int]) -> Iterator[Copy | Problem]:
        ref, part = blob[REF], f"blob-{blob['id']}"
        key, service = blob["key"], blob["service_name"]
        if service not in self._services:
            yield Problem("storage_not_local", ref, part, {"service": service})
            return
        if self._root is None:
            yield Problem("storage_not_configured", ref, part)
            return
        if not KEY.fullmatch(key):
            yield Problem("file_outside", ref, part)
            return
        path = self._root / key[:2] / key[2:4] / key
        size = size_or_problem(path, ref, part)
        if isinstance(size, Problem):
            if not (size.code == "file_empty" and blob["byte_size"] == 0):
                yield size
                return
            size = 0
        if size != blob["byte_size"]:
            code = "file_truncated" if size < blob["byte_size"] else "file_longer"
            yield Problem(code, ref, part, {"expected": blob["byte_size"], "actual": size})
        facts = {name: blob[name] for name in ("id", "key", "filename", "content_type", "byte_size", "checksum")}
        yield self._unit(ref, part, path, size, {**facts, "attachments": attachments})

    def _unit(self, ref: str, part: str, path: Path, size: int, facts: dict[str, Any]) -> Copy:
        found: list[Problem] = []
        expected = facts["checksum"]

        def finished(digest: str, _size: int) -> None:
            found.clear()
            if expected and base64.b64encode(bytes.fromhex(digest)).decode() != expected and size == facts["byte_size"]:
                found.append(Problem("checksum_differs", ref, part))

        file = checked_file(safe_name(facts["filename"]), path, size, "md5", finished)
        return Copy(Unit(ref, part, (file,), facts), found)


def _owners(tables: Mapping[str, pa.Table]) -> dict[tuple[str, int], list[int]]:
    """(ref, blob) → the attachments it serves."""
    owners: dict[tuple[str, int], list[int]] = defaultdict(list)
    links = tables.get("active_storage_attachments")
    if links is not None:
        for row in links.select([REF, "record_id", "blob_id"]).to_pylist():
            owners[row[REF], row["blob_id"]].append(row["record_id"])
    return owners


def _without_file(
    tables: Mapping[str, pa.Table], owners: Mapping[tuple[str, int], list[int]], seen: set[tuple[str, int]]
) -> Iterator[Problem]:
    for (ref, blob), _ in owners.items():
        if (ref, blob) not in seen:
            yield Problem("file_missing", ref, f"blob-{blob}")
    attachments = tables.get("attachments")
    if attachments is None:
        return
    with_file = {(ref, attachment) for (ref, _), owned in owners.items() for attachment in owned}
    for row in attachments.select([REF, "id", "file_type", "external_url"]).to_pylist():
        if row["file_type"] in _MEDIA and (row[REF], row["id"]) not in with_file:
            code = "file_only_linked" if row["external_url"] else "file_missing"
            yield Problem(code, row[REF], f"attachment-{row['id']}")
