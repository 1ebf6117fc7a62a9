"""Whatever goes in comes out: any bytes, any Unicode, nothing at all, and more than fits into memory."""

from __future__ import annotations

import io
import os
import resource
import tarfile
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kendali import fingerprint
from kendali.archive.errors import PackageError
from kendali.archive.package import INDEX_LINE, IndexLine
from kendali.archive.reader import Package, read_conversation, scan_text
from kendali.archive.stores import open_store
from kendali.archive.tests.packages import CONVERSATIONS, RECORDINGS, Fill, bytes_file, recordings, write
from kendali.archive.unit_tar import BLOCK, END, Member, header, layout, padding, parse_header, walk
from kendali.archive.verify import verify_package
from kendali.connectors.base import Sink, Snapshot, SourceFile, Unit

# No lone surrogates in what becomes Arrow text; file names and facts may hold them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ANY_TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
FILES = st.lists(st.tuples(ANY_TEXT, st.binary(max_size=2000)), max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXT, st.tuples(st.dictionaries(ANY_TEXT, JSON, max_size=3), FILES), min_size=1, max_size=5))
def test_any_recordings_come_back_as_they_were(
    source: dict[str, tuple[dict[str, object], list[tuple[str, bytes]]]],
) -> None:
    units = [
        Unit(ref, "", [bytes_file(name, data) for name, data in files], facts) for ref, (facts, files) in source.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        written, key = write(store, RECORDINGS, recordings(units), processes=0)
        assert verify_package(store, written.path, key, processes=0) == []
        package = Package(store, written.path, key)
        for record in written.records:
            assert record.slot is not None
            opened = package.unit(record.slot)
            facts, files = source[record.ref]
            assert opened.facts == facts
            assert [(name, stream.read()) for name, stream in opened.files] == files


def _conversations(source: dict[str, list[tuple[str | None, bytes | None]]]) -> Fill:
    schema = pa.schema([("_ref", pa.utf8()), ("n", pa.int64()), ("content", pa.utf8()), ("blob", pa.binary())])

    def fill(sink: Sink) -> Iterator[Snapshot]:
        rows = [
            {"_ref": ref, "n": n, "content": text, "blob": blob}
            for ref, lines in source.items()
            for n, (text, blob) in enumerate(lines)
        ]
        batch = pa.RecordBatch.from_pylist(rows, schema=schema)
        sink.table("messages", batch)
        prints = fingerprint.conversations({"messages": pa.Table.from_batches([batch])}, list(source))
        for ref in source:
            yield Snapshot(ref, prints.get(ref, b""), None, None)

    return fill


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        TEXT,
        st.lists(st.tuples(st.none() | TEXT, st.none() | st.binary(max_size=50)), min_size=1, max_size=6),
        min_size=1,
        max_size=6,
    )
)
def test_any_conversations_come_back_as_they_were(source: dict[str, list[tuple[str | None, bytes | None]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        written, key = write(store, CONVERSATIONS, _conversations(source))
        assert verify_package(store, written.path, key, processes=0) == []
        for ref, lines in source.items():
            rows = read_conversation(store, written.path, key, ref)["messages"]
            assert list(zip(rows["content"].to_pylist(), rows["blob"].to_pylist(), strict=True)) == lines
        text = next((text for lines in source.values() for text, _ in lines if text), None)
        if text is not None:
            assert set(scan_text(store, written.path, key, text)) >= {
                ref for ref, lines in source.items() if any(text in (line or "") for line, _ in lines)
            }


def test_a_conversation_longer_than_a_row_group_comes_back_whole() -> None:
    source: dict[str, list[tuple[str | None, bytes | None]]] = {"short": [("a", None)]}
    source["endless"] = [(f"pesan {n}", None) for n in range(120_000)]
    source["after"] = [("b", None)]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        written, key = write(store, CONVERSATIONS, _conversations(source))
        assert verify_package(store, written.path, key) == []
        rows = read_conversation(store, written.path, key, "endless")["messages"]
        assert rows["n"].to_pylist() == list(range(120_000))


@given(st.integers(0, 10**8 - 1), st.integers(0, 2**45), st.integers(0, 2**45))
def test_a_line_of_the_index_always_fits_and_comes_back(slot: int, offset: int, length: int) -> None:
    line = IndexLine(slot, "attachment", "data/attachments-99-9999.tar", offset, length, "f" * 64, "2024-10")
    assert len(line.line()) == INDEX_LINE
    assert IndexLine.parse(line.line(), slot) == line


@given(ANY_TEXT, st.lists(st.tuples(ANY_TEXT, st.binary(max_size=700)), max_size=4))
def test_the_size_of_a_unit_is_known_before_it_is_written(facts: str, files: list[tuple[str, bytes]]) -> None:
    plan = layout("call.json", facts.encode("utf-8", "surrogatepass"), [(name, len(data)) for name, data in files])
    body = b"".join(head + data for head, (_, data) in zip(plan.heads, files, strict=True)) + plan.tail
    assert plan.size == len(body)
    assert plan.tail[-len(END) :] == END
    assert padding(len(body)) == 0


@example("\0a", 0)  # ordinary tools read a name until its first NUL
@given(ANY_TEXT | st.from_regex(r"[a-z0-9._-]{1,110}", fullmatch=True), st.integers(0, 8**11 + 5))
def test_a_tar_header_is_what_tarfile_writes_and_reads(name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, 0
    block = header(name, size)
    assert block == info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    if len(block) == BLOCK:
        parsed = parse_header(block, 0)
        assert parsed is not None
        assert (parsed.name, parsed.size, parsed.type) == (
            tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape").name,
            size,
            tarfile.REGTYPE,
        )
        for at in range(0, BLOCK, 7):
            broken = bytearray(block)
            broken[at] ^= 2
            with pytest.raises(PackageError):
                parse_header(bytes(broken), 0)


class _Big(io.RawIOBase):
    """A big file that is nowhere: every MiB is of one byte, another than its neighbours."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._position = size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        mib, offset = divmod(self._position, 1 << 20)
        count = min(len(view), self._size - self._position, (1 << 20) - offset)
        view[:count] = bytes([mib % 251]) * count
        self._position += count
        return count


def test_a_file_beyond_8_gib_has_its_size_in_a_pax_header() -> None:
    size = 9 * 1024**3
    head = layout("call.json", b"{}", [("big.wav", size)]).heads[0]
    content = io.BytesIO(head)
    found: list[int] = []

    class EnoughError(Exception):
        pass

    def skip(member: Member) -> None:
        found.append(member.size)
        if len(found) == 2:
            raise EnoughError
        content.seek(member.offset + member.size + padding(member.size))

    with pytest.raises(EnoughError):
        walk(content.read, skip)
    assert found == [2, size]


@pytest.mark.long
def test_a_recording_of_two_gigabytes_passes_in_constant_memory(tmp_path: Path) -> None:
    """Beyond 2 GiB counters of 32 bits end."""
    size = 2 * 1024**3 + 12_345
    store = open_store(str(tmp_path / "store"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = Unit("1", "", [SourceFile("big.wav", size, lambda: _Big(size))])  # type: ignore[arg-type,return-value]
    written, key = write(store, RECORDINGS, recordings([unit]))
    assert verify_package(store, written.path, key) == []
    ((_, stream),) = Package(store, written.path, key).unit(1).files
    assert stream.size == size
    source, ours, theirs = _Big(size), sha256(), sha256()
    while data := source.read(1 << 20):
        theirs.update(data)
        ours.update(stream.read(len(data)))
    assert ours.digest() == theirs.digest()
    stream.seek(size - 5)
    assert len(stream.read(100)) == 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    assert os.path.getsize(tmp_path / "store" / written.path / "data/recordings-0-0001.tar") > size
