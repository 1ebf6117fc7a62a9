"""A sink that keeps the rows and looks at the files: to compare a source with what was restored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import pyarrow as pa

from kendali.connectors.base import FileDigest, Unit, UnitResult


class Rows:
    def __init__(self) -> None:
        self._batches: dict[str, list[pa.RecordBatch]] = {}

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        self._batches.setdefault(name, []).append(batch)

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        for unit in units:
            digests = []
            for file in unit.files:
                with file.open() as stream:
                    content = stream.read()
                digests.append(FileDigest(file.name, len(content), hashlib.sha256(content).digest()))
            yield UnitResult(unit.ref, unit.part, digests)

    def tables(self) -> dict[str, pa.Table]:
        return {name: pa.Table.from_batches(batches) for name, batches in self._batches.items()}
