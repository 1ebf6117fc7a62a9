"""The rows of one conversation, a page of its messages at a time: what is not on the page is not loaded."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kendali.archive.reader import MESSAGES, Package, row_groups_of
from kendali.fingerprint import REF


def conversation_page(
    package: Package, ref: str, names: Iterable[str], start: int, count: int
) -> tuple[dict[str, pa.Table], int]:
    """The rows of the tables `names`, of `messages` only those numbered `start` … `start + count - 1`, and how many
    messages there are. A package never changes, so the number of a message is a key that stays."""
    lines, found, total = package.tables(), {}, 0
    for name in names:
        if name not in lines:
            continue
        file = package.parquet(lines[name])
        if name == MESSAGES:
            found[name], total = _slice(file, ref, start, count)
        else:
            rows = _read(file, row_groups_of(file.metadata, ref))
            found[name] = rows.filter(pc.equal(rows[REF], ref))
    return found, total


def _slice(file: pq.ParquetFile, ref: str, start: int, count: int) -> tuple[pa.Table, int]:
    pieces, total = [], 0
    for number in row_groups_of(file.metadata, ref):
        here = _rows_in(file, number, ref)
        first, last = max(start - total, 0), min(start + count - total, here)
        if first < last:
            rows = file.read_row_group(number)
            pieces.append(rows.filter(pc.equal(rows[REF], ref)).slice(first, last - first))
        total += here
    return (pa.concat_tables(pieces) if pieces else file.schema_arrow.empty_table()), total


def _rows_in(file: pq.ParquetFile, number: int, ref: str) -> int:
    """How many rows of a row group are of this conversation; a group that is all of it is not read for that."""
    group = file.metadata.row_group(number)
    statistics = group.column(0).statistics
    if statistics is not None and statistics.has_min_max and statistics.min == statistics.max == ref:
        return int(group.num_rows)
    refs = file.read_row_group(number, columns=[REF])[REF]
    return int(pc.sum(pc.equal(refs, ref)).as_py() or 0)


def _read(file: pq.ParquetFile, groups: list[int]) -> pa.Table:
    return file.read_row_groups(groups) if groups else file.schema_arrow.empty_table()
