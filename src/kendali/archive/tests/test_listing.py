"""The list of conversations: what was written comes back, and its row counts lead to exactly their rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kendali.archive import bag
from kendali.archive.age import encrypt_bytes
from kendali.archive.errors import PackageError
from kendali.archive.keyring import RECORDS_SLOT, keyed_digest
from kendali.archive.package import INDEX, INDEX_LINE, RECORDS, IndexLine
from kendali.archive.reader import Package
from kendali.archive.stores import Store
from kendali.archive.tests.packages import CONVERSATIONS, Chat, bytes_file, write
from kendali.archive.verify import verify_package
from kendali.connectors.base import Problem, Sink, Snapshot

CHAT = Chat({str(n): [f"pesan {n}-{i}" for i in range(n % 5)] for n in range(300)}, {"7": [bytes_file("a", b"foto")]})


def _forge(store: Store, path: str, key: bytes, change: Callable[[pa.Table], pa.Table]) -> None:
    """Another list of records, sealed and summed as it should be."""
    package, place = Package(store, path, key), store.local(path)
    assert place is not None
    old = pq.read_table(pa.PythonFile(package.reader(package.line(RECORDS_SLOT)), mode="r"))
    content = io.BytesIO()
    pq.write_table(change(old), content)
    sealed = encrypt_bytes(package.keyring.identity(RECORDS_SLOT).recipient(), content.getvalue())
    (place / RECORDS).write_bytes(sealed)
    digest = keyed_digest(package.keyring.salt(RECORDS_SLOT), sha256(content.getvalue()).digest()).hex()
    line = IndexLine(RECORDS_SLOT, "records", RECORDS, 0, len(sealed), digest, package.line(RECORDS_SLOT).month)
    index = (place / INDEX).read_bytes()
    (place / INDEX).write_bytes(line.line() + index[INDEX_LINE:])
    _sum_again(place)


def _sum_again(place: Path) -> None:
    files = sorted(path for path in (place / "data").rglob("*") if path.is_file())
    sums = {str(path.relative_to(place)): sha256(path.read_bytes()).digest() for path in files}
    (place / bag.MANIFEST).write_bytes(bag.manifest(sums))
    tags = {n: sha256((place / n).read_bytes()).digest() for n in (bag.DECLARATION, bag.INFO, bag.MANIFEST)}
    (place / bag.TAGMANIFEST).write_bytes(bag.manifest(tags))


def _other_counts(table: pa.Table, changes: dict[int, int | None]) -> pa.Table:
    at = table.schema.get_field_index("rows.messages")
    counts = table.column(at).to_pylist()
    for number, count in changes.items():
        counts[number] = count
    return table.set_column(at, table.schema.field(at), pa.array(counts, pa.int32()))


def test_every_conversation_is_found_with_all_its_rows_and_no_other(folder: Store) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    package = Package(folder, written.path, key)
    for ref in ("0", "1", "7", "154", "299"):
        found = package.conversation(ref)
        assert found["messages"]["content"].to_pylist() == CHAT.texts[ref]
        assert found["conversations"]["_ref"].to_pylist() == [ref]
    several = package.conversations(["299", "3", "4"])
    assert several["messages"]["_ref"].unique().to_pylist() == ["3", "4", "299"]
    assert {name: rows.num_rows for name, rows in package.conversation("x").items()} == {
        "conversations": 0,
        "messages": 0,
    }


def test_what_the_list_says_of_a_conversation_comes_back(folder: Store) -> None:
    at = datetime(2024, 10, 31, 16, 59, 59, 999_999, UTC)

    def fill(sink: Sink) -> object:
        for number, snapshot in enumerate(CHAT.fill(sink)):
            problems = [Problem("file_missing", snapshot.ref, "blob-9")] if number == 5 else []
            yield Snapshot(snapshot.ref, snapshot.fingerprint, at if number % 2 else None, at, problems)

    written, key = write(folder, CONVERSATIONS, fill)  # type: ignore[arg-type]
    found = list(Package(folder, written.path, key).records())
    assert [(r.ref, r.keyed_digest, r.parts, r.covered_until, r.modified_at) for r in found] == [
        (r.ref, r.keyed_digest, r.parts, r.covered_until, r.modified_at) for r in written.records
    ]
    assert [(r.ref, [(p.code, p.part) for p in r.problems]) for r in found if r.problems] == [
        ("5", [("file_missing", "blob-9")])
    ]
    assert [r.ref for r in Package(folder, written.path, key).records(["12", "3"])] == ["3", "12"]


@pytest.mark.parametrize("changes", [{7: 1, 8: 4}, {299: 3}, {0: 1}, {299: 5000}, {10: -1}, {299: None}])
def test_a_list_that_leads_to_other_rows_is_told_and_never_followed(
    folder: Store, changes: dict[int, int | None]
) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    assert verify_package(folder, written.path, key, processes=0) == []
    _forge(folder, written.path, key, lambda table: _other_counts(table, changes))
    here = {p.code for p in verify_package(folder, written.path, key, processes=0)}
    assert here & {"record_rows", "table_unreadable"}
    assert {p.code for p in verify_package(folder, written.path, key, processes=2)} == here
    package = Package(folder, written.path, key)
    for ref in CHAT.texts:
        try:
            assert set(package.conversation(ref)["messages"]["_ref"].to_pylist()) <= {ref}
        except PackageError as error:
            assert error.code in ("record_rows", "record_line")  # noqa: PT017 - told is as good as right


@pytest.mark.parametrize(
    "change", [lambda table: table.drop(["digest"]), lambda table: table.select([1, 0, 2, 3, 4, 5])]
)
def test_a_list_of_another_shape_is_told(folder: Store, change: Callable[[pa.Table], pa.Table]) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    _forge(folder, written.path, key, change)
    codes = {p.code for p in verify_package(folder, written.path, key, processes=0)}
    assert {"record_line", "nothing_verified"} <= codes
    with pytest.raises(PackageError, match="record_line"):
        list(Package(folder, written.path, key).records())


def test_the_list_opens_with_duckdb(folder: Store, tmp_path: Path) -> None:
    """As docs/archive-format.md says it: the first row of a record in a table is the sum of what is before it."""
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    package = Package(folder, written.path, key)
    for name, line in (("list", package.line(RECORDS_SLOT)), ("messages", package.tables()["messages"])):
        (tmp_path / name).write_bytes(package.reader(line).read())
    with duckdb.connect() as db:
        found = db.execute(
            """
            WITH list AS (
                SELECT ref, coalesce("rows.messages", 0) AS n, sum(coalesce("rows.messages", 0)) OVER (
                    ORDER BY file_row_number ROWS UNBOUNDED PRECEDING) AS after
                FROM read_parquet(?, file_row_number = true))
            SELECT content FROM list, read_parquet(?, file_row_number = true) m
            WHERE ref = '254' AND m.file_row_number >= after - n AND m.file_row_number < after
            ORDER BY m.file_row_number
            """,
            [str(tmp_path / "list"), str(tmp_path / "messages")],
        ).fetchall()
    assert [content for (content,) in found] == CHAT.texts["254"]
