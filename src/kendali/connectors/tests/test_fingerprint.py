"""The fingerprint changes with everything that can be seen and with nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kendali import fingerprint
from kendali.connectors.base import FileDigest

TEXT = st.none() | st.text(max_size=6)
NUMBER = st.none() | st.integers(min_value=-(2**63), max_value=2**63 - 1)
ROW = st.tuples(TEXT, TEXT, NUMBER)
RECORDS = st.lists(st.lists(ROW, min_size=1, max_size=4), min_size=1, max_size=6)
NAMES = ("content", "note", "sender")
TYPES = (pa.string(), pa.string(), pa.int64())


def table(records: Sequence[Sequence[tuple[object, ...]]], names: Sequence[str] = NAMES) -> pa.Table:
    rows = [(str(number), *row) for number, record in enumerate(records) for row in record]
    columns = list(zip(*rows, strict=True)) if rows else [()] * (1 + len(names))
    arrays = [pa.array(column, kind) for column, kind in zip(columns, (pa.string(), *TYPES), strict=True)]
    return pa.table(arrays, names=["_ref", *names])


def prints(*tables: pa.Table, refs: int = 6) -> dict[str, bytes]:
    named = {f"table_{number}": each for number, each in enumerate(tables)}
    return fingerprint.conversations(named, [str(number) for number in range(refs)])


@given(RECORDS, st.integers(1, 5), st.permutations(range(1, 4)))
@settings(max_examples=200, deadline=None)
def test_chunks_column_order_and_encoding_do_not_matter(records: list[Any], size: int, order: list[int]) -> None:
    plain = table(records)
    chunked = pa.Table.from_batches(plain.to_batches(max_chunksize=size)).select([0, *order])
    encoded = pa.table(
        [
            plain.column(0).cast(pa.large_string()).dictionary_encode(),
            plain.column(1).dictionary_encode(),
            plain.column(2).cast(pa.large_string()),
            plain.column(3),
        ],
        names=plain.schema.names,
    )
    assert prints(plain) == prints(chunked) == prints(encoded)
    assert all(len(each) == 32 for each in prints(plain).values())


@given(RECORDS, RECORDS)
@settings(max_examples=400, deadline=None)
def test_two_records_have_the_same_fingerprint_only_if_they_are_the_same(one: list[Any], other: list[Any]) -> None:
    first, second = prints(table([one[0]])), prints(table([other[0]]))
    assert (first == second) == (one[0] == other[0])


@given(RECORDS, st.data())
@settings(max_examples=300, deadline=None)
def test_a_change_in_any_cell_changes_this_record_and_no_other(records: list[Any], data: st.DataObject) -> None:
    before = prints(table(records))
    record = data.draw(st.integers(0, len(records) - 1))
    row = data.draw(st.integers(0, len(records[record]) - 1))
    column = data.draw(st.integers(0, 2))
    old = records[record][row]
    new = data.draw((NUMBER if column == 2 else TEXT).filter(lambda value: value != old[column]))
    records[record][row] = (*old[:column], new, *old[column + 1 :])
    after = prints(table(records))
    assert {ref for ref in before if before[ref] != after[ref]} == {str(record)}


def test_null_and_empty_differ() -> None:
    assert prints(table([[(None, "", 1)]])) != prints(table([[("", None, 1)]]))
    assert prints(table([[(None, None, None)]])) != prints(table([[("", None, None)]]))


@pytest.mark.parametrize(
    "other",
    [
        [("b", "a", 1)],
        [("ab", "", 1)],
        [("", "ab", 1)],
        [("a", None, 1), (None, "b", None)],
        [("a", "b", None), (None, None, 1)],
        [("a", "b", 1), (None, None, None)],
        [("a\x00", "b", 1)],
    ],
)
def test_text_that_moves_between_cells_or_rows_is_noticed(other: list[tuple[object, ...]]) -> None:
    assert prints(table([[("a", "b", 1)]])) != prints(table([other]))


def test_the_order_of_rows_the_name_of_a_column_the_table_and_the_ref_count() -> None:
    rows = [("a", "b", 1), ("c", "d", 2)]
    base = prints(table([rows]))["0"]
    assert prints(table([rows[::-1]]))["0"] != base
    assert prints(table([rows], names=("content", "nota", "sender")))["0"] != base
    assert fingerprint.conversations({"other": table([rows])}, ["0"])["0"] != base
    assert prints(table([[("x", "x", 0)], rows]))["1"] != base


def test_a_new_column_without_content_and_an_empty_table_change_nothing() -> None:
    plain = table([[("a", None, 1)], [("b", "c", 2)]])
    wider = plain.append_column("added_by_an_upgrade", pa.nulls(2, pa.string())).append_column("n", pa.nulls(2))
    assert prints(plain) == prints(wider, plain.slice(0, 0))


def test_volatile_columns_are_left_out_and_a_table_of_only_such_columns_too() -> None:
    volatile = {b"kendali.volatile": b"1"}
    plain = table([[("a", None, 1)]])
    seen = pa.field("seen_at", pa.string(), metadata=volatile)
    one = plain.append_column(seen, pa.array(["now"]))
    two = plain.append_column(seen, pa.array(["then"]))
    people = pa.table(
        [["0"], ["Agus"]], schema=pa.schema([("_ref", pa.string()), pa.field("name", pa.string(), metadata=volatile)])
    )
    assert prints(plain) == prints(one) == prints(two) == prints(plain, people)
    assert prints(people) == {}


def test_every_kind_of_column_has_a_form_and_kinds_differ() -> None:
    instant = dt.datetime(2025, 11, 21, 8, 0, 0, 123456, dt.UTC)
    columns = [
        pa.array([1], pa.int8()),
        pa.array([1], pa.uint64()),
        pa.array([True]),
        pa.array(["1"]),
        pa.array([b"1"]),
        pa.array([b"1"], pa.binary(1)),
        pa.array([1.0]),
        pa.array([instant], pa.timestamp("us", "UTC")),
        pa.array([instant.replace(tzinfo=None)], pa.timestamp("us")),
        pa.array([instant.date()]),
        pa.array([1], pa.decimal128(10, 2)),
    ]
    made = [prints(pa.table([["0"], column], names=["_ref", "x"]))["0"] for column in columns]
    same = {(0, 1), (4, 5), (7, 8)}  # the same value in another width is the same value
    for left in range(len(made)):
        for right in range(left):
            assert (made[left] == made[right]) == ((right, left) in same), (left, right)


def test_a_form_that_could_be_ambiguous_is_refused() -> None:
    split = pa.table([["0", "1", "0"], ["a", "b", "c"]], names=["_ref", "x"])
    with pytest.raises(ValueError, match="contiguous"):
        prints(split)
    with pytest.raises(ValueError, match="_ref"):
        prints(split.select([1, 0]))
    with pytest.raises(TypeError, match="nested"):
        prints(pa.table([["0"], [[1]]], names=["_ref", "nested"]))


def test_absent_refs_are_missing_and_foreign_refs_do_no_harm() -> None:
    both = table([[("a", "b", 1)], [("c", "d", 2)]])
    assert fingerprint.conversations({"t": both}, ["1", "9"]) == {
        "1": fingerprint.conversations({"t": both}, ["1"])["1"]
    }
    assert fingerprint.conversations({}, ["1"]) == {}


def test_slices_of_large_tables_join_at_record_boundaries() -> None:
    rows = 100_000
    refs = [str(row // 7) for row in range(rows)]
    large = pa.table([refs, [f"message {row}" for row in range(rows)]], names=["_ref", "content"])
    whole = fingerprint.conversations({"m": large}, sorted(set(refs)))
    for ref in ("0", "4681", "4682", "9362", "14285"):
        start = int(ref) * 7
        assert whole[ref] == fingerprint.conversations({"m": large.slice(start, 7)}, [ref])[ref]


def by_the_written_form(records: Sequence[Sequence[tuple[object, ...]]]) -> dict[str, bytes]:
    """The canonical form as its specification says it, value by value: slow, and independent of Arrow."""

    def u32(number: int) -> bytes:
        return number.to_bytes(4, "little")

    def cell(name: str, value: object) -> bytes:
        kind, data = (
            ("t", value.encode())
            if isinstance(value, str)
            else ("i", int(str(value)).to_bytes(8, "little", signed=True))
        )
        number = int.from_bytes(sha256(f"table_0\0{name}\0{kind}".encode()).digest()[:4], "little") & 0x7FFFFFFF
        return u32(len(data)) + u32(number) + data

    made = {}
    for ref, record in enumerate(records):
        rows = [
            bytes(8)
            + b"".join(cell(name, value) for name, value in sorted(zip(NAMES, row, strict=True)) if value is not None)
            for row in record
        ]
        body = b"".join(rows)
        sizes = len(rows).to_bytes(8, "little") + len(body).to_bytes(8, "little")
        head = b"kendali conversation 1\0" + u32(len(str(ref))) + str(ref).encode() + b"\x01" + u32(7) + b"table_0"
        made[str(ref)] = sha256(head + sizes + body).digest()
    return made


@given(RECORDS)
@settings(max_examples=100, deadline=None)
def test_the_form_is_the_one_that_is_written_down(records: list[Any]) -> None:
    assert prints(table(records)) == by_the_written_form(records)


def test_version_1_is_frozen() -> None:
    """If this fails, every backup made so far would read as changed: raise VERSION and keep the old form readable."""
    made = prints(table([[("Halo kak 🙏", None, 7), (None, "catatan", None)]]))["0"]
    assert made.hex() == "c4e242ce81bde3cf865448d5e3ff08855777085246073c6e0ebfffc6fe42d209"
    facts = {"linkedid": "1700000000.1", "legs": [{"src": "0811"}]}
    assert (
        fingerprint.unit(facts, [FileDigest("a.wav", 44, bytes(32))]).hex()
        == "7ca160940dbc1657dd10ef3d097a46b182b2a802e0a96490c28c7f8933ca04dd"
    )


@given(st.lists(st.tuples(st.text(max_size=4), st.integers(0, 9)), max_size=3), st.dictionaries(st.text(), st.text()))
@settings(max_examples=100, deadline=None)
def test_a_unit_depends_on_facts_and_files_but_not_on_their_order(files: list[Any], facts: dict[str, str]) -> None:
    digests = [FileDigest(name, size, bytes([size]) * 32) for name, size in files]
    made = fingerprint.unit(facts, digests)
    assert made == fingerprint.unit(dict(reversed(facts.items())), digests[::-1])
    assert made != fingerprint.unit({**facts, "x": 1}, digests)
    assert made != fingerprint.unit(facts, [*digests, FileDigest("a", 0, bytes(32))])
