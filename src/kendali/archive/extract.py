"""Plain files out of a package: for a person who holds its key and needs what is in it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from kendali.archive.errors import StoreExistsError
from kendali.archive.folder_store import create_file, make_folder, os_errors
from kendali.archive.package import WrittenRecord
from kendali.archive.reader import OpenUnit, Package, pieces
from kendali.archive.unit_tar import FACTS_NAME, canonical_json, inner_name

_TOGETHER = 1_000  # conversations whose rows are taken at once
_PLAIN = re.compile(r"[^\w.@+-]", re.ASCII)


def extract_package(package: Package, into: Path, refs: Collection[str] | None = None) -> Iterator[WrittenRecord]:
    """Into a new folder `into`: ``<ref>/<part>/`` with the facts and files of each unit, and the tables of
    conversations as Parquet (all rows, or those of `refs`). Yields each record once its files are written."""
    with os_errors(into):
        if into.exists():
            raise StoreExistsError("exists", key=str(into))
        into.mkdir(mode=0o700, parents=True)
    for record in package.records(refs):
        place = _free(into / safe(record.ref))
        for part, slot in record.parts.items():
            if package.keyring.has(slot):
                folder = _free(place / safe(part)) if part else place
                write_unit(package.unit(slot), package.line(slot).kind, folder, into)
        yield record
    for name in package.tables():
        target = into / f"{name}.parquet"
        _write_table(package, name, target, refs)
        target.chmod(0o600)


def _write_table(package: Package, name: str, target: Path, refs: Collection[str] | None) -> None:
    import pyarrow.parquet as pq

    source = package.parquet(package.tables()[name])
    with pq.ParquetWriter(target, source.schema_arrow, compression="zstd") as writer:
        if refs is None:
            for batch in source.iter_batches():
                writer.write_batch(batch)
        else:
            numbers = package.listing.numbers(refs)
            for start in range(0, len(numbers), _TOGETHER):
                writer.write_table(package.rows(name, numbers[start : start + _TOGETHER]))


def safe(name: str) -> str:
    """A source's text as one folder name."""
    cleaned = _PLAIN.sub("_", name)[:100].strip(".")
    return cleaned or "_"


def _free(path: Path) -> Path:
    """Two source names may clean to the same one."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}~{number}")
    return free


def write_unit(unit: OpenUnit, kind: str, folder: Path, root: Path) -> None:
    with os_errors(folder):
        make_folder(folder, root)
        facts = {"ref": unit.ref, "part": unit.part, "facts": unit.facts, "files": [name for name, _ in unit.files]}
        _write(folder / FACTS_NAME[kind], iter([canonical_json(facts) + b"\n"]))
        for number, (name, stream) in enumerate(unit.files):
            target = folder / safe(inner_name(name))
            if target.exists():
                target = folder / f"{number}_{target.name}"
            _write(target, pieces(stream))


def _write(path: Path, parts: Iterator[bytes]) -> None:
    descriptor = create_file(path)
    with os.fdopen(descriptor, "wb") as file:
        for part in parts:
            file.write(part)
