"""A vendor's export: a person has the vendor delete and attaches the letter. Kendali asks, and looks.

What can be looked at is the export as it lies here: a newer one without the record, or the folder without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kendali.connectors.base import Capabilities, Deletion, Part, PartState, Probe, Problem, RecordClass, SourceError
from kendali.connectors.folder_drop.connector import FolderDropConnector

_ROW = "records:"


class FolderDropDeleter:
    until: float | None = None

    def __init__(self, record_class: RecordClass, config: Mapping[str, Any], reading: Mapping[str, Any]) -> None:
        self._reader = FolderDropConnector(record_class, config, reading)

    def capabilities(self) -> Capabilities:
        return replace(self._reader.capabilities(), deletes_by="by_hand", delete_is_async=True)

    def probe(self) -> Probe:
        """Nothing is deleted by Kendali here, so no right is needed."""
        return replace(self._reader.probe(), rights=["by hand, with evidence"])

    def parts(self, refs: Sequence[str]) -> Mapping[str, Sequence[Part]]:
        return {
            ref: [Part("row", f"{_ROW}{ref}"), *(Part("file", name) for name in names)]
            for ref, names in self._reader.files_there(refs).items()
        }

    def delete(self, expected: Mapping[str, bytes], *, dry_run: bool = False) -> Iterator[Deletion]:
        found = self._reader.fingerprints(list(expected))
        for ref, value in expected.items():
            if ref not in found:
                yield Deletion(ref, "already_absent")
            elif found[ref] != value:
                yield Deletion(ref, "changed", problem=Problem("changed_at_source", ref))
            else:
                yield Deletion(ref, "queued", problem=None if dry_run else Problem("delete_by_hand", ref))

    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        """A person's work, not ours."""

    def absent(self, parts: Mapping[str, Sequence[Part]]) -> Mapping[str, Sequence[PartState]]:
        """Without an export here nothing can be seen: a person says what the vendor's letter proves."""
        try:
            there = self._reader.files_there(list(parts))
            return {ref: self._states(ref, listed, ref in there) for ref, listed in parts.items()}
        except SourceError as error:
            if error.code not in {"export_missing", "folder_unreadable"}:
                raise
            return {ref: [PartState(part, "cannot_see") for part in listed] for ref, listed in parts.items()}

    def _states(self, ref: str, parts: Sequence[Part], there: bool) -> list[PartState]:
        states = [
            PartState(part, ("present" if there else "gone") if part.kind == "row" else self._reader.see(part.name))
            for part in parts
        ]
        left = [each.part.name for each in states if each.part.kind == "file" and each.state == "present"]
        users = self._reader.users_of(left) if left and not there else {}
        return [
            PartState(each.part, "gone", shared=True) if users.get(each.part.name, set()) - {ref} else each
            for each in states
        ]

    def close(self) -> None:
        self._reader.close()
