"""Sinks for tests: one keeps what it was given, one only counts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from hashlib import sha256

import pyarrow as pa

from kendali.connectors.base import FileDigest, Problem, SourceError, Unit, UnitResult


class MemorySink:
    """Keeps tables, units and contents. Results come back several units late, as from a sink that works in parallel."""

    def __init__(self, late: int = 3) -> None:
        self._batches: dict[str, list[pa.RecordBatch]] = {}
        self.units_seen: list[Unit] = []
        self.contents: dict[tuple[str, str, str], bytes] = {}
        self._late = late

    @property
    def tables(self) -> dict[str, pa.Table]:
        return {name: pa.Table.from_batches(batches) for name, batches in self._batches.items()}

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        assert batch.schema.names[0] == "_ref"
        kept = self._batches.setdefault(name, [])
        assert not kept or kept[0].schema.equals(batch.schema, check_metadata=True), f"{name} changed its columns"
        kept.append(batch)

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        waiting: deque[UnitResult] = deque()
        for unit in units:
            waiting.append(self._sealed(unit))
            if len(waiting) > self._late:
                yield waiting.popleft()
        yield from waiting

    def _sealed(self, unit: Unit) -> UnitResult:
        self.units_seen.append(unit)
        digests = []
        for file in unit.files:
            try:
                with file.open() as stream:
                    content = b"".join(iter(lambda stream=stream: stream.read(1000), b""))  # type: ignore[misc]
            except SourceError as error:
                return UnitResult(unit.ref, unit.part, (), (Problem(error.code, unit.ref, unit.part, error.facts),))
            except OSError as error:
                facts = {"reason": str(error.strerror)}
                return UnitResult(unit.ref, unit.part, (), (Problem("file_unreadable", unit.ref, unit.part, facts),))
            if len(content) != file.size:
                problem = Problem("file_changed_while_copying", unit.ref, unit.part or file.name)
                return UnitResult(unit.ref, unit.part, (), (problem,))
            self.contents[unit.ref, unit.part, file.name] = content
            digests.append(FileDigest(file.name, len(content), sha256(content).digest()))
        return UnitResult(unit.ref, unit.part, digests)


class CountingSink:
    """Counts rows and bytes and how much Arrow memory was in use at most."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.largest_batch = 0
        self.arrow_peak = 0

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        self.rows[name] += batch.num_rows
        self.largest_batch = max(self.largest_batch, batch.num_rows)
        self.arrow_peak = max(self.arrow_peak, pa.total_allocated_bytes())

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        for unit in units:
            yield UnitResult(unit.ref, unit.part, ())
